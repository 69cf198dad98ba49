import { type Static, Type } from "typebox";
import { kelvin, percent, plain, secondsOf } from "../settings.ts";
import { usable } from "./limit.ts";
import { relayTuning, type Tuning } from "./tuning.ts";

/** A relay test: the loop is made to oscillate a little, and its gains follow. */
export const relaySettings = Type.Object({
  centre: percent({ default: 50, description: "Output around which the relay switches." }),
  height: percent({ default: 10, minimum: 1, maximum: 50, description: "How far it goes to either side." }),
  hysteresis: kelvin({ default: 0.2, description: "Distance from the setpoint at which it switches." }),
  furthest: kelvin({ default: 4, description: "Further from the setpoint the test is called off." }),
  cycles: plain({ default: 3, minimum: 2, maximum: 20, description: "Full cycles that must agree." }),
  longest: secondsOf({ default: 7200, minimum: 60, description: "After that the test is called off." }),
});
export type RelaySettings = Static<typeof relaySettings>;

/** JSON. */
export interface RelayState {
  readonly high: boolean | null;
  readonly elapsed: number;
  /** Extremes since the last switch to high. */
  readonly low: number | null;
  readonly top: number | null;
  /** When it last switched to high, s. */
  readonly switched: number | null;
  /** Full cycles seen, the first left out: period and amplitude. */
  readonly cycles: readonly { readonly period: number; readonly amplitude: number }[];
}

export const relayInit = (): RelayState => ({
  high: null,
  elapsed: 0,
  low: null,
  top: null,
  switched: null,
  cycles: [],
});

export interface RelayResult {
  readonly output: number;
  readonly state: RelayState;
  /** Gains, once the cycles agree. */
  readonly tuning?: Tuning;
  /** Why it was called off. */
  readonly failed?: string;
}

/** One step of a relay test. Pure. @param action as in `PidSettings`: direct for cooling */
export function relayStep(
  state: RelayState,
  input: {
    readonly pv: number;
    readonly setpoint: number;
    readonly dt: number;
    readonly action: Tuning["action"];
  },
  settings: RelaySettings,
): RelayResult {
  const { centre, height } = settings;
  const error = (input.pv - input.setpoint) * (input.action === "direct" ? 1 : -1);
  if (!usable(error)) return { output: centre, state, failed: "the measurement is gone" };
  const high = switchOf(state.high, error, settings);
  const output = high ? centre + height : centre - height;
  const next = seen(state, error, high, input.dt);
  if (Math.abs(error) > settings.furthest)
    return {
      output: centre,
      state: next,
      failed: `the measurement went further than ${settings.furthest} K`,
    };
  if (next.elapsed > settings.longest)
    return { output: centre, state: next, failed: `no steady oscillation within ${settings.longest} s` };
  const tuning = tuningOf(next, input.action, settings);
  return tuning === undefined ? { output, state: next } : { output: centre, state: next, tuning };
}

function switchOf(high: boolean | null, error: number, { hysteresis }: RelaySettings): boolean {
  if (error > hysteresis) return true;
  if (error < -hysteresis) return false;
  return high ?? error > 0;
}

function seen(state: RelayState, error: number, high: boolean, dt: number): RelayState {
  const elapsed = state.elapsed + Math.max(0, dt);
  const low = Math.min(state.low ?? error, error);
  const top = Math.max(state.top ?? error, error);
  if (!high || state.high !== false) return { ...state, high, elapsed, low, top };
  // Switched to high: a cycle is complete. The first one began somewhere.
  const cycles =
    state.switched === null
      ? state.cycles
      : [...state.cycles, { period: elapsed - state.switched, amplitude: (top - low) / 2 }];
  return { high, elapsed, low: error, top: error, switched: elapsed, cycles };
}

function tuningOf(
  { cycles }: RelayState,
  action: Tuning["action"],
  { height, hysteresis, cycles: wanted }: RelaySettings,
): Tuning | undefined {
  const last = cycles.slice(-wanted);
  if (last.length < wanted) return undefined;
  const periods = last.map((one) => one.period);
  const period = periods.reduce((sum, one) => sum + one, 0) / wanted;
  if (Math.max(...periods) - Math.min(...periods) > 0.2 * period) return undefined;
  const amplitude = last.reduce((sum, one) => sum + one.amplitude, 0) / wanted;
  return relayTuning({ height, amplitude, period, hysteresis }, action);
}
