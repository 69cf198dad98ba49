import type { By, StandingAlarm } from "../../controllers/runtime/api.ts";
import { type Clock, hours, type Instant, type Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";

/** Until when an alarm is not counted, and who said so. Plain JSON. */
export interface Shelved extends By {
  readonly until: Instant;
}

/** Nobody forgets an alarm for ever. */
const longest: Millis = hours(7 * 24);

/**
 * Alarms somebody knows of. A shelved one still stands and is still listed, but is not counted; it is as before when its
 * time is over, whether or not it ended and came back in between. Kept on disk.
 */
export class Shelves {
  readonly #deps: { readonly clock: Clock; readonly keeper: Keeper };
  readonly #shelved = new Map<string, Shelved>();

  constructor(deps: { readonly clock: Clock; readonly keeper: Keeper }) {
    this.#deps = deps;
    for (const [key, value] of deps.keeper.load("shelf")) {
      if (isShelved(value) && value.until > deps.clock.now()) this.#shelved.set(key, value);
      else deps.keeper.drop("shelf", key);
    }
  }

  of({ controller, id }: Pick<StandingAlarm, "controller" | "id">): Shelved | undefined {
    const key = keyOf(controller, id);
    const found = this.#shelved.get(key);
    if (found === undefined || found.until > this.#deps.clock.now()) return found;
    this.#drop(key);
    return undefined;
  }

  /** @throws BothyError `BAD_INPUT` for a time that is too long */
  shelve({ controller, id }: StandingAlarm, span: Millis, { who, why }: By): void {
    if (!(span > 0 && span <= longest)) {
      const fault = "it lasts longer than 0 s and at most 7 days";
      throw new BothyError("BAD_INPUT", { source: `shelving ${id} of ${controller}`, fault });
    }
    this.#clear();
    const shelved = { who, why, until: this.#deps.clock.now() + span };
    const key = keyOf(controller, id);
    this.#shelved.set(key, shelved);
    this.#deps.keeper.put("shelf", key, shelved);
  }

  /** @throws BothyError `NOT_FOUND` */
  unshelve(controller: string, id: string): void {
    if (this.of({ controller, id }) === undefined)
      throw new BothyError("NOT_FOUND", { source: `${id} of ${controller}, shelved` });
    this.#drop(keyOf(controller, id));
  }

  /** Whose time is over, also of alarms nobody has asked for since. */
  #clear(): void {
    const now = this.#deps.clock.now();
    for (const [key, { until }] of this.#shelved) if (until <= now) this.#drop(key);
  }

  #drop(key: string): void {
    this.#shelved.delete(key);
    this.#deps.keeper.drop("shelf", key);
  }
}

const keyOf = (controller: string, id: string): string => `${controller} ${id}`;

const isShelved = (value: unknown): value is Shelved => {
  const { who, why, until } = (value ?? {}) as Partial<Shelved>;
  return typeof who === "string" && typeof why === "string" && typeof until === "number";
};
