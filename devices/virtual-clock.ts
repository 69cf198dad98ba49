import { type AtOptions, type Cancel, type Clock, type Instant, type Millis, sleepOn } from "./clock.ts";

interface Entry {
  readonly due: Millis;
  readonly order: number;
  readonly run: () => void;
  called: boolean;
}

const before = (a: Entry, b: Entry): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

/** A clock that moves only when told to. Between two entries pending promises run, as they would in life. */
export class VirtualClock implements Clock {
  #elapsed: Millis = 0;
  #order = 0;
  #start: Instant;
  #called = 0;
  /** A binary heap, the earliest first; what was called off stays in it until its turn comes. */
  readonly #entries: Entry[] = [];

  constructor(start: Instant = Date.parse("2031-05-06T07:08:09Z")) {
    this.#start = start;
  }

  now = (): Instant => this.#start + this.#elapsed;
  monotonic = (): Millis => this.#elapsed;

  at = (due: Millis, run: () => void): Cancel => {
    const entry: Entry = { due, order: this.#order++, run, called: false };
    this.#push(entry);
    return () => {
      if (entry.called) return;
      entry.called = true;
      this.#called++;
      if (this.#called > 1000 && this.#called > this.#entries.length / 2) this.#sweep();
    };
  };

  sleepUntil = (due: Millis, signal?: AbortSignal, options?: AtOptions): Promise<void> =>
    sleepOn(this, due, signal, options);

  /** How many things wait for time to pass. */
  get waiting(): number {
    return this.#entries.length - this.#called;
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
      this.#elapsed = Math.max(this.#elapsed, next.due);
      next.run();
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }

  /** Takes the earliest entry that falls due by then out of the heap. */
  #next(end: Millis): Entry | undefined {
    for (let first = this.#entries[0]; first !== undefined; first = this.#entries[0]) {
      if (!first.called && first.due > end) return undefined;
      this.#pop();
      if (!first.called) {
        first.called = true; // calling it off from now on does nothing
        return first;
      }
      this.#called--;
    }
    return undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#entries;
    heap.push(entry);
    for (let i = heap.length - 1; i > 0;) {
      const above = (i - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || before(parent, entry)) return;
      heap[above] = entry;
      heap[i] = parent;
      i = above;
    }
  }

  #pop(): void {
    const heap = this.#entries;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      const [l, r] = [heap[left], heap[left + 1]];
      if (l === undefined) return;
      const child = r !== undefined && before(r, l) ? r : l;
      if (!before(child, last)) return;
      heap[i] = child;
      i = child === l ? left : left + 1;
      heap[i] = last;
    }
  }

  #sweep(): void {
    const kept = this.#entries.filter(({ called }) => !called);
    this.#entries.length = 0;
    this.#called = 0;
    for (const entry of kept) this.#push(entry);
  }
}

/** Lets everything that waits only for other promises finish. Long enough for the deepest chains in this code. */
export async function settle(turns = 50): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}
