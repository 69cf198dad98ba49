import { isDeepStrictEqual } from "node:util";
import { every, type Millis, sleep } from "../../devices/clock.ts";
import type { Device } from "../../devices/device.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Command, Connection, LinkDeps, Poll, ReadOptions, RemotePlugin } from "../../devices/plugin.ts";
import { priority } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { nameOf } from "../../devices/registry.ts";
import { type ValueId, valueKey } from "../../devices/value-id.ts";
import type { PluginClient } from "./client.ts";
import { declare } from "../../devices/declare.ts";
import { byDevice, Inventory } from "./inventory.ts";
import type { V3Metadata, V3Reading } from "./messages.ts";
import type { Settings } from "./plan.ts";
import { PluginTime } from "./plugin-time.ts";
import { Readings } from "./readings.ts";
import { remember } from "./recall.ts";
import { healthOf, healthUnsaid } from "./remote.ts";
import { Stream } from "./stream.ts";
import { carryOut } from "./write.ts";

/** More of either, and it is no plugin but a flood. */
const most = { devices: 50_000, readings: 200_000 } as const;
/** A plugin that leaves so many questions about its health unanswered in a row is gone. */
const mostUnanswered = 3;
/** With more devices than this, reading all at once is cheaper. */
const mostSingly = 8;
/** How soon after one look for devices something unknown may cause the next. */
const leastRefresh: Millis = 5000;

export interface ConnectionParts {
  readonly name: string;
  readonly settings: Settings;
  readonly client: PluginClient;
  readonly metadata: V3Metadata;
  /** As the plugin described itself; its health is renewed. */
  readonly remote: RemotePlugin;
  /** What was known before. */
  readonly devices: readonly Device[];
  readonly deps: LinkDeps;
}

