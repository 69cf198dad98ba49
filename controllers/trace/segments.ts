import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Instant, soon } from "../../devices/clock.ts";
import { isMissing, syncFolder, writeWhole } from "../../devices/files.ts";
import type { Log } from "../../devices/plugin.ts";
import { decodeBlock, encodeBlock, headerAt, headerBytes, isNewer, isWhole, nextBlock } from "./block.ts";
import type { Numbered, Traced } from "./traced.ts";

/** A file of blocks. The first block is the dictionary of all others. */
interface Segment {
  readonly file: string;
  bytes: number;
  /** The highest number in it. */
  last: number;
  from: Instant;
  to: Instant;
}

/** What could not be written whole leaves no hole when it was cut off. */
const toItsEnd = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;
const shape = /^(\d{12})\.trace$/;
/** No dictionary reaches further back. */
const dictionaryBytes = 32_768;
const noDictionary = Buffer.alloc(0);

/**
 * The kept steps of one controller: blocks in files named by the number of their first step. Blocks are only ever
 * added; a block that is not whole, as after a loss of power, is skipped and counted. What writes may throw what the
 * disk says.
 */
export class Segments<T extends Traced> {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #log: Log;
  readonly #segments: Segment[] = [];
  #descriptor: number | undefined;
  #dictionary: Buffer = noDictionary;
  /** Places that could not be read, each once however often they are met. */
  readonly #damage = new Set<string>();

