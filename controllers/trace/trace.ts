import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Cancel, type Clock, hours, type Instant, type Millis, seconds } from "../../devices/clock.ts";
import type { Log } from "../../devices/plugin.ts";
import { isMissing } from "../../devices/files.ts";
import { Segments } from "./segments.ts";
import type { Numbered, Traced } from "./traced.ts";
import { TrustedAge } from "./trusted-age.ts";

const megabyte = 1_048_576;
/** Steps that are written together. More: smaller on disk, and more is lost when the program is killed. */
const blockSteps = 64;
/** How long a step may wait for others. */
const writeEvery: Millis = seconds(60);
const retryEvery: Millis = seconds(10);
const mostSegmentBytes = megabyte;

export interface TraceOptions {
  /** Where it is kept; in memory only when absent. */
  readonly folder?: string | undefined;
  /** All controllers together. Default 64. */
  readonly megabytes?: number | undefined;
  /** Older steps are removed. Default 90 days. */
  readonly keepFor?: Millis | undefined;
  /** Steps of a controller that are in memory besides. Default 300. */
  readonly inMemory?: number | undefined;
}

export interface TraceStatus {
  readonly kept: boolean;
  readonly folder?: string;
  /** Why steps are not kept now. */
  readonly fault?: string;
  /** Steps that could not be kept. */
  readonly lost: number;
  /** Blocks that were found damaged, as after a loss of power, and files that could not be read. */
  readonly damaged: number;
  readonly bytes: number;
}

export type TraceListener<T extends Traced> = (controller: string, step: Numbered<T>) => void;

export interface TraceQuery {
  readonly from?: Instant;
  readonly to?: Instant;
  /** Only steps with a smaller number. */
  readonly before?: number;
}

/** The steps of one controller that are in memory, and those that wait for the disk. */
interface Course<T extends Traced> {
  next: number;
  recent: Numbered<T>[];
  waiting: Numbered<T>[];
  segments: Segments<T> | undefined;
}

/**
 * Every step of every controller: told at once to whoever listens, in memory for a while, and on disk within a minute,
 * bounded in size and age. Nothing here throws or waits: control goes on whatever the disk does.
 */
