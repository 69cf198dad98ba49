import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for the files of a test. */
export interface BoundFolder {
  readonly path: string;
  /** Removes it now. Any number of times. */
  readonly remove: () => void;
}

/**
 * A temporary folder that is gone as soon as this process has gone, however that happened: a shell waits at the other end
 * of a pipe, which the system closes.
 * @param prefix of its name, e.g. `bothy-`
 */
export function boundFolder(prefix: string): BoundFolder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  // A group of its own: Ctrl-C in a terminal is meant for all of the test's.
  const janitor = spawn("sh", ["-c", 'cat > /dev/null; rm -rf -- "$1"', "sh", path], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  janitor.unref();
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
      janitor.stdin.end();
    },
  };
}
