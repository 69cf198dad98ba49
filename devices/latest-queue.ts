import { BothyError } from "./errors.ts";

/** How far the read part of the list of keys may grow before it is cut off. */
const cutFrom = 1024;

/**
 * Hands values from a fast producer to a slow consumer: one place per key, where a newer value takes that of an
 * older one not yet taken. Keys come out in the order in which they first went in, so a value that changes all
 * the time cannot hold back the others. The newest value of a key is never lost.
 */
export class LatestQueue<T> {
  readonly #limit: number;
  readonly #values = new Map<string, T>();
  #keys: string[] = [];
  #head = 0;
  #overflown = false;
  #wake: (() => void) | undefined;

  /** @param options.limit how many keys may wait; one more and the consumer is told so, instead of losing values */
  constructor(options: { readonly limit?: number } = {}) {
    this.#limit = options.limit ?? Infinity;
  }

  /** How many keys wait. */
  get size(): number {
    return this.#values.size;
  }

  put(key: string, value: T): void {
    if (this.#overflown) return;
    if (!this.#values.has(key)) {
      if (this.#values.size >= this.#limit) {
        this.#overflow();
        return;
      }
      this.#keys.push(key);
    }
    this.#values.set(key, value);
    this.#stir();
  }

  /** Takes the value that waits longest. */
  take(): T | undefined {
    const key = this.#keys[this.#head];
    if (key === undefined) return undefined;
    this.#head++;
    if (this.#head >= cutFrom && this.#head * 2 >= this.#keys.length) {
      this.#keys = this.#keys.slice(this.#head);
      this.#head = 0;
    }
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  /**
   * Yields values as they come until `signal` aborts. One consumer at a time.
   * @throws BothyError `BUSY` when more than the limit waited: the consumer was too slow and must start afresh
   */
  async *drain(signal: AbortSignal): AsyncGenerator<T, void, undefined> {
    const stir = (): void => this.#stir();
    signal.addEventListener("abort", stir, { once: true });
    try {
      while (!signal.aborted) {
        if (this.#overflown) throw this.#tooSlow();
        if (this.size === 0) await this.#filled();
        else yield this.take() as T;
      }
    } finally {
      signal.removeEventListener("abort", stir);
    }
  }

  #overflow(): void {
    this.#overflown = true;
    this.#values.clear();
    this.#keys = [];
    this.#head = 0;
    this.#stir();
  }

  #tooSlow(): BothyError {
    return new BothyError("BUSY", {
      source: "the reader of this stream",
      fault: `more than ${this.#limit} values were waiting for it`,
    });
  }

  #filled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #stir(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
