import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { hours, minutes, seconds } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { TestClock } from "../../test/support/test-clock.ts";
import { Trace, type TraceOptions } from "./trace.ts";
import type { Numbered, Traced } from "./traced.ts";

interface Step extends Traced {
  readonly value: number;
  readonly text?: string;
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-trace-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const open = (clock: TestClock, options: TraceOptions): Trace<Step> =>
  new Trace<Step>({ clock, log: silentLog }, options);

async function all(steps: AsyncIterable<Numbered<Step>>): Promise<readonly Numbered<Step>[]> {
  const found: Numbered<Step>[] = [];
  for await (const step of steps) found.push(step);
  return found;
}

const numbers = async (trace: Trace<Step>, query = {}): Promise<readonly number[]> =>
  (await all(trace.range("fans", query))).map(({ n }) => n);

const upTo = (last: number, first = 1): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

test("steps are told at once, and numbered on across restarts", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const trace = open(clock, { folder });
  const told: number[] = [];
  const stop = trace.subscribe((name, { n }) => told.push(name === "fans" ? n : -n));
  for (let i = 0; i < 3; i++) trace.add("fans", { at: i, value: i, state: { i } });
  stop();
  trace.add("dx", { at: 9, value: 0 });
  assert.deepEqual(told, [1, 2, 3]);
  assert.deepEqual(
    trace.latest("fans", 2).map(({ value }) => value),
    [1, 2],
  );
  trace.close();
  const again = open(clock, { folder });
  assert.deepEqual([...again.names()].sort(), ["dx", "fans"]);
  assert.equal(again.add("fans", { at: 3, value: 3 }).n, 4);
  assert.deepEqual(await numbers(again), [1, 2, 3, 4]);
  assert.deepEqual((await all(again.range("fans")))[0], { n: 1, at: 0, value: 0, state: { i: 0 } });
  again.close();
});

test("steps are on disk within a minute, urgent ones at once", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const trace = open(clock, { folder });
  trace.add("fans", { at: 1, value: 1 });
  assert.deepEqual(await numbers(open(clock, { folder })), []);
  await clock.advance(minutes(1));
  assert.deepEqual(await numbers(open(clock, { folder })), [1]);
  trace.add("fans", { at: 2, value: 2 }, true);
  assert.deepEqual(await numbers(open(clock, { folder })), [1, 2]);
});

test("a span of time is found on disk and in memory, without doubles or gaps", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const trace = open(clock, { folder, inMemory: 10 });
  for (let i = 1; i <= 1000; i++) trace.add("fans", { at: i * 5000, value: Math.floor(i / 7) });
  assert.deepEqual(await numbers(trace), upTo(1000));
  assert.deepEqual(await numbers(trace, { from: 5000 * 300, to: 5000 * 400 }), upTo(400, 300));
  assert.deepEqual(await numbers(trace, { from: 5000 * 990 }), upTo(1000, 990));
  assert.deepEqual(await numbers(trace, { before: 4 }), upTo(3));
  trace.close();
  const again = open(clock, { folder });
  const found = await all(again.range("fans"));
  assert.deepEqual(
    found.map(({ n, at, value }) => ({ n, at, value })),
    upTo(1000).map((i) => ({ n: i, at: i * 5000, value: Math.floor(i / 7) })),
  );
});

test("what a loss of power tore is skipped and counted, and numbers are not used twice", async (t) => {
  const clock = new TestClock();
  const master = folderFor(t);
  const trace = open(clock, { folder: master });
  for (let i = 1; i <= 200; i++) trace.add("fans", { at: i, value: i * 1.7 });
  trace.close();
  const [name = ""] = readdirSync(join(master, "fans"));
  const whole = readFileSync(join(master, "fans", name));
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 50 }), async (cut, rest) => {
      const folder = folderFor(t);
      open(clock, { folder }).add("fans", { at: 0, value: 0 }, true);
      const left = Buffer.concat([whole.subarray(0, cut), rest]);
      writeFileSync(join(folder, "fans", name), left);
      const again = open(clock, { folder });
      const before = await numbers(again);
      assert.deepEqual(before, upTo(before.length), "what is found has no gaps");
      assert.ok(before.length >= 64 * Math.floor(cut / (whole.length / 2)) - 128);
      const { n } = again.add("fans", { at: 201, value: 1 }, true);
      assert.ok(n > before.length);
      again.close();
      const third = open(clock, { folder });
      assert.deepEqual(await numbers(third), [...before, n]);
      // What comes after it may by chance be what was torn off.
      if (left.equals(whole)) assert.deepEqual(before, upTo(200));
      else if (cut > 0) assert.ok(again.status().damaged > 0 || before.length % 64 === 0);
      third.close();
    }),
    { numRuns: 40, examples: [[whole.length - 1, Uint8Array.from(whole.subarray(-1))]] },
  );
});

