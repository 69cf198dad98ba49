import { type Clock, hours, type Instant, type Millis } from "../../devices/clock.ts";

/** A wall clock that moved by more than this against the monotonic one was set. */
const jump: Millis = hours(1);
/** So long a clock that was set may still be set right again. */
const doubt: Millis = hours(24);

/**
 * Whether the wall clock may be asked how old something is. One that has just been set, or that is far ahead of what was
 * kept last, may be wrong by years: what is removed then because of its age is gone for good.
 */
export class TrustedAge {
  readonly #clock: Clock;
  #ahead: Millis;
  #from: Millis;

  /** @param last when something was kept last; absent: never */
  constructor(clock: Clock, last: Instant | undefined) {
    const [now, mono] = [clock.now(), clock.monotonic()];
    this.#clock = clock;
    this.#ahead = now - mono;
    this.#from = last !== undefined && now - last > doubt ? mono + doubt : mono;
  }

  /** Whether it is to be trusted now; to be asked again and again. */
  get isTrusted(): boolean {
    const [now, mono] = [this.#clock.now(), this.#clock.monotonic()];
    const ahead = now - mono;
    if (Math.abs(ahead - this.#ahead) > jump) this.#from = mono + doubt;
    this.#ahead = ahead;
    return mono >= this.#from;
  }
}
