import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { seconds } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { startWatchdog, stuck } from "../../server/watchdog.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import { settle, TestClock } from "../support/test-clock.ts";

/** A watchdog on a file, and what was said of it. */
async function watched(t: TestContext, file: string) {
  const clock = new TestClock();
  const said: string[] = [];
  const hear = (_: object, text: string): void => void said.push(text);
  const log = { ...silentLog, info: hear, warn: hear, error: hear };
  const site: { fault?: string } = {};
  const watchdog = startWatchdog({ file, every: "10s" }, { clock, log, fault: () => site.fault });
  t.after(() => watchdog.close(false));
  await settle();
  return { clock, said, site, watchdog };
}

/** What was fed to a file so far. */
const fed = (file: string): string => readFileSync(file, "utf8");

function emptyFile(t: TestContext): string {
  const file = join(temporaryFolder(t), "watchdog");
  writeFileSync(file, "");
  return file;
}

test("it is fed at once and each period, and told to let the machine run on at a calm end", async (t) => {
  const file = emptyFile(t);
  const { clock, said, watchdog } = await watched(t, file);
  assert.equal(fed(file), "1");
  await clock.advance(seconds(9));
  assert.equal(fed(file), "1");
  await clock.advance(seconds(21));
  assert.equal(fed(file), "1111");
  watchdog.close(true);
  watchdog.close(true);
  await clock.advance(seconds(60));
  assert.equal(fed(file), "1111V");
  assert.deepEqual([said, clock.waiting], [[], 0]);
});

test("at any other end it is left to start the machine anew", async (t) => {
  const file = emptyFile(t);
  const { clock, watchdog } = await watched(t, file);
  watchdog.close(false);
  await clock.advance(seconds(60));
  assert.equal(fed(file), "1");
});

test("what does not work is not fed, which is said once; it is fed again once it does", async (t) => {
  const file = emptyFile(t);
  const { clock, said, site } = await watched(t, file);
  site.fault = "controller zone is 41 s late for its step";
  await clock.advance(seconds(30));
  assert.equal(fed(file), "1");
  delete site.fault;
  await clock.advance(seconds(10));
  assert.equal(fed(file), "11");
  assert.deepEqual(said, [
    "the watchdog is not fed: controller zone is 41 s late for its step",
    "the watchdog is fed again",
  ]);
});

test("a file that is missing is said once, never made, and fed when it is there", async (t) => {
  const file = join(temporaryFolder(t), "watchdog");
  const { clock, said } = await watched(t, file);
  await clock.advance(seconds(30));
  assert.match(
    said.join(),
    /^the watchdog is not fed: ENOENT: no such file.*check the name, its rights, and that nobody else has it open$/,
  );
  writeFileSync(file, "");
  await clock.advance(seconds(10));
  assert.equal(fed(file), "1");
  assert.equal(said.at(-1), "the watchdog is fed again");
});

test("a pipe nobody reads holds nobody up, and is fed once somebody does", async (t) => {
  const file = join(temporaryFolder(t), "pipe");
  execFileSync("mkfifo", [file]);
  const { clock, said, watchdog } = await watched(t, file);
  assert.match(said.join(), /ENXIO/);
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  await clock.advance(seconds(20));
  watchdog.close(true);
  const bytes = Buffer.alloc(16);
  assert.equal(bytes.toString("latin1", 0, readSync(reader, bytes)), "11V");
  closeSync(reader);
});

test("a device that fails while it is fed harms nobody", async (t) => {
  const { clock, said, watchdog } = await watched(t, "/dev/full");
  await clock.advance(seconds(20));
  watchdog.close(true);
  assert.match(said[0] ?? "", /not fed: ENOSPC/);
  assert.match(said[1] ?? "", /^the watchdog cannot be told to let the machine run on: ENOSPC/);
  assert.equal(said.length, 2);
});

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** A site of its own that runs, until it is ended. @returns what was fed by then */
async function siteEnded(t: TestContext, signal: "SIGTERM" | "SIGKILL"): Promise<string> {
  const folder = temporaryFolder(t);
  const [file, config] = [join(folder, "watchdog"), join(folder, "site.yaml")];
  writeFileSync(file, "");
  writeFileSync(
    config,
    `site: { id: x }
http: { port: 0 }
state: { folder: ${join(folder, "state")} }
log: { level: error }
watchdog: { file: ${file}, every: 1s }
buses: { e: { plugin: emulator } }
`,
  );
  const child = spawn(process.execPath, ["--import", "tsx", main, "site", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill(signal);
  await once(child, "exit");
  return fed(file);
}

test("a site that is told to stop has the machine run on; one that is killed does not", async (t) => {
  assert.match(await siteEnded(t, "SIGTERM"), /^1+V$/);
  assert.match(await siteEnded(t, "SIGKILL"), /^1+$/);
});

test("control is stuck when a step is 30 s overdue", () => {
  const [on, late] = [{ name: "a" }, { name: "b", late: seconds(31) }];
  assert.equal(stuck([]), undefined);
  assert.equal(stuck([on, { ...late, late: seconds(30) }]), undefined);
  assert.equal(stuck([on, late]), "controller b is 31 s late for its step");
});
