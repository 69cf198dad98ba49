import { setMaxListeners } from "node:events";
import type { Pending } from "./pending.ts";

/**
 * Heeds the signals of callers. All requests of a sweep are called off by the same one: it is listened to once, not once
 * for each of them.
 */
export class Callers {
  readonly #called = new Map<
    AbortSignal,
    { readonly waiting: Set<Pending>; readonly listener: () => void }
  >();
  readonly #off: (pending: Pending) => void;

  /** @param off told of each request that is called off */
  constructor(off: (pending: Pending) => void) {
    this.#off = off;
  }

  heed(pending: Pending): void {
    const { signal } = pending.request;
    if (signal === undefined) return;
    const known = this.#called.get(signal);
    if (known !== undefined) {
      known.waiting.add(pending);
      return;
    }
    const waiting = new Set([pending]);
    const listener = (): void => {
      this.#called.delete(signal);
      for (const one of waiting) this.#off(one);
    };
    this.#called.set(signal, { waiting, listener });
    // Requests to many BMCs may heed the same one.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", listener, { once: true });
  }

  /** It is over. */
  forget(pending: Pending): void {
    const { signal } = pending.request;
    if (signal === undefined) return;
    const known = this.#called.get(signal);
    if (known === undefined || !known.waiting.delete(pending) || known.waiting.size > 0) return;
    this.#called.delete(signal);
    signal.removeEventListener("abort", known.listener);
  }
}
