import { type Cancel, type Clock, type Millis, minutes } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";

const tryAgainAfter: Millis = minutes(1);

interface Debt {
  readonly controller: string;
  readonly what: string;
  /** @throws BothyError `NOT_KEPT` */
  readonly write: () => void;
  fault: string;
}

/** What a disk did not take although it is so: tried again every minute until it has, or the program ends. */
export class Owed {
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  readonly #debts = new Map<string, Debt>();
  #cancel: Cancel | undefined;

  constructor(deps: { readonly clock: Clock; readonly log: Log }) {
    this.#deps = deps;
  }

  /**
   * Writes something, now or as soon as that is possible; the last of the same kind is what counts. Never throws.
   * @param what for people
   * @returns why it is not on disk now
   */
  write(controller: string, what: string, write: () => void): string | undefined {
    const debt: Debt = { controller, what, write, fault: "" };
    const key = `${what} ${controller}`;
    const before = this.#debts.get(key);
    if (this.#pay(debt)) {
      this.#debts.delete(key);
      if (before !== undefined) this.#paid(debt);
      return undefined;
    }
    this.#debts.set(key, debt);
    const { log } = this.#deps;
    if (before === undefined)
      log.error(
        { controller, fault: debt.fault },
        `${controller}: ${what} is lost when the program ends: ${debt.fault}`,
      );
    this.#cancel ??= this.#later();
    return debt.fault;
  }

  has(controller: string, what: string): boolean {
    return this.#debts.has(`${what} ${controller}`);
  }

  /** Why something of a controller is not on disk. */
  fault(controller: string): string | undefined {
    return [...this.#debts.values()].find((debt) => debt.controller === controller)?.fault;
  }

  /** Tries once more what is left. Any number of times. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#all();
  }

  #later(): Cancel {
    const { clock } = this.#deps;
    return clock.at(clock.monotonic() + tryAgainAfter, () => {
      this.#all();
      this.#cancel = this.#debts.size > 0 ? this.#later() : undefined;
    });
  }

  #all(): void {
    for (const [key, debt] of this.#debts) {
      if (!this.#pay(debt)) continue;
      this.#debts.delete(key);
      this.#paid(debt);
    }
  }

  #pay(debt: Debt): boolean {
    try {
      debt.write();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof BothyError)) throw thrown;
      debt.fault = thrown.message;
      return false;
    }
  }

  #paid({ controller, what }: Debt): void {
    this.#deps.log.info({ controller }, `${controller}: ${what} is on disk after all`);
  }
}
