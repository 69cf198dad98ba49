import { clamp, countedSeconds, regular, slewed, usable } from "./limit.ts";
import { gainsOf, type Gains, type PidSettings } from "./pid-settings.ts";

export { checkPid, pidSettings, type PidSettings, pidWith } from "./pid-settings.ts";

/** What a loop remembers; JSON. */
export interface PidState {
  readonly integral: number;
  readonly derivative: number;
  /** The proportional part of the last sample. */
  readonly proportional: number;
  /** Of the last sample; `pv` is null before the first. */
  readonly pv: number | null;
  readonly setpoint: number;
  /** The error of the last sample, as the derivative sees it. */
  readonly error: number;
  /** What was sent last; null: nothing yet. */
  readonly output: number | null;
}

export type Freeze = "up" | "down" | "both";

export interface PidInput {
  readonly setpoint: number;
  readonly pv: number;
  /** Seconds since the step before, and the period. Outside ±50 %: integral and derivative hold. */
  readonly dt: number;
  readonly nominal: number;
  /** Added to the output. Default 0. */
  readonly feedForward?: number | undefined;
  /** What is really in force since the last step, when that is known: other owners, stuck actuators, selectors. */
  readonly applied?: number | undefined;
  /** The output is this, and the integral follows it: manual, or somebody else's. */
  readonly manual?: number | undefined;
  /** Limits of this step, inside those of the settings. */
  readonly min?: number;
  readonly max?: number;
  /** The output must not be integrated in that direction: the inner loop of a cascade cannot follow. */
  readonly freeze?: Freeze;
  /** Multiplies all gains: gain scheduling. A change of it makes no bump. Default 1. */
  readonly gainFactor?: number;
}

export type PidLimit = "none" | "min" | "max" | "slew-up" | "slew-down";

export interface PidResult {
  readonly output: number;
  readonly state: PidState;
  readonly p: number;
  readonly i: number;
  readonly d: number;
  readonly ff: number;
  /** After the dead band. */
  readonly error: number;
  /** Before limits. */
  readonly raw: number;
  readonly limit: PidLimit;
  /** The step's length was irregular: integral and derivative were held. */
  readonly held: boolean;
  /** An input was no finite number: the last output and the whole state were held. */
  readonly fault: boolean;
}

/**
 * @param integral the first integral part, in units of the output
 * @param output what is in force now; the first output then follows the slew limits from there
 */
export const pidInit = (integral = 0, output: number | null = null): PidState => ({
  integral,
  derivative: 0,
  proportional: 0,
  pv: null,
  setpoint: 0,
  error: 0,
  output,
});

/**
 * One step of a PID loop in position form. Pure; the order of operations is part of the
 * contract, another order gives another trajectory:
 *
 * 1. `e = setpoint - pv`, less the dead band. 2. `P = Kc(b·setpoint - pv)`. 3. `I += Kc·Ts/Ti·e`, this sample counts.
 * 4. `D = Td/(Td+N·Ts)·D + Kc·Td·N/(Td+N·Ts)·Δx`, x = -pv or e. 5. `v = P + I + D + ff`. 6. `u` is v inside the limits,
 * then inside the slew limits from the last output sent. 7. Anti-windup: refuse the increment, or `I += Ts/Tt(u - v)`;
 * what was applied differently from what was sent enters in the step after. 8. In manual `I = u - P - D - ff`.
 *
 * Before 1, when gains, weight or action are not those of the last step, the integral takes up the difference of the
 * proportional part, so that changing them makes no bump. Only an integral can: a loop without one has neither this, nor
 * tracking, nor anti-windup.
 */
