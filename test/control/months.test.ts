// What grows while a site runs for months, on the virtual clock: each of it has an end.
import assert from "node:assert/strict";
import test from "node:test";
import { Trace } from "../../controllers/trace/trace.ts";
import type { Traced } from "../../controllers/trace/traced.ts";
import { VersionStore } from "../../controllers/versions/store.ts";
import { hours, seconds } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { Shelves } from "../../server/controllers/shelves.ts";
import { createAlarmWatch, mostListed, type ScoreEvent } from "../../server/simulation/score-alarms.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { TestClock } from "../support/test-clock.ts";

const by = { who: "ann", why: "to see" };
const days = 120;

test("steps in memory are the last few hundred", async () => {
  const clock = new TestClock();
  const trace = new Trace<Traced>({ clock, log: silentLog });
  const perDay = 500;
  for (let day = 0; day < days; day++) {
    for (let i = 0; i < perDay; i++) trace.add("fans", { at: clock.now() });
    await clock.advance(hours(24));
  }
  const steps = trace.latest("fans", Infinity);
  assert.ok(steps.length >= 300 && steps.length < 600, `${steps.length}`);
  assert.equal(steps.at(-1)?.n, days * perDay);
});

test("texts and the history of versions have an end, whoever saves a file ten times a day", async () => {
  const clock = new TestClock();
  const store = new VersionStore({ clock, log: silentLog });
  for (let i = 0; i < 10 * days; i++) {
    const hash = `hash-${i}`;
    store.add(
      "fans",
      { kind: "bundle", file: "mine.ts", text: hash, hash, map: "{}" },
      { name: "mine", version: `1.0.${i}` },
      by,
    );
    store.put("fans", "swapped", { id: hash, configured: "hash-0", by });
    await clock.advance(hours(2.4));
  }
  assert.ok(store.list("fans").length <= 51, `${store.list("fans").length} texts`);
  assert.ok(store.history("fans").length <= 1000, `${store.history("fans").length} lines`);
  assert.equal(store.inForce("fans")?.id, `hash-${10 * days - 1}`);
});

test("a simulation tells of the last alarms and counts them all", () => {
  let now = 0;
  let tell: (event: ScoreEvent) => void = () => undefined;
  const watch = createAlarmWatch(() => now, []);
  let faults = 0;
  watch.watch({ list: () => [], onEvent: (listener) => (tell = listener) }, () => [
    { id: ++faults, target: "fan", kind: "dead-fan" } as never,
  ]);
  const alarms = 50 * days;
  for (let i = 0; i < alarms; i++) {
    now += 1728;
    tell({ kind: "raised", controller: "fans", alarm: { id: `a-${i}` } });
    tell({ kind: "cleared", controller: "fans" });
  }
  const { raised, list, detection, standing } = watch.report();
  assert.deepEqual([raised, list.length, standing], [alarms, mostListed, 0]);
  assert.equal(list.at(-1)?.id, `a-${alarms - 1}`);
  assert.ok(detection.length <= 2 * mostListed + 1, `${detection.length} faults`);
});

test("alarms that were shelved are forgotten when their time is over, whether or not they ever stood again", async () => {
  const [clock, keeper] = [new TestClock(), new MemoryKeeper()];
  const shelves = new Shelves({ clock, keeper });
  for (let day = 0; day < days; day++) {
    const alarm = {
      controller: "fans",
      id: `sensor:${day}`,
      severity: "warning",
      text: "x",
      since: 0,
    } as const;
    shelves.shelve(alarm, hours(8), by);
    assert.equal(keeper.load("shelf").size, 1);
    await clock.advance(hours(24));
  }
});

test("a shelved alarm is as before when its time is over, also when the program began anew in between", async () => {
  const [clock, keeper] = [new TestClock(), new MemoryKeeper()];
  const alarm = { controller: "fans", id: "filter", severity: "warning", text: "x", since: 0 } as const;
  new Shelves({ clock, keeper }).shelve(alarm, hours(8), by);
  await clock.advance(hours(4));
  const second = new Shelves({ clock, keeper });
  assert.equal(second.of(alarm)?.who, "ann");
  await clock.advance(hours(4) - seconds(1));
  assert.equal(second.of(alarm)?.why, "to see");
  await clock.advance(seconds(1));
  assert.equal(second.of(alarm), undefined);
  const [over, disk] = [new TestClock(), new MemoryKeeper()];
  new Shelves({ clock: over, keeper: disk }).shelve(alarm, hours(8), by);
  await over.advance(hours(9));
  assert.equal(new Shelves({ clock: over, keeper: disk }).of(alarm), undefined, "it ended while nothing ran");
  assert.equal(disk.load("shelf").size, 0);
});
