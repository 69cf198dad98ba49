// The tests' own helpers: other people's simulators must not outlive a test that was killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const helper = new URL("../support/bound-process.ts", import.meta.url).href;
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Whether a process runs; one that has ended may stay listed until somebody takes note of it. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("a program that was started for a test ends with it, also when that is killed", async (t) => {
  const script = `
    import { spawnBound } from ${JSON.stringify(helper)};
    const child = spawnBound("sleep", ["600"]);
    child.once("spawn", () => console.log(child.pid));`;
  const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
    ...{ cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  });
  t.after(() => parent.kill("SIGKILL"));
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(said.toString());
  assert.ok(runs(pid));
  parent.kill("SIGKILL");
  while (runs(pid)) await pause(10);
  assert.ok(!runs(pid));
});
