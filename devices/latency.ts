import type { Millis } from "./clock.ts";

/** Upper ends of the classes durations fall into, in seconds; what takes longer is only in the count. Synse v3 §1.9. */
export const latencyBounds = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;

/** How long many things took. Plain JSON. */
export interface Durations {
  readonly count: number;
  /** How long they took together, in seconds. */
  readonly seconds: number;
  /** How many took no longer than each of `latencyBounds`. */
  readonly within: readonly number[];
}

/** Counts how long things take. */
export class Latency {
  readonly #classes: number[] = latencyBounds.map(() => 0);
  #count = 0;
  #seconds = 0;

  add(took: Millis): void {
    const seconds = took / 1000;
    this.#count++;
    this.#seconds += seconds;
    const at = latencyBounds.findIndex((bound) => seconds <= bound);
    if (at >= 0) this.#classes[at] = (this.#classes[at] ?? 0) + 1;
  }

  durations(): Durations {
    let sum = 0;
    return {
      count: this.#count,
      seconds: this.#seconds,
      within: this.#classes.map((count) => (sum += count)),
    };
  }
}
