import { type Static, Type } from "typebox";
import { numberOf, plain, secondsOf } from "../settings.ts";
import { wordOf } from "./words.ts";

/**
 * Settings of a PID loop. Gains are positive; which way the output goes is said by `action` in a word. Units: the output
 * in %, what is measured in K; a loop on other quantities reads its own units into them.
 */
export const pidSettings = Type.Object({
  form: wordOf(["ideal", "parallel"], {
    default: "ideal",
    description:
      "ideal: gain, integralTime and derivativeTime (ISA standard form). " +
      "parallel: gain, integralGain and derivativeGain, independent of each other.",
  }),
  action: wordOf(["direct", "reverse"], {
    default: "direct",
    description:
      "direct: the output rises when the measurement rises (cooling). reverse: it falls (heating). " +
      "The wrong one drives the output to its limit.",
  }),
  gain: numberOf("%/K", { default: 3.5, minimum: 0, maximum: 1e4, description: "Proportional gain." }),
  integralTime: secondsOf({ default: 60, description: "Ideal form: integral time. 0: no integral." }),
  derivativeTime: secondsOf({ default: 0, description: "Ideal form: derivative time. 0: no derivative." }),
  integralGain: numberOf("%/(K·s)", {
    default: 0,
    minimum: 0,
    maximum: 1e4,
    description: "Parallel form: integral gain. 0: no integral.",
  }),
  derivativeGain: numberOf("%·s/K", {
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Parallel form: derivative gain. 0: no derivative. It needs a proportional gain.",
  }),
  setpointWeight: plain({
    default: 1,
    minimum: 0,
    maximum: 1,
    description: "Share of a setpoint change the proportional part sees. Below 1: less overshoot.",
  }),
  derivativeOn: wordOf(["measurement", "error"], {
    default: "measurement",
    description: "What the derivative looks at. error: a new setpoint kicks the output.",
  }),
  derivativeFilter: plain({
    default: 10,
    minimum: 1,
    maximum: 100,
    description: "N: the derivative is filtered with its time divided by N. Larger: more noise.",
  }),
  outputMin: numberOf("%", { default: 0, minimum: -1e6, maximum: 1e6, description: "Smallest output." }),
  outputMax: numberOf("%", { default: 100, minimum: -1e6, maximum: 1e6, description: "Largest output." }),
  slewUp: numberOf("%/s", {
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Fastest rise. 0: no limit.",
  }),
  slewDown: numberOf("%/s", {
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Fastest fall. 0: no limit.",
  }),
  antiWindup: wordOf(["back-calculation", "conditional", "none"], {
    default: "back-calculation",
    description:
      "What keeps the integral from running away while the output cannot follow. " +
      "conditional: increments that push further are refused. none: only for tests.",
  }),
  trackingTime: secondsOf({
    default: 0,
    description:
      "How fast the integral follows what was really applied. 0: the integral time, and with a derivative the geometric mean of both, but no less than a quarter.",
  }),
  integralMin: Type.Optional(
    numberOf("%", { default: -1e6, minimum: -1e6, maximum: 1e6, description: "Smallest integral part." }),
  ),
  integralMax: Type.Optional(
    numberOf("%", { default: 1e6, minimum: -1e6, maximum: 1e6, description: "Largest integral part." }),
  ),
  appliedTolerance: numberOf("%", {
    default: 1,
    minimum: 0,
    maximum: 1e6,
    description: "Smaller differences between what was sent and what is in force are rounding, not a limit.",
  }),
  deadband: numberOf("K", {
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Errors inside it change nothing; outside, the distance to its edge counts.",
  }),
});
export type PidSettings = Static<typeof pidSettings>;

/** Settings with every default, and what is given in place of them. */
export const pidWith = (given: Partial<PidSettings> = {}): PidSettings => ({ ...pidDefaults, ...given });

const pidDefaults: PidSettings = {
  form: "ideal",
  action: "direct",
  gain: 3.5,
  integralTime: 60,
  derivativeTime: 0,
  integralGain: 0,
  derivativeGain: 0,
  setpointWeight: 1,
  derivativeOn: "measurement",
  derivativeFilter: 10,
  outputMin: 0,
  outputMax: 100,
  slewUp: 0,
  slewDown: 0,
  antiWindup: "back-calculation",
  trackingTime: 0,
  appliedTolerance: 1,
  deadband: 0,
};

/** What is wrong with settings that fit the schema; undefined: nothing. */
export function checkPid(settings: PidSettings): string | undefined {
  if (settings.outputMin >= settings.outputMax)
    return `outputMin ${settings.outputMin} must be below outputMax ${settings.outputMax}`;
  const { integralMin = -Infinity, integralMax = Infinity } = settings;
  if (integralMin > integralMax)
    return `integralMin ${integralMin} must not be above integralMax ${integralMax}`;
  if (settings.form === "parallel" && settings.derivativeGain > 0 && settings.gain === 0)
    return "derivativeGain needs a gain above 0: its filter is derived from their ratio";
  return undefined;
}

/** Parallel gains with the sign of the action, and the times that belong to them. */
export interface Gains {
  readonly p: number;
  /** Per second. */
  readonly i: number;
  readonly d: number;
  /** Time constant of the derivative's filter, s. */
  readonly filter: number;
  /** s */
  readonly tracking: number;
}

/** @param factor multiplies all three gains: gain scheduling */
export function gainsOf(settings: PidSettings, factor: number): Gains {
  const p = (settings.action === "direct" ? -settings.gain : settings.gain) * factor;
  const ideal = settings.form === "ideal";
  const sign = settings.action === "direct" ? -factor : factor;
  const i = ideal
    ? settings.integralTime > 0
      ? p / settings.integralTime
      : 0
    : sign * settings.integralGain;
  const d = ideal ? p * settings.derivativeTime : sign * settings.derivativeGain;
  const derivativeTime = p === 0 ? 0 : d / p;
  // A loop with a derivative would be slowed too much by the whole integral time.
  const integralTime = i === 0 ? 0 : p === 0 ? 1 : p / i;
  const natural =
    d === 0 ? integralTime : Math.max(Math.sqrt(integralTime * derivativeTime), integralTime / 4);
  const tracking = settings.trackingTime > 0 ? settings.trackingTime : natural;
  return { p, i, d, filter: derivativeTime / settings.derivativeFilter, tracking };
}
