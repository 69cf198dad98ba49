import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { seal, unseal } from "./record.ts";

/** A record that holds something new; undefined: nothing any more. */
export type Change = readonly [key: string, json: string | undefined];

/** Where records are kept, while it is open. */
export interface Disk {
  /** All of it or nothing, and on the disk when it resolves. @throws DiskError */
  write(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}

export interface Opened {
  readonly disk: Disk;
  readonly records: ReadonlyMap<string, unknown>;
  /** What could not be read although the rest could, for people. */
  readonly lost?: string;
}

/** What records mean. Raised whenever a program of before would take one for something else. */
const format = 1;
/** Of no kind: nobody is given it. */
const formatKey = "format";

/**
 * Why a store cannot be used. `locked`: another program uses it. `damaged`: what is in it cannot be read by anybody.
 * `newer`: what is in it may mean something else than this program knows. `unusable`: no rights, no space, no such disk; perhaps later.
 */
export class DiskError extends Error {
  readonly kind: "locked" | "damaged" | "newer" | "unusable";

  constructor(kind: DiskError["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "DiskError";
    this.kind = kind;
  }
}

const storeIn = (folder: string): string => join(folder, "store");

/** Opens the store in a folder; makes both when they are missing. @throws DiskError */
export async function openDisk(folder: string): Promise<Opened> {
  const store = storeIn(folder);
  let before: readonly string[];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await mkdir(store, { recursive: true, mode: 0o700 });
    before = await readdir(store);
  } catch (error) {
    throw new DiskError("unusable", textOf(error), error);
  }
  const level = new ClassicLevel<string, string>(store, { createIfMissing: false });
  try {
    await open(level, before);
    const { records, damaged } = await readAll(level);
    const lost = [
      ...(damaged > 0 ? [`${damaged} damaged records`] : []),
      ...(before.includes("CURRENT") && !before.some((name) => name.endsWith(".log"))
        ? ["the journal, which is missing"]
        : []),
      ...(await droppedBytes(store)),
    ];
    return { disk: diskOf(level), records, ...(lost.length === 0 ? {} : { lost: lost.join(", ") }) };
  } catch (error) {
    await level.close().catch(() => undefined);
    throw diskError(error);
  }
}

/** An empty store is made only where there are no remains of another. */
async function open(level: ClassicLevel, before: readonly string[]): Promise<void> {
  try {
    await level.open();
  } catch (error) {
    if (!/create_if_missing/.test(textOf(error))) throw error;
    const remains = before.filter((name) => /^MANIFEST|\.(log|ldb|sst)$/.test(name));
    if (remains.length > 0)
      throw new DiskError("damaged", `its list of files is missing, but not ${remains.join(", ")}`, error);
    await level.open({ createIfMissing: true });
  }
}

async function readAll(level: ClassicLevel): Promise<{ records: Map<string, unknown>; damaged: number }> {
  const records = new Map<string, unknown>();
  let damaged = 0;
  try {
    for await (const [key, sealed] of level.iterator()) {
      const value = unseal(key, sealed);
      if (value === undefined) damaged++;
      else if (key === formatKey) checkFormat(value);
      else records.set(key, value);
    }
  } catch (error) {
    if (error instanceof DiskError) throw error;
    throw new DiskError("damaged", textOf(error), error);
  }
  return { records, damaged };
}

function checkFormat(value: unknown): void {
  if (value === format) return;
  const text = `its records have the format ${JSON.stringify(value)}, and this program knows ${format}`;
  throw new DiskError("newer", text);
}

/** What LevelDB notes of a journal it could not read all of; it says so nowhere else. */
async function droppedBytes(store: string): Promise<readonly string[]> {
  const log = await readFile(join(store, "LOG"), "utf8").catch(() => "");
  return [...log.matchAll(/dropping (\d+) bytes/g)].map(([, bytes = ""]) => `${bytes} bytes of the journal`);
}

const diskOf = (level: ClassicLevel): Disk => ({
  write: async (changes) => {
    const marked: readonly Change[] = [[formatKey, String(format)], ...changes];
    try {
      await level.batch(
        marked.map(([key, json]) =>
          json === undefined ? { type: "del", key } : { type: "put", key, value: seal(key, json) },
        ),
        { sync: true },
      );
    } catch (error) {
      throw diskError(error);
    }
  },
  close: () => level.close(),
});

/**
 * Renames a store that is of no use, so that a new one can be made and somebody can look at the old one.
 * @param why becomes part of the name
 * @returns where it is now; undefined when there was none
 * @throws DiskError
 */
export async function setAside(folder: string, why: string, now: number): Promise<string | undefined> {
  const store = storeIn(folder);
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, "-");
  const aside = join(folder, `store.${why}-${stamp}`);
  try {
    await stat(store);
  } catch {
    return undefined;
  }
  try {
    await rename(store, aside);
    return aside;
  } catch (error) {
    throw diskError(error);
  }
}

/** The records of a store on a disk that can be read but not written: LevelDB cannot, so a copy is opened. */
export async function readCopy(folder: string): Promise<ReadonlyMap<string, unknown> | undefined> {
  for (const place of [tmpdir(), "/dev/shm"]) {
    let copy: string | undefined;
    try {
      copy = await mkdtemp(join(place, "bothy-state-"));
      await cp(storeIn(folder), storeIn(copy), { recursive: true });
      const { disk, records } = await openDisk(copy);
      await disk.close();
      return records;
    } catch {
      // The next place may have room.
    } finally {
      if (copy !== undefined) await rm(copy, { recursive: true, force: true }).catch(() => undefined);
    }
  }
  return undefined;
}

/** Whether a store of some size could be made in a folder. */
export async function isWritable(folder: string): Promise<boolean> {
  const probe = join(folder, "probe");
  try {
    await writeFile(probe, Buffer.alloc(65_536), { flush: true });
    return true;
  } catch {
    return false;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

const causeOf = (error: unknown): { readonly code?: unknown; readonly message?: unknown } =>
  (error as { cause?: object } | undefined)?.cause ?? {};

const textOf = (error: unknown): string => {
  const { message } = causeOf(error);
  return typeof message === "string" ? message : error instanceof Error ? error.message : String(error);
};

function diskError(error: unknown): DiskError {
  if (error instanceof DiskError) return error;
  const { code } = causeOf(error);
  const text = textOf(error);
  if (code === "LEVEL_LOCKED") return new DiskError("locked", "another program uses it", error);
  const damaged = code === "LEVEL_CORRUPTION" || /No such file|does not exist/.test(text);
  return new DiskError(damaged ? "damaged" : "unusable", text, error);
}
