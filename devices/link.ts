import { isDeepStrictEqual } from "node:util";
import { Branches } from "./branches.ts";
import { type Clock, type Millis, seconds, sleep } from "./clock.ts";
import { type Device, valuesOf } from "./device.ts";
import { asBothyError, BothyError } from "./errors.ts";
import { closeInTime, openInTime } from "./link-connection.ts";
import { newMemory, partOf } from "./link-memory.ts";
import { LinkCondition, type LinkStatus } from "./link-state.ts";
import type { Command, Connection, LinkDeps, LinkMemory, LinkPlan, Log, RemotePlugin } from "./plugin.ts";
import { type PollCounts, Poller } from "./poller.ts";
import type { Reading } from "./reading.ts";
import type { Registry } from "./registry.ts";
import { badReading, type ReadingStore } from "./store.ts";
import type { ValueId } from "./value-id.ts";
import { abortable, firstOf } from "./wait.ts";

const firstDelay: Millis = 500;
const longestDelay: Millis = seconds(30);
/** A connection that lived this long was a good one: the next delay starts small again. */
const provenAfter: Millis = seconds(60);

export interface LinkParts {
  /** Told of every link that is opened below another; what it returns is called when that is gone. */
  readonly branch?: (link: Link, below: Link) => () => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  /** What the link knows of its hardware; kept in memory only when absent. */
  readonly memory?: LinkMemory;
}

/** One configured use of a plugin: keeps its connection open, its values read, and says so when it cannot. */
export class Link {
  readonly name: string;
  readonly #plan: LinkPlan;
  readonly #parts: LinkParts;
  readonly #memory: LinkMemory;
  readonly #stop = new AbortController();
  readonly #counts: PollCounts = { runs: 0, failed: 0, missed: 0 };
  readonly #openListeners = new Set<() => void>();
  readonly #promoted = new Set<{ readonly ids: readonly ValueId[]; demote: () => void }>();
  readonly #branches: Branches;
  readonly #condition: LinkCondition;
  #found: readonly Device[] = [];
  #remote: RemotePlugin | undefined;
  #connection: Connection | undefined;
  #poller: Poller | undefined;
  #hung: (error: BothyError) => void = () => undefined;
  #ended: Promise<void> | undefined;

  constructor(plan: LinkPlan, parts: LinkParts) {
    this.name = plan.name;
    this.#plan = plan;
    this.#parts = parts;
    this.#memory = parts.memory ?? newMemory();
    this.#condition = new LinkCondition(plan.name, parts.clock);
    this.#branches = new Branches({ grow: (below) => this.#grow(below), log: parts.log });
  }

  /** The connection while it is open, for what only it can do (`tap`, `scan`). */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  /** The plugin at the other end, as it last described itself; undefined when none ever did. */
  get remote(): RemotePlugin | undefined {
    return this.#remote;
  }

