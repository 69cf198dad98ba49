import type { Clock, Millis } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import { keepEvery, type KeptController } from "./kept.ts";

/** Keeps one controller: at once when something matters, otherwise not more often than disks bear. */
export class Keeping {
  readonly #name: string;
  readonly #deps: { readonly clock: Clock; readonly keeper: Keeper; readonly log: Log };
  #at: Millis = -Infinity;
  #failed = false;

  constructor(name: string, deps: { readonly clock: Clock; readonly keeper: Keeper; readonly log: Log }) {
    this.#name = name;
    this.#deps = deps;
  }

  /** @param made asked only when it is time */
  keep(now: boolean, made: () => Omit<KeptController, "at">): void {
    const { clock, keeper, log } = this.#deps;
    const mono = clock.monotonic();
    if (!now && mono - this.#at < keepEvery) return;
    this.#at = mono;
    try {
      // A copy: a step may change its state in place.
      keeper.put("controller", this.#name, structuredClone({ ...made(), at: clock.now() }));
      this.#failed = false;
    } catch (thrown) {
      const { message } = asBothyError(thrown, `the state of ${this.#name}`);
      if (!this.#failed)
        log.error({ controller: this.#name }, `it cannot be kept, so a restart begins anew: ${message}`);
      this.#failed = true;
    }
  }
}
