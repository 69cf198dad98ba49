import { type Cancel, type Clock, type Instant, type Millis, minutes, seconds } from "../../devices/clock.ts";
import type { Keeper, KeeperStatus, Kind } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Change, Disk, Opened } from "./disk.ts";

/** How long anybody waits for a disk before it counts as one that keeps nothing. */
const patience: Millis = seconds(2);
/** How long what nobody waits for may itself wait for company. */
const lazily: Millis = seconds(10);
const firstRetry: Millis = seconds(1);
const longestRetry: Millis = minutes(1);

export interface DiskKeeperDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly folder: string;
  /** Opens the disk again after it failed. @throws Error */
  readonly reopen: () => Promise<Opened>;
}

/** What a keeper begins with. */
export interface Found {
  /** Absent: it cannot be written now. */
  readonly disk?: Disk;
  readonly records: ReadonlyMap<string, unknown>;
  /** Why it cannot be written. */
  readonly fault?: string;
  /** What of the records could not be read. */
  readonly lost?: string;
}

/** Changes that reach the disk together, and whoever waits for that. */
class Batch {
  readonly done: Promise<void>;
  end: () => void = () => undefined;

  constructor(clock: Clock, overdue: () => void) {
    let cancel: Cancel = () => undefined;
    this.done = new Promise((resolve) => {
      this.end = () => {
        cancel();
        resolve();
      };
    });
    cancel = clock.at(clock.monotonic() + patience, () => {
      overdue();
      this.end();
    });
  }
}

/**
 * Keeps records on a disk, written behind: while one batch is on its way, all that changes meanwhile becomes the next.
 * Everything kept is also in memory, so a disk that failed is brought up to date when it works again, and what waits
 * for it is never more than what is kept.
 */
