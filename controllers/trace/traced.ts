import type { Instant } from "../../devices/clock.ts";

/** What can be traced: JSON values. */
export interface Traced {
  /** When the step was due, wall clock. */
  readonly at: Instant;
  /** What the next step begins with. Kept with the first step of every block only: from there replay can start. */
  readonly state?: unknown;
}

/** A step that has its place: counts up by one per controller, also across restarts; a gap is something that was lost. */
export type Numbered<T extends Traced> = T & { readonly n: number };
