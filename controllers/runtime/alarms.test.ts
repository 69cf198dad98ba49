import assert from "node:assert/strict";
import test from "node:test";
import type { Clock } from "../../devices/clock.ts";
import type { Alarm } from "../contract.ts";
import { AlarmFlood } from "./alarm-flood.ts";
import { AlarmNames } from "./alarm-names.ts";

const alarm = (id: string): Alarm => ({ id, severity: "warning", text: id });
const ids = (names: AlarmNames, ...all: readonly string[]): readonly string[] =>
  names.steady(all.map(alarm)).map(({ id }) => id);

test("an id that holds a value becomes one that stays", () => {
  const names = new AlarmNames();
  const seen = [25.1, 25.2, 25.3, 25.4, 25.4, 26, -1.5].map((value) => ids(names, `warm:${value}`, "door"));
  assert.deepEqual(seen.at(0), ["warm:25.1", "door"]);
  assert.deepEqual(
    seen.slice(3).map(([first]) => first),
    ["warm:#", "warm:#", "warm:#", "warm:#"],
  );
  assert.deepEqual(ids(names, "door"), ["door"]);
  assert.deepEqual(ids(names, "warm:3"), ["warm:#"], "for good");
});

test("names of a controller that invents new ones for ever are forgotten, those in use are not", () => {
  const names = new AlarmNames();
  for (let i = 0; i < 4; i++) ids(names, `warm:${i}`);
  for (let i = 0; i < 3000; i++) {
    ids(names, `${"x".repeat(i % 700)}:1`, "warm:7");
    assert.equal(ids(names, `${"x".repeat(i % 700)}:2`, "warm:8")[1], "warm:#");
  }
  assert.ok(names.size <= 256, `${names.size} names`);
});

test("numbers of devices stay in ids", () => {
  const names = new AlarmNames();
  assert.deepEqual(ids(names, "fan-failed:tray.fan-1"), ["fan-failed:tray.fan-1"]);
  for (let i = 0; i < 10; i++) {
    const now = ["fan-failed:tray.fan-1", ...(i % 2 === 0 ? ["fan-failed:tray.fan-2"] : [])];
    assert.deepEqual(ids(names, ...now), now);
  }
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(ids(names, `fan-failed:tray.fan-${i}`, `fan-failed:tray.fan-${i + 1}`), [
      `fan-failed:tray.fan-${i}`,
      `fan-failed:tray.fan-${i + 1}`,
    ]);
    assert.deepEqual(ids(names), []);
  }
});

test("ten alarms in ten minutes are told of, then only critical ones", () => {
  let now = 0;
  const flood = new AlarmFlood({ monotonic: () => now } as Clock);
  const told = Array.from({ length: 14 }, () => flood.begins("major"));
  assert.equal(told.filter((one) => one.told).length, 10);
  assert.deepEqual(
    told.flatMap(({ last }, i) => (last ? [i] : [])),
    [10],
    "said once",
  );
  assert.deepEqual(flood.begins("critical"), { told: true, last: false });
  now = 601_000;
  assert.deepEqual(flood.begins("notice"), { told: true, last: false });
});