export class Trace<T extends Traced> {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #folder: string | undefined;
  readonly #mostBytes: number;
  readonly #keepFor: Millis;
  readonly #inMemory: number;
  readonly #courses = new Map<string, Course<T>>();
  readonly #listeners = new Set<TraceListener<T>>();
  #lost = 0;
  #fault: string | undefined;
  /** Undefined until it is known what was kept before. */
  #age: TrustedAge | undefined;
  /** Whether it is known of which controllers steps were kept before. */
  #listed = false;
  #cancel: Cancel = () => undefined;
  #closed = false;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }, options: TraceOptions = {}) {
    const { folder, megabytes = 64, keepFor = 90 * hours(24), inMemory = 300 } = options;
    this.#clock = clock;
    this.#log = log;
    this.#folder = folder;
    this.#mostBytes = megabytes * megabyte;
    this.#keepFor = keepFor;
    this.#inMemory = inMemory;
    if (folder === undefined) return;
    this.#list();
    this.#schedule();
  }

  /**
   * Takes a step in. It must not be changed afterwards.
   * @param urgent whether it is written at once: something out of the ordinary happened
   */
  add(controller: string, step: T, urgent = false): Numbered<T> {
    const course = this.#course(controller);
    const numbered = { ...step, n: course.next++ };
    course.recent.push(numbered);
    // Cut seldom, so that it costs nothing in between.
    if (course.recent.length >= 2 * this.#inMemory) course.recent = course.recent.slice(-this.#inMemory);
    if (this.#folder !== undefined) {
      course.waiting.push(numbered);
      if (urgent || course.waiting.length >= blockSteps) this.#write(controller, course);
    }
    for (const listener of this.#listeners) this.#tell(listener, controller, numbered);
    return numbered;
  }

  /** Steps from now on. @returns ends it */
  subscribe(listener: TraceListener<T>): () => void {
    const own: TraceListener<T> = (controller, step) => listener(controller, step);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** The newest steps in memory, in their order. */
  latest(controller: string, count: number): readonly Numbered<T>[] {
    const recent = this.#courses.get(controller)?.recent ?? [];
    return count <= 0 ? [] : recent.slice(-count);
  }

  /** Names of controllers of which steps are kept. */
  names = (): readonly string[] => [...this.#courses.keys()];

  /** Steps due within a span, in their order. Only those in memory, and the first of each block, have their state. */
  async *range(controller: string, query: TraceQuery = {}): AsyncGenerator<Numbered<T>> {
    const { from = -Infinity, to = Infinity, before = Infinity } = query;
    const course = this.#courses.get(controller);
    if (course === undefined) return;
    // What comes in while the disk is read is in neither.
    const memory = inOrder(course);
    const first = memory[0]?.n ?? course.next;
    if (course.segments !== undefined && first > 1)
      yield* course.segments.range(from, to, Math.min(first, before));
    for (const step of memory) if (step.at >= from && step.at <= to && step.n < before) yield step;
  }

  status(): TraceStatus {
    const courses = [...this.#courses.values()];
    const sum = (of: (segments: Segments<T>) => number): number =>
      courses.reduce((total, { segments }) => total + (segments === undefined ? 0 : of(segments)), 0);
    return {
      kept: this.#folder !== undefined && this.#fault === undefined,
      ...(this.#folder === undefined ? {} : { folder: this.#folder }),
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
      lost: this.#lost,
      damaged: sum(({ damaged }) => damaged),
      bytes: sum(({ bytes }) => bytes),
    };
  }

  /** Writes what waits. */
  flush(): void {
    for (const [name, course] of this.#courses) this.#write(name, course);
  }

  /** Writes what waits, and lets the files go. Any number of times. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#cancel();
    for (const { segments } of this.#courses.values()) this.#attempt(() => segments?.close());
  }

  #tell(listener: TraceListener<T>, controller: string, step: Numbered<T>): void {
    try {
      listener(controller, step);
    } catch (error) {
      this.#listeners.delete(listener);
      this.#log.error({ error, controller }, "whoever followed a trace failed, and is told no more");
    }
  }

  #list(): void {
    const folder = this.#folder;
    if (folder === undefined || this.#listed) return;
    this.#listed = this.#attempt(() => {
      for (const name of namesIn(folder)) this.#course(name);
    });
    if (!this.#listed) return;
    const last = Math.max(...this.#segments.map(({ newest = -Infinity }) => newest));
    this.#age ??= new TrustedAge(this.#clock, Number.isFinite(last) ? last : undefined);
  }

  #course(name: string): Course<T> {
    let course = this.#courses.get(name);
    if (course !== undefined) return course;
    course = { next: 1, recent: [], waiting: [], segments: undefined };
    this.#courses.set(name, course);
    this.#open(name, course);
    return course;
  }

  #open(name: string, course: Course<T>): void {
    const folder = this.#folder;
    if (folder === undefined || course.segments !== undefined) return;
    this.#attempt(() => {
      const bytes = Math.max(65_536, Math.min(mostSegmentBytes, this.#mostBytes / 16));
      course.segments = new Segments<T>(join(folder, name), bytes, this.#log);
      course.next = Math.max(course.next, course.segments.next);
    });
  }

  #write(name: string, course: Course<T>): void {
    if (course.waiting.length === 0 || this.#closed) return;
    this.#open(name, course);
    const done = this.#attempt(() => {
      if (course.segments === undefined) throw new Error("it cannot be opened");
      course.segments.append(course.waiting);
      course.waiting = [];
      course.segments.sync((error) => this.#failed(error));
    });
    if (done) this.#worksAgain();
    else if (course.waiting.length > this.#inMemory) {
      this.#lost += course.waiting.length - this.#inMemory;
      course.waiting = course.waiting.slice(-this.#inMemory);
    }
  }

  #schedule(): void {
    const span = this.#fault === undefined ? writeEvery : retryEvery;
    this.#cancel();
    this.#cancel = this.#clock.at(this.#clock.monotonic() + span, () => {
      this.#list();
      this.flush();
      this.#makeRoom();
      if (!this.#closed) this.#schedule();
    });
  }

  get #segments(): readonly Segments<T>[] {
    return [...this.#courses.values()].flatMap(({ segments }) => segments ?? []);
  }

  #makeRoom(): void {
    const all = this.#segments;
    let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    const limit = this.#age?.isTrusted === true ? this.#clock.now() - this.#keepFor : -Infinity;
    this.#attempt(() => {
      for (;;) {
        const old = all.filter(({ oldest }) => oldest !== undefined);
        const [oldest] = old.sort((a, b) => (a.oldest ?? 0) - (b.oldest ?? 0));
        if (oldest?.oldest === undefined || (bytes <= this.#mostBytes && oldest.oldest >= limit)) return;
        bytes -= oldest.removeOldest();
      }
    });
  }

  #attempt(run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #failed(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (this.#fault === undefined)
      this.#log.error(
        { folder: this.#folder, fault },
        "the trace of controllers cannot be kept; control goes on",
      );
    this.#fault = fault;
  }

  #worksAgain(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#log.info({ folder: this.#folder, lost: this.#lost }, "the trace of controllers is kept again");
  }
}

/** All that is in memory of a controller, each once. */
function inOrder<T extends Traced>({ recent, waiting }: Course<T>): readonly Numbered<T>[] {
  const first = recent[0]?.n ?? Infinity;
  return [...waiting.filter(({ n }) => n < first), ...recent];
}

/** None when there is no folder yet. @throws Error of the disk */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
