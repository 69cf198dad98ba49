import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { reading, zoneOf } from "./zone.ts";

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
