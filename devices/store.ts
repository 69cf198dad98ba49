import type { Cancel, Clock, Instant, Millis } from "./clock.ts";
import type { Device } from "./device.ts";
import { asBothyError, BothyError } from "./errors.ts";
import { LatestQueue } from "./latest-queue.ts";
import { type Log, silentLog } from "./plugin.ts";
import type { Reading } from "./reading.ts";
import { nameOf } from "./registry.ts";
import { type DeviceId, type ValueId, valueKey } from "./value-id.ts";

export type ReadingListener = (readings: readonly Reading[]) => void;

/** Values that grow old at almost the same moment are looked at together. */
const sweepGap: Millis = 100;
/** More values than a site has; a reader so slow that this many wait for it is told so. */
const streamLimit = 100_000;

/** Everything known of one value. */
interface Cell {
  readonly shelf: Shelf;
  readonly source: string;
  reading: Reading;
  /** `at` of the newest reading published; unlike `reading` untouched by growing old. */
  at: Instant;
  /** The same moment on the monotonic clock, for ages that survive a set clock. */
  mono: Millis;
  maxAge: Millis;
}

/** The values of one device, in the order of its outputs. */
interface Shelf {
  readonly cells: readonly Cell[];
  version: number;
  snapshot: readonly Reading[] | undefined;
}

interface Subscription {
  readonly listener: ReadingListener;
  active: boolean;
  failed: boolean;
}

/** The latest reading of every value, and the one door through which readings enter. */
export class ReadingStore {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #cells = new Map<string, Cell>();
  readonly #shelves = new Map<DeviceId, Shelf>();
  #subscriptions: readonly Subscription[] = [];
  readonly #untold: (readonly Reading[])[] = [];
  #telling = false;
  #version = 0;
  #unknown = 0;
  #outdated = 0;
  #sweepDue: Millis = Infinity;
  #cancelSweep: Cancel = () => undefined;

  constructor(deps: { readonly clock: Clock; readonly log?: Log }) {
    this.#clock = deps.clock;
    this.#log = deps.log ?? silentLog;
  }

