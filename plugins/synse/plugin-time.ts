import type { Clock, Instant, Millis } from "../../devices/clock.ts";

const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** @returns undefined for what is no RFC 3339 moment */
export function parseInstant(text: string): Instant | undefined {
  if (!shape.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

/** Whole seconds, and the way here: so much is no difference between two clocks. */
const tolerance: Millis = 5000;
/** How long what was seen of the plugin's clock counts. */
const window: Millis = 60_000;

/**
 * Moments a plugin states, on our clock. Two clocks that nobody sets drift apart by hours: a reading that has just been
 * made shows by how much. The least age among new readings of the last one to two minutes is the difference; less than
 * five seconds is none.
 */
export class PluginTime {
  readonly #clock: Clock;
  readonly #differs: (by: Millis) => void;
  #least = Infinity;
  #before = Infinity;
  #turned: Millis;
  #said = 0;

  /** @param differs told when the difference enters or leaves the tolerance, in ms; positive: the plugin is behind */
  constructor(clock: Clock, differs: (by: Millis) => void) {
    this.#clock = clock;
    this.#differs = differs;
    this.#turned = clock.monotonic();
  }

  /** Takes note of a reading that was made a moment ago. */
  fresh(stated: Instant): void {
    const now = this.#clock.monotonic();
    if (now - this.#turned >= window) {
      this.#before = now - this.#turned >= 2 * window ? Infinity : this.#least;
      this.#least = Infinity;
      this.#turned = now;
    }
    this.#least = Math.min(this.#least, this.#clock.now() - stated);
    const { skew } = this;
    if ((skew === 0) !== (this.#said === 0)) this.#differs(skew);
    this.#said = skew;
  }

  /** By how much the plugin's clock is behind ours; 0 within the tolerance. */
  get skew(): Millis {
    const least = Math.min(this.#least, this.#before);
    return Math.abs(least) <= tolerance || least === Infinity ? 0 : least;
  }

  /** A stated moment on our clock, never in the future. */
  here(stated: Instant): Instant {
    return Math.min(stated + this.skew, this.#clock.now());
  }
}
