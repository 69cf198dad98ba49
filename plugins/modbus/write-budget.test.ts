import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hours } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { newMemory } from "../../devices/link-memory.ts";
import { TestClock } from "../../test/support/test-clock.ts";
import { WriteBudget } from "./write-budget.ts";

const spent = (spend: () => void): boolean => {
  try {
    spend();
    return false;
  } catch (thrown) {
    assert.ok(thrown instanceof BothyError && thrown.code === "TOO_MANY");
    return true;
  }
};

test("so many writes within 24 hours, each counted until it is a day old", async () => {
  const clock = new TestClock();
  const budget = new WriteBudget(newMemory(), clock);
  const write = (): boolean => !spent(() => budget.spend("1/holding/7", 2, false, "probe correction"));
  assert.deepEqual([write(), write()], [true, true]);
  await clock.advance(hours(10));
  assert.throws(
    () => budget.spend("1/holding/7", 2, false, "probe correction"),
    /whoever writes to probe correction asks too often .*takes 2 a day; the next in 840 min/u,
  );
  assert.equal(budget.held, 1);
  await clock.advance(hours(14));
  assert.equal(budget.held, 0);
  assert.equal(write(), true);
});

test("protection is never held back, and what it writes counts", () => {
  const budget = new WriteBudget(newMemory(), new TestClock());
  const write = (urgent: boolean): boolean => !spent(() => budget.spend("a", 1, urgent, "fan"));
  assert.deepEqual([write(true), write(false), write(true), write(true)], [true, false, true, true]);
});

test("a restart does not forget what was written; registers have budgets of their own", () => {
  const [memory, clock] = [newMemory(), new TestClock()];
  new WriteBudget(memory, clock).spend("a", 1, false, "x");
  const after = new WriteBudget(memory, clock);
  assert.ok(spent(() => after.spend("a", 1, false, "x")));
  assert.ok(!spent(() => after.spend("b", 1, false, "y")));
});

test("whatever a memory holds, a budget is kept and ends within a day", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.array(fc.double()), async (rubbish, times) => {
      for (const kept of [rubbish, times]) {
        const memory = newMemory();
        memory.set("written/a", kept);
        const clock = new TestClock();
        const budget = new WriteBudget(memory, clock);
        let writes = 0;
        while (!spent(() => budget.spend("a", 3, false, "x"))) assert.ok(++writes <= 3);
        await clock.advance(hours(24));
        assert.ok(!spent(() => budget.spend("a", 3, false, "x")));
      }
    }),
    { numRuns: 50 },
  );
});
