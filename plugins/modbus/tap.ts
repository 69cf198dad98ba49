import type { Clock, Millis } from "../../devices/clock.ts";
import type { TappedFrame } from "../../devices/plugin.ts";

/** What is known of a frame that crossed the line. */
export interface SeenFrame {
  readonly direction: TappedFrame["direction"];
  readonly bytes: Uint8Array;
  readonly text: string;
  /** First and last byte, on `Clock.monotonic`. */
  readonly began: Millis;
  readonly ended: Millis;
  readonly took?: Millis | undefined;
  readonly fault?: string | undefined;
}

const round = (span: Millis): Millis => Math.round(span * 1000) / 1000;

/** Those who watch a line. Costs nothing while nobody does: `saw` takes a function. */
export class Taps {
  readonly #clock: Clock;
  readonly #listeners = new Set<(frame: TappedFrame) => void>();
  #lastEnd: Millis | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(listener: (frame: TappedFrame) => void): () => void {
    // What crossed the line while nobody watched is not known: the silence before the next frame is not either.
    if (this.#listeners.size === 0) this.#lastEnd = undefined;
    // Its own function, so that adding one listener twice and removing it once leaves one.
    const own = (frame: TappedFrame): void => listener(frame);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  saw(frame: () => SeenFrame): void {
    if (this.#listeners.size === 0) return;
    const seen = frame();
    const gap = this.#lastEnd === undefined ? 0 : Math.max(0, seen.began - this.#lastEnd);
    this.#lastEnd = seen.ended;
    const tapped: TappedFrame = {
      at: this.#clock.now() + Math.min(0, seen.ended - this.#clock.monotonic()),
      direction: seen.direction,
      hex: Buffer.from(seen.bytes).toString("hex"),
      text: seen.text,
      gap: round(gap),
      ...(seen.took === undefined ? {} : { took: round(seen.took) }),
      ...(seen.fault === undefined ? {} : { fault: seen.fault }),
    };
    for (const listener of [...this.#listeners]) listener(tapped);
  }
}
