import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * Writes all of it, however little the system takes at a time.
 * @throws Error of the disk; some of it may be written then
 */
export function writeWhole(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}

/**
 * A file that was made or renamed is there after a loss of power only when its folder was written too.
 * @throws Error of the disk
 */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether something thrown by the system says that there is no such file or folder. */
export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

/** The text of a file; undefined when there is none. @throws Error of the system when it cannot be read */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
