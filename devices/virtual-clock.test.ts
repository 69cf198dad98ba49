import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { settle, VirtualClock } from "./virtual-clock.ts";

test("entries run in the order they fall due, and in that of their making when at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ due: fc.integer({ min: 0, max: 20 }), off: fc.boolean() }), { maxLength: 60 }),
      async (entries) => {
        const clock = new VirtualClock();
        const ran: { due: number; i: number; at: number }[] = [];
        const cancels = entries.map(({ due }, i) =>
          clock.at(due, () => ran.push({ due, i, at: clock.monotonic() })),
        );
        entries.forEach(({ off }, i) => {
          if (off) cancels[i]?.();
        });
        const wanted = entries
          .map(({ due, off }, i) => ({ due, off, i }))
          .filter(({ off }) => !off)
          .sort((a, b) => a.due - b.due || a.i - b.i);
        assert.equal(clock.waiting, wanted.length);
        await clock.advance(30);
        assert.deepEqual(
          ran.map(({ i }) => i),
          wanted.map(({ i }) => i),
        );
        for (const { due, at } of ran) assert.equal(at, due);
        assert.equal(clock.waiting, 0);
      },
    ),
  );
});

test("what is scheduled while time passes runs in that time", async () => {
  const clock = new VirtualClock();
  const at: number[] = [];
  const again = (): void => {
    at.push(clock.monotonic());
    clock.at(clock.monotonic() + 10, again);
  };
  clock.at(0, again);
  await clock.advance(35);
  assert.deepEqual(at, [0, 10, 20, 30]);
  assert.equal(clock.monotonic(), 35);
  assert.equal(clock.waiting, 1);
});

test("calling off twice, or after it ran, counts once", async () => {
  const clock = new VirtualClock();
  let ran = 0;
  const cancel = clock.at(5, () => ran++);
  const other = clock.at(6, () => ran++);
  other();
  other();
  await clock.advance(10);
  cancel();
  other();
  assert.equal(ran, 1);
  assert.equal(clock.waiting, 0);
});

test("a great many entries that are called off leave nothing behind", async () => {
  const clock = new VirtualClock();
  for (let i = 0; i < 20_000; i++) clock.at(1000 + (i % 7), () => assert.fail())();
  let ran = false;
  clock.at(2000, () => (ran = true));
  assert.equal(clock.waiting, 1);
  await clock.advance(3000);
  assert.ok(ran);
});

test("the wall clock can be set, and the program stopped", async () => {
  const clock = new VirtualClock(1_000_000);
  clock.setWall(-3_600_000);
  assert.equal(clock.now(), 1_000_000 - 3_600_000);
  assert.equal(clock.monotonic(), 0);
  let at = -1;
  clock.at(10, () => (at = clock.monotonic()));
  await clock.suspend(500);
  assert.equal(at, 500);
  let woke = false;
  void clock.sleepUntil(600).then(() => (woke = true));
  await clock.advance(99);
  assert.equal(woke, false);
  await clock.advance(1);
  await settle();
  assert.ok(woke);
});
