import type { By, StandingAlarm } from "../../controllers/runtime/api.ts";
import {
  checkSpan,
  type Ending,
  endingIn,
  type KeptEnding,
  keptEnding,
  resumedEnding,
  wallOf,
} from "../../controllers/runtime/ending.ts";
import { isBy } from "../../controllers/runtime/kept-parts.ts";
import { type Clock, hours, type Instant, type Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";

/** Until when an alarm is not counted, and who said so. Plain JSON. */
export interface Shelved extends By {
  readonly until: Instant;
}

export interface ShelvesDeps {
  readonly clock: Clock;
  readonly keeper: Keeper;
  readonly log?: Pick<Log, "warn">;
}

interface Shelf {
  readonly by: By;
  readonly ending: Ending;
}

/** Nobody forgets an alarm for ever, whatever the wall clock does. */
const longest: Millis = hours(7 * 24);

/**
 * Alarms somebody knows of. A shelved one still stands and is still listed, but is not counted; it is as before when its
 * time is over, whether or not it ended and came back in between. Kept on disk.
 */
export class Shelves {
  readonly #deps: ShelvesDeps;
  readonly #shelved = new Map<string, Shelf>();

  constructor(deps: ShelvesDeps) {
    this.#deps = deps;
    let senseless = 0;
    for (const [key, value] of deps.keeper.load("shelf")) {
      if (!isShelved(value)) senseless++;
      const ending = isShelved(value) ? resumedEnding(value, longest, deps.clock) : undefined;
      // Kept anew: otherwise a clock that was set back would give it the same time at every start.
      if (isShelved(value) && ending !== undefined) this.#put(key, ending, value);
      else deps.keeper.drop("shelf", key);
    }
    if (senseless > 0) deps.log?.warn({ entries: senseless }, "shelved alarms make no sense and count again");
  }

  of({ controller, id }: Pick<StandingAlarm, "controller" | "id">): Shelved | undefined {
    const { clock } = this.#deps;
    const key = keyOf(controller, id);
    const found = this.#shelved.get(key);
    if (found === undefined) return undefined;
    if (found.ending.mono > clock.monotonic()) return { ...found.by, until: wallOf(found.ending, clock) };
    this.#drop(key);
    return undefined;
  }

  /** @throws BothyError `BAD_INPUT` for a time that is too long */
  shelve({ controller, id }: StandingAlarm, span: Millis, by: By): void {
    checkSpan(span, longest, `shelving ${id} of ${controller}`);
    this.#clear();
    this.#put(keyOf(controller, id), endingIn(span, this.#deps.clock), by);
  }

  /** @throws BothyError `NOT_FOUND` */
  unshelve(controller: string, id: string): void {
    if (this.of({ controller, id }) === undefined) {
      const there = this.#idsOf(controller).join(", ") || "none";
      const source = `alarm ${id} of controller ${controller}, of which these are shelved: ${there};`;
      throw new BothyError("NOT_FOUND", { source });
    }
    this.#drop(keyOf(controller, id));
  }

  #idsOf(controller: string): readonly string[] {
    const start = keyOf(controller, "");
    const keys = [...this.#shelved.keys()].filter((key) => key.startsWith(start));
    return keys
      .map((key) => key.slice(start.length))
      .filter((id) => this.of({ controller, id }) !== undefined);
  }

  #put(key: string, ending: Ending, { who, why }: By): void {
    const { clock, keeper } = this.#deps;
    this.#shelved.set(key, { by: { who, why }, ending });
    keeper.put("shelf", key, { who, why, ...keptEnding(ending, clock) });
  }

  /** Whose time is over, also of alarms nobody has asked for since. */
  #clear(): void {
    const now = this.#deps.clock.monotonic();
    for (const [key, { ending }] of this.#shelved) if (ending.mono <= now) this.#drop(key);
  }

  #drop(key: string): void {
    this.#shelved.delete(key);
    this.#deps.keeper.drop("shelf", key);
  }
}

const keyOf = (controller: string, id: string): string => `${controller} ${id}`;

const isShelved = (value: unknown): value is By & KeptEnding => {
  if (!isBy(value)) return false;
  const { until, left = 0 } = value as By & Partial<KeptEnding>;
  return typeof until === "number" && typeof left === "number";
};
