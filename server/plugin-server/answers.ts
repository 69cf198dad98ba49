import type { Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { pluginTag } from "../../devices/ids.ts";
import { LatestQueue } from "../../devices/latest-queue.ts";
import { sitePluginId } from "../../devices/make-device.ts";
import type { Plugin } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { valueKey } from "../../devices/value-id.ts";
import type * as m from "../../plugins/synse/messages.ts";
import type { Principal } from "../access/principal.ts";
import { cacheLimits } from "../cache-limits.ts";
import { isoTime } from "../json.ts";
import type { Site } from "../site.ts";
import { pluginHealth } from "../synse/health.ts";
import { type Bounds, readBounds, ReadingCache } from "../synse/reading-cache.ts";
import { selects } from "../synse/tags.ts";
import {
  acceptedMessage,
  deviceMessage,
  readingMessage,
  type Sent,
  statusMessage,
  tagOf,
} from "./messages.ts";

const unset = "-";

/** Bounds nothing lies between. */
const never: Bounds = { start: Infinity, end: -Infinity };

/**
 * What a plugin of the protocol answers, of one plugin's buses at a site. Knows nothing of gRPC.
 * Synse v3 §5.
 */
export class PluginAnswers {
  readonly id: string;
  readonly #site: Site;
  readonly #plugin: Plugin;
  readonly #cache: ReadingCache;

  /** @param site whose buses all speak `plugin` */
  constructor(site: Site, plugin: Plugin) {
    this.id = sitePluginId(plugin.meta, site.config.site);
    this.#site = site;
    this.#plugin = plugin;
    this.#cache = new ReadingCache(site, cacheLimits(site.config).readings);
  }

  test = (): Sent<m.V3TestStatus> => ({ ok: true });

  version = (): Sent<m.V3Version> => ({
    pluginVersion: this.#plugin.meta.version,
    sdkVersion: `bothy ${this.#site.version}`,
    buildDate: unset,
    gitCommit: unset,
    gitTag: unset,
    arch: process.arch,
    os: process.platform,
  });

  metadata(): Sent<m.V3Metadata> {
    const { name, maintainer, description, vcs } = this.#plugin.meta;
    return { name, maintainer, tag: pluginTag(maintainer, name), description, vcs, id: this.id };
  }

  health(): Sent<m.V3Health> {
    const now = this.#site.clock.now();
    const { status: word, checks } = pluginHealth([...this.#site.buses.values()], now);
    return {
      timestamp: isoTime(now),
      status: word,
      checks: checks.map(({ at, ...check }) => ({ ...check, timestamp: isoTime(at) })),
    };
  }

  /** @throws BothyError `NOT_FOUND` for an id or alias that is none; tags that are none select nothing */
  devices(selector: m.V3DeviceSelector | null): readonly Sent<m.V3Device>[] {
    const at = this.#site.clock.now();
    return this.#selected(selector).map((device) => deviceMessage(device, this.id, at));
  }

  /** What was read last. @throws as `devices` */
  *read(selector: m.V3DeviceSelector | null): Generator<Sent<m.V3Reading>, void, undefined> {
    for (const device of this.#selected(selector))
      for (const reading of this.#site.store.latest(device.id)) {
        const message = readingMessage(device, reading);
        if (message !== undefined) yield message;
      }
  }

  /** Bounds that make no sense bring nothing, as from Synse's plugins. */
  *readCache(bounds: m.V3Bounds): Generator<Sent<m.V3Reading>, void, undefined> {
    for (const reading of this.#cache.between(boundsOf(bounds))) {
      const message = this.#messageOf(reading);
      if (message !== undefined) yield message;
    }
  }

  /**
   * What was read last, then each new reading, until `signal` aborts. Whoever is slow misses only readings for which a
   * newer one of the same value is waiting.
   * @throws BothyError `NOT_FOUND` for an id or alias that is none, `NOT_READABLE` for selectors that select nothing
   */
  async *readStream(
    selectors: readonly m.V3DeviceSelector[],
    signal: AbortSignal,
  ): AsyncGenerator<Sent<m.V3Reading>, void, undefined> {
    const now = new Set(
      selectors.length === 0 ? this.#selected(null) : selectors.flatMap((one) => this.#selected(one)),
    );
    if (now.size === 0 && selectors.length > 0)
      throw new BothyError("NOT_READABLE", { source: "a stream whose selectors match no device" });
    const { registry, store } = this.#site;
    // Devices that come later and fit belong to the stream.
    const wanted = (device: Device): boolean =>
      selectors.length === 0 || selectors.some((selector) => this.#fits(selector, device));
    const queue = new LatestQueue<Reading>();
    for (const { id } of now)
      for (const reading of store.latest(id))
        if (hasBeenRead(reading)) queue.put(valueKey(reading.id), reading);
    const stop = store.subscribe((readings) => {
      for (const reading of readings) {
        const device = registry.get(reading.id.device);
        if (device !== undefined && wanted(device)) queue.put(valueKey(reading.id), reading);
      }
    });
    try {
      for await (const reading of queue.drain(signal)) {
        const message = this.#messageOf(reading);
        if (message !== undefined) yield message;
      }
    } finally {
      stop();
    }
  }

  /** Accepts writes in order. @throws HttpError, BothyError: before anything is written */
  async writeAsync(by: Principal, payload: m.V3WritePayload): Promise<readonly Sent<m.V3WriteTransaction>[]> {
    const { device, items } = this.#orders(payload);
    return (await this.#site.synse.write(by, device, items)).map(acceptedMessage);
  }

  /** The same; answers when the last has ended. @throws as `writeAsync` */
  async writeSync(by: Principal, payload: m.V3WritePayload): Promise<readonly Sent<m.V3TransactionStatus>[]> {
    const { device, items } = this.#orders(payload);
    return (await this.#site.synse.writeAndWait(by, device, items)).map(statusMessage);
  }

  /** @throws HttpError 404 */
  async transaction(by: Principal, { id }: m.V3TransactionSelector): Promise<Sent<m.V3TransactionStatus>> {
    return statusMessage(await this.#site.synse.transaction(by, id));
  }

  async *transactions(by: Principal): AsyncGenerator<Sent<m.V3TransactionStatus>, void, undefined> {
    for (const id of this.#site.synse.transactions(by)) {
      // One may be forgotten while the others are told.
      const found = await this.#site.synse.transaction(by, id).catch(() => undefined);
      if (found !== undefined) yield statusMessage(found);
    }
  }

  #messageOf(reading: Reading): Sent<m.V3Reading> | undefined {
    const device = this.#site.registry.get(reading.id.device);
    return device === undefined ? undefined : readingMessage(device, reading);
  }

  #selected(selector: m.V3DeviceSelector | null): readonly Device[] {
    const { registry } = this.#site;
    if (selector === null || selector.id === "")
      return registry.all().filter((device) => selector === null || this.#fits(selector, device));
    const found = registry.get(selector.id);
    if (found === undefined) throw new BothyError("NOT_FOUND", { source: `device ${selector.id}` });
    return [found];
  }

  /** An id, or an alias, goes before tags; a selector of neither is one of everything. */
  #fits({ id, tags }: m.V3DeviceSelector, device: Device): boolean {
    if (id !== "") return this.#site.registry.get(id) === device;
    return tags.length === 0 || selects([tags.map(tagOf)], device);
  }

  #orders({ selector, data }: m.V3WritePayload): {
    readonly device: string;
    readonly items: readonly object[];
  } {
    if (selector === null || selector.id === "")
      throw new BothyError("BAD_INPUT", { source: "a write", fault: "it names no device" });
    const [device] = this.#selected(selector);
    const items = data.map(({ action, data: bytes, transaction }) => ({
      action,
      ...(bytes.length === 0 ? {} : { data: textOf(bytes) }),
      ...(transaction === "" ? {} : { transaction }),
    }));
    return { device: device?.id ?? selector.id, items };
  }
}

const hasBeenRead = (reading: Reading): boolean =>
  reading.quality !== "bad" || reading.reason.code !== "NOT_READ_YET";

function boundsOf(bounds: m.V3Bounds): Bounds {
  try {
    return readBounds(bounds);
  } catch {
    return never;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new BothyError("BAD_INPUT", { source: "the data of a write", fault: "it is no text in UTF-8" });
  }
}
