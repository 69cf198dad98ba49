import { countedSeconds } from "./limit.ts";
import {
  type Freeze,
  type PidInput,
  type PidResult,
  type PidSettings,
  type PidState,
  pidStep,
} from "./pid.ts";

/** JSON. */
export interface CascadeState {
  readonly outer: PidState;
  readonly inner: PidState;
  /** Seconds counted towards the outer loop's next step; -1: it is due. */
  readonly since: number;
  /** What the outer loop asked for last; null: nothing yet. */
  readonly wanted: number | null;
  /** In which direction the outer loop must not go. */
  readonly freeze: Freeze | null;
}

export interface CascadeSettings {
  readonly outer: PidSettings;
  readonly inner: PidSettings;
  /** The outer loop's period, s, >= the inner one's. */
  readonly outerPeriod: number;
}

export interface CascadeInput {
  readonly setpoint: number;
  /** What the outer loop holds, and what the inner loop holds. */
  readonly outerPv: number;
  readonly innerPv: number;
  readonly dt: number;
  readonly nominal: number;
  readonly feedForward?: number;
  readonly applied?: number;
  readonly manual?: number;
  readonly min?: number;
  readonly max?: number;
}

export interface CascadeResult {
  readonly output: number;
  /** The inner loop's setpoint. */
  readonly wanted: number;
  readonly inner: PidResult;
  /** Undefined in steps in which the outer loop did not run. */
  readonly outer: PidResult | undefined;
  readonly state: CascadeState;
}

export const cascadeInit = (outer: PidState, inner: PidState): CascadeState => ({
  outer,
  inner,
  since: -1,
  wanted: outer.output,
  freeze: null,
});

/**
 * One step of two loops: the outer one's output is the inner one's setpoint. Pure. The outer loop runs at its own period;
 * what is left over is carried on, so that the ratio stays right. While the inner loop
 * is at a limit the outer one does not integrate further in that direction, and only in that one. In manual the outer
 * loop follows what the inner one measures, so that the return makes no bump in either.
 */
export function cascadeStep(
  state: CascadeState,
  input: CascadeInput,
  settings: CascadeSettings,
): CascadeResult {
  const begins = state.since < 0;
  const since = begins ? 0 : state.since + countedSeconds(input.dt, input.nominal);
  // Sums of many steps miss whole numbers by rounding.
  const due = begins || since >= settings.outerPeriod - 1e-6;
  const outer = due ? outerStep(state, input, settings) : undefined;
  const wanted = outer?.output ?? state.wanted ?? input.innerPv;
  const inner = pidStep(state.inner, { ...input, setpoint: wanted, pv: input.innerPv }, settings.inner);
  const left = due ? Math.min(Math.max(0, since - settings.outerPeriod), settings.outerPeriod / 2) : since;
  const freeze = freezeOf(inner, settings.inner);
  return {
    output: inner.output,
    wanted,
    inner,
    outer,
    state: { outer: outer?.state ?? state.outer, inner: inner.state, since: left, wanted, freeze },
  };
}

function outerStep(state: CascadeState, input: CascadeInput, settings: CascadeSettings): PidResult {
  const period = Math.max(settings.outerPeriod, input.nominal);
  const step: PidInput = {
    setpoint: input.setpoint,
    pv: input.outerPv,
    dt: period,
    nominal: period,
    ...(state.freeze === null ? {} : { freeze: state.freeze }),
    ...(input.manual === undefined ? {} : { manual: input.innerPv }),
  };
  return pidStep(state.outer, step, settings.outer);
}

/** Where the outer output must not go because the inner loop cannot follow. */
export function freezeOf(
  inner: Pick<PidResult, "limit">,
  { action }: Pick<PidSettings, "action">,
): Freeze | null {
  if (inner.limit === "none") return null;
  const high = inner.limit === "max" || inner.limit === "slew-up";
  // A direct loop's output falls when its setpoint rises.
  return high === (action === "reverse") ? "up" : "down";
}
