import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { seconds } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { notifySystemd } from "../../server/systemd.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import { settle, TestClock } from "../support/test-clock.ts";
import { until } from "../support/until.ts";

/** A program that systemd watches every 20 s, as process 7. */
function watched(env: Readonly<Record<string, string>> = {}) {
  const clock = new TestClock();
  const said: string[] = [];
  const told: string[] = [];
  const site: { fault?: string; refused?: string } = {};
  const hear = (_: object, text: string): void => void said.push(text);
  const notified = notifySystemd(
    { NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "20000000", WATCHDOG_PID: "7", ...env },
    {
      ...{ clock, log: { ...silentLog, info: hear, warn: hear, error: hear }, pid: 7 },
      fault: () => site.fault,
      send: (text) => {
        if (site.refused !== undefined) return Promise.reject(new Error(site.refused));
        told.push(text);
        return Promise.resolve();
      },
    },
  );
  return { clock, said, told, site, notified };
}

test("it is told that the site runs, that it works at half the watchdog's time, and that it stops", async () => {
  const { clock, said, told, notified } = watched();
  await clock.advance(seconds(25));
  assert.deepEqual(told, ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
  await notified?.stopping();
  await clock.advance(seconds(60));
  assert.deepEqual(told.slice(4), ["STOPPING=1"]);
  assert.deepEqual([said, clock.waiting], [[], 0]);
});

test("nobody is told where no systemd asks, and no watchdog fed that is not meant for it", async () => {
  assert.equal(watched({ NOTIFY_SOCKET: "" }).notified, undefined);
  for (const env of [{ WATCHDOG_USEC: "" }, { WATCHDOG_PID: "8" }, { WATCHDOG_USEC: "soon" }]) {
    const { clock, told, said } = watched(env);
    await clock.advance(seconds(60));
    assert.deepEqual(told, ["READY=1"]);
    assert.equal(said.length, "WATCHDOG_USEC" in env && env.WATCHDOG_USEC === "" ? 0 : 1, said.join());
  }
});

test("what does not work is not fed, which is said once; it is fed again once it does", async () => {
  const { clock, said, told, site } = watched();
  await settle();
  site.fault = "controller zone is 41 s late for its step";
  await clock.advance(seconds(60));
  assert.deepEqual(told, ["READY=1", "WATCHDOG=1"]);
  delete site.fault;
  await clock.advance(seconds(10));
  assert.deepEqual(told.slice(2), ["WATCHDOG=1"]);
  assert.deepEqual(said, [
    "the watchdog of systemd is not fed: controller zone is 41 s late for its step",
    "the watchdog of systemd is fed again",
  ]);
});

test("that it runs is told until it was heard once, watched or not", async () => {
  for (const [env, rest] of [
    [{}, ["WATCHDOG=1", "WATCHDOG=1"]],
    [{ WATCHDOG_USEC: "" }, []],
  ] as const) {
    const { clock, told, site } = watched(env);
    site.refused = "no such socket";
    await clock.advance(seconds(25));
    assert.deepEqual(told, []);
    delete site.refused;
    await clock.advance(seconds(20));
    assert.deepEqual(told, ["READY=1", ...rest]);
  }
});

test("what cannot be told is said once with what to do, and tried again", async () => {
  const { clock, said, told, site, notified } = watched();
  await settle();
  site.refused = "spawn systemd-notify ENOENT";
  await clock.advance(seconds(60));
  assert.match(said.join("\n"), /^systemd cannot be told WATCHDOG=1: .*ENOENT.*NotifyAccess=all$/);
  delete site.refused;
  await clock.advance(seconds(10));
  assert.equal(told.at(-1), "WATCHDOG=1");
  assert.equal(said.length, 2);
  await notified?.stopping();
});

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
const receiver = fileURLToPath(new URL("systemd-receiver.py", import.meta.url));

/** A socket as systemd has it, by a program of another language. */
async function listening(t: TestContext, socket: string): Promise<readonly string[]> {
  const child = spawn("python3", [receiver, socket], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const heard: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => heard.push(line));
  await until(() => heard.includes("bound"), "the socket is there");
  return heard;
}

test("the program tells a systemd all of it, and nothing while it hangs", { timeout: 300_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const [socket, config] = [join(folder, "notify"), join(folder, "site.yaml")];
  writeFileSync(
    config,
    `site: { id: x }
http: { port: 0 }
state: { folder: ${join(folder, "state")} }
log: { level: error }
buses: { e: { plugin: emulator } }
`,
  );
  const heard = await listening(t, socket);
  const last = (count: number): string => heard.slice(-count).join();
  const child = spawn(process.execPath, ["--import", "tsx", main, "site", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: "400000", WATCHDOG_PID: "" },
  });
  t.after(() => child.kill("SIGKILL"));
  const told = (): readonly string[] => heard.filter((line) => /^(?!BARRIER)\w+=/.test(line));
  const isFed = (): boolean => told().at(-1) === "WATCHDOG=1";
  await until(() => told().length >= 3, "it is ready, and fed");
  assert.deepEqual(told().slice(0, 3), ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]);
  child.kill("SIGSTOP");
  await until(() => last(3) === "silent,silent,silent", "nobody is told of what hangs");
  const before = told().length;
  child.kill("SIGCONT");
  await until(() => told().length > before && isFed(), "it is fed again");
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  await until(() => told().includes("STOPPING=1"), "that it stops");
  assert.equal(told().at(-1), "STOPPING=1");
});
