import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { spawnBound } from "./bound-process.ts";

/** Two terminals joined by a cable; ending the process in between pulls it. */
export interface Cable {
  readonly near: string;
  readonly far: string;
  readonly pull: () => Promise<void>;
}

/** A folder that is gone after the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "bothy-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Plugs a cable in; its ends are `near` and `far` in `place`. Fails the test where there is no socat. */
export async function cable(t: TestContext, place: string): Promise<Cable> {
  assert.equal(spawnSync("socat", ["-V"]).status, 0, "install socat (Debian package socat)");
  const [near, far] = [join(place, "near"), join(place, "far")];
  const seen = new AbortController();
  const both = new Promise<void>((resolve) => {
    const look = (): void => {
      if (existsSync(near) && existsSync(far)) resolve();
    };
    watch(place, { signal: seen.signal }, look);
  });
  const socat = spawnBound("socat", [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]);
  for (const stream of [socat.stdout, socat.stderr]) stream.resume();
  const pull = async (): Promise<void> => {
    if (socat.exitCode !== null || socat.signalCode !== null) return;
    const gone = once(socat, "exit");
    socat.kill();
    await gone;
  };
  t.after(pull);
  await both;
  seen.abort();
  return { near, far, pull };
}
