import { type Static, Type } from "typebox";
import { flag, secondsOf } from "../settings.ts";
import { initialLatch, type LatchState, latchStep } from "./latch.ts";
import { heldFor, reached } from "./timing.ts";

/** What a leak does to the loads of its own zone. */
export const leakSettings = Type.Object({
  leakAfter: secondsOf({ default: 5, maximum: 600, description: "A leak must be seen this long." }),
  leakCutsOutlets: flag({
    default: false,
    description:
      "A leak takes the power from the outlets of its own zone (`zone:` tags), but for those of priority 0.",
  }),
  leakGrace: secondsOf({
    default: 120,
    maximum: 3600,
    description: "Between the leak and that, for orderly shutdowns of the zone's servers.",
  }),
});
export type LeakSettings = Static<typeof leakSettings>;

/** By zone. JSON. */
export type LeakState = Readonly<Record<string, { readonly latch: LatchState; readonly on: number }>>;

export interface LeakResult {
  /** Zones whose servers are asked to shut down, and among them those whose outlets lose power. */
  readonly stopping: readonly string[];
  readonly cut: readonly string[];
  readonly state: LeakState;
}

/**
 * One step.
 * @param seen by zone; undefined: its contact does not answer
 * @param reset somebody resets what is latched
 * @param dt seconds since the step before
 */
export function leakStep(
  before: LeakState,
  seen: Readonly<Record<string, boolean | undefined>>,
  reset: boolean,
  { leakAfter, leakCutsOutlets, leakGrace }: LeakSettings,
  dt: number,
): LeakResult {
  const state: Record<string, LeakState[string]> = {};
  // A contact that is no longer bound keeps what it said.
  for (const zone of new Set([...Object.keys(before), ...Object.keys(seen)])) {
    const was = before[zone] ?? { latch: initialLatch, on: 0 };
    const latch = latchStep(was.latch, seen[zone], reset, { after: leakAfter, autoReset: 0 }, dt);
    if (seen[zone] === undefined && !latch.on && !(zone in seen)) continue;
    state[zone] = { latch, on: heldFor(was.on, latch.on && leakCutsOutlets, dt) };
  }
  const stopping = Object.keys(state).filter((zone) => (state[zone]?.on ?? 0) > 0);
  return { stopping, cut: stopping.filter((zone) => reached(state[zone]?.on ?? 0, leakGrace)), state };
}
