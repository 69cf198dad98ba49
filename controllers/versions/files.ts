import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { syncFolder, writeWhole } from "../../devices/files.ts";

/*
 * What is read back decides which code commands equipment, so every record carries a checksum, and a file is either as
 * it was before or as it is after, whenever the power goes.
 */

const sum = (json: string): string => crc32(json).toString(16).padStart(8, "0");

/** A record in one line. */
export const sealed = (value: unknown): string => {
  const json = JSON.stringify(value);
  return `${sum(json)} ${json}\n`;
};

/** What a line holds; undefined when it is damaged. */
export function unsealed(line: string): unknown {
  const json = line.slice(9).trimEnd();
  if (line.slice(0, 9) !== `${sum(json)} `) return undefined;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Puts a file in place of another in one step; it outlasts a loss of power when this returns.
 * @param written called when the new one is on disk and the other still in its place
 * @throws Error of the disk
 */
export function replaceFile(path: string, text: string, written: () => void = () => undefined): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const beside = `${path}.new`;
  try {
    write(beside, "w", text);
    written();
    renameSync(beside, path);
  } catch (error) {
    discard(beside);
    throw error;
  }
  syncFolder(folder);
}

/** Part of a file takes room that a full disk does not have. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What went wrong before says more.
  }
}

/** Adds to a file; it outlasts a loss of power when this returns. @throws Error of the disk */
export function appendToFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  write(path, "a", text);
}

function write(path: string, flags: "w" | "a", text: string): void {
  const descriptor = openSync(path, flags, 0o600);
  try {
    writeWhole(descriptor, Buffer.from(text));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