/** One plugin while it can be reached. */
export class SynseConnection implements Connection {
  readonly closed: Promise<BothyError | undefined>;
  readonly #parts: ConnectionParts;
  readonly #over = new AbortController();
  readonly #readings: Readings;
  readonly #time: PluginTime;
  readonly #stream: Stream;
  readonly #said = new Set<string>();
  #inventory: Inventory;
  #remote: RemotePlugin;
  #end: (reason: BothyError | undefined) => void = () => undefined;
  #refreshing: Promise<void> | undefined;
  #refreshed: Millis = -Infinity;
  #unanswered = 0;
  readonly #doubtful = new Set<string>();
  #resolving = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#inventory = new Inventory(parts.devices);
    this.#remote = parts.remote;
    const { clock, log } = parts.deps;
    this.#time = new PluginTime(clock, (by) => this.#clockDiffers(by));
    this.#readings = new Readings({ clock, time: this.#time, staleAfter: parts.settings.staleAfter });
    this.#stream = new Stream({
      client: parts.client,
      clock,
      log,
      link: parts.name,
      take: (messages) => this.#arrived(messages),
    });
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get polls(): readonly Poll[] {
    const { poll, staleAfter } = this.#parts.settings;
    const { values } = this.#inventory;
    if (values.length === 0) return [];
    // Readings bear the plugin's times, and grow stale by those; this is for the case that nothing comes at all.
    const maxAge = staleAfter + 3 * poll + 5000;
    const { name } = this.#parts;
    return [{ id: "readings", unit: name, values, period: poll, priority: priority.poll, maxAge }];
  }

  /** Learns everything there is to know, for the first time. @throws BothyError: then close it */
  async begin(): Promise<void> {
    await this.refresh();
    await this.#askHealth();
    remember(this.#parts.deps.memory, { plugin: this.#remote, devices: this.#inventory.devices });
  }

  /** From here on it keeps itself up to date. */
  start(): void {
    const { client, deps, settings, name } = this.#parts;
    const { signal } = this.#over;
    const fault = "the plugin hung up, or the way to it broke";
    client.onLost(() => this.#finish(new BothyError("LINE_DOWN", { source: name, fault })));
    const { clock } = deps;
    const later = async (period: Millis, work: () => Promise<void>): Promise<void> => {
      await sleep(clock, period, signal);
      await every(clock, period, work, signal);
    };
    void later(settings.health, () => this.#askHealth());
    void later(settings.refresh, () => this.#tryRefresh());
    this.#stream.start();
  }

  /** @throws BothyError `STOPPED` only: what could not be had is a bad reading */
  async read(poll: Poll, { signal }: ReadOptions): Promise<readonly Reading[]> {
    this.#mustBeOpen();
    const found: V3Reading[] = [];
    const failed = await this.#parts.client
      .list("Read", { selector: {} }, { signal, most: most.readings }, (message) => found.push(message))
      .then(
        () => undefined,
        (thrown: unknown) => asBothyError(thrown, this.#parts.name),
      );
    if (failed?.code === "STOPPED") throw failed;
    const readings = this.#take(found);
    return [...readings, ...this.#missing(poll.values, readings, failed)];
  }

  async write(command: Command, signal: AbortSignal): Promise<readonly Reading[]> {
    this.#mustBeOpen();
    const { client, deps, settings } = this.#parts;
    const device = this.#inventory.get(command.device);
    if (device === undefined) throw new BothyError("NOT_FOUND", { source: `device ${command.device}` });
    await carryOut(command, { client, clock: deps.clock, writeTimeout: settings.writeTimeout }, signal);
    // It is done, whether or not what it changed can be read.
    return this.#readDevice(device.id, signal).catch(() => []);
  }

  /** Asks which devices there are, and declares them. One at a time. @throws BothyError */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
      this.#refreshed = this.#parts.deps.clock.monotonic();
    });
    return this.#refreshing;
  }

  close(): Promise<void> {
    this.#finish(undefined);
    return Promise.resolve();
  }

  report(): object {
    const { tag, id, name } = this.#parts.metadata;
    return {
      plugin: { id, tag, name },
      health: this.#remote.health.status,
      streaming: this.#stream.isOpen,
      clockBehind: this.#time.skew,
      calls: this.#parts.client.counts.report(),
    };
  }

  #finish(reason: BothyError | undefined): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#stream.stop();
    this.#parts.client.close();
    this.#end(reason);
  }

  #mustBeOpen(): void {
    if (this.#over.signal.aborted) throw new BothyError("STOPPED", { source: this.#parts.name });
  }

  async #look(): Promise<void> {
    this.#mustBeOpen();
    const { client, deps, metadata, name, settings } = this.#parts;
    const { signal } = this.#over;
    // Devices tell their outputs from their last readings: whatever these show is known then.
    const read: V3Reading[] = [];
    await client
      .list("Read", { selector: {} }, { signal, most: most.readings }, (message) => read.push(message))
      .catch((thrown: unknown) => {
        if (asBothyError(thrown, name).code === "LINE_DOWN") throw thrown;
      });
    const messages = await client.list("Devices", {}, { signal, most: most.devices });
    const { tags, writeTimeout, overlays } = settings;
    const known = (id: string) => this.#inventory.outputs(id, (value) => this.#readings.knows(value));
    const parts = { link: name, plugin: metadata.id, tags, writeTimeout, overlays };
    const complain = (device: string, complaint: string): void => this.#complain(device, complaint);
    const devices = Inventory.map(messages, byDevice(read), known, parts, complain);
    this.#declare(devices, deps);
  }

  #declare(devices: readonly Device[], deps: LinkDeps): void {
    const before = this.#inventory;
    if (isDeepStrictEqual(before.devices, devices)) return;
    // The polls are looked at while devices are declared.
    const found = (tried: readonly Device[]): void => {
      this.#inventory = new Inventory(tried);
      deps.found(tried);
    };
    try {
      const declared = declare(devices, { found, log: deps.log }, this.#parts.name);
      remember(deps.memory, { plugin: this.#remote, devices: declared });
      const ids = (list: readonly Device[]): string => list.map(({ id }) => id).join();
      if (ids(before.devices) !== ids(declared)) this.#stream.restart();
    } catch (thrown) {
      this.#inventory = before;
      throw thrown;
    }
  }

  async #tryRefresh(): Promise<void> {
    try {
      await this.refresh();
    } catch (thrown) {
      const error = asBothyError(thrown, this.#parts.name);
      if (error.code !== "STOPPED") this.#complain(this.#parts.name, `looking for devices: ${error.message}`);
    }
  }

  /** Something came that fits nothing known. */
  #strange(): void {
    const { clock } = this.#parts.deps;
    if (this.#refreshing !== undefined || clock.monotonic() - this.#refreshed < leastRefresh) return;
    void this.#tryRefresh();
  }

  async #askHealth(): Promise<void> {
    const { client, deps, name } = this.#parts;
    const { signal } = this.#over;
    const health = await client.ask("Health", {}, { signal }).then(
      (message) => healthOf(message, deps.clock.now()),
      (thrown: unknown) => asBothyError(thrown, name),
    );
    if (signal.aborted) return;
    const failed = health instanceof BothyError ? health : undefined;
    this.#unanswered = failed?.code === "NO_ANSWER" ? this.#unanswered + 1 : 0;
    this.#remote = {
      ...this.#remote,
      health: health instanceof BothyError ? healthUnsaid(health, deps.clock.now()) : health,
    };
    deps.remote(this.#remote);
    if (failed !== undefined && this.#unanswered >= mostUnanswered) this.#finish(failed);
  }

  /** Messages in any order, to readings. */
  #take(messages: readonly V3Reading[]): readonly Reading[] {
    const strange = (): void => this.#strange();
    return [...byDevice(messages).values()].flatMap((own) =>
      this.#inventory.together(own, this.#readings, strange),
    );
  }

  /** @throws BothyError */
  async #readDevice(id: string, signal: AbortSignal): Promise<readonly Reading[]> {
    const request = { selector: { id } };
    return this.#take(await this.#parts.client.list("Read", request, { signal, most: most.readings }));
  }

  /** Readings that came by themselves, one by one. */
  #arrived(messages: readonly V3Reading[]): void {
    const known = messages.flatMap((message) => {
      const reading = this.#inventory.alone(message, this.#readings);
      if (typeof reading !== "string") return [reading];
      if (reading === "strange") this.#strange();
      if (reading === "doubtful") this.#doubtful.add(message.id);
      return [];
    });
    this.#publish(known);
    if (this.#doubtful.size > 0 && !this.#resolving) void this.#resolve();
  }

  /** Reads devices whose readings cannot be told apart one by one. */
  async #resolve(): Promise<void> {
    const { client, name, deps } = this.#parts;
    const { signal } = this.#over;
    this.#resolving = true;
    while (this.#doubtful.size > 0 && !signal.aborted) {
      const ids = [...this.#doubtful];
      this.#doubtful.clear();
      const selectors = ids.length > mostSingly ? [{}] : ids.map((id) => ({ id }));
      for (const selector of selectors) {
        await client
          .list("Read", { selector }, { signal, most: most.readings })
          .then((messages) => this.#publish(this.#take(messages)))
          .catch((thrown: unknown) => {
            // The next poll says what is wrong.
            deps.log.debug({ link: name }, asBothyError(thrown, name).message);
          });
      }
    }
    this.#resolving = false;
  }

  #publish(readings: readonly Reading[]): void {
    if (!this.#over.signal.aborted) this.#parts.deps.publish(readings);
  }

  #missing(
    values: readonly ValueId[],
    readings: readonly Reading[],
    failed: BothyError | undefined,
  ): readonly Reading[] {
    const given = new Set(readings.map(({ id }) => valueKey(id)));
    return values
      .filter((id) => !given.has(valueKey(id)))
      .map((id) => this.#readings.missing(id, failed ?? this.#whyMissing(id)));
  }

  #whyMissing(id: ValueId): BothyError {
    const device = this.#inventory.get(id.device);
    const source = `${device === undefined ? id.device : nameOf(device)} ${id.output}`;
    return this.#readings.knows(id)
      ? new BothyError("ABSENT", { source, fault: "the plugin does not give it any more" })
      : new BothyError("NOT_READ_YET", { source });
  }

  /** Says each thing once. */
  #complain(device: string, complaint: string): void {
    const { deps, name } = this.#parts;
    const text = `${name} ${device}: ${complaint}`;
    if (this.#said.has(text) || this.#said.size > 1000) return;
    this.#said.add(text);
    deps.log.warn({ link: name }, text);
  }

  #clockDiffers(by: Millis): void {
    const { deps, name } = this.#parts;
    const seconds = Math.round(Math.abs(by) / 1000);
    if (by === 0) deps.log.info({ link: name }, `${name}: the plugin's clock agrees with ours again`);
    else
      deps.log.warn(
        { link: name },
        `${name}: the plugin's clock is ${seconds} s ${by > 0 ? "behind" : "ahead"}; the times of its readings are corrected`,
      );
  }
}
