import { type Static, Type } from "typebox";
import { guardSettings } from "../library/compressor-guard.ts";
import { coolingWatchSettings } from "../library/cooling-watch.ts";
import { leadLagSettings } from "../library/lead-lag.ts";
import { stagingSettings } from "../library/staging-settings.ts";
import { reached, within } from "../library/timing.ts";
import { checkValidate } from "../library/validate.ts";
import { celsius, kelvin, percent, plain, watts } from "../settings.ts";
import { airProbeSettings } from "./air-probes.ts";
import { inletSettings } from "./inlets.ts";
import { saturatedSettings } from "./staged-saturated.ts";

export const stagedCoolingSettings = Type.Object({
  ...stagingSettings.properties,
  ...guardSettings.properties,
  ...leadLagSettings.properties,
  ...coolingWatchSettings.properties,
  ...saturatedSettings.properties,
  ...inletSettings.properties,
  ...airProbeSettings.properties,
  capacityBand: kelvin({
    default: 4,
    maximum: 10,
    description:
      "Variable compressors: from least to full capacity over so much. 0: on and off only; `offDifferential` must be wider then.",
  }),
  leastCapacity: percent({ default: 30, description: "Least capacity of variable compressors." }),
  capacityStep: percent({
    default: 3,
    maximum: 20,
    description:
      "Variable compressors: smaller changes of capacity are not sent, unless to the least or to all there is: probes are never still. 0: all are.",
  }),
  dryCapacity: percent({
    default: 70,
    description:
      "Least capacity of variable compressors while the air is dried: the coil must be colder than the dew point.",
  }),
  ratedPower: watts({
    default: 0,
    description: "Rated electrical power of one unit, to see that it runs; 0: not known.",
  }),
  restAir: percent({
    default: 100,
    description:
      "Fan duty at which a compressor at its least may end; fans rise to it before: servers are then cool when it rests, and often it need not. 0: none.",
  }),
  failSafeSetpoint: celsius({
    default: 25,
    minimum: 10,
    maximum: 35,
    description: "What the units' own thermostats hold when this controller cannot be trusted.",
  }),
  resets: plain({
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Raise it by one to reset lock-outs and to trust repaired units again.",
  }),
});
export type StagedCoolingSettings = Static<typeof stagedCoolingSettings>;

/** What is wrong with settings that fit the schema; undefined: nothing. */
export const stagedCoolingCheck = (s: StagedCoolingSettings): string | undefined =>
  s.urgentAt > s.setpoint
    ? checkValidate({ ...s, worse: "high" })
    : `urgentAt ${s.urgentAt} °C is not above setpoint ${s.setpoint} °C`;

/** A variable compressor at its least cools little, and its rest would cost more: it ends further down, and always there. */
export function stagesOf(s: StagedCoolingSettings): StagedCoolingSettings {
  if (s.capacityBand === 0) return s;
  const further = s.capacityBand / 2;
  return {
    ...s,
    restPeak: 0,
    offDifferential: s.offDifferential + further,
    calmDifferential: s.calmDifferential + further,
  };
}

/** % of a variable compressor: its share of a loop's demand, or proportional above where its stage ends. */
export function capacityOf(
  temperature: number,
  setpoint: number,
  demand: { readonly value: number; readonly share: number } | undefined,
  s: StagedCoolingSettings,
): number {
  if (s.capacityBand === 0) return 100;
  if (demand !== undefined) return within(Math.round(demand.value * demand.share), s.leastCapacity, 100);
  const above = temperature - (setpoint - s.offDifferential);
  return within(Math.round((100 * above) / s.capacityBand), s.leastCapacity, 100);
}

/** A capacity or duty that is worth sending, %: the one before while the wanted one differs by less than `step` and is no end of its range. */
export const steadied = (before: number | undefined, wanted: number, least: number, step: number): number =>
  before !== undefined && Math.abs(wanted - before) < step && wanted > least && wanted < 100
    ? before
    : wanted;

/** The same of the air: a tenth of a kelvin is several % of it. */
export const airStep = 10;

/** Air a rest asks for, %, and for how long less would have been enough, s. JSON. */
export interface RestAir {
  readonly air: number;
  readonly less: number;
}

/** s for which less must have been enough before there is less: servers' heat comes with more air, and goes with less. */
const airHeld = 300;

/** More air at once, less of it later: otherwise fans and inlet would chase each other. */
export function restAirStep(before: RestAir | undefined, wanted: number, dt: number): RestAir {
  const air = steadied(before?.air, wanted, 0, airStep);
  if (before === undefined || air >= before.air) return { air, less: 0 };
  const less = before.less + dt;
  return reached(less, airHeld) ? { air, less: 0 } : { air: before.air, less };
}

/**
 * Smallest fan duty while a compressor runs, %: none where it has more to give, all of it where its stage ends. More air
 * brings the inlet nearer to the servers' heat, of which as little as possible is to be left when the compressor stops.
 * @param deeper as of a staging step: rests were too warm
 */
export function airAtLeast(
  temperature: number,
  setpoint: number,
  deeper: number,
  s: StagedCoolingSettings,
): number {
  if (s.capacityBand === 0) return deeper > 0 ? s.restAir : 0;
  const ends = setpoint - stagesOf(s).offDifferential;
  const least = setpoint - s.offDifferential + (s.capacityBand * s.leastCapacity) / 100;
  return s.restAir * within((least + ends - 2 * temperature) / Math.max(0.1, least - ends), 0, 1);
}
