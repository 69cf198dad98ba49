import { takes } from "./accepts.ts";
import { type Cancel, type Clock, hours, type Instant, type Millis } from "./clock.ts";
import type { Action, Device } from "./device.ts";
import type { Keeper } from "./keeper.ts";
import { ageOf, isTime } from "./kept-transaction.ts";
import type { Log } from "./plugin.ts";
import type { Held } from "./priority-array.ts";
import { nameOf } from "./registry.ts";
import { type Slot, type SlotEntry, slotNames } from "./transaction.ts";
import type { DeviceId } from "./value-id.ts";

/** A filled slot as it is kept. */
interface KeptSlot {
  readonly device: DeviceId;
  readonly action: string;
  readonly link: string;
  readonly entry: SlotEntry;
  /** When it was last known that its device is not there. */
  readonly missing?: Instant;
  /** How much longer it is kept for that device from then on. */
  readonly left?: Millis;
}

/** A slot in force again, and where it is kept. */
interface Waiting extends KeptSlot {
  readonly key: string;
  /** On the monotonic clock. */
  readonly until: Millis;
}

/** How long slots of a device that does not show up are kept: whatever it was told then means nothing any more. */
const longestMissing: Millis = hours(7 * 24);
/** While no program ran only the wall clock tells how long it was, which may have been set: not more of it counts. */
const mostAway: Millis = hours(24);
/** How often the time of those that are missing is counted. */
const countEvery: Millis = hours(1);

/**
 * The filled slots of all priority arrays, so that they are in force again after a restart; and those of devices that
 * are not there (yet), until they are.
 */
export class KeptSlots {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keeper: Keeper;
  readonly #waiting = new Map<DeviceId, Waiting[]>();
  /** Calls off the next count of the time devices are missing. */
  #cancel: Cancel | undefined;

  constructor(deps: { readonly clock: Clock; readonly log: Log; readonly keeper: Keeper }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#keeper = deps.keeper;
    this.#load();
  }

  filled(device: Device, action: Action, entry: SlotEntry): void {
    const { id, link } = device;
    const kept: KeptSlot = { device: id, action: action.name, link, entry };
    this.#keeper.put("slot", keyOf(id, action.name, entry.slot), kept);
  }

  emptied(device: Device, action: Action, slot: Slot): void {
    this.#keeper.drop("slot", keyOf(device.id, action.name, slot));
  }