  /** Opens what is there. @param segmentBytes a file that has so many is left for another @throws Error of the disk */
  constructor(folder: string, segmentBytes: number, log: Log) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
    this.#log = log;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)
      .filter((one) => shape.test(one))
      .sort())
      this.#look(join(folder, name));
  }

  /** The number of the next step. */
  get next(): number {
    return Math.max(0, ...this.#segments.map(({ last }) => last)) + 1;
  }

  /** Blocks that were found damaged, and files that could not be read. */
  get damaged(): number {
    return this.#damage.size;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The last moment of the oldest file, when there is one that is not written any more. */
  get oldest(): Instant | undefined {
    return this.#segments.length > 1 ? this.#segments[0]?.to : undefined;
  }

  /** The last moment of the newest file. */
  get newest(): Instant | undefined {
    return this.#segments.at(-1)?.to;
  }

  /**
   * Adds steps; they outlast the program when this returns, the machine after `sync`. When it throws, none was added.
   * @param steps at least one, numbered upwards
   */
  append(steps: readonly Numbered<T>[]): void {
    const [first] = steps;
    if (first === undefined) return;
    let segment = this.#segments.at(-1);
    if (this.#isGone()) this.#forgetGone();
    if (segment === undefined || this.#descriptor === undefined || segment.bytes >= this.#segmentBytes)
      segment = this.#begin(first);
    const fresh = segment.bytes === 0;
    const bytes = encodeBlock(steps, fresh ? noDictionary : this.#dictionary);
    this.#write(segment, bytes);
    if (fresh) this.#dictionary = dictionaryOf(first);
    segment.bytes += bytes.length;
    segment.last = Math.max(segment.last, ...steps.map(({ n }) => n));
    for (const { at } of steps) {
      segment.from = Math.min(segment.from, at);
      segment.to = Math.max(segment.to, at);
    }
  }

  /** Has what was added reach the disk; never throws. */
  sync(failed: (error: Error) => void): void {
    if (this.#descriptor === undefined) return;
    fdatasync(this.#descriptor, (error) => {
      // One that was closed meanwhile was synced then.
      if (error !== null && error.code !== "EBADF") failed(error);
    });
  }

  /** Removes the oldest file, never the one that is written. @returns its bytes */
  removeOldest(): number {
    if (this.#segments.length < 2) return 0;
    const [oldest] = this.#segments.splice(0, 1);
    if (oldest === undefined) return 0;
    rmSync(oldest.file, { force: true });
    return oldest.bytes;
  }

  /**
   * Steps that were due within a span, in their order; what is damaged is skipped and counted.
   * @param before only steps with a smaller number
   */
  async *range(from: Instant, to: Instant, before = Infinity): AsyncGenerator<Numbered<T>> {
    for (const segment of [...this.#segments]) {
      if (segment.to < from || segment.from > to) continue;
      const bytes = await this.#read(segment.file);
      if (bytes === undefined) continue;
      for (const steps of this.#blocks(segment.file, bytes, from, to)) {
        for (const step of steps) if (step.at >= from && step.at <= to && step.n < before) yield step;
        // Control goes before whoever reads.
        await new Promise<void>(soon);
      }
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Undefined for a file that is gone, as the oldest may be by now, and for one that cannot be read: that is told. */
  async #read(file: string): Promise<Buffer | undefined> {
    try {
      return await readFile(file);
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!this.#damage.has(file)) this.#log.error({ error, file }, "steps that were kept cannot be read");
      this.#damage.add(file);
      return undefined;
    }
  }

  *#blocks(file: string, bytes: Buffer, from: Instant, to: Instant): Generator<readonly Numbered<T>[]> {
    let dictionary: Buffer = noDictionary;
    for (const { offset, header } of this.#headers(file, bytes)) {
      const first = offset === 0;
      if (!first && (header.to < from || header.from > to)) continue;
      try {
        const steps = decodeBlock<T>(bytes, offset, header, dictionary);
        if (first) dictionary = dictionaryOf(steps[0]);
        yield steps;
      } catch {
        // The file's first block is damaged, and with it what all others are written in terms of.
        this.#skipped(file, offset);
      }
    }
  }

  *#headers(file: string, bytes: Buffer) {
    let offset = 0;
    while (offset < bytes.length) {
      const header = headerAt(bytes, offset);
      if (header !== undefined && isWhole(bytes, offset, header)) {
        yield { offset, header };
        offset += headerBytes + header.length;
      } else {
        this.#skipped(file, offset);
        offset = nextBlock(bytes, offset + 1);
      }
    }
  }

  #skipped(file: string, offset: number): void {
    this.#damage.add(`${file} ${offset}`);
  }

  #look(file: string): void {
    const bytes = readFileSync(file);
    if (isNewer(bytes)) {
      this.#setAside(file);
      return;
    }
    const segment: Segment = { file, bytes: bytes.length, last: 0, from: Infinity, to: -Infinity };
    for (const { header } of this.#headers(file, bytes)) {
      segment.last = Math.max(segment.last, header.first + header.count - 1);
      segment.from = Math.min(segment.from, header.from);
      segment.to = Math.max(segment.to, header.to);
    }
    // Nothing in it can be read, and the next one may have its name.
    if (segment.last === 0) rmSync(file, { force: true });
    else this.#segments.push(segment);
  }

  /** Another version of this program can read it; it is nobody's to remove. */
  #setAside(file: string): void {
    renameSync(file, `${file}.newer`);
    this.#log.warn({ file: `${file}.newer` }, "kept steps of a newer version of this program were set aside");
  }

  /** A program that starts begins a file of its own: whatever the end of the one before looks like. */
  #begin(first: Numbered<T>): Segment {
    this.close();
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, `${String(first.n).padStart(12, "0")}.trace`);
    this.#descriptor = openSync(file, toItsEnd, 0o600);
    try {
      syncFolder(this.#folder);
    } catch (error) {
      this.close();
      throw error;
    }
    const segment: Segment = { file, bytes: 0, last: first.n, from: first.at, to: first.at };
    this.#segments.push(segment);
    return segment;
  }

  /** Somebody has removed the file that is written: what is added to it is nowhere. */
  #isGone(): boolean {
    return this.#descriptor !== undefined && fstatSync(this.#descriptor).nlink === 0;
  }

  #forgetGone(): void {
    this.close();
    const there = this.#segments.filter(({ file }) => existsSync(file));
    this.#log.warn(
      { folder: this.#folder, files: this.#segments.length - there.length },
      "somebody has removed kept steps of a controller; those from now on are kept",
    );
    this.#segments.splice(0, this.#segments.length, ...there);
  }

  /** The whole of it or nothing. */
  #write(segment: Segment, bytes: Buffer): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) throw new Error("the file is closed");
    try {
      writeWhole(descriptor, bytes);
    } catch (error) {
      if (segment.bytes > 0) ftruncateSync(descriptor, segment.bytes);
      else this.#forget(segment);
      throw error;
    }
  }

  #forget(segment: Segment): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    rmSync(segment.file, { force: true });
  }
}

const dictionaryOf = (step: unknown): Buffer =>
  Buffer.from(JSON.stringify(step)).subarray(0, dictionaryBytes);