  /** Its devices: those of the plan, and those found on it. */
  get devices(): readonly Device[] {
    return [...this.#plan.devices, ...this.#found];
  }

  /**
   * Makes the link's devices known and begins to open it; returns at once.
   * @throws BothyError `BAD_CONFIG` when a device's id or alias is taken
   */
  start(): void {
    if (this.#ended !== undefined || this.#condition.state === "stopped") return;
    this.#parts.registry.add(this.#plan.devices);
    for (const device of this.#plan.devices) this.#parts.store.declare(device);
    this.#ended = this.#keepOpen();
  }

  /** Closes it, whatever its state; its values become `bad` with `STOPPED`. Any number of times. */
  async stop(): Promise<void> {
    this.#stop.abort();
    if (this.#ended === undefined) this.#condition.enter("stopped");
    await Promise.all([this.#ended, this.#branches.stop()]);
  }

  /** Closes it, and forgets its devices and their readings. */
  async remove(): Promise<void> {
    await this.stop();
    const { registry, store } = this.#parts;
    const { devices } = this;
    registry.replace(devices, []);
    for (const device of devices) store.forget(device);
  }

  /** Looks for devices anew, if it is open and can. @throws BothyError */
  async lookAgain(): Promise<void> {
    await this.#connection?.refresh?.();
  }

  /**
   * Sends a command and publishes what was read back.
   * @throws BothyError `LINE_DOWN` while it is not open, `NOT_WRITABLE` when nothing on it takes writes, or what the
   * connection throws
   */
  async write(command: Command, signal: AbortSignal, superseded?: AbortSignal): Promise<readonly Reading[]> {
    const connection = this.#connection;
    if (connection === undefined) throw this.#condition.down();
    if (connection.write === undefined) throw new BothyError("NOT_WRITABLE", { source: this.name });
    const readings = await connection.write(command, signal, superseded);
    if (this.#connection === connection) this.#parts.store.publish(readings);
    return readings;
  }

  /**
   * Reads one value now, before all polls, with whatever is read together with it. What it brings is in the store.
   * @throws BothyError `LINE_DOWN` while it is not open
   */
  async refresh(id: ValueId): Promise<void> {
    if (this.#poller === undefined) throw this.#condition.down();
    await this.#poller.refresh(id);
  }

  /** Reads these values as urgently as a controller needs them, until the returned function is called. */
  promote(ids: readonly ValueId[]): () => void {
    const promotion = { ids, demote: this.#poller?.promote(ids) ?? (() => undefined) };
    this.#promoted.add(promotion);
    return () => {
      promotion.demote();
      this.#promoted.delete(promotion);
    };
  }

  /** Calls `listener` whenever the link has been opened, until the returned function is called. */
  onOpen(listener: () => void): () => void {
    this.#openListeners.add(listener);
    return () => {
      this.#openListeners.delete(listener);
    };
  }

  status(): LinkStatus {
    const report = this.#connection?.report?.();
    return {
      name: this.name,
      ...this.#condition.status(),
      devices: this.#plan.devices.length + this.#found.length,
      ...(this.#poller === undefined ? {} : { poller: this.#poller.stats() }),
      ...(report === undefined ? {} : { report }),
    };
  }

  async #keepOpen(): Promise<void> {
    let delay = firstDelay;
    while (!this.#stopping()) {
      const lasted = await this.#openOnce();
      if (lasted >= provenAfter) delay = firstDelay;
      if (this.#stopping()) break;
      this.#condition.enter("waiting");
      await sleep(this.#parts.clock, delay, this.#stop.signal);
      delay = Math.min(delay * 2, longestDelay);
    }
    this.#publishBad(new BothyError("STOPPED", { source: this.name }));
    this.#condition.enter("stopped");
  }

  #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Opens the link and stays until it is closed. @returns how long it was open */
  async #openOnce(): Promise<Millis> {
    this.#condition.enter("opening");
    const gone = new AbortController();
    const { signal, done } = firstOf(this.#stop.signal, gone.signal);
    try {
      const connection = await openInTime(this.#plan, this.#depsOf(signal));
      return await this.#use(connection);
    } catch (thrown) {
      if (!this.#stopping()) this.#fell(asBothyError(thrown, this.name));
      return 0;
    } finally {
      gone.abort();
      done();
    }
  }

  #depsOf(signal: AbortSignal): LinkDeps {
    const { clock, log } = this.#parts;
    const unless =
      <T>(take: (given: T) => void) =>
      (given: T): void => {
        if (!signal.aborted) take(given);
      };
    return {
      clock,
      log,
      memory: this.#memory,
      signal,
      branches: unless((plans) => this.#branches.declare(plans)),
      found: unless((devices) => this.#declareFound(devices)),
      publish: unless((readings) => this.#publishOwn(readings)),
      remote: (plugin) => {
        this.#remote = plugin;
      },
    };
  }

  /** Polls over a connection until it ends. @returns how long that was */
  async #use(connection: Connection): Promise<Millis> {
    const { clock } = this.#parts;
    const from = clock.monotonic();
    const hung = new AbortController();
    let why = new BothyError("LINE_DOWN", { source: this.name, fault: "it was closed" });
    this.#hung = (error) => {
      why = error;
      hung.abort();
    };
    this.#opens(connection);
    const ended = firstOf(this.#stop.signal, hung.signal);
    const reason = await abortable(connection.closed, ended.signal, () => why).catch((thrown: unknown) =>
      asBothyError(thrown, this.name),
    );
    ended.done();
    const lasted = clock.monotonic() - from;
    this.#connection = undefined;
    this.#poller?.stop();
    this.#poller = undefined;
    if (!this.#stopping()) this.#fell(reason ?? why);
    await closeInTime(connection, this.name, this.#parts);
    return lasted;
  }

  #opens(connection: Connection): void {
    this.#connection = connection;
    if (this.#condition.hasFailed) this.#parts.log.info({ link: this.name }, `${this.name} is open again`);
    this.#condition.enter("open");
    this.#startPolling(connection);
    for (const listener of [...this.#openListeners]) listener();
  }

  #startPolling(connection: Connection): void {
    const { clock, log, store } = this.#parts;
    const hung = (error: BothyError): void => this.#hung(error);
    const poller = new Poller(connection, { clock, log, store, counts: this.#counts, hung });
    this.#poller?.stop();
    this.#poller = poller;
    for (const promotion of this.#promoted) promotion.demote = poller.promote(promotion.ids);
    poller.start();
  }

  /** What is as it was keeps its readings. */
  #declareFound(devices: readonly Device[]): void {
    const { registry, store } = this.#parts;
    const before = new Map(this.#found.map((device) => [device.id, device]));
    const now = devices.map((device) => {
      const known = before.get(device.id);
      return known !== undefined && isDeepStrictEqual(known, device) ? known : device;
    });
    registry.replace(this.#found, now);
    this.#found = now;
    const kept = new Set(now);
    for (const device of before.values()) if (!kept.has(device)) store.forget(device);
    for (const device of now) if (before.get(device.id) !== device) store.declare(device);
    if (this.#connection !== undefined) this.#startPolling(this.#connection);
  }

  #grow(plan: LinkPlan): { readonly link: Link; readonly gone: () => void } {
    const link = new Link(plan, { ...this.#parts, memory: partOf(this.#memory, plan.name) });
    return { link, gone: this.#parts.branch?.(link, this) ?? (() => undefined) };
  }

  #publishOwn(readings: readonly Reading[]): void {
    const { registry, store } = this.#parts;
    store.publish(readings.filter(({ id }) => registry.get(id.device)?.link === this.name));
  }

  /** The link is down, for a reason: every value of it says so. Logged when it was open, or at the first try. */
  #fell(reason: BothyError): void {
    const wasUp = this.#condition.state === "open" || !this.#condition.hasFailed;
    const error = this.#condition.fell(reason);
    this.#parts.log[wasUp ? "warn" : "debug"]({ link: this.name, code: reason.code }, error.message);
    this.#publishBad(error);
  }

  #publishBad(error: BothyError): void {
    const at = this.#parts.clock.now();
    const ids = this.devices.flatMap(valuesOf);
    this.#parts.store.publish(ids.map((id) => badReading(id, at, error)));
  }
}