  /** A device is there: takes what its actions held before. What they do not take any more is dropped, and said. */
  take(device: Device): ReadonlyMap<Action, readonly Held[]> {
    const all = this.#waiting.get(device.id) ?? [];
    this.#waiting.delete(device.id);
    const held = new Map<Action, Held[]>();
    for (const kept of all) {
      const action = device.actions.find(({ name, kind }) => name === kept.action && kind === "level");
      if (kept.until <= this.#clock.monotonic()) this.#drop(kept, nameOf(device), "its time is over");
      else if (action === undefined) this.#drop(kept, nameOf(device), "there is no such action any more");
      else if (!takes(action.accepts, kept.entry.value))
        this.#drop(kept, nameOf(device), "the action does not take this value any more");
      else {
        held.set(action, [...(held.get(action) ?? []), kept]);
        if (kept.missing !== undefined) this.filled(device, action, kept.entry);
      }
    }
    return held;
  }

  /** A device is gone: what its action holds is kept until it is back. */
  leave(device: Device, action: Action, held: readonly Held[]): void {
    const { id, link } = device;
    const left = held.map(({ entry, until }) => ({
      key: keyOf(id, action.name, entry.slot),
      device: id,
      action: action.name,
      link,
      entry,
      until,
    }));
    if (left.length > 0) this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), ...left]);
    this.#countLater();
  }

  /** All devices of the configuration are known: what waits now is of those that may still be found, or are no more. */
  settle(isLink: (name: string) => boolean): void {
    for (const [device, all] of this.#waiting) {
      const ofLinks = all.filter((slot) => isLink(slot.link));
      for (const slot of all)
        if (!ofLinks.includes(slot)) this.#drop(slot, device, `there is no bus ${slot.link} any more`);
      this.#wait(device, ofLinks);
    }
    const now = this.#clock.now();
    this.#count(({ missing = now }) => ageOf(missing, now, mostAway));
    if (this.#waiting.size > 0)
      this.#log.warn({ devices: [...this.#waiting.keys()] }, "slots are kept for devices that are not there");
    this.#countLater();
  }

  /** Nothing is counted any more. */
  stop(): void {
    this.#cancel?.();
  }

  #countLater(): void {
    if (this.#cancel !== undefined || this.#waiting.size === 0) return;
    const since = this.#clock.monotonic();
    this.#cancel = this.#clock.at(since + countEvery, () => {
      this.#cancel = undefined;
      this.#count(() => this.#clock.monotonic() - since);
      this.#countLater();
    });
  }

  /** @param passed since it was last known that the device of a slot is missing */
  #count(passed: (slot: Waiting) => Millis): void {
    const missing = this.#clock.now();
    for (const [device, all] of this.#waiting) {
      const counted = all.map((slot) => {
        const { left = longestMissing } = slot;
        return { ...slot, missing, left: left - passed(slot) };
      });
      for (const slot of counted) {
        const { key, action, link, entry, left } = slot;
        if (left > 0)
          this.#keeper.put("slot", key, { device, action, link, entry, missing, left } satisfies KeptSlot);
        else this.#drop(slot, device, "the device has not been there for a week");
      }
      this.#wait(
        device,
        counted.filter(({ left }) => left > 0),
      );
    }
  }

  #wait(device: DeviceId, slots: Waiting[]): void {
    if (slots.length > 0) this.#waiting.set(device, slots);
    else this.#waiting.delete(device);
  }

  #load(): void {
    let senseless = 0;
    for (const [key, value] of this.#keeper.load("slot")) {
      const found = keptSlot(key, value);
      if (found === undefined) {
        this.#keeper.drop("slot", key);
        senseless++;
      } else this.#resume(key, found);
    }
    if (senseless > 0) this.#log.warn({ entries: senseless }, "kept slots make no sense and are left out");
  }

  /** What is left of its time is counted by the wall clock; never more than it was given. */
  #resume(key: string, kept: KeptSlot): void {
    const now = this.#clock.now();
    const { since, expires = Infinity } = kept.entry;
    const given = Math.max(expires - since, 0);
    const left = given === Infinity ? Infinity : given - ageOf(since, now, given);
    if (left <= 0) {
      this.#drop({ ...kept, key }, kept.device, "its time was over before the start");
      return;
    }
    // Otherwise a clock that was set back would give it its whole time at every start.
    const entry = since <= now ? kept.entry : restarted(kept.entry, now, left);
    if (entry !== kept.entry) this.#keeper.put("slot", key, { ...kept, entry });
    const waiting: Waiting = { ...kept, entry, key, until: this.#clock.monotonic() + left };
    this.#waiting.set(kept.device, [...(this.#waiting.get(kept.device) ?? []), waiting]);
  }

  #drop({ key, action, entry }: KeptSlot & { readonly key: string }, device: string, why: string): void {
    this.#keeper.drop("slot", key);
    const { slot, who, value } = entry;
    this.#log.warn(
      { device, action, slot, who, value: String(value) },
      `${device} ${action}: slot ${slot} (${slotNames[slot]}) of ${who} is given up: ${why}`,
    );
  }
}

const keyOf = (device: DeviceId, action: string, slot: Slot): string =>
  JSON.stringify([device, action, slot]);

const restarted = (entry: SlotEntry, since: Instant, left: Millis): SlotEntry => ({
  ...entry,
  since,
  ...(left === Infinity ? {} : { expires: since + left }),
});

function keptSlot(key: string, value: unknown): KeptSlot | undefined {
  const kept = (value ?? {}) as Partial<Record<keyof KeptSlot, unknown>>;
  const { device, action, link, entry, missing, left } = kept;
  if (typeof device !== "string" || typeof action !== "string" || typeof link !== "string") return undefined;
  if (!isSlotEntry(entry) || key !== keyOf(device, action, entry.slot)) return undefined;
  return {
    ...{ device, action, link, entry },
    ...(isTime(missing) ? { missing } : {}),
    ...(isTime(left) && left <= longestMissing ? { left } : {}),
  };
}

function isSlotEntry(value: unknown): value is SlotEntry {
  const entry = (value ?? {}) as Partial<Record<keyof SlotEntry, unknown>>;
  return (
    typeof entry.slot === "number" &&
    Object.hasOwn(slotNames, String(entry.slot)) &&
    ["number", "string", "boolean"].includes(typeof entry.value) &&
    typeof entry.who === "string" &&
    typeof entry.why === "string" &&
    isTime(entry.since) &&
    (entry.expires === undefined || isTime(entry.expires)) &&
    (entry.forced === undefined || entry.forced === true)
  );
}