test("damage in the middle costs its own block only", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const trace = open(clock, { folder });
  for (let i = 1; i <= 64 * 3; i++) trace.add("fans", { at: i, value: i * 1.7 });
  trace.close();
  const file = join(folder, "fans", readdirSync(join(folder, "fans"))[0] ?? "");
  const bytes = readFileSync(file);
  const second = bytes.indexOf(bytes.subarray(0, 4), 4);
  bytes[second + 60] = (bytes[second + 60] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const again = open(clock, { folder });
  assert.deepEqual(await numbers(again), [...upTo(64), ...upTo(192, 129)]);
  assert.ok(again.status().damaged >= 1);
});

test("damage is counted once, however often it is met", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const trace = open(clock, { folder });
  trace.add("fans", { at: 1, value: 1 });
  trace.close();
  appendFileSync(join(folder, "fans", "000000000001.trace"), "torn");
  const again = open(clock, { folder });
  assert.equal(again.status().damaged, 1);
  for (let i = 0; i < 3; i++) assert.deepEqual(await numbers(again), [1]);
  assert.equal(again.status().damaged, 1);
});

test("a file that cannot be read is told and counted; one that is gone was the oldest", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const first = open(clock, { folder });
  first.add("fans", { at: 1, value: 1 });
  first.close();
  const told: string[] = [];
  const log = { ...silentLog, error: (_fields: object, text: string) => void told.push(text) };
  const trace = new Trace<Step>({ clock, log }, { folder });
  trace.add("fans", { at: 2, value: 2 });
  const file = join(folder, "fans", "000000000001.trace");
  rmSync(file);
  assert.deepEqual(await numbers(trace), [2]);
  assert.deepEqual([told, trace.status().damaged], [[], 0]);
  mkdirSync(file);
  for (let i = 0; i < 2; i++) assert.deepEqual(await numbers(trace), [2]);
  assert.deepEqual([told, trace.status().damaged], [["steps that were kept cannot be read"], 1]);
});

test("steps of a newer version of the program are set aside and said, not removed", (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const before = open(clock, { folder });
  before.add("fans", { at: 1, value: 1, state: {} }, true);
  before.close();
  const [name = ""] = readdirSync(join(folder, "fans"));
  const bytes = readFileSync(join(folder, "fans", name));
  bytes.writeUInt8("2".charCodeAt(0), 3);
  writeFileSync(join(folder, "fans", name), bytes);
  const said: string[] = [];
  const log = { ...silentLog, warn: (_: object, text: string): void => void said.push(text) };
  const trace = new Trace<Step>({ clock, log }, { folder });
  assert.deepEqual(readdirSync(join(folder, "fans")), [`${name}.newer`]);
  assert.deepEqual(readFileSync(join(folder, "fans", `${name}.newer`)), bytes);
  assert.deepEqual(said, ["kept steps of a newer version of this program were set aside"]);
  assert.equal(trace.status().damaged, 0);
  assert.equal(trace.add("fans", { at: 2, value: 2 }, true).n, 1);
  trace.close();
});

test("a folder that is removed while steps are kept in it is made again", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const trace = open(clock, { folder });
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) trace.add("fans", { at: clock.now(), value: i });
    trace.flush();
  };
  add(5);
  rmSync(folder, { recursive: true });
  add(5);
  assert.deepEqual([trace.status().kept, trace.status().lost], [true, 0]);
  trace.close();
  assert.deepEqual(await numbers(open(clock, { folder })), upTo(10, 6));
});

test("a folder that cannot be listed is said, and tried again", async (t) => {
  const clock = new TestClock();
  const base = folderFor(t);
  const folder = join(base, "trace");
  const first = open(clock, { folder });
  first.add("fans", { at: 1, value: 1 });
  first.close();
  renameSync(folder, `${folder}-away`);
  writeFileSync(folder, "in the way");
  const trace = open(clock, { folder });
  assert.match(trace.status().fault ?? "", /ENOTDIR/);
  assert.deepEqual(trace.names(), []);
  rmSync(folder);
  renameSync(`${folder}-away`, folder);
  await clock.advance(seconds(10));
  assert.deepEqual(trace.names(), ["fans"]);
  assert.deepEqual(await numbers(trace), [1]);
  trace.add("fans", { at: 2, value: 2 }, true);
  assert.equal(trace.status().kept, true);
});

