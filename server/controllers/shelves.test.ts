import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandingAlarm } from "../../controllers/runtime/api.ts";
import { hours, minutes, seconds } from "../../devices/clock.ts";
import { MemoryKeeper } from "../../test/support/memory-keeper.ts";
import { TestClock } from "../../test/support/test-clock.ts";
import { Shelves } from "./shelves.ts";

const alarm: StandingAlarm = { id: "warm", severity: "major", text: "warm", controller: "zone", since: 0 };
const by = { who: "ann", why: "filter is ordered" };
const year = hours(365 * 24);

test("an alarm is not counted for as long as was said, whatever the wall clock does meanwhile", async () => {
  for (const span of [0, year, -year]) {
    const clock = new TestClock();
    const shelves = new Shelves({ clock, keeper: new MemoryKeeper() });
    shelves.shelve(alarm, hours(2), by);
    await clock.advance(hours(1));
    clock.setWall(span);
    await clock.advance(minutes(59));
    const shelved = shelves.of(alarm) ?? assert.fail("it is still shelved");
    assert.ok(Math.abs(shelved.until - clock.now() - minutes(1)) <= seconds(1), "told by the clock as it is");
    await clock.advance(minutes(1));
    assert.equal(shelves.of(alarm), undefined);
  }
});

test("shelves that make no sense, as of another version of the program, are said, and their alarms count", () => {
  const clock = new TestClock();
  const keeper = new MemoryKeeper();
  new Shelves({ clock, keeper }).shelve(alarm, hours(8), by);
  const [key = "", kept] = [...keeper.load("shelf")][0] ?? [];
  keeper.put("shelf", key, { ...(kept as object), later: 1 });
  keeper.put("shelf", "zone cold", { until: "noon", ...by });
  keeper.put("shelf", "zone dry", [7]);
  const said: object[] = [];
  const log = { warn: (fields: object, text: string): void => void said.push({ ...fields, text }) };
  const shelves = new Shelves({ clock, keeper, log });
  assert.deepEqual(said, [{ entries: 2, text: "shelved alarms make no sense and count again" }]);
  assert.deepEqual([shelves.of(alarm)?.who, shelves.of({ ...alarm, id: "cold" })], ["ann", undefined]);
  assert.deepEqual([...keeper.load("shelf").keys()], [key]);
});

test("a program that starts with a clock that was set back shelves it no longer, and not anew at every start", async () => {
  const clock = new TestClock();
  const keeper = new MemoryKeeper();
  new Shelves({ clock, keeper }).shelve(alarm, hours(8), by);
  clock.setWall(-year);
  for (let start = 0; start < 3; start++) {
    assert.ok(new Shelves({ clock, keeper }).of(alarm) !== undefined);
    await clock.advance(hours(2));
  }
  await clock.advance(hours(2));
  assert.equal(new Shelves({ clock, keeper }).of(alarm), undefined);
  assert.equal(keeper.load("shelf").size, 0);
});

test("what was kept before spans were, and what makes no sense, is shelved for a week at the most or not at all", async () => {
  const clock = new TestClock();
  const keeper = new MemoryKeeper();
  keeper.put("shelf", "zone warm", { ...by, until: clock.now() + year });
  keeper.put("shelf", "zone cold", { ...by, until: "soon" });
  keeper.put("shelf", "zone wet", { ...by, until: clock.now() + hours(1), left: null });
  const shelves = new Shelves({ clock, keeper });
  assert.deepEqual([...keeper.load("shelf").keys()], ["zone warm"]);
  await clock.advance(hours(7 * 24));
  assert.equal(shelves.of(alarm), undefined);
});

test("what is refused is said plainly: a time too long, and an alarm that is not shelved", () => {
  const shelves = new Shelves({ clock: new TestClock(), keeper: new MemoryKeeper() });
  assert.throws(() => shelves.shelve(alarm, hours(30 * 24), by), {
    message: "shelving warm of zone: 30d is too long: at most 7 days",
  });
  shelves.shelve(alarm, hours(1), by);
  shelves.unshelve("zone", "warm");
  shelves.shelve({ ...alarm, id: "wet" }, hours(1), by);
  assert.throws(() => shelves.unshelve("zone", "warm"), {
    message: "alarm warm of controller zone, of which these are shelved: wet; not found",
  });
});