  /** Makes room for a device's values, each `bad` with `NOT_READ_YET` until the first reading comes. */
  declare(device: Device): void {
    this.forget(device);
    const source = nameOf(device);
    const shelf: Shelf = { cells: [], version: ++this.#version, snapshot: undefined };
    const cells = device.outputs.map(({ output, channel }): Cell => {
      const id: ValueId = {
        device: device.id,
        output: output.name,
        ...(channel === undefined ? {} : { channel }),
      };
      const name = `${source} ${output.name}${channel === undefined ? "" : ` ${channel}`}`;
      const reading = badReading(id, this.#clock.now(), new BothyError("NOT_READ_YET", { source: name }));
      const cell = {
        shelf,
        source: name,
        reading,
        at: -Infinity,
        mono: this.#clock.monotonic(),
        maxAge: Infinity,
      };
      this.#cells.set(valueKey(id), cell);
      return cell;
    });
    this.#shelves.set(device.id, Object.assign(shelf, { cells }));
  }

  /** Forgets a device's values. */
  forget(device: Pick<Device, "id">): void {
    const shelf = this.#shelves.get(device.id);
    if (shelf === undefined) return;
    for (const cell of shelf.cells) this.#cells.delete(valueKey(cell.reading.id));
    this.#shelves.delete(device.id);
    this.#version++;
  }

  /**
   * Takes readings in. One that is older than what is stored is dropped, one that is older than its value may
   * become is stored as `bad` with `STALE`, and one of a value that was not declared is counted and dropped.
   */
  publish(readings: readonly Reading[]): void {
    if (readings.length === 0) return;
    const now = this.#clock.now();
    const mono = this.#clock.monotonic();
    let taken = readings;
    let copy: Reading[] | undefined;
    for (const [index, reading] of readings.entries()) {
      const stored = this.#put(reading, now, mono);
      if (stored !== reading) copy ??= readings.slice(0, index);
      if (copy !== undefined && stored !== undefined) copy.push(stored);
    }
    if (copy !== undefined) taken = copy;
    if (taken.length > 0) this.#tell(taken);
  }

  /** The latest readings of a device, in the order of its outputs. The same array until one of them changes. */
  latest(device: DeviceId): readonly Reading[] {
    const shelf = this.#shelves.get(device);
    if (shelf === undefined) return [];
    shelf.snapshot ??= shelf.cells.map((cell) => cell.reading);
    return shelf.snapshot;
  }

  /** The latest reading of a value; undefined when its device is not declared or lacks it. */
  get(id: ValueId): Reading | undefined {
    return this.#cells.get(valueKey(id))?.reading;
  }

  /** How long ago the latest reading was true, whatever became of the wall clock since; 0 when there is none. */
  age(id: ValueId): Millis {
    const cell = this.#cells.get(valueKey(id));
    return cell === undefined ? 0 : Math.max(0, this.#clock.monotonic() - cell.mono);
  }

  /** A number that grows whenever a reading of the device changes, and never repeats; 0 for unknown devices. */
  version(device: DeviceId): number {
    return this.#shelves.get(device)?.version ?? 0;
  }

  /**
   * Calls `listener` with readings as they are stored, until the returned function is called. It must be quick:
   * it runs inside `publish`. What it throws is logged once and hurts nobody else.
   */
  subscribe(listener: ReadingListener): () => void {
    const subscription: Subscription = { listener, active: true, failed: false };
    this.#subscriptions = [...this.#subscriptions, subscription];
    return () => {
      subscription.active = false;
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    };
  }

  /**
   * Readings from now on, until `signal` aborts. A reader that falls behind misses only readings for which a newer
   * one of the same value is waiting.
   * @throws BothyError `BUSY`, while being read, when more than `limit` values wait
   */
  stream(
    filter: (id: ValueId) => boolean,
    signal: AbortSignal,
    options: { readonly limit?: number } = {},
  ): AsyncIterable<Reading> {
    const queue = new LatestQueue<Reading>({ limit: options.limit ?? streamLimit });
    const stop = this.subscribe((readings) => {
      for (const reading of readings) if (filter(reading.id)) queue.put(valueKey(reading.id), reading);
    });
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    return (async function* () {
      try {
        yield* queue.drain(signal);
      } finally {
        stop();
        signal.removeEventListener("abort", stop);
      }
    })();
  }

  /**
   * Says how old values may become: a tenth of a second after that at the latest, they turn `bad` with `STALE`.
   * @param maxAge > 0 ms; `Infinity` to expect nothing
   */
  expect(ids: readonly ValueId[], maxAge: Millis): void {
    for (const id of ids) {
      const cell = this.#cells.get(valueKey(id));
      if (cell === undefined) continue;
      cell.maxAge = maxAge;
      if (cell.reading.quality !== "bad") this.#sweepBy(cell.mono + maxAge);
    }
  }

  /** Counts for health pages: readings dropped because nobody declared their value, or because they were old. */
  stats(): { readonly values: number; readonly unknown: number; readonly outdated: number } {
    return { values: this.#cells.size, unknown: this.#unknown, outdated: this.#outdated };
  }

  /** Stops watching ages. */
  stop(): void {
    this.#cancelSweep();
    this.#sweepDue = Infinity;
  }

  /** @returns what was stored, or undefined when nothing was */
  #put(reading: Reading, now: Instant, mono: Millis): Reading | undefined {
    const cell = this.#cells.get(valueKey(reading.id));
    if (cell === undefined) {
      this.#unknown++;
      return undefined;
    }
    // A plugin that asks more often than there is news hands in what it handed in before.
    if (reading === cell.reading) return undefined;
    // A stored reading from the future means the wall clock was set back since: then the order of `at` means nothing.
    if (reading.at < cell.at && cell.at <= now) {
      this.#outdated++;
      return undefined;
    }
    const age = Math.max(0, now - reading.at);
    cell.at = reading.at;
    cell.mono = mono - age;
    const stored =
      reading.quality !== "bad" && age > cell.maxAge ? staleReading(cell, reading.id, now, age) : reading;
    this.#set(cell, stored);
    if (stored.quality !== "bad") this.#sweepBy(cell.mono + cell.maxAge);
    return stored;
  }

  #set(cell: Cell, reading: Reading): void {
    cell.reading = reading;
    cell.shelf.snapshot = undefined;
    cell.shelf.version = ++this.#version;
  }

  /** Tells every listener of one batch before the next, even when a listener publishes. */
  #tell(readings: readonly Reading[]): void {
    this.#untold.push(readings);
    if (this.#telling) return;
    this.#telling = true;
    for (let batch = this.#untold.shift(); batch !== undefined; batch = this.#untold.shift()) {
      for (const subscription of this.#subscriptions) this.#tellOne(subscription, batch);
    }
    this.#telling = false;
  }

  #tellOne(subscription: Subscription, readings: readonly Reading[]): void {
    if (!subscription.active) return;
    try {
      subscription.listener(readings);
    } catch (thrown) {
      if (subscription.failed) return;
      subscription.failed = true;
      const { message, stack } = asBothyError(thrown, "a listener of readings");
      this.#log.error({ stack }, `${message}; said once, its later failures are not`);
    }
  }

  #sweepBy(due: Millis): void {
    if (due >= this.#sweepDue) return;
    this.#cancelSweep();
    this.#sweepDue = due;
    this.#cancelSweep = this.#clock.at(due, () => this.#sweep());
  }

  #sweep(): void {
    this.#sweepDue = Infinity;
    const now = this.#clock.now();
    const mono = this.#clock.monotonic();
    const old: Reading[] = [];
    let next = Infinity;
    for (const cell of this.#cells.values()) {
      if (cell.reading.quality === "bad" || cell.maxAge === Infinity) continue;
      const due = cell.mono + cell.maxAge;
      if (due > mono) next = Math.min(next, due);
      else {
        const stale = staleReading(cell, cell.reading.id, now, mono - cell.mono);
        this.#set(cell, stale);
        old.push(stale);
      }
    }
    if (next !== Infinity) this.#sweepBy(Math.max(next, mono + sweepGap));
    if (old.length > 0) this.#tell(old);
  }
}

/** The reading of a value that could not be had, for the reason an error gives. */
export const badReading = (id: ValueId, at: Instant, error: BothyError): Reading => ({
  id,
  at,
  quality: "bad",
  reason: { code: error.code, text: error.message },
});

const staleReading = (cell: Cell, id: ValueId, now: Instant, age: Millis): Reading =>
  badReading(
    id,
    now,
    new BothyError("STALE", { source: cell.source, age: Math.round(age), limit: Math.round(cell.maxAge) }),
  );