test("size and age are bounded: the oldest go first, of whichever controller", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const trace = open(clock, { folder, megabytes: 1, keepFor: hours(1000) });
  let random = 1;
  for (let i = 1; i <= 24_000; i++) {
    random = (random * 48_271) % 2_147_483_647;
    trace.add(i % 3 === 0 ? "dx" : "fans", {
      at: clock.now(),
      value: random,
      text: `${random * 7919}${random ** 3}${random ** 5}${random / 7}${Math.sqrt(random)}${Math.sin(random)}`,
    });
    if (i % 600 === 0) await clock.advance(minutes(1));
  }
  await clock.advance(minutes(1));
  const size = (name: string): number =>
    readdirSync(join(folder, name)).reduce((sum, file) => sum + statSync(join(folder, name, file)).size, 0);
  assert.ok(size("fans") + size("dx") <= 1_048_576 + 2 * 65_536, `${size("fans") + size("dx")} bytes`);
  assert.ok(size("fans") + size("dx") > 400_000, `${size("fans") + size("dx")} bytes`);
  const kept = await numbers(trace);
  assert.equal(kept.at(-1), 16_000);
  assert.deepEqual(kept, upTo(16_000, kept[0]));
  assert.ok(Number(kept[0]) > 1);
  trace.close();
  const before = readdirSync(join(folder, "fans")).length;
  open(clock, { folder, keepFor: minutes(1) });
  await clock.advance(hours(2));
  const after = readdirSync(join(folder, "fans")).length;
  assert.ok(before > 2 && after === 1, `${before} files, then ${after}`);
});

test("a wall clock that is wrong for some hours, while it runs or when it starts, makes nothing too old", async (t) => {
  const year = hours(365 * 24);
  const folder = folderFor(t);
  const clock = new TestClock();
  const begun = async (): Promise<Trace<Step>> => {
    const trace = open(clock, { folder, keepFor: hours(48) });
    trace.add("fans", { at: clock.now(), value: 1 }, true);
    await clock.advance(hours(1));
    return trace;
  };
  const files = (): number => readdirSync(join(folder, "fans")).length;
  for (let i = 0; i < 3; i++) (await begun()).close();
  let trace = await begun();
  clock.setWall(year);
  await clock.advance(hours(20));
  clock.setWall(-year);
  await clock.advance(hours(1));
  assert.equal(files(), 4, "set forward while it runs, and back");
  trace.close();
  clock.setWall(year);
  trace = await begun();
  await clock.advance(hours(20));
  assert.equal(files(), 5, "set forward before it starts");
  await clock.advance(hours(4));
  assert.equal(files(), 1, "after a day it is as it says");
  trace.close();
});

test("a disk that takes nothing is said, steps wait in memory, and those that do not fit are counted", async (t) => {
  const clock = new TestClock();
  const base = folderFor(t);
  const folder = join(base, "trace");
  writeFileSync(folder, "in the way");
  const trace = open(clock, { folder, inMemory: 10 });
  for (let i = 1; i <= 100; i++) trace.add("fans", { at: i, value: i });
  await clock.advance(minutes(1));
  const status = trace.status();
  assert.equal(status.kept, false);
  assert.match(status.fault ?? "", /./);
  assert.equal(status.lost, 90);
  rmSync(folder);
  await clock.advance(seconds(10));
  assert.equal(trace.status().kept, true);
  trace.close();
  assert.deepEqual(await numbers(open(clock, { folder })), upTo(100, 91));
});

test("without a folder steps are in memory only, and not more than asked for", async () => {
  const clock = new TestClock();
  const trace = open(clock, { inMemory: 5 });
  for (let i = 1; i <= 100; i++) trace.add("fans", { at: i, value: i });
  const kept = await numbers(trace);
  assert.ok(kept.length >= 5 && kept.length < 10);
  assert.equal(kept.at(-1), 100);
  assert.equal(trace.status().kept, false);
  trace.close();
});

test("a follower that fails is told no more and harms nobody", () => {
  const trace = open(new TestClock(), {});
  let told = 0;
  trace.subscribe(() => {
    told += 1;
    throw new Error("full");
  });
  trace.add("fans", { at: 1, value: 1 });
  trace.add("fans", { at: 2, value: 2 });
  assert.equal(told, 1);
  assert.equal(trace.latest("fans", 9).length, 2);
});
