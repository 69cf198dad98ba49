import { isDeepStrictEqual } from "node:util";
import { type Clock, type Instant, type Millis, minutes, seconds, sleep } from "./clock.ts";
import { type Device, valuesOf } from "./device.ts";
import { asBothyError, BothyError } from "./errors.ts";
import type { Command, Connection, LinkMemory, LinkPlan, Log, RemotePlugin } from "./plugin.ts";
import { type PollCounts, Poller, type PollerStats } from "./poller.ts";
import type { Reading } from "./reading.ts";
import type { Registry } from "./registry.ts";
import { badReading, type ReadingStore } from "./store.ts";
import type { ValueId } from "./value-id.ts";
import { abortable, firstOf } from "./wait.ts";

const firstDelay: Millis = 500;
const longestDelay: Millis = seconds(30);
/** A connection that lived this long was a good one: the next delay starts small again. */
const provenAfter: Millis = seconds(60);
/** An open that has not settled by then never will. */
const openTimeout: Millis = minutes(1);
/** How long a connection gets to close before it is left to itself. */
const closeTimeout: Millis = seconds(5);

export type LinkState = "idle" | "opening" | "open" | "waiting" | "stopped";

/** Plain JSON, for `GET /api/buses`. */
export interface LinkStatus {
  readonly name: string;
  readonly state: LinkState;
  /** When it entered this state. */
  readonly since: Instant;
  readonly devices: number;
  /** How many times it was open. */
  readonly opened: number;
  /** Why it last closed or failed to open, and when. */
  readonly lastError?: { readonly code: string; readonly text: string; readonly at: Instant };
  readonly poller?: PollerStats;
  /** What the connection says of itself. */
  readonly report?: object;
}

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
  readonly #branches = new Map<string, { readonly link: Link; readonly gone: () => void }>();
  #found: readonly Device[] = [];
  #remote: RemotePlugin | undefined;
  #state: LinkState = "idle";
  #since: Instant;
  #opened = 0;
  #lastError: LinkStatus["lastError"];
  #whyDown: BothyError | undefined;
  #connection: Connection | undefined;
  #poller: Poller | undefined;
  #hung: (error: BothyError) => void = () => undefined;
  #ended: Promise<void> | undefined;

  constructor(plan: LinkPlan, parts: LinkParts) {
    this.name = plan.name;
    this.#plan = plan;
    this.#parts = parts;
    this.#memory = parts.memory ?? newMemory();
    this.#since = parts.clock.now();
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
    if (this.#ended !== undefined || this.#state === "stopped") return;
    this.#parts.registry.add(this.#plan.devices);
    for (const device of this.#plan.devices) this.#parts.store.declare(device);
    this.#ended = this.#keepOpen();
  }

  /** Closes it, whatever its state; its values become `bad` with `STOPPED`. Any number of times. */
  async stop(): Promise<void> {
    this.#stop.abort();
    if (this.#ended === undefined) this.#enter("stopped");
    await Promise.all([this.#ended, ...[...this.#branches.values()].map(({ link }) => link.stop())]);
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
  async write(command: Command, signal: AbortSignal): Promise<readonly Reading[]> {
    const connection = this.#connection;
    if (connection === undefined) throw this.#down();
    if (connection.write === undefined) throw new BothyError("NOT_WRITABLE", { source: this.name });
    const readings = await connection.write(command, signal);
    if (this.#connection === connection) this.#parts.store.publish(readings);
    return readings;
  }

  /**
   * Reads one value now, before all polls, with whatever is read together with it. What it brings is in the store.
   * @throws BothyError `LINE_DOWN` while it is not open
   */
  async refresh(id: ValueId): Promise<void> {
    if (this.#poller === undefined) throw this.#down();
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
      state: this.#state,
      since: this.#since,
      devices: this.#plan.devices.length + this.#found.length,
      opened: this.#opened,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
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
      this.#enter("waiting");
      await sleep(this.#parts.clock, delay, this.#stop.signal);
      delay = Math.min(delay * 2, longestDelay);
    }
    this.#publishBad(new BothyError("STOPPED", { source: this.name }));
    this.#enter("stopped");
  }

  #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Opens the link and stays until it is closed. @returns how long it was open */
  async #openOnce(): Promise<Millis> {
    this.#enter("opening");
    const gone = new AbortController();
    const { signal, done } = firstOf(this.#stop.signal, gone.signal);
    try {
      const connection = await this.#open(signal);
      return await this.#use(connection);
    } catch (thrown) {
      if (!this.#stopping()) this.#fell(asBothyError(thrown, this.name));
      return 0;
    } finally {
      gone.abort();
      done();
    }
  }

  /** Opens a connection; one that comes too late is closed again. */
  async #open(signal: AbortSignal): Promise<Connection> {
    const { clock, log } = this.#parts;
    const opening = this.#plan.open({
      clock,
      log,
      memory: this.#memory,
      signal,
      branches: (plans) => {
        if (!signal.aborted) this.#declareBranches(plans);
      },
      found: (devices) => {
        if (!signal.aborted) this.#declareFound(devices);
      },
      publish: (readings) => {
        if (!signal.aborted) this.#publishOwn(readings);
      },
      remote: (plugin) => {
        this.#remote = plugin;
      },
    });
    const overdue = new AbortController();
    const cancel = clock.at(clock.monotonic() + openTimeout, () => overdue.abort());
    try {
      return await abortable(opening, AbortSignal.any([signal, overdue.signal]), () =>
        overdue.signal.aborted
          ? new BothyError("NO_ANSWER", { source: `opening ${this.name}`, timeout: openTimeout })
          : new BothyError("STOPPED", { source: this.name }),
      );
    } catch (thrown) {
      opening.then((late) => late.close()).catch(() => undefined);
      throw thrown;
    } finally {
      cancel();
    }
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
    await this.#close(connection);
    return lasted;
  }

  #opens(connection: Connection): void {
    this.#connection = connection;
    this.#opened++;
    if (this.#lastError !== undefined)
      this.#parts.log.info({ link: this.name }, `${this.name} is open again`);
    this.#enter("open");
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

  #declareBranches(plans: readonly LinkPlan[]): void {
    const { log } = this.#parts;
    const wanted = new Set(plans.map(({ name }) => name));
    for (const [name, { link, gone }] of [...this.#branches]) {
      if (wanted.has(name)) continue;
      this.#branches.delete(name);
      link.remove().then(gone, (thrown: unknown) => {
        log.error({ link: name }, asBothyError(thrown, `removing ${name}`).message);
      });
    }
    for (const plan of plans) {
      if (this.#branches.has(plan.name)) continue;
      const link = new Link(plan, { ...this.#parts, memory: partOf(this.#memory, plan.name) });
      this.#branches.set(plan.name, { link, gone: this.#parts.branch?.(link, this) ?? (() => undefined) });
      link.start();
    }
  }

  #publishOwn(readings: readonly Reading[]): void {
    const { registry, store } = this.#parts;
    store.publish(readings.filter(({ id }) => registry.get(id.device)?.link === this.name));
  }

  async #close(connection: Connection): Promise<void> {
    const { clock, log } = this.#parts;
    const given = new AbortController();
    const cancel = clock.at(clock.monotonic() + closeTimeout, () => given.abort());
    try {
      await abortable(
        connection.close(),
        given.signal,
        () => new BothyError("NO_ANSWER", { source: `closing ${this.name}`, timeout: closeTimeout }),
      );
    } catch (thrown) {
      log.warn({ link: this.name }, asBothyError(thrown, `closing ${this.name}`).message);
    } finally {
      cancel();
    }
  }

  /** The link is down, for a reason: every value of it says so. Logged when it was open, or at the first try. */
  #fell(reason: BothyError): void {
    const wasUp = this.#state === "open" || this.#lastError === undefined;
    const error = asLineDown(reason, this.name);
    this.#whyDown = error;
    this.#lastError = { code: reason.code, text: error.message, at: this.#parts.clock.now() };
    this.#parts.log[wasUp ? "warn" : "debug"]({ link: this.name, code: reason.code }, error.message);
    this.#publishBad(error);
  }

  #down(): BothyError {
    if (this.#state === "stopped") return new BothyError("STOPPED", { source: this.name });
    const fault = `it is ${this.#state}`;
    return this.#whyDown ?? new BothyError("LINE_DOWN", { source: this.name, fault });
  }

  #publishBad(error: BothyError): void {
    const at = this.#parts.clock.now();
    const ids = this.devices.flatMap(valuesOf);
    this.#parts.store.publish(ids.map((id) => badReading(id, at, error)));
  }

  #enter(state: LinkState): void {
    this.#state = state;
    this.#since = this.#parts.clock.now();
  }
}

const asLineDown = (reason: BothyError, source: string): BothyError =>
  reason.code === "LINE_DOWN"
    ? reason
    : new BothyError("LINE_DOWN", { source, fault: reason.message }, { cause: reason });

/** A memory that lasts as long as the program. */
export function newMemory(): LinkMemory {
  const kept = new Map<string, unknown>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => {
      kept.set(key, value);
    },
  };
}

/** A part of a memory, for one of several that share it. */
const partOf = (memory: LinkMemory, name: string): LinkMemory => ({
  get: (key) => memory.get(`${name}/${key}`),
  set: (key, value) => memory.set(`${name}/${key}`, value),
});
