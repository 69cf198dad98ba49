import { isReadable } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Reading } from "../../devices/reading.ts";
import { nameOf } from "../../devices/registry.ts";
import type { Principal } from "../access/principal.ts";
import type { ReadyText } from "../json.ts";
import type { SiteParts } from "../parts.ts";
import { type DeviceViews, scopeKey } from "./devices.ts";
import { type BoundTexts, readBounds, type ReadingCache } from "./reading-cache.ts";
import type { TagGroups } from "./tags.ts";

/** Readings as somebody sees them: ready JSON. Synse v3 §1.3. */
export class ReadingViews {
  readonly #json: SiteParts["json"];
  readonly #devices: DeviceViews;
  readonly #cache: ReadingCache;

  constructor({ json }: Pick<SiteParts, "json">, devices: DeviceViews, cache: ReadingCache) {
    this.#json = json;
    this.#devices = devices;
    this.#cache = cache;
  }

  /** The latest readings of a selection. @param plugin only devices of the plugin with this id */
  read(by: Principal, groups: TagGroups, plugin?: string): Buffer {
    const everything = groups.length === 0 && plugin === undefined && by.scope === undefined;
    const key = everything ? "" : JSON.stringify([groups, plugin, scopeKey(by)]);
    return this.#json.ofSelection(key, () => {
      const devices = this.#devices.selected(by, groups);
      return plugin === undefined ? devices : devices.filter((device) => device.plugin === plugin);
    });
  }

  /** @throws HttpError 404, BothyError `NOT_READABLE` */
  readDevice(by: Principal, name: string): ReadyText {
    const device = this.#devices.named(by, name);
    if (!isReadable(device)) throw new BothyError("NOT_READABLE", { source: nameOf(device) });
    return this.#json.ofDevice(device);
  }

  /** Kept readings, each as JSON. @throws HttpError 400 for bounds that are none */
  cached(by: Principal, bounds: BoundTexts): Iterable<string> {
    return this.#texts(by, this.#cache.between(readBounds(bounds)));
  }

  *#texts(by: Principal, readings: Iterable<Reading>): Generator<string, void, undefined> {
    for (const reading of readings) {
      if (by.scope !== undefined && !this.#devices.has(by, reading.id.device)) continue;
      const text = this.#json.ofReading(reading);
      if (text !== undefined) yield text;
    }
  }
}
