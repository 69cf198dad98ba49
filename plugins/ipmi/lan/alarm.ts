import type { Cancel, Clock, Millis } from "../../../devices/clock.ts";
import { atOverdue } from "../../transport/overdue.ts";

/** One timer for everything that falls due at a BMC: set earlier when needed, and left alone when not. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #due = Infinity;
  #cancel: Cancel | undefined;

  /** @param ring looks at all that may be due, and sets the alarm again */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `due` at the latest. */
  by(due: Millis): void {
    if (due >= this.#due) return;
    this.#cancel?.();
    this.#due = due;
    this.#cancel = atOverdue(this.#clock, due, () => {
      this.#due = Infinity;
      this.#cancel = undefined;
      this.#ring();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#due = Infinity;
  }
}
