import { reached } from "./timing.ts";

/** What lets loads come on one after the other: after power returned, or when many are wanted at once. */
export interface SequenceState {
  /** Those that may be on, in the order they were let. */
  readonly on: readonly string[];
  /** s since the last one was let. */
  readonly since: number;
}

export const initialSequence: SequenceState = { on: [], since: 1e6 };

/**
 * Lets wanted loads on, the first wanted first, at least `gap` seconds between two. What is no longer wanted goes at once.
 * @param wanted names, in the order they should come on
 * @param dt seconds since the step before
 */
export function sequenceStep(
  state: SequenceState,
  wanted: readonly string[],
  gap: number,
  dt: number,
): { readonly on: readonly string[]; readonly state: SequenceState } {
  const kept = state.on.filter((name) => wanted.includes(name));
  const since = Math.min(state.since + dt, 1e6);
  const next = wanted.find((name) => !kept.includes(name));
  const on = next !== undefined && reached(since, gap) ? [...kept, next] : kept;
  return { on, state: { on, since: on === kept ? since : 0 } };
}
