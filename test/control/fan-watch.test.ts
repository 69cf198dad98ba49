import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { reading, silent, zoneOf } from "./zone.ts";

const names = ["fan-1", "fan-2", "fan-3", "fan-4"];
const turning = (duty: number): number => 4000 * (0.2 + (0.8 * (duty - 20)) / 80);
const idsOf = ({ trace }: EngineResult): readonly string[] => trace.alarms.map(({ id }) => id);

interface Seen {
  readonly inlet?: number;
  /** rpm at full duty of fan-1, as its sensor says. */
  readonly full?: number;
  readonly watts?: number;
  readonly doorHold?: number;
}

const absent = (from: string) => ({ ...silent(from), code: "ABSENT" as const });

/** Four fans; what fan-1 shows is the test's. */
function bank(settings: Readonly<Record<string, unknown>> = {}) {
  const zone = zoneOf(fanZone, { settings: { fullSpeed: 4000, setpoint: 30, ...settings } });
  const step = ({ inlet = 30, full = 4000, watts, doorHold }: Seen = {}): EngineResult =>
    zone.step({
      inlet: [reading("probe", inlet)],
      speeds: names.map((name, i) =>
        reading(name, turning(zone.duties()[i] ?? 0) * (i === 0 ? full / 4000 : 1)),
      ),
      fanPower: watts === undefined ? [] : [reading("fan-1", watts)],
      doorHold: doorHold === undefined ? [] : [reading("safety", doorHold)],
    });
  const run = (count: number, seen: Seen = {}): EngineResult => {
    let last = step(seen);
    for (let i = 1; i < count; i++) last = step(seen);
    return last;
  };
  return { zone, step, run };
}

test("a fan that takes power but shows no speed has a bad speed sensor: nobody makes up for it", () => {
  const { run } = bank();
  run(60);
  const seen = run(60, { full: 0, watts: 80 });
  assert.deepEqual(idsOf(seen), ["fan-tach:fan-1"]);
  assert.equal(seen.trace.terms?.["factor"], 1);
  const dead = bank();
  dead.run(60);
  const stopped = dead.run(60, { full: 0, watts: 2 });
  assert.ok(idsOf(stopped).includes("fan-failed:fan-1"), String(idsOf(stopped)));
  assert.ok(Number(stopped.trace.terms?.["factor"]) > 1);
});

test("a fan that answers no more is told of after a minute, and the others make up for it until it has turned for one", () => {
  const { zone, run } = bank();
  run(60);
  const speeds = (
    of: (name: string, i: number) => ReturnType<typeof silent>,
    count: number,
  ): EngineResult => {
    let last = zone.step({ inlet: [reading("probe", 30)], speeds: names.map(of) });
    for (let i = 1; i < count; i++)
      last = zone.step({ inlet: [reading("probe", 30)], speeds: names.map(of) });
    return last;
  };
  const well = (name: string, i: number) => reading(name, turning(zone.duties()[i] ?? 0));
  const one = (name: string, i: number) => (i === 0 ? silent(name) : well(name, i));
  assert.deepEqual(idsOf(speeds(one, 11)), []);
  const lost = speeds(one, 3);
  assert.deepEqual(idsOf(lost), ["fan-silent:fan-1"]);
  assert.ok(Number(lost.trace.terms?.["factor"]) > 1.2);
  assert.match(lost.trace.reason, /1 of 4 fans failed, the others run 21\.1 % faster/);
  assert.deepEqual(idsOf(speeds(well, 10)), ["fan-silent:fan-1"], "not yet");
  const back = speeds(well, 10);
  assert.deepEqual([idsOf(back), back.trace.terms?.["factor"]], [[], 1]);
  const all = speeds(silent, 40);
  assert.deepEqual(idsOf(all), ["fans-silent"], "told once");
  assert.equal(all.trace.terms?.["factor"], 1, "nobody is left who could be told to make up for anybody");
});

test("a place in a tray that never had a fan is not missed; a fan that was taken out is", () => {
  const empty = bank();
  const seen = (i: number) =>
    i === 0 ? absent("fan-1") : reading(names[i]!, turning(empty.zone.duties()[i] ?? 0));
  let last = empty.zone.step({ inlet: [reading("probe", 30)], speeds: names.map((_, i) => seen(i)) });
  const step = (): void => {
    last = empty.zone.step({ inlet: [reading("probe", 30)], speeds: names.map((_, i) => seen(i)) });
  };
  for (let i = 0; i < 40; i++) step();
  assert.deepEqual(idsOf(last), []);
  empty.run(20);
  for (let i = 0; i < 20; i++) step();
  assert.deepEqual(idsOf(last), ["fan-silent:fan-1"]);
});

test("of a fan with two rotors the slower one counts", () => {
  const { zone, run } = bank();
  run(60);
  let last = zone.step({ inlet: [reading("probe", 30)], speeds: [] });
  for (let i = 0; i < 40; i++) {
    const speeds = names.map((name, k) => reading(name, turning(zone.duties()[k] ?? 0)));
    last = zone.step({ inlet: [reading("probe", 30)], speeds: [reading("fan-1", 0), ...speeds] });
  }
  assert.deepEqual(idsOf(last), ["fan-failed:fan-1"]);
});

test("a fan that turns too fast is told of", () => {
  const { run } = bank();
  run(60);
  assert.deepEqual(idsOf(run(30, { full: 5200 })), ["fan-fast:fan-1"]);
  assert.deepEqual(idsOf(run(60)), []);
});

test("fans are tried at full duty one by one when that was asked for, and only while all is calm", () => {
  const { zone, step } = bank({ fanTest: true, fanTestEvery: 1, fanTestFall: 10 });
  const testing = (): readonly string[] => names.filter((_, i) => zone.duties()[i] === 100);
  const seen: string[] = [];
  for (let i = 0; i < 735; i++) {
    step();
    const now = testing();
    assert.ok(now.length <= 1, now.join(", "));
    seen.push(...now);
  }
  assert.deepEqual([...new Set(seen)], names);
  let last = step();
  for (let i = 0; i < 800; i++) last = step({ full: 3500 });
  assert.deepEqual(idsOf(last), ["fan-test:fan-1"]);
  seen.length = 0;
  for (let i = 0; i < 800; i++) {
    step({ full: 3500, doorHold: 1 });
    seen.push(...testing());
  }
  assert.deepEqual(seen, [], "somebody is there");
});

test("a loop that swings is told of after ten minutes, small swings are not", () => {
  const { zone, step, run } = bank();
  run(60);
  let last = step();
  for (let i = 0; i < 720; i++) last = step({ inlet: 30 + 3 * Math.sin((2 * Math.PI * i * 5) / 300) });
  assert.ok(idsOf(last).includes("oscillation"), String(idsOf(last)));
  assert.ok(zone.duties().every((duty) => duty >= 25));
  const calm = bank();
  let small = calm.step();
  for (let i = 0; i < 720; i++)
    small = calm.step({ inlet: 29.9 + 0.6 * Math.sin((2 * Math.PI * i * 5) / 300) });
  assert.deepEqual(idsOf(small), []);
});
