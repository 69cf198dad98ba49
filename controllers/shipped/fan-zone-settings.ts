import { type Static, Type } from "typebox";
import { watchSettings } from "../library/alarms.ts";
import { ampleAirSettings } from "../library/ample-air.ts";
import { fanTestSettings } from "../library/fan-test.ts";
import { failSafeSettings } from "../library/fail-safe.ts";
import { fanSettings } from "../library/fans.ts";
import { loopWatchSettings } from "../library/loop-watch.ts";
import { type PidSettings, pidWith } from "../library/pid.ts";
import { checkMargins, marginSettings } from "./fan-zone-margin-settings.ts";
import { checkQuiet, quietSettings } from "../library/quiet.ts";
import { rampSettings } from "../library/ramp.ts";
import { checkStepwise, stepwiseSettings } from "../library/stepwise.ts";
import { checkValidate, validateSettings } from "../library/validate.ts";
import { wordOf } from "../library/words.ts";
import { celsius, kelvin, numberOf, percent, percentPerSecond, secondsOf, watts } from "../settings.ts";
import { batterySettings } from "./on-battery.ts";

/** What every controller of a zone's fans can be told. */
export const zoneFanSettings = {
  rise: kelvin({
    default: 12,
    minimum: 1,
    maximum: 40,
    description:
      "How much the air may warm over the racks: the flow their power needs follows. Limits are 10 to 15 K.",
  }),
  fullFlow: numberOf("m³/s", {
    default: 0,
    minimum: 0,
    maximum: 1000,
    description: "Air all fans move at 100 %. 0: not known, no feed-forward of the racks' power.",
  }),
  minDuty: percent({ default: 25, description: "Smallest fan duty." }),
  slewUp: percentPerSecond({ default: 5, description: "Fastest rise of the fans. 0: no limit." }),
  slewDown: percentPerSecond({ default: 1, description: "Fastest fall of the fans. 0: no limit." }),
  fanWatts: watts({
    default: 10,
    minimum: 0.1,
    description: "Power of one fan from which it surely turns, whatever its speed sensor says.",
  }),
  filterTime: secondsOf({ default: 10, maximum: 600, description: "Time constant of the inlet's filter." }),
  holdFor: secondsOf({
    default: 30,
    maximum: 600,
    description: "How long outputs stay when no inlet is believable, before the fail-safe duty.",
  }),
  failSafeDuty: percent({
    default: 75,
    minimum: 1,
    description: "Fan duty when this controller cannot be trusted.",
  }),
  ...failSafeSettings.properties,
  hotAt: celsius({ default: 35, description: "Above this inlet the fail-safe duty is 100 %." }),
  criticalAt: celsius({
    default: 40,
    description:
      "From this inlet on fans are at 100 %, whatever loop, table, quiet hours, an open door or `maxDuty` say.",
  }),
};

export const fanZoneSettings = Type.Object({
  setpoint: celsius({
    default: 26,
    minimum: 10,
    maximum: 45,
    description: "Wanted temperature of the hottest inlet; above where compressors and outdoor air hold it.",
  }),
  ...rampSettings.properties,
  ...batterySettings.properties,
  strategy: wordOf(["pi", "stepwise", "both"], {
    default: "pi",
    description: "pi: the setpoint is held. stepwise: the table decides. both: the larger of the two.",
  }),
  gain: numberOf("%/K", {
    default: 4,
    minimum: 0,
    maximum: 100,
    description: "Proportional gain of the loop.",
  }),
  integralTime: secondsOf({
    default: 240,
    minimum: 1,
    maximum: 36_000,
    description: "Integral time of the loop.",
  }),
  derivativeTime: secondsOf({
    default: 0,
    maximum: 3600,
    description: "Derivative time of the loop. 0: none.",
  }),
  deadband: kelvin({ default: 0, maximum: 10, description: "Errors inside it change nothing." }),
  maxDuty: percent({
    default: 100,
    description: "Largest fan duty, but for fail-safe, kicks and hot racks.",
  }),
  ...stepwiseSettings.properties,
  ...zoneFanSettings,
  ...marginSettings.properties,
  ...ampleAirSettings.properties,
  coolingPower: watts({
    default: 0,
    description:
      "Heat all mechanical cooling takes away at its most: whether the setpoint can be held follows. 0: not known.",
  }),
  ...quietSettings.properties,
  ...validateSettings.properties,
  ...fanSettings.properties,
  ...fanTestSettings.properties,
  ...watchSettings.properties,
  ...loopWatchSettings.properties,
});
export type FanZoneSettings = Static<typeof fanZoneSettings>;

export const fanZoneCheck = (s: FanZoneSettings): string | undefined => {
  if (s.minDuty >= s.maxDuty) return `minDuty ${s.minDuty} % must be below maxDuty ${s.maxDuty} %`;
  return checkZone(s) ?? checkStepwise(s) ?? checkQuiet(s) ?? checkValidate(s) ?? checkMargins(s);
};

/** What every zone's settings must be, whoever moves its fans. */
export function checkZone(
  s: Pick<FanZoneSettings, "failSafeDuty" | "minDuty" | "startDuty" | "hotAt" | "criticalAt" | "setpoint">,
): string | undefined {
  if (s.failSafeDuty < s.minDuty)
    return `failSafeDuty ${s.failSafeDuty} % must not be below minDuty ${s.minDuty} %`;
  if (s.hotAt <= s.setpoint) return `hotAt ${s.hotAt} °C must be above setpoint ${s.setpoint} °C`;
  if (s.criticalAt <= s.setpoint)
    return `criticalAt ${s.criticalAt} °C must be above setpoint ${s.setpoint} °C`;
  return s.failSafeDuty < s.startDuty
    ? `failSafeDuty ${s.failSafeDuty} % must not be below startDuty ${s.startDuty} %: fans that stand still would not start`
    : undefined;
}

const loops = new WeakMap<FanZoneSettings, PidSettings>();

/** The loop's settings, made once for each set of settings. */
export function fanLoop(s: FanZoneSettings): PidSettings {
  const known = loops.get(s);
  if (known !== undefined) return known;
  const loop = pidWith({
    action: "direct",
    gain: s.gain,
    integralTime: s.integralTime,
    derivativeTime: s.derivativeTime,
    deadband: s.deadband,
    outputMin: 0,
    outputMax: 100,
  });
  loops.set(s, loop);
  return loop;
}
