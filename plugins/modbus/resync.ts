import type { Clock, Millis } from "../../devices/clock.ts";

/** What belongs to a message that went wrong comes within this long of the rest. */
const quiet: Millis = 150;
const mostBabble: Millis = 2000;
/** So often in a row, and for so long, nothing made sense: a new connection may help. */
const mostStrikes = 5;
const longestNonsense: Millis = 10_000;

/**
 * Finds the way back into a stream of messages that lost its step: nothing tells where the next one begins, but if
 * nobody is asked anything and all that still comes is thrown away, what comes after silence is a beginning.
 */
export class Resync {
  readonly #clock: Clock;
  #strikes = 0;
  #since: Millis = 0;
  #lastFound: Millis;
  #until: Millis = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastFound = clock.monotonic();
  }

  /** Whether what arrives now is still the tail of what went wrong, to be thrown away. */
  get deaf(): boolean {
    return this.#clock.monotonic() < this.#until;
  }

  /** The stream makes no sense. @returns whether it is better given up */
  lost(): boolean {
    this.#strikes++;
    this.#since = this.#clock.monotonic();
    this.#until = this.#since + quiet;
    return this.#strikes >= mostStrikes && this.#since - this.#lastFound >= longestNonsense;
  }

  /** More of it came. @returns whether it never ends */
  babble(): boolean {
    const now = this.#clock.monotonic();
    this.#until = now + quiet;
    return now - this.#since > mostBabble;
  }

  /** A message was in its place. */
  found(): void {
    this.#strikes = 0;
    this.#lastFound = this.#clock.monotonic();
  }

  /** Resolves when there has been silence long enough. */
  async silence(): Promise<void> {
    while (this.deaf) await this.#clock.sleepUntil(this.#until);
  }
}
