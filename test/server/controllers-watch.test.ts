import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Version } from "../../controllers/versions/store.ts";
import { seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import { watchSources } from "../../server/controllers/watch.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import { TestClock } from "../support/test-clock.ts";
import { untilTurned } from "../support/until.ts";

/** A file that is watched, and what came of it. */
function watched(t: TestContext) {
  const file = join(temporaryFolder(t), "mine.ts");
  writeFileSync(file, "first");
  const clock = new TestClock();
  const swaps: string[] = [];
  const told: string[] = [];
  const busy = { now: false };
  let looks = 0;
  const ended = new AbortController();
  t.after(() => ended.abort());
  const bundle = (path: string) => {
    const text = readFileSync(path, "utf8");
    looks++;
    if (text.startsWith("no"))
      return Promise.reject(new BothyError("BAD_CONFIG", { source: path, fault: text }));
    return Promise.resolve({ kind: "bundle" as const, file: path, text, hash: text, map: "{}" });
  };
  const versions = {
    add: (_name: string, { hash }: { readonly hash: string }): Promise<Version> =>
      Promise.resolve({ id: hash, name: "mine", version: "1", kind: "bundle", added: 0, by }),
    swap: (name: string, id: string, { who }: { readonly who: string }) => {
      if (busy.now) return Promise.reject(new BothyError("BUSY", { source: name, fault: "a change" }));
      swaps.push(`${name} ${id} ${who}`);
      return Promise.resolve({} as never);
    },
  };
  const by = { who: "file", why: "saved" };
  const log = { ...silentLog, error: (_about: object, text?: string) => void told.push(text ?? "") };
  const refusals: (string | undefined)[] = [];
  const unloaded = { zone: false };
  watchSources([{ name: "zone", file }], {
    ...{ clock, log, versions, bundle, signal: ended.signal },
    refused: (_name, why) => refusals.push(why),
    revive: (name) => {
      if (unloaded.zone) swaps.push(`${name} revived`);
      return Promise.resolve(unloaded.zone);
    },
  });
  /** Whether nothing is asked of the disk: the watcher waits for its next look, or has ended. */
  const isIdle = (): boolean => clock.waiting > 0 || ended.signal.aborted;
  /** Looks at the file so many times more; the disk takes as long as it does. */
  const look = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await untilTurned(isIdle);
      await clock.advance(seconds(1));
      await untilTurned(isIdle);
    }
  };
  const until = async (there: () => boolean): Promise<void> => {
    for (let i = 0; i < 500 && !there(); i++) await look(1);
  };
  return {
    file,
    busy,
    until,
    swaps,
    told,
    refusals,
    unloaded,
    look,
    end: () => ended.abort(),
    looks: () => looks,
  };
}

test("a saved file is put in force once it looks the same twice; one that does not change, never", async (t) => {
  const { file, swaps, look, until, looks } = watched(t);
  await look(5);
  assert.equal(looks(), 0);
  writeFileSync(file, "second, half");
  await look(1);
  writeFileSync(file, "second, which is whole");
  await until(() => swaps.length > 0);
  await look(5);
  assert.deepEqual(swaps, ["zone second, which is whole file"]);
  assert.equal(looks(), 1);
});

test("an editor that puts another file in its place is seen; a file that is gone changes nothing", async (t) => {
  const { file, swaps, told, look, until } = watched(t);
  await look(2);
  writeFileSync(`${file}.new`, "third");
  renameSync(`${file}.new`, file);
  await until(() => swaps.length > 0);
  assert.deepEqual(swaps, ["zone third file"]);
  rmSync(file);
  await look(6);
  assert.deepEqual([swaps.length, told], [1, []]);
  writeFileSync(file, "fourth and back");
  await until(() => swaps.length > 1);
  assert.equal(swaps.at(-1), "zone fourth and back file");
});

test("what does not load is told of once, with why, and what is saved next is looked at again", async (t) => {
  const { file, swaps, told, refusals, look, until } = watched(t);
  await look(2);
  writeFileSync(file, "no: line 3 makes no sense");
  await until(() => told.length > 0);
  await look(5);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /version before is: .*line 3 makes no sense/);
  assert.match(refusals[0] ?? "", /line 3 makes no sense/);
  assert.deepEqual(swaps, []);
  writeFileSync(file, "good again");
  await until(() => refusals.length > 1);
  assert.deepEqual(swaps, ["zone good again file"]);
  assert.equal(refusals[1], undefined);
});

test("what is saved while another change is under way is put in force after it, the last save of several", async (t) => {
  const { file, busy, swaps, told, refusals, look, until, looks } = watched(t);
  await look(2);
  busy.now = true;
  writeFileSync(file, "saved meanwhile");
  await until(() => looks() > 0);
  writeFileSync(file, "saved last, meanwhile");
  const before = looks();
  await until(() => looks() > before + 1);
  assert.deepEqual([swaps, told, refusals], [[], [], []]);
  busy.now = false;
  await until(() => swaps.length > 0);
  const done = looks();
  await look(5);
  assert.deepEqual(swaps, ["zone saved last, meanwhile file"]);
  assert.equal(looks(), done, "once");
  assert.deepEqual(refusals, [undefined]);
});

test("one that could not be loaded so far is loaded with the file that is saved", async (t) => {
  const { file, swaps, unloaded, look, until } = watched(t);
  unloaded.zone = true;
  await look(2);
  writeFileSync(file, "good at last");
  await until(() => swaps.length > 0);
  assert.deepEqual(swaps, ["zone revived"]);
});

test("a file that cannot be looked at is told of once, until it can be again", async (t) => {
  const { file, swaps, told, look, until } = watched(t);
  await look(2);
  rmSync(file);
  symlinkSync(file, file);
  await until(() => told.length > 0);
  await look(5);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /^it cannot be seen whether it is saved: .*ELOOP/);
  rmSync(file);
  writeFileSync(file, "seen again");
  await until(() => swaps.length > 0);
  assert.deepEqual(swaps, ["zone seen again file"]);
});

test("nothing is looked at after the end", async (t) => {
  const { file, look, end, looks } = watched(t);
  await look(2);
  end();
  writeFileSync(file, "too late");
  await look(6);
  assert.equal(looks(), 0);
});
