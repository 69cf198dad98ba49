import { type Clock, type Millis, seconds } from "../../devices/clock.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { DeviceId } from "../../devices/value-id.ts";

/** A bus is looked at no more often. */
const lookEvery: Millis = 1000;
/** Units that do not answer are tried every ten seconds: so long it takes to hear of all of them again. */
const settles: Millis = seconds(10);

/** How a bus stands as a whole. */
export interface BusState {
  /** `returning`: it was silent until a moment ago; what it carries has not all been asked again. */
  readonly kind: "answers" | "silent" | "returning";
  /** On the monotonic clock: when anything on it was read for the last time. */
  readonly newest: Millis;
}

interface Known extends BusState {
  readonly lookedAt: Millis;
  readonly backAt: Millis;
}

export interface SilentBusesDeps {
  readonly clock: Clock;
  readonly registry: Pick<Registry, "get" | "all">;
  readonly store: Pick<ReadingStore, "latest" | "age">;
}

/** Which buses nothing answers on. */
export class SilentBuses {
  readonly #deps: SilentBusesDeps;
  readonly #known = new Map<string, Known>();

  constructor(deps: SilentBusesDeps) {
    this.#deps = deps;
  }

  linkOf(device: DeviceId): string | undefined {
    return this.#deps.registry.get(device)?.link;
  }

  /** Whether anything of a device can no longer be read. */
  isMissed(device: DeviceId): boolean {
    return this.#deps.store
      .latest(device)
      .some((reading) => reading.quality === "bad" && reading.reason.code !== "ABSENT");
  }

  state(link: string): BusState {
    const now = this.#deps.clock.monotonic();
    const before = this.#known.get(link);
    if (before !== undefined && now - before.lookedAt < lookEvery) return before;
    const next = this.#look(link, now, before);
    this.#known.set(link, next);
    return next;
  }

  #look(link: string, now: Millis, before: Known | undefined): Known {
    const { registry, store } = this.#deps;
    let [answers, lost] = [false, false];
    let newest = before?.newest ?? -Infinity;
    for (const { id, link: its, type } of registry.all()) {
      // What is counted of the bus itself is known whether or not anybody on it answers.
      if (its !== link || type === "bus") continue;
      for (const reading of store.latest(id))
        if (reading.quality !== "bad") {
          answers = true;
          newest = Math.max(newest, now - store.age(reading.id));
        }
        // What was never asked for says nothing.
        else lost ||= reading.reason.code !== "NOT_READ_YET";
    }
    if (!answers && lost) return { kind: "silent", newest, lookedAt: now, backAt: -Infinity };
    const backAt = before?.kind === "silent" ? now : (before?.backAt ?? -Infinity);
    const kind = now - backAt < settles ? "returning" : "answers";
    return { kind, newest, lookedAt: now, backAt };
  }
}
