import { type Static, Type } from "typebox";
import { hoursOf, plain } from "../settings.ts";
import { delayStep, type DelayState, initialDelay } from "./alarms.ts";
import { usable } from "./limit.ts";

/** Air at the site's usual density, J/(m³·K). */
const heatPerVolume = 1.2 * 1006;

export interface Means {
  /** °C */
  readonly outdoor: number;
  /** Heat of racks and fans, W. */
  readonly heat: number;
  /** m³/s at full speed. */
  readonly fullFlow: number;
  /** Largest share of outdoor air there can be, 0..1; 0: it is locked out. */
  readonly outdoorShare: number;
  /** Heat mechanical cooling can take away, W. */
  readonly cooling: number;
}

/**
 * The coldest inlet that can be held with everything there is, °C: the adiabatic balance of the enclosure,
 * Infinity: heat stays inside whatever is done. It is advice: walls and leaks are left out.
 */
export function reachableInlet({ outdoor, heat, fullFlow, outdoorShare, cooling }: Means): number {
  const carried = heatPerVolume * fullFlow * outdoorShare;
  if (carried > 0) return outdoor + ((1 - outdoorShare) * heat - cooling) / carried;
  return cooling >= heat ? -Infinity : Infinity;
}

/** Says that a setpoint cannot be held, and what can; undefined: it can, or too little is known. */
export function infeasible(setpoint: number, means: Partial<Means>): string | undefined {
  const { outdoor, heat, fullFlow, outdoorShare, cooling } = means;
  if (!usable(outdoor) || !usable(heat) || !usable(fullFlow) || !usable(outdoorShare) || !usable(cooling))
    return undefined;
  const best = reachableInlet({ outdoor, heat, fullFlow, outdoorShare, cooling });
  if (best <= setpoint) return undefined;
  const instead =
    best === Infinity ? "cooling is smaller than the load: reduce it" : `${best.toFixed(1)} °C can be had`;
  return `a setpoint of ${setpoint.toFixed(1)} °C cannot be held: ${instead}`;
}

/** When a filter is to be changed. */
export const filterSettings = Type.Object({
  filterPressureTimes: plain({
    default: 2,
    minimum: 1,
    maximum: 20,
    description: "Pressure drop, times that of a clean filter.",
  }),
  filterFlowShare: plain({
    default: 0.8,
    minimum: 0,
    maximum: 1,
    description: "Flow per speed, as a share of that of a clean filter.",
  }),
  filterAfter: hoursOf({ default: 24, description: "For so long." }),
});
export type FilterSettings = Static<typeof filterSettings>;

export interface FilterView {
  /** Pa, of now and of a clean filter, at `flow` and at `cleanFlow`; whatever is not known is left out. */
  readonly pressure?: number | undefined;
  readonly cleanPressure?: number | undefined;
  /** m³/s */
  readonly flow?: number | undefined;
  readonly cleanFlow?: number | undefined;
  /** % of full speed, now and when the clean flow was measured. */
  readonly speed?: number | undefined;
  readonly cleanSpeed?: number | undefined;
  /** A switch across the filter says so. */
  readonly loaded?: boolean;
}

export const filterInit: DelayState = initialDelay;

/** Whether a filter has been loaded for long enough to be told. Pure. */
export function filterStep(
  state: DelayState,
  view: FilterView,
  settings: FilterSettings,
  dt: number,
): DelayState {
  const delays = { on: settings.filterAfter * 3600, off: 0 };
  return delayStep(state, loaded(view, settings), delays, dt);
}

function loaded(
  { loaded: told = false, pressure, cleanPressure, flow, cleanFlow, speed, cleanSpeed }: FilterView,
  s: FilterSettings,
): boolean {
  if (told) return true;
  if (usable(pressure) && usable(cleanPressure) && cleanPressure > 0) {
    // The drop of a filter goes with the square of the flow.
    const scale = usable(flow) && usable(cleanFlow) && flow > 0 ? (cleanFlow / flow) ** 2 : 1;
    if (pressure * scale > s.filterPressureTimes * cleanPressure) return true;
  }
  if (!usable(flow) || !usable(cleanFlow) || !usable(speed) || !usable(cleanSpeed)) return false;
  return speed > 0 && cleanSpeed > 0 && flow / speed < s.filterFlowShare * (cleanFlow / cleanSpeed);
}
