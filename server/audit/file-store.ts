import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { type Cancel, type Clock, type Millis, seconds } from "../../devices/clock.ts";
import { writeWhole } from "../../devices/files.ts";
import type { Log } from "../../devices/plugin.ts";
import { entriesBackwards, entryIn } from "./backwards.ts";
import type { AuditEntry, AuditStatus, AuditStore } from "./entry.ts";

/** What is written is made to outlast a loss of power this often. A program that dies loses nothing. */
const syncEvery: Millis = seconds(1);
/** How often it is tried again when the disk takes nothing. */
const retryEvery: Millis = seconds(5);
/** Entries that wait for the disk. */
const mostWaiting = 1000;
const shape = /^audit-(\d{12})\.jsonl$/;

export interface FileStoreDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** All files together, bytes. */
  readonly mostBytes: number;
  readonly fileBytes: number;
}

/**
 * Entries as lines of JSON in files named by their first entry. Each is handed to the system before `append` returns,
 * so it outlasts this program however that ends; the disk itself follows within a second, off the event loop. When the
 * disk takes nothing, entries wait in memory; those that do not fit are counted as lost.
 */
export class FileStore implements AuditStore {
  readonly #folder: string;
  readonly #deps: FileStoreDeps;
  /** Numbers of first entries, the oldest first. */
  #files: number[] = [];
  #descriptor: number | undefined;
  #size = 0;
  #waiting: string[] = [];
  #lost = 0;
  #fault: string | undefined;
  #dirty = false;
  #syncing = false;
  #cancelSync: Cancel = () => undefined;
  #cancelRetry: Cancel = () => undefined;
  #closed = false;
  next = 1;

  constructor(folder: string, deps: FileStoreDeps) {
    this.#folder = folder;
    this.#deps = deps;
    try {
      this.#open();
    } catch (error) {
      this.#failed(error);
    }
  }

  append(entry: AuditEntry): void {
    this.next = entry.n + 1;
    const line = `${JSON.stringify(entry)}\n`;
    if (this.#fault === undefined) {
      try {
        this.#write(line, entry.n);
        return;
      } catch (error) {
        this.#failed(error);
      }
    }
    if (this.#waiting.length < mostWaiting) this.#waiting.push(line);
    else this.#lost += 1;
  }

  backwards(before: number): AsyncIterable<AuditEntry> {
    const files = this.#files.filter((first) => first < before).reverse();
    return entriesBackwards(
      files.map((first) => this.#path(first)),
      before,
    );
  }

  status = (): AuditStatus => ({
    kept: this.#fault === undefined,
    folder: this.#folder,
    lost: this.#lost,
    ...(this.#fault === undefined ? {} : { fault: this.#fault }),
  });

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelSync();
    this.#cancelRetry();
    if (this.#waiting.length > 0) this.#retry();
    if (this.#descriptor === undefined) return;
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      this.#failed(error);
    }
    // One that is being synced is closed after that.
    if (!this.#syncing) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #path = (first: number): string => join(this.#folder, `audit-${String(first).padStart(12, "0")}.jsonl`);

  #open(): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#files = readdirSync(this.#folder)
      .flatMap((name) => (shape.test(name) ? [Number(shape.exec(name)?.[1])] : []))
      .sort((a, b) => a - b);
    const last = this.#files.at(-1);
    if (last === undefined) return;
    const descriptor = openSync(this.#path(last), "a+", 0o600);
    this.#descriptor = descriptor;
    this.#size = fstatSync(descriptor).size;
    const { number, whole } = this.#tail(descriptor);
    this.next = Math.max(this.next, number ?? last, last) + (number === undefined ? 0 : 1);
    // The machine lost its power in the middle of a line.
    if (!whole) this.#put("\n");
  }

  /** The number of the last entry that can be read, and whether the file ends with a whole line. */
  #tail(descriptor: number): { readonly number: number | undefined; readonly whole: boolean } {
    const bytes = Buffer.alloc(Math.min(this.#size, 65_536));
    readSync(descriptor, bytes, 0, bytes.length, this.#size - bytes.length);
    const text = bytes.toString("utf8");
    const entries = text.split("\n").flatMap((line) => entryIn(line) ?? []);
    return { number: entries.at(-1)?.n, whole: text === "" || text.endsWith("\n") };
  }

  #write(line: string, n: number): void {
    const bytes = Buffer.byteLength(line);
    if (this.#descriptor === undefined || (this.#size > 0 && this.#size + bytes > this.#deps.fileBytes))
      this.#rotate(n);
    this.#put(line);
    this.#syncSoon();
  }

  /** The whole of a text or nothing of it. */
  #put(text: string): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) throw new Error("the file is closed");
    const bytes = Buffer.from(text);
    try {
      writeWhole(descriptor, bytes);
    } catch (error) {
      ftruncateSync(descriptor, this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }

  #rotate(first: number): void {
    const made = openSync(this.#path(first), "a", 0o600);
    const before = this.#descriptor;
    this.#descriptor = made;
    this.#size = fstatSync(made).size;
    this.#files = [...new Set([...this.#files, first])].sort((a, b) => a - b);
    if (before !== undefined) fdatasync(before, () => closeSync(before));
    this.#makeRoom();
  }

  /** Removes the oldest files, never the one that is written. */
  #makeRoom(): void {
    const sizes = this.#files.map((file) => statSync(this.#path(file), { throwIfNoEntry: false })?.size ?? 0);
    let total = sizes.reduce((sum, size) => sum + size, 0) + this.#deps.fileBytes;
    while (total > this.#deps.mostBytes && this.#files.length > 1) {
      total -= sizes.shift() ?? 0;
      rmSync(this.#path(this.#files.shift() ?? 0), { force: true });
    }
  }

  #syncSoon(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    const { clock } = this.#deps;
    this.#cancelSync = clock.at(clock.monotonic() + syncEvery, () => this.#sync());
  }

  #sync(): void {
    const descriptor = this.#descriptor;
    this.#dirty = false;
    if (descriptor === undefined || this.#syncing) return;
    this.#syncing = true;
    fdatasync(descriptor, (error) => {
      this.#syncing = false;
      if (this.#descriptor !== descriptor && this.#closed) closeSync(descriptor);
      // An older file is closed by now; what it holds was synced when it was left.
      else if (error !== null && this.#descriptor === descriptor) this.#failed(error);
    });
  }

  #failed(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (this.#fault === undefined)
      this.#deps.log.error({ folder: this.#folder, fault }, "the audit log cannot be written; writes go on");
    this.#fault = fault;
    if (this.#closed) return;
    const { clock } = this.#deps;
    this.#cancelRetry();
    this.#cancelRetry = clock.at(clock.monotonic() + retryEvery, () => this.#retry());
  }

  #retry(): void {
    try {
      if (this.#descriptor === undefined) this.#open();
      for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
        this.#write(line, entryIn(line)?.n ?? this.next);
        this.#waiting.shift();
      }
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#deps.log.info({ folder: this.#folder, lost: this.#lost }, "the audit log is written again");
  }
}
