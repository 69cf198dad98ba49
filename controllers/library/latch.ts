import { heldFor, reached } from "./timing.ts";

/** Something dangerous that was seen: it stands until it is gone and somebody, or time, resets it. */
export interface LatchState {
  readonly on: boolean;
  /** s it has been seen without a break, and s since it was last seen. */
  readonly seen: number;
  readonly clear: number;
}

export const initialLatch: LatchState = { on: false, seen: 0, clear: 0 };

export interface LatchSettings {
  /** s it must be seen before it counts. */
  readonly after: number;
  /** s it must be gone before it resets itself; 0: only somebody resets it. */
  readonly autoReset: number;
}

/**
 * One step.
 * @param present undefined when the detector does not answer: neither seen nor gone
 * @param reset somebody resets it: holds only once it is gone
 */
export function latchStep(
  before: LatchState,
  present: boolean | undefined,
  reset: boolean,
  { after, autoReset }: LatchSettings,
  dt: number,
): LatchState {
  const seen = present === undefined ? before.seen : heldFor(before.seen, present, dt);
  const clear = present === undefined ? 0 : heldFor(before.clear, !present, dt);
  if (present === true && reached(seen, after)) return { on: true, seen, clear };
  const resets = present === false && (reset || (autoReset > 0 && reached(clear, autoReset)));
  return { on: before.on && !resets, seen, clear };
}
