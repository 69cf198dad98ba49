import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestClock } from "../test/support/test-clock.ts";
import { every, hours, millis, minutes, seconds, sleep, systemClock } from "./clock.ts";

test("spans are milliseconds", () => {
  assert.deepEqual([millis(5), seconds(2), minutes(3), hours(1)], [5, 2000, 180_000, 3_600_000]);
});

test("deadlines advance from deadlines, and those missed are counted, not caught up", async () => {
  const clock = new TestClock();
  const stop = new AbortController();
  const starts: number[] = [];
  const missed: number[] = [];
  const takes = [100, 1000, 2500, 100, 100];
  const work = (): Promise<void> => {
    starts.push(clock.monotonic());
    return sleep(clock, takes[starts.length - 1] ?? 0);
  };
  const running = every(clock, 1000, work, stop.signal, (count) => missed.push(count));
  await clock.advance(6500);
  stop.abort();
  await running;
  assert.deepEqual(starts, [0, 1000, 3000, 6000]);
  assert.deepEqual(missed, [1, 2]);
  assert.equal(clock.waiting, 0);
});

test("what the work throws ends the repetition", async () => {
  const work = (): Promise<void> => Promise.reject(new Error("broken"));
  await assert.rejects(every(new TestClock(), 10, work, new AbortController().signal), /broken/);
});

test("a sleep ends early when its signal aborts, and at once when it has", async () => {
  const clock = new TestClock();
  const stop = new AbortController();
  let awake = 0;
  void sleep(clock, 1000, stop.signal).then(() => awake++);
  await clock.advance(999);
  assert.equal(awake, 0);
  stop.abort();
  await settle();
  assert.equal(awake, 1);
  await sleep(clock, 1000, stop.signal);
  assert.equal(clock.waiting, 0);
});

test("the machine's clock never runs things at once, nor before they are due, nor when called off", async () => {
  for (const precise of [false, true]) {
    let ran = false;
    const calledOff = systemClock.at(systemClock.monotonic(), () => assert.fail("it was called off"), {
      precise,
    });
    calledOff();
    calledOff();
    const due = systemClock.monotonic() + 3;
    const finished = new Promise<number>((resolve) => {
      systemClock.at(due, () => resolve(systemClock.monotonic()), { precise });
    });
    const overdue = new Promise<void>((resolve) => {
      const run = (): void => {
        ran = true;
        resolve();
      };
      systemClock.at(0, run, { precise });
    });
    assert.equal(ran, false);
    assert.ok((await finished) >= due);
    // On a machine that stood still meanwhile both are due, in any order.
    await overdue;
  }
});

test("the machine's clock sleeps until due or until aborted, also for longer than a timer can", async () => {
  const stop = new AbortController();
  const long = systemClock.sleepUntil(systemClock.monotonic() + hours(24 * 365), stop.signal);
  const due = systemClock.monotonic() + 2;
  await systemClock.sleepUntil(due);
  assert.ok(systemClock.monotonic() >= due);
  assert.equal(await Promise.race([long.then(() => "awake"), Promise.resolve("asleep")]), "asleep");
  stop.abort();
  await long;
  assert.ok(systemClock.now() > Date.parse("2020-01-01"));
});
