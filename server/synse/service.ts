import { type Millis, seconds, sleep } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Principal } from "../access/principal.ts";
import { HttpError } from "../faults.ts";
import { isoTime, type ReadyText } from "../json.ts";
import type { SiteParts } from "../parts.ts";
import { cacheLimits } from "../cache-limits.ts";
import { DeviceViews } from "./devices.ts";
import { PluginViews } from "./plugins.ts";
import { publicConfig } from "./public-config.ts";
import { type BoundTexts, ReadingCache } from "./reading-cache.ts";
import { ReadingViews } from "./readings.ts";
import { ReadingStreams } from "./streams.ts";
import type { TagGroups } from "./tags.ts";
import { WriteDesk } from "./writes.ts";

/** How long whoever asks that devices be looked for waits for slow plugins. */
const longestLook: Millis = seconds(3);

/**
 * Everything Synse v3 clients can ask, whichever way they ask it: HTTP, WebSocket and whatever follows say the same.
 * What depends on who asks takes a `Principal`; whether they may ask at all is checked before.
 */
export class SynseService {
  readonly devices: DeviceViews;
  readonly plugins: PluginViews;
  readonly streams: ReadingStreams;
  readonly #parts: SiteParts;
  readonly #readings: ReadingViews;
  readonly #desk: WriteDesk;

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.devices = new DeviceViews(parts);
    this.plugins = new PluginViews(parts);
    this.streams = new ReadingStreams(parts, this.devices);
    const cache = new ReadingCache(parts, cacheLimits(parts.config).readings);
    this.#readings = new ReadingViews(parts, this.devices, cache);
    this.#desk = new WriteDesk(parts, this.devices);
  }

  status = (): object => ({ status: "ok", timestamp: isoTime(this.#parts.clock.now()) });
  version = (): object => ({ version: this.#parts.version, api_version: "v3" });
  /** Without secrets. */
  config = (by: Principal): object => publicConfig(this.#parts.config, this.devices.buses(by));

  /**
   * Has plugins that run by themselves look for devices anew, because a client asks for it. Waits until all have, but not
   * for slow ones: what those find comes later.
   */
  async lookAgain(): Promise<void> {
    const { buses, clock, log } = this.#parts;
    const looks = [...buses.values()].map(({ link }) =>
      link.lookAgain().catch((thrown: unknown) => {
        log.warn({ link: link.name }, asBothyError(thrown, `looking for devices on ${link.name}`).message);
      }),
    );
    const enough = new AbortController();
    await Promise.race([Promise.all(looks), sleep(clock, longestLook, enough.signal)]);
    enough.abort();
  }

  /** Device summaries as a JSON list. @throws HttpError 400 */
  scan = (by: Principal, groups: TagGroups, sort?: string): Buffer => this.devices.scan(by, groups, sort);

  /** @throws HttpError 404 */
  plugin = (by: Principal, id: string): object => this.plugins.info(id, this.devices.buses(by));

  tags = (by: Principal, namespaces: readonly string[], ids: boolean): readonly string[] =>
    this.devices.tags(by, namespaces, ids);

  /** @throws HttpError 404 */
  info = (by: Principal, device: string): object => this.devices.info(by, device);

  /** Readings as a JSON list. @throws HttpError 400 for a plugin that is none */
  read(by: Principal, groups: TagGroups, plugin?: string): Buffer {
    if (plugin !== undefined && !this.plugins.has(plugin))
      throw new HttpError(400, `there is no plugin ${plugin}`);
    return this.#readings.read(by, groups, plugin);
  }

  /** Readings as a JSON list. @throws HttpError 404, BothyError `NOT_READABLE` */
  readDevice = (by: Principal, device: string): ReadyText => this.#readings.readDevice(by, device);

  /**
   * Readings of the last minutes, each as JSON, in the order they came in; made as they are asked for.
   * @param bounds RFC 3339, inclusive; absent or blank: from the oldest, to the newest
   * @throws HttpError 400 for bounds that are none, at once
   */
  readCache = (by: Principal, bounds: BoundTexts): Iterable<string> => this.#readings.cached(by, bounds);

  /** @throws HttpError 400, 404, BothyError `NOT_WRITABLE`, `DUPLICATE_TRANSACTION` */
  write = (by: Principal, device: string, payload: unknown): Promise<readonly object[]> =>
    this.#desk.write(by, device, payload);

  /** @throws as `write` */
  writeAndWait = (by: Principal, device: string, payload: unknown): Promise<readonly object[]> =>
    this.#desk.writeAndWait(by, device, payload);

  /** @throws HttpError 404 */
  transaction = (by: Principal, id: string): Promise<object> => this.#desk.transaction(by, id);

  transactions = (by: Principal): readonly string[] => this.#desk.transactions(by);
}
