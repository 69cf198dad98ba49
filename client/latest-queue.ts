/** One thing taken from the queue. */
export interface Taken<T> {
  readonly value: T;
  /** How many older values of the same key it replaced while nobody took them. */
  readonly superseded: number;
}

interface Kept<T> extends Taken<T> {
  readonly era: number;
}

/**
 * What is kept for one slow consumer: of every key the newest value only, and no more keys than a limit. What comes
 * between two marks stays between them. For one consumer.
 */
export class LatestQueue<T> {
  readonly #kept = new Map<unknown, Kept<T>>();
  readonly #limit: number;
  #era = 0;
  #dropped = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  /** @param limit ≥ 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A value; one of the same key that still waits is superseded. Beyond the limit the oldest key is dropped. */
  put(key: string, value: T): void {
    if (this.#ended) return;
    const old = this.#kept.get(key);
    // In its turn, so that keys that change often do not hold up the others; but never across a mark.
    if (old !== undefined && old.era !== this.#era) this.#kept.delete(key);
    const superseded = old === undefined ? 0 : old.superseded + 1;
    this.#kept.set(key, { value, superseded, era: this.#era });
    if (this.#kept.size > this.#limit) this.#drop();
    this.#wake?.();
  }

  /** A mark: all values put later come after it. A mark of the same key that still waits is forgotten. */
  mark(key: symbol, value: T): void {
    if (this.#ended) return;
    this.#era++;
    this.#kept.delete(key);
    this.#kept.set(key, { value, superseded: 0, era: this.#era });
    this.#wake?.();
  }

  /** Forgets a mark if it still waits. */
  unmark(key: symbol): void {
    this.#kept.delete(key);
  }

  /** How many keys wait. */
  get size(): number {
    return this.#kept.size;
  }

  /** How many values were dropped since this was last asked, because the consumer was too slow for all the keys. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Nothing more comes. What waits is still taken, unless there is an error. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    if (error !== undefined) this.#kept.clear();
    this.#wake?.();
  }

  /** The next, or undefined at the end. @throws the error it was ended with */
  async take(): Promise<Taken<T> | undefined> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      for (const [key, { value, superseded }] of this.#kept) {
        this.#kept.delete(key);
        return { value, superseded };
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  #drop(): void {
    for (const [key, { superseded }] of this.#kept) {
      if (typeof key === "symbol") continue;
      this.#kept.delete(key);
      this.#dropped += 1 + superseded;
      return;
    }
  }
}
