import { type Static, Type } from "typebox";
import { watchSettings } from "../library/alarms.ts";
import { ampleAirSettings } from "../library/ample-air.ts";
import { damperClosingSettings } from "../library/damper-closing.ts";
import { damperWatchSettings } from "../library/damper-watch.ts";
import { economiserSettings } from "../library/economiser.ts";
import { fanSettings } from "../library/fans.ts";
import { loopWatchSettings } from "../library/loop-watch.ts";
import { type PidSettings, pidWith } from "../library/pid.ts";
import { checkQuiet, quietSettings } from "../library/quiet.ts";
import { rampSettings } from "../library/ramp.ts";
import { checkSchedule, scheduleSettings } from "../library/schedule.ts";
import { checkSequence, sequenceSettings } from "../library/split-range.ts";
import { checkValidate, validateSettings } from "../library/validate.ts";
import { airProbeSettings } from "./air-probes.ts";
import {
  celsius,
  kelvin,
  numberOf,
  percent,
  percentPerSecond,
  plain,
  secondsOf,
  watts,
} from "../settings.ts";
import { checkZone, zoneFanSettings } from "./fan-zone-settings.ts";
import { batterySettings } from "./on-battery.ts";

const { minDuty, ...otherFanSettings } = zoneFanSettings;

export const zoneTemperatureSettings = Type.Object({
  ...economiserSettings.properties,
  setpoint: celsius({
    default: 24,
    minimum: 18,
    maximum: 35,
    description: "Cooling holds the hottest inlet here.",
  }),
  heatingSetpoint: celsius({
    default: 10,
    minimum: 0,
    maximum: 25,
    description:
      "Below this inlet it is heated: at least `gap` below the setpoint. 15 °C with lead batteries.",
  }),
  gap: kelvin({ default: 5, minimum: 1, maximum: 40, description: "Least distance of both setpoints." }),
  ...rampSettings.properties,
  ...batterySettings.properties,
  gain: numberOf("%/K", {
    default: 1.2,
    minimum: 0,
    maximum: 100,
    description: "Proportional gain: demand per kelvin. The damper's whole way is 35 % of the demand.",
  }),
  integralTime: secondsOf({
    default: 60,
    minimum: 1,
    maximum: 36_000,
    description: "Integral time of the loop.",
  }),
  ...scheduleSettings.properties,
  ...sequenceSettings.properties,
  coolingPower: watts({
    default: 0,
    description:
      "Heat all mechanical cooling takes away at its most: whether the setpoint can be held follows. 0: not known.",
  }),
  ...damperClosingSettings.properties,
  ...damperWatchSettings.properties,
  resets: plain({
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Raise it by one when the damper was repaired: outdoor air is relied on again at once.",
  }),
  lostAirDemand: percent({
    default: 80,
    description:
      "Demand for mechanical cooling at once when outdoor air that was cooling is shut out: enough to start a stage. 0: the loop comes to it by itself.",
  }),
  damperRate: percentPerSecond({ default: 0.3, description: "Fastest opening of the damper. 0: no limit." }),
  minDuty,
  ...otherFanSettings,
  ...ampleAirSettings.properties,
  ...quietSettings.properties,
  ...validateSettings.properties,
  ...airProbeSettings.properties,
  ...fanSettings.properties,
  ...watchSettings.properties,
  ...loopWatchSettings.properties,
});
export type ZoneTemperatureSettings = Static<typeof zoneTemperatureSettings>;

export function zoneTemperatureCheck(s: ZoneTemperatureSettings): string | undefined {
  if (s.setpoint - s.heatingSetpoint < s.gap)
    return `heatingSetpoint ${s.heatingSetpoint} °C must be ${s.gap} K or more below setpoint ${s.setpoint} °C`;
  return checkZone(s) ?? checkSequence(s) ?? checkSchedule(s) ?? checkQuiet(s) ?? checkValidate(s);
}

const loops = new WeakMap<ZoneTemperatureSettings, PidSettings>();

/** The loop's settings, made once for each set of settings. */
export function zoneLoop(s: ZoneTemperatureSettings): PidSettings {
  const known = loops.get(s);
  if (known !== undefined) return known;
  const { gain, integralTime } = s;
  const loop = pidWith({ action: "direct", gain, integralTime, outputMin: -100, outputMax: 100 });
  loops.set(s, loop);
  return loop;
}
