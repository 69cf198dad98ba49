import { open } from "node:fs/promises";
import type { AuditEntry } from "./entry.ts";

const blockBytes = 65_536;
const newline = 0x0a;

/** The entry a line holds; undefined when it holds none, as after a loss of power. */
export function entryIn(line: string): AuditEntry | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(line) as AuditEntry;
    return Number.isSafeInteger(value.n) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Entries of files whose number is below `before`, the last first. @param files the newest first */
export async function* entriesBackwards(
  files: readonly string[],
  before: number,
): AsyncGenerator<AuditEntry> {
  for (const file of files) {
    for await (const line of linesBackwards(file)) {
      const entry = entryIn(line);
      if (entry !== undefined && entry.n < before) yield entry;
    }
  }
}

/** The lines of a file from its end, in little memory. None when it was removed meanwhile. */
async function* linesBackwards(file: string): AsyncGenerator<string> {
  const handle = await open(file, "r").catch(() => undefined);
  if (handle === undefined) return;
  try {
    let end = (await handle.stat()).size;
    let rest: Buffer = Buffer.alloc(0);
    while (end > 0) {
      const start = Math.max(0, end - blockBytes);
      const block = Buffer.alloc(end - start);
      await handle.read(block, 0, block.length, start);
      end = start;
      const all = Buffer.concat([block, rest]);
      const first = end === 0 ? -1 : all.indexOf(newline);
      // No newline in it: a line longer than a block goes on further up.
      if (end > 0 && first < 0) rest = all;
      else {
        rest = all.subarray(0, first < 0 ? 0 : first);
        yield* all
          .subarray(first + 1)
          .toString("utf8")
          .split("\n")
          .reverse();
      }
    }
  } finally {
    await handle.close();
  }
}
