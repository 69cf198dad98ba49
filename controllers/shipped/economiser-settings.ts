import { Type, type Static } from "typebox";
import { damperClosingSettings } from "../library/damper-closing.ts";
import { damperWatchSettings } from "../library/damper-watch.ts";
import { economiserSettings as library } from "../library/economiser.ts";
import { filterSettings } from "../library/feasible.ts";
import { type PidSettings, pidWith } from "../library/pid.ts";
import { oncePer } from "../library/once-per.ts";
import { checkSchedule, scheduleSettings } from "../library/schedule.ts";
import { travelSettings } from "../library/travel.ts";
import { checkValidate } from "../library/validate.ts";
import { celsius, numberOf, percent, plain, secondsOf } from "../settings.ts";
import { airProbeSettings } from "./air-probes.ts";
import { inletSettings } from "./inlets.ts";

export const economiserSettings = Type.Object({
  setpoint: celsius({
    default: 24,
    minimum: 10,
    maximum: 35,
    description: "Inlet temperature outdoor air holds; below that at which compressors start.",
  }),
  gain: plain({
    default: 3.5,
    minimum: 0.05,
    maximum: 100,
    description: "% of the damper per K: 3.5 for a cabinet, 1.5 for a container.",
  }),
  integralTime: secondsOf({
    default: 45,
    minimum: 5,
    maximum: 3600,
    description: "Integral time of the damper.",
  }),
  ...scheduleSettings.properties,
  ...library.properties,
  ...travelSettings.properties,
  ...damperClosingSettings.properties,
  ...damperWatchSettings.properties,
  ...filterSettings.properties,
  filterClean: numberOf("Pa", {
    default: 0,
    maximum: 2000,
    description: "Pressure across a clean filter with fans at full speed. 0: not known.",
  }),
  freeAir: percent({
    default: 70,
    description:
      "With the damper open and no compressor at work: fans are asked for up to so much before compressors help. 0: none.",
  }),
  idleCapacity: percent({
    default: 30,
    description: "Capacity up to which a variable compressor counts as being at its least.",
  }),
  resets: plain({
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Raise it by one when the damper was repaired: outdoor air is relied on again at once.",
  }),
  ...inletSettings.properties,
  ...airProbeSettings.properties,
});
export type EconomiserSettings = Static<typeof economiserSettings>;

/** What is wrong with settings that fit the schema; undefined: nothing. */
export function economiserCheck(s: EconomiserSettings): string | undefined {
  if (s.dewPointMost > s.dewPointHard)
    return `dewPointMost ${s.dewPointMost} °C is above dewPointHard ${s.dewPointHard} °C`;
  if (s.dewPointDry > s.dewPointLeast)
    return `dewPointDry ${s.dewPointDry} °C is above dewPointLeast ${s.dewPointLeast} °C`;
  return checkSchedule(s) ?? checkValidate({ ...s, worse: "high" });
}

/** The damper's loop: above 100 % it asks for air. */
export const damperLoop = oncePer(({ gain, integralTime }: EconomiserSettings): PidSettings =>
  pidWith({ gain, integralTime, action: "direct", outputMin: 0, outputMax: 200 }),
);
