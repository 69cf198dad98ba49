import {
  type AtOptions,
  type Cancel,
  type Clock,
  type Instant,
  type Millis,
  sleepOn,
} from "../../devices/clock.ts";

interface Entry {
  readonly due: Millis;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when told to. Between two entries pending promises run, as they would in life. */
export class TestClock implements Clock {
  #elapsed: Millis = 0;
  #order = 0;
  #start: Instant;
  readonly #entries = new Set<Entry>();

  constructor(start: Instant = Date.parse("2031-05-06T07:08:09Z")) {
    this.#start = start;
  }

  now = (): Instant => this.#start + this.#elapsed;
  monotonic = (): Millis => this.#elapsed;

  at = (due: Millis, run: () => void): Cancel => {
    const entry = { due, order: this.#order++, run };
    this.#entries.add(entry);
    return () => {
      this.#entries.delete(entry);
    };
  };

  sleepUntil = (due: Millis, signal?: AbortSignal, options?: AtOptions): Promise<void> =>
    sleepOn(this, due, signal, options);

  /** How many things wait for time to pass. */
  get waiting(): number {
    return this.#entries.size;
  }

  /** Sets the wall clock forward, or back when `span` is negative. Monotonic time does not notice. */
  setWall(span: Millis): void {
    this.#start += span;
  }

  /** Lets `span` pass while nothing runs, as when the program is stopped; what fell due then runs late. */
  async suspend(span: Millis): Promise<void> {
    this.#elapsed += span;
    await this.advance(0);
  }

  /** Lets `span` pass, running what falls due in order, with pending promises settled before and after each. */
  async advance(span: Millis): Promise<void> {
    const end = this.#elapsed + span;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#entries.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.due);
      next.run();
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }

  #next(end: Millis): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.due > end) continue;
      if (
        first === undefined ||
        entry.due < first.due ||
        (entry.due === first.due && entry.order < first.order)
      ) {
        first = entry;
      }
    }
    return first;
  }
}

/** Lets everything that waits only for other promises finish. Long enough for the deepest chains in this code. */
export async function settle(turns = 50): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}