export function pidStep(state: PidState, input: PidInput, settings: PidSettings): PidResult {
  const gains = gainsOf(settings, input.gainFactor ?? 1);
  if (!allUsable(input)) return heldStep(state, settings);
  const ff = input.feedForward ?? 0;
  const counts = regular(input.dt, input.nominal);
  const terms = termsOf(state, input, settings, gains, counts);
  const { p, d, before, increment } = terms;
  const integral = within(before + increment, settings);
  const raw = p + integral + d + ff;
  if (!Number.isFinite(raw)) return heldStep(state, settings);
  if (input.manual !== undefined) {
    const i = gains.i === 0 ? before : input.manual - p - d - ff;
    return result(state, input, terms, { u: input.manual, i, raw: input.manual, ff, limit: "none", counts });
  }
  const u = limited(raw, state, input, settings);
  if (settings.antiWindup === "conditional" && increment * (raw - u) > 0) {
    const i = within(before, settings);
    const again = p + i + d + ff;
    const uAgain = limited(again, state, input, settings);
    return result(state, input, terms, {
      u: uAgain,
      i,
      raw,
      ff,
      limit: reached(again, uAgain, settings, input),
      counts,
    });
  }
  const back = settings.antiWindup === "back-calculation" && gains.i !== 0 && counts;
  const i = back ? within(integral + follow(input.dt, gains) * (u - raw), settings) : integral;
  return result(state, input, terms, { u, i, raw, ff, limit: reached(raw, u, settings, input), counts });
}

/** Share of a difference the integral takes up in one step. */
const follow = (dt: number, gains: Gains): number => Math.min(1, dt / gains.tracking);

const allUsable = (input: PidInput): boolean =>
  usable(input.pv) &&
  usable(input.setpoint) &&
  input.dt > 0 &&
  usable(input.dt) &&
  (input.feedForward === undefined || usable(input.feedForward)) &&
  (input.manual === undefined || usable(input.manual)) &&
  (input.gainFactor === undefined || usable(input.gainFactor));

interface Terms {
  readonly error: number;
  readonly p: number;
  readonly d: number;
  /** The integral before this sample's increment. */
  readonly before: number;
  readonly increment: number;
}

function termsOf(
  state: PidState,
  input: PidInput,
  settings: PidSettings,
  gains: Gains,
  counts: boolean,
): Terms {
  const { setpoint, pv, dt } = input;
  const error = errorOf(setpoint, pv, settings.deadband);
  const p = proportionalOf(setpoint, pv, settings, gains);
  const d = derivativeOf(state, input, settings, gains, counts);
  let before = state.integral;
  let increment = 0;
  if (gains.i !== 0) {
    if (state.pv !== null)
      before += state.proportional - proportionalOf(state.setpoint, state.pv, settings, gains);
    if (counts) {
      const missed = missedOf(state, input, settings);
      if (settings.antiWindup === "back-calculation") before += follow(dt, gains) * missed;
      increment = gains.i * dt * error;
      if (refused(increment, missed, input.freeze, settings)) increment = 0;
    }
  }
  return { error, p, d, before, increment };
}

/** The error, and beyond a dead band the distance to its edge. */
export const errorOf = (setpoint: number, pv: number, deadband: number): number => {
  const error = setpoint - pv;
  return deadband > 0 ? error - clamp(error, -deadband, deadband) : error;
};

/** The proportional part; the dead band counts as if the measurement were at the setpoint. */
export const proportionalOf = (setpoint: number, pv: number, settings: PidSettings, gains: Gains): number => {
  const pvSeen = setpoint - errorOf(setpoint, pv, settings.deadband);
  return gains.p * (settings.setpointWeight * setpoint - pvSeen);
};

/** The filtered derivative part. Inside a dead band it is zero at once, so that nothing moves there. */
export function derivativeOf(
  state: Pick<PidState, "pv" | "error" | "derivative">,
  input: PidInput,
  settings: PidSettings,
  gains: Gains,
  counts: boolean,
): number {
  if (gains.d === 0) return 0;
  const { setpoint, pv, dt } = input;
  const { deadband } = settings;
  const error = errorOf(setpoint, pv, deadband);
  if (deadband > 0 && error === 0) return 0;
  if (!counts) return state.derivative;
  const measured = state.pv === null ? 0 : error - errorOf(setpoint, state.pv, deadband);
  const change = settings.derivativeOn === "error" ? error - state.error : measured;
  return (gains.filter * state.derivative + gains.d * change) / (gains.filter + dt);
}