export class DiskKeeper implements Keeper {
  readonly #deps: DiskKeeperDeps;
  readonly #live: Map<string, unknown>;
  readonly #dirty = new Set<string>();
  readonly #lost: string | undefined;
  #disk: Disk | undefined;
  #gathering: Batch | undefined;
  #onItsWay: Batch | undefined;
  #urgent = false;
  #pumping: Promise<void> | undefined;
  #cancelLazy: Cancel | undefined;
  #fault: { readonly text: string; readonly since: Instant } | undefined;
  #late = false;
  #recovering = false;
  #retryDelay: Millis = firstRetry;
  #cancelRetry: Cancel = () => undefined;
  #closing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: DiskKeeperDeps, found: Found) {
    this.#deps = deps;
    this.#live = new Map(found.records);
    this.#lost = found.lost;
    this.#disk = found.disk;
    if (found.disk === undefined) this.#failed(found.fault ?? "it is not open");
  }

  load(kind: Kind): ReadonlyMap<string, unknown> {
    const prefix = `${kind}/`;
    return new Map(
      [...this.#live].flatMap(([key, value]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
      ),
    );
  }

  put(kind: Kind, key: string, value: unknown, when: "now" | "soon" = "soon"): void {
    this.#live.set(`${kind}/${key}`, value);
    this.#changed(`${kind}/${key}`, when);
  }

  drop(kind: Kind, key: string): void {
    if (this.#live.delete(`${kind}/${key}`)) this.#changed(`${kind}/${key}`, "soon");
  }

  flushed(): Promise<void> {
    if (this.#disk === undefined) return Promise.resolve();
    if (this.#dirty.size > 0) return this.#hurry().done;
    return this.#onItsWay?.done ?? Promise.resolve();
  }

  status(): KeeperStatus {
    return {
      kept: this.#fault === undefined,
      folder: this.#deps.folder,
      ...(this.#fault === undefined ? {} : { fault: this.#fault.text, since: this.#fault.since }),
      ...(this.#lost === undefined ? {} : { lost: this.#lost }),
    };
  }

  /** Brings everything to the disk, within the patience one has with it, and closes it. Any number of times. */
  async close(): Promise<void> {
    while (this.#fault === undefined && (this.#dirty.size > 0 || this.#onItsWay !== undefined))
      await this.flushed();
    this.#closed = true;
    this.#cancelLazy?.();
    this.#cancelRetry();
    const disk = this.#disk;
    this.#disk = undefined;
    // One that hangs cannot be closed either.
    if (disk !== undefined && !this.#late) this.#closing = this.#closeDisk(disk);
    await this.#closing;
  }

  #changed(key: string, when: "now" | "soon"): void {
    if (this.#disk === undefined && !this.#recovering) return;
    this.#dirty.add(key);
    if (when === "now") this.#hurry();
    else this.#cancelLazy ??= this.#after(lazily, () => this.#hurry());
  }

  /** @returns the batch that all changes so far will be part of */
  #hurry(): Batch {
    this.#cancelLazy?.();
    this.#cancelLazy = undefined;
    this.#urgent = true;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.#urgent && this.#disk !== undefined) this.#hurry();
    });
    return (this.#gathering ??= new Batch(this.#deps.clock, () => this.#overdue()));
  }

  async #pump(): Promise<void> {
    // What the same turn brings goes along.
    await Promise.resolve();
    while (this.#urgent && this.#disk !== undefined) {
      const batch = this.#gathering;
      this.#onItsWay = batch;
      this.#gathering = undefined;
      this.#urgent = false;
      try {
        await this.#disk.write(this.#takeChanges());
        this.#inTime();
      } catch (error) {
        this.#failed(error instanceof Error ? error.message : String(error));
      }
      this.#onItsWay = undefined;
      batch?.end();
    }
  }

  #takeChanges(): readonly Change[] {
    const keys = [...this.#dirty];
    this.#dirty.clear();
    return this.#changesOf(keys);
  }

  #changesOf(keys: Iterable<string>): readonly Change[] {
    return [...keys].flatMap((key): Change[] => {
      const value = this.#live.get(key);
      if (value === undefined) return [[key, undefined]];
      try {
        return [[key, JSON.stringify(value)]];
      } catch (error) {
        this.#deps.log.error({ key, error }, "something that is no JSON cannot be kept");
        return [];
      }
    });
  }

  #overdue(): void {
    if (this.#fault !== undefined) return;
    this.#late = true;
    this.#fails(`it has taken nothing for ${patience} ms`);
  }

  #inTime(): void {
    if (!this.#late) return;
    this.#late = false;
    this.#worksAgain();
  }

  /** Everybody who waits is let go, and the disk is tried again later. */
  #failed(text: string): void {
    const disk = this.#disk;
    this.#disk = undefined;
    this.#late = false;
    this.#dirty.clear();
    this.#gathering?.end();
    this.#gathering = undefined;
    if (disk !== undefined) this.#closing = this.#closeDisk(disk);
    this.#fails(text);
    this.#retryLater();
  }

  #fails(text: string): void {
    const { clock, folder, log } = this.#deps;
    const entered = this.#fault === undefined;
    this.#fault = { text, since: this.#fault?.since ?? clock.now() };
    if (entered)
      log.error(
        { folder, fault: text },
        "what happens now is lost when the program ends: the state folder cannot be written; free space or check its rights and its disk. Everything else goes on",
      );
  }

  #worksAgain(): void {
    this.#fault = undefined;
    const { folder, log } = this.#deps;
    log.info({ folder }, "the state folder can be written again, and is up to date");
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#cancelRetry = this.#after(this.#retryDelay, () => void this.#recover());
    this.#retryDelay = Math.min(this.#retryDelay * 2, longestRetry);
  }

  async #recover(): Promise<void> {
    let opened: Opened | undefined;
    try {
      await this.#closing;
      opened = await this.#deps.reopen();
      this.#dirty.clear();
      this.#recovering = true;
      await opened.disk.write(this.#changesOf(new Set([...opened.records.keys(), ...this.#live.keys()])));
      this.#recovering = false;
      if (this.#closed) {
        await this.#closeDisk(opened.disk);
        return;
      }
      this.#disk = opened.disk;
      this.#retryDelay = firstRetry;
      this.#worksAgain();
      if (this.#dirty.size > 0) this.#hurry();
    } catch (error) {
      this.#recovering = false;
      this.#fails(error instanceof Error ? error.message : String(error));
      if (opened !== undefined) this.#closing = this.#closeDisk(opened.disk);
      this.#retryLater();
    }
  }

  async #closeDisk(disk: Disk): Promise<void> {
    try {
      await disk.close();
    } catch (error) {
      this.#deps.log.warn({ error, folder: this.#deps.folder }, "the state folder cannot be closed");
    }
  }

  #after(span: Millis, run: () => void): Cancel {
    const { clock } = this.#deps;
    return clock.at(clock.monotonic() + span, run);
  }
}
