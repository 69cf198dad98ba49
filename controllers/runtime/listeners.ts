import { asBothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";

/** Whoever wants to be told of something. What one throws hurts nobody else. */
export class Listeners<A extends readonly unknown[]> {
  readonly #all = new Set<(...about: A) => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @returns ends it */
  add(listener: (...about: A) => void): () => void {
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }

  tell(...about: A): void {
    for (const listener of this.#all)
      try {
        listener(...about);
      } catch (thrown) {
        const { message, stack } = asBothyError(thrown, "a listener of controllers");
        this.#log.error({ stack }, message);
      }
  }
}
