import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, hours, minutes } from "../../devices/clock.ts";
import { TestClock } from "../../test/support/test-clock.ts";
import { endingIn, keptEnding, resumedEnding, wallOf } from "./ending.ts";

const longest = hours(24);

/** A clock on which a millisecond passes with every look, as one may on any machine. */
function passing(): Clock {
  const clock = new TestClock();
  let looks = 0;
  return {
    ...{ at: clock.at, sleepUntil: clock.sleepUntil },
    now: () => clock.now() + ++looks,
    monotonic: () => clock.monotonic() + ++looks,
  };
}

test("what a program before kept ends at the very moment it was to", () => {
  const clock = passing();
  const before = endingIn(minutes(10), clock);
  let ending = before;
  for (let i = 0; i < 10; i++)
    ending = resumedEnding(keptEnding(ending, clock), longest, clock) ?? assert.fail();
  assert.equal(wallOf(ending, clock), before.wall);
});

test("what is over is over; what lasts longer than it may, or was kept before the clock was set, is cut", async () => {
  const clock = new TestClock();
  const kept = keptEnding(endingIn(minutes(10), clock), clock);
  const cut = resumedEnding(kept, minutes(1), clock) ?? assert.fail();
  assert.deepEqual(cut, { mono: minutes(1), wall: clock.now() + minutes(1) });
  clock.setWall(-hours(1));
  assert.deepEqual(resumedEnding(kept, longest, clock), endingIn(minutes(10), clock));
  clock.setWall(hours(1));
  await clock.advance(minutes(10));
  assert.equal(resumedEnding(kept, longest, clock), undefined);
});
