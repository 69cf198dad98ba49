// The tests' own helpers: other people's simulators must not outlive a test that was killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../support/until.ts";

const helper = (name: string): string => JSON.stringify(new URL(`../support/${name}`, import.meta.url).href);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Whether a process runs; one that has ended may stay listed until somebody takes note of it. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Runs a script, and kills it once it has said something. @returns what that was */
async function killed(script: string, before: (said: string) => void): Promise<string> {
  const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
    ...{ cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  });
  try {
    const [bytes] = (await once(parent.stdout, "data")) as [Buffer];
    const said = bytes.toString().trim();
    before(said);
    return said;
  } finally {
    parent.kill("SIGKILL");
  }
}

test("a program that was started for a test ends with it, also when that is killed", async () => {
  const script = `
    import { spawnBound } from ${helper("bound-process.ts")};
    // Only what runs is bound already: a program is, when its first word comes.
    const child = spawnBound("sh", ["-c", "echo runs; exec sleep 600"]);
    child.stdout.once("data", () => console.log(child.pid));`;
  const pid = Number(await killed(script, (said) => assert.ok(runs(Number(said)))));
  await until(() => !runs(pid), "the program has ended");
  assert.ok(!runs(pid));
});

test("a folder that was made for a test is gone with it, also when that is killed", async () => {
  const script = `
    import { writeFileSync } from "node:fs";
    import { boundFolder } from ${helper("bound-folder.ts")};
    const { path } = boundFolder("bothy-bound-");
    writeFileSync(path + "/file", "text");
    console.log(path);
    setInterval(() => {}, 1000);`;
  const path = await killed(script, (said) => assert.ok(existsSync(`${said}/file`)));
  await until(() => !existsSync(path), "the folder is gone");
  assert.ok(!existsSync(path));
});
