import { regular, usable } from "./limit.ts";
import {
  derivativeOf,
  errorOf,
  limited,
  type PidInput,
  type PidLimit,
  proportionalOf,
  reached,
} from "./pid.ts";
import { checkPid, gainsOf, type PidSettings } from "./pid-settings.ts";

/** What a velocity loop remembers; JSON. */
export interface VelocityState {
  readonly derivative: number;
  readonly feedForward: number;
  /** Of the last sample; null before the first. */
  readonly pv: number | null;
  readonly setpoint: number;
  readonly error: number;
  readonly output: number;
}

export interface VelocityResult {
  readonly output: number;
  /** What the actuator is to be moved by, in units of the output. */
  readonly change: number;
  readonly state: VelocityState;
  readonly error: number;
  readonly limit: PidLimit;
  readonly fault: boolean;
}

/** @param output what is in force now */
export const velocityInit = (output: number): VelocityState => ({
  derivative: 0,
  feedForward: 0,
  pv: null,
  setpoint: 0,
  error: 0,
  output,
});

/** As if the sample before the first had been at its setpoint, without an error: equals a position loop from rest. */
export const velocityFromRest = (output: number, setpoint = 0): VelocityState => ({
  ...velocityInit(output),
  pv: setpoint,
  setpoint,
});

/** As `checkPid`; a velocity loop without an integral drifts. */
export function checkVelocity(settings: PidSettings): string | undefined {
  if (gainsOf(settings, 1).i === 0) return "a velocity loop needs an integral: without one its output drifts";
  return checkPid(settings);
}

/**
 * One step of a PID loop in velocity form: the change of the output, for actuators that are raised and lowered, such as a
 * damper motor without position feedback. Pure:
 * `Δu = ΔP + Kc·Ts/Ti·e + ΔD + Δff`, added to what is in force. Without limits it equals the position form; at a limit
 * it forgets the proportional part too, and so leaves the limit at the first change of sign. Settings of anti-windup do
 * not apply. Changing gains makes no bump.
 */
export function velocityStep(state: VelocityState, input: PidInput, settings: PidSettings): VelocityResult {
  const held = {
    output: state.output,
    change: 0,
    state,
    error: state.error,
    limit: "none",
    fault: true,
  } as const;
  if (!usable(input.pv) || !usable(input.setpoint) || !usable(input.dt) || input.dt <= 0) return held;
  const gains = gainsOf(settings, input.gainFactor ?? 1);
  const counts = regular(input.dt, input.nominal);
  const ff = input.feedForward ?? 0;
  const error = errorOf(input.setpoint, input.pv, settings.deadband);
  const p = proportionalOf(input.setpoint, input.pv, settings, gains);
  const pBefore = state.pv === null ? p : proportionalOf(state.setpoint, state.pv, settings, gains);
  const d = derivativeOf(state, input, settings, gains, counts);
  const i = counts && !frozen(gains.i * error, input) ? gains.i * input.dt * error : 0;
  const from = fromWhere(state, input, settings);
  const wanted = from + (p - pBefore) + i + (d - state.derivative) + (ff - state.feedForward);
  if (!Number.isFinite(wanted)) return held;
  const output = usable(input.manual) ? input.manual : limited(wanted, { output: from }, input, settings) + 0;
  const { setpoint, pv } = input;
  return {
    output,
    change: output - from,
    state: {
      derivative: d + 0,
      feedForward: ff + 0,
      pv: pv + 0,
      setpoint: setpoint + 0,
      error: error + 0,
      output,
    },
    error,
    limit: usable(input.manual) ? "none" : reached(wanted, output, settings, input),
    fault: false,
  };
}

/** What is in force: rounding of what was sent is no difference, or small changes would be lost each time. */
function fromWhere(state: VelocityState, input: PidInput, settings: PidSettings): number {
  if (usable(input.manual)) return input.manual;
  if (!usable(input.applied)) return state.output;
  return Math.abs(input.applied - state.output) > settings.appliedTolerance ? input.applied : state.output;
}

const frozen = (increment: number, input: PidInput): boolean =>
  input.freeze === "both" ||
  (input.freeze === "up" && increment > 0) ||
  (input.freeze === "down" && increment < 0);
