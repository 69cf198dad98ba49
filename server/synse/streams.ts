import type { Device } from "../../devices/device.ts";
import { LatestQueue } from "../../devices/latest-queue.ts";
import type { Reading } from "../../devices/reading.ts";
import { type DeviceId, valueKey } from "../../devices/value-id.ts";
import type { Principal } from "../access/principal.ts";
import type { SiteParts } from "../parts.ts";
import { type DeviceViews, scopeKey } from "./devices.ts";
import { selects, type TagGroups } from "./tags.ts";

type Parts = Pick<SiteParts, "store" | "registry" | "json">;

/** Which devices a stream is about: those named and those of any group. Neither: all. */
export interface StreamSelection {
  /** Ids or aliases. */
  readonly names: readonly string[];
  /** Tags with their namespaces. */
  readonly groups: TagGroups;
}

/** Readings for one reader, who takes them when it can: never more than the newest of each value. */
export interface ReadingStream {
  /** How many values wait. */
  readonly waiting: number;
  /** The JSON of the reading that waits longest; undefined when none does. */
  take(): string | undefined;
  /** No more readings. Any number of times. */
  close(): void;
}

/** One reading for all streams it goes to: its JSON is made once, when the first of them takes it. */
interface Item {
  readonly reading: Reading;
  text: string | undefined;
}

interface Listener {
  readonly queue: LatestQueue<Item>;
  readonly stir: () => void;
}

/** All streams of the same devices. */
interface Audience {
  readonly select: () => readonly Device[];
  devices: readonly Device[];
  readonly listeners: Set<Listener>;
}

/**
 * Every stream of readings of a site. Listens to the store while there is one, and finds those who want a reading by
 * its device: a thousand streams of one device each cost no more than one of a thousand.
 */
export class ReadingStreams {
  readonly #parts: Parts;
  readonly #devices: DeviceViews;
  readonly #audiences = new Map<string, Audience>();
  readonly #byDevice = new Map<DeviceId, Set<Audience>>();
  /** Of readings that streams began with: others will begin with the same. */
  readonly #items = new WeakMap<Reading, Item>();
  #version = -1;
  #size = 0;
  #ignore: (() => void) | undefined;

  constructor(parts: Parts, devices: DeviceViews) {
    this.#parts = parts;
    this.#devices = devices;
  }

  /** How many are open. */
  get size(): number {
    return this.#size;
  }

  /**
   * The present reading of every value, then each new one. Devices that come later and fit belong to it.
   * @param stir called when readings wait; must be quick: it runs while readings are published
   * @throws HttpError 404 for a name that is none now
   */
  open(by: Principal, { names, groups }: StreamSelection, stir: () => void): ReadingStream {
    for (const name of names) this.#devices.named(by, name, `device not found: ${name}`);
    const key = JSON.stringify([[...names].sort(), groups, scopeKey(by)]);
    const audience = this.#audience(key, () => this.#selected(by, names, groups));
    const listener: Listener = { queue: new LatestQueue<Item>(), stir };
    for (const { id } of audience.devices) {
      for (const reading of this.#parts.store.latest(id))
        listener.queue.put(valueKey(reading.id), this.#itemOf(reading));
    }
    audience.listeners.add(listener);
    this.#size++;
    if (listener.queue.size > 0) stir();
    let closed = false;
    return {
      get waiting() {
        return closed ? 0 : listener.queue.size;
      },
      take: () => (closed ? undefined : this.#take(listener.queue)),
      close: () => {
        if (closed) return;
        closed = true;
        this.#size--;
        audience.listeners.delete(listener);
        if (audience.listeners.size === 0) this.#dismiss(key, audience);
      },
    };
  }

  #selected(by: Principal, names: readonly string[], groups: TagGroups): readonly Device[] {
    const all = this.#devices.selected(by, []);
    if (names.length === 0 && groups.length === 0) return all;
    const named = new Set(names.map((name) => this.#parts.registry.get(name)?.id));
    return all.filter((device) => named.has(device.id) || (groups.length > 0 && selects(groups, device)));
  }

  #audience(key: string, select: () => readonly Device[]): Audience {
    this.#refresh();
    const known = this.#audiences.get(key);
    if (known !== undefined) return known;
    const audience: Audience = { select, devices: select(), listeners: new Set() };
    this.#audiences.set(key, audience);
    this.#enter(audience);
    this.#ignore ??= this.#parts.store.subscribe((readings) => this.#tell(readings));
    return audience;
  }

  #dismiss(key: string, audience: Audience): void {
    this.#audiences.delete(key);
    for (const { id } of audience.devices) {
      const there = this.#byDevice.get(id);
      there?.delete(audience);
      if (there?.size === 0) this.#byDevice.delete(id);
    }
    if (this.#audiences.size > 0) return;
    this.#ignore?.();
    this.#ignore = undefined;
  }

  #enter(audience: Audience): void {
    for (const { id } of audience.devices) {
      const there = this.#byDevice.get(id);
      if (there === undefined) this.#byDevice.set(id, new Set([audience]));
      else there.add(audience);
    }
  }

  /** Finds anew who wants which device, when devices came or went. */
  #refresh(): void {
    const { version } = this.#parts.registry;
    if (version === this.#version) return;
    this.#version = version;
    this.#byDevice.clear();
    for (const audience of this.#audiences.values()) {
      audience.devices = audience.select();
      this.#enter(audience);
    }
  }

  #tell(readings: readonly Reading[]): void {
    this.#refresh();
    const stirred = new Set<Listener>();
    for (const reading of readings) {
      const audiences = this.#byDevice.get(reading.id.device);
      if (audiences === undefined) continue;
      const key = valueKey(reading.id);
      const item: Item = { reading, text: undefined };
      for (const { listeners } of audiences) {
        for (const listener of listeners) {
          listener.queue.put(key, item);
          stirred.add(listener);
        }
      }
    }
    for (const { stir } of stirred) stir();
  }

  #itemOf(reading: Reading): Item {
    const known = this.#items.get(reading);
    if (known !== undefined) return known;
    const item: Item = { reading, text: undefined };
    this.#items.set(reading, item);
    return item;
  }

  #take(queue: LatestQueue<Item>): string | undefined {
    for (let item = queue.take(); item !== undefined; item = queue.take()) {
      item.text ??= this.#parts.json.ofReading(item.reading);
      // A device that is gone by now has no more readings.
      if (item.text !== undefined) return item.text;
    }
    return undefined;
  }
}
