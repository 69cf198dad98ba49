import { acceptance, chargeLimitAt, createBattery, currentFor, openCircuit, stepBattery } from "./battery.ts";
import type { SiteParameters } from "./parameters.ts";
import type { UpsState } from "./state.ts";

export type UpsParameters = NonNullable<SiteParameters["ups"]>;

export const createUps = (parameters: UpsParameters): UpsState => ({
  ...createBattery(parameters.battery),
  outputOn: true,
  inputWatts: 0,
  outputWatts: 0,
});

/** Passes power on, and gives it from its battery when there is none. @param load W asked of it */
export function stepUps(
  ups: UpsState,
  p: UpsParameters,
  load: number,
  at: { readonly ac: boolean; readonly celsius: number; readonly fade: number; readonly dt: number },
): void {
  const { battery } = p;
  const open = openCircuit(battery, ups.soc);
  if (at.ac) {
    if (ups.soc >= p.restartSoc) ups.outputOn = true;
    ups.outputWatts = ups.outputOn ? load : 0;
    const most = Math.min(p.chargeWatts / open, chargeLimitAt(battery, at.celsius));
    const amperes = Math.min(acceptance(battery, ups.soc), most);
    ups.volts = open + amperes * battery.ohms;
    ups.inputWatts = ups.outputWatts / p.efficiency + p.idleWatts + amperes * ups.volts;
    stepBattery(ups, battery, amperes, at);
    return;
  }
  ups.inputWatts = 0;
  const wanted = ups.outputOn ? load / p.inverterEfficiency + p.idleWatts : 0;
  const amperes = ups.soc > 0 ? currentFor(open, battery.ohms, wanted) : -1;
  ups.volts = open - Math.max(0, amperes) * battery.ohms;
  if (amperes < 0 || ups.volts < p.cutOffVolts) ups.outputOn = false;
  ups.outputWatts = ups.outputOn ? load : 0;
  stepBattery(ups, battery, ups.outputOn ? -amperes : 0, at);
}