/** How much less, or more, than what was sent is in force. */
function missedOf(state: PidState, input: PidInput, settings: PidSettings): number {
  if (state.output === null || !usable(input.applied)) return 0;
  const missed = input.applied - state.output;
  return Math.abs(missed) > settings.appliedTolerance ? missed : 0;
}

const refused = (
  increment: number,
  missed: number,
  freeze: Freeze | undefined,
  settings: PidSettings,
): boolean => {
  if (freeze === "both") return true;
  if (freeze === "up" && increment > 0) return true;
  if (freeze === "down" && increment < 0) return true;
  return settings.antiWindup === "conditional" && increment * missed < 0;
};

const within = (integral: number, settings: PidSettings): number =>
  settings.integralMin === undefined && settings.integralMax === undefined
    ? integral
    : clamp(integral, settings.integralMin ?? -Infinity, settings.integralMax ?? Infinity);

const boundsOf = (settings: PidSettings, input: Pick<PidInput, "min" | "max">): readonly [number, number] => [
  usable(input.min) ? Math.max(settings.outputMin, input.min) : settings.outputMin,
  usable(input.max) ? Math.min(settings.outputMax, input.max) : settings.outputMax,
];

/** What of a wanted output can be sent: inside the limits, then inside the slew limits. */
export function limited(
  wanted: number,
  state: Pick<PidState, "output">,
  input: PidInput,
  settings: PidSettings,
): number {
  const [low, high] = boundsOf(settings, input);
  const inside = clamp(wanted, low, high);
  if (state.output === null) return inside;
  const span = countedSeconds(input.dt, input.nominal);
  return slewed(state.output, inside, settings.slewUp, settings.slewDown, span);
}

/** Which limit made `sent` of `wanted`. */
export function reached(
  wanted: number,
  sent: number,
  settings: PidSettings,
  bounds: Pick<PidInput, "min" | "max">,
): PidLimit {
  if (wanted === sent) return "none";
  const [low, high] = boundsOf(settings, bounds);
  if (sent < wanted) return sent >= high ? "max" : "slew-up";
  return sent <= low ? "min" : "slew-down";
}

interface Outcome {
  readonly u: number;
  readonly i: number;
  readonly raw: number;
  readonly ff: number;
  readonly limit: PidLimit;
  readonly counts: boolean;
}

function result(_state: PidState, input: PidInput, terms: Terms, outcome: Outcome): PidResult {
  const { error, p, d } = terms;
  const { u, i, raw, ff, limit, counts } = outcome;
  // JSON knows no negative zero: without it a restored state goes on bit for bit.
  const state: PidState = {
    integral: i + 0,
    derivative: d + 0,
    proportional: p + 0,
    pv: input.pv + 0,
    setpoint: input.setpoint + 0,
    error: error + 0,
    output: u + 0,
  };
  return { output: u + 0, state, p, i, d, ff, error, raw, limit, held: !counts, fault: false };
}

function heldStep(state: PidState, settings: PidSettings): PidResult {
  const output = state.output ?? clamp(state.integral, settings.outputMin, settings.outputMax);
  return {
    output,
    state,
    p: state.proportional,
    i: state.integral,
    d: state.derivative,
    ff: 0,
    error: state.error,
    raw: output,
    limit: "none",
    held: true,
    fault: true,
  };
}

/** Moves a loop's output by `shift` without a memory of it: the meaning of its output has changed by as much. */
export const pidShift = (state: PidState, shift: number): PidState => ({
  ...state,
  integral: state.integral + shift,
  output: state.output === null ? null : state.output + shift,
});
