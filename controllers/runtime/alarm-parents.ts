import type { Clock, Millis } from "../../devices/clock.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Alarm } from "../contract.ts";

/** A bus is looked at no more often. */
const lookEvery: Millis = 1000;

/** An alarm, and what it is part of, for people; absent: it counts by itself. */
export interface Placed {
  readonly alarm: Alarm;
  readonly partOf?: string;
}

interface Deps {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly store: ReadingStore;
}

/**
 * Which alarms of a site are only part of others: those of devices on a bus that is silent as a whole, and those another
 * controller has of the same device already. A silent bus is an alarm itself, of the first controller that minds: it
 * begins and ends by the rules of that one's configuration, and until it stands its devices speak for themselves.
 */
export class AlarmParents {
  readonly #deps: Deps;
  /** By what is wrong with which device: the controller that tells of it. */
  readonly #tellers = new Map<string, string>();
  readonly #silent = new Map<string, { readonly at: Millis; readonly silent: boolean }>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Of the buses that are silent as a whole and have devices these alarms are about. */
  busesOf(alarms: readonly Alarm[]): readonly Alarm[] {
    const links = alarms.flatMap(({ device }) => (device && this.#silentLink(device)) ?? []);
    return [...new Set(links)].map(busAlarm);
  }

  /** All alarms of one controller that stand now, in place of those before. */
  place(controller: string, alarms: readonly Alarm[]): readonly Placed[] {
    const told = new Set(alarms.map(({ id }) => id));
    const placed = alarms.map((alarm): Placed => {
      const link = alarm.device === undefined ? undefined : this.#silentLink(alarm.device);
      if (link === undefined) return { alarm };
      const { id } = busAlarm(link);
      return told.has(id) || this.#tellers.has(id) ? { alarm, partOf: `bus ${link}` } : { alarm };
    });
    const mine = new Set(placed.flatMap(({ alarm, partOf }) => (partOf === undefined ? keyOf(alarm) : [])));
    for (const [key, teller] of this.#tellers)
      if (teller === controller && !mine.has(key)) this.#tellers.delete(key);
    return placed.map((one) => this.#once(controller, one));
  }

  /** Whoever says it first tells of it; the next one does when that one's has ended. */
  #once(controller: string, { alarm, partOf }: Placed): Placed {
    const [key] = keyOf(alarm);
    if (partOf !== undefined || key === undefined)
      return partOf === undefined ? { alarm } : { alarm, partOf };
    const teller = this.#tellers.get(key) ?? controller;
    this.#tellers.set(key, teller);
    return teller === controller ? { alarm } : { alarm, partOf: `controller ${teller}` };
  }

  /** The link of a device when nothing on it can be read any more. */
  #silentLink(device: string): string | undefined {
    const link = this.#deps.registry.get(device)?.link;
    if (link === undefined) return undefined;
    const now = this.#deps.clock.monotonic();
    const known = this.#silent.get(link);
    if (known !== undefined && now - known.at < lookEvery) return known.silent ? link : undefined;
    const silent = this.#isSilent(link);
    this.#silent.set(link, { at: now, silent });
    return silent ? link : undefined;
  }

  #isSilent(link: string): boolean {
    const { registry, store } = this.#deps;
    let lost = false;
    for (const { id, link: its, type } of registry.all()) {
      // What is counted of the bus itself is known whether or not anybody on it answers.
      if (its !== link || type === "bus") continue;
      for (const reading of store.latest(id)) {
        if (reading.quality !== "bad") return false;
        // What was never asked for says nothing.
        lost ||= reading.reason.code !== "NOT_READ_YET";
      }
    }
    return lost;
  }
}

const busAlarm = (link: string): Alarm => ({
  id: `bus:${link}`,
  severity: "major",
  text: `nothing on bus ${link} answers: look at its line, its adapter and its power`,
});

/** Only what is said of a device, or of a bus, can be the same for several controllers. */
const keyOf = ({ id, device }: Alarm): readonly string[] =>
  device !== undefined ? [`${id} ${device}`] : id.startsWith("bus:") ? [id] : [];
