import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import { dutyTarget } from "../../controllers/runtime/targets.ts";
import { zoneTemperature } from "../../controllers/shipped/zone-temperature.ts";
import { reading, zoneOf } from "./zone.ts";

interface Seen {
  readonly inlet?: number;
  readonly outdoor?: number;
  readonly capacity?: number;
  readonly position?: number;
  readonly inletLimit?: number;
}

/** The zone where everything shows what it is told to show. */
function zone(settings: Readonly<Record<string, number>> = {}) {
  const one = zoneOf(zoneTemperature, {
    settings: { fullSpeed: 4000, ...settings },
    others: { damper: [dutyTarget("damper")] },
  });
  const step = ({ inlet = 24, outdoor, capacity, position, inletLimit }: Seen): EngineResult =>
    one.step({
      inlet: [reading("probe", inlet)],
      outdoor: outdoor === undefined ? [] : [reading("outside", outdoor)],
      back: [reading("back", 32)],
      outdoorHumidity: [],
      backHumidity: [],
      supply: [],
      filter: [],
      dust: [],
      speeds: one.duties().map((duty, i) => reading(`fan-${i + 1}`, 4000 * (0.2 + (0.8 * (duty - 20)) / 80))),
      capacity: capacity === undefined ? [] : [reading("dx", capacity)],
      position: position === undefined ? [] : [reading("damper", position)],
      inletLimit: inletLimit === undefined ? [] : [reading("outage", inletLimit)],
    });
  const run = (count: number, seen: Seen): EngineResult => {
    let last = step(seen);
    for (let i = 1; i < count; i++) last = step(seen);
    return last;
  };
  const damper = (): number => Number(one.targets.value("damper", "damper") ?? 0);
  const hold = (fans: number, position: number): void => {
    for (const fan of ["fan-1", "fan-2", "fan-3", "fan-4"]) one.targets.hold("fans", fan, 5, fans);
    one.targets.hold("damper", "damper", 5, position);
  };
  return { one, run, step, damper, hold };
}
const cooling = (result: EngineResult): number => Number(result.published?.["cooling"]);
const alarmsOf = (result: EngineResult): readonly string[] => result.trace.alarms.map(({ id }) => id);

test("a damper that does not follow is told, and outdoor air is not relied on", () => {
  const { run, damper } = zone();
  run(400, { inlet: 25, outdoor: 10, position: 0 });
  const found = run(1, { inlet: 25, outdoor: 10, position: 0 });
  assert.ok(alarmsOf(found).includes("damper-stuck"), alarmsOf(found).join());
  assert.equal(found.published?.["stuck"], 1);
  assert.match(found.trace.reason, /no outdoor air: the damper is at 0 %/);
  assert.equal(damper(), 0);
});

test("compressors that run when it begins, or comes back from fail-safe, go on", () => {
  const { run } = zone();
  const begun = run(4, { inlet: 24, outdoor: 36, capacity: 80 });
  assert.ok(Math.abs(cooling(begun) - 80) < 3, `${cooling(begun)} %`);
  const { one, run: again } = zone();
  again(4, { inlet: 24, outdoor: 36, capacity: 80 });
  for (let i = 0; i < 3; i++) one.step({ inlet: [] });
  const back = again(3, { inlet: 24, outdoor: 36, capacity: 80 });
  assert.ok(Math.abs(cooling(back) - 80) < 3, `${cooling(back)} %`);
});

test("while others hold fans and damper, compressors are asked for where it is too warm", () => {
  const { run, hold } = zone();
  run(10, { inlet: 24, outdoor: 30, capacity: 0 });
  hold(100, 100);
  const calm = run(60, { inlet: 25, outdoor: 30, capacity: 0 });
  assert.equal(cooling(calm), 0);
  const warm = run(60, { inlet: 31, outdoor: 30, capacity: 0 });
  assert.ok(cooling(warm) >= 75, `${cooling(warm)} %`);
});

test("outdoor air that was cooling and is not known any more: compressors at once, with all air", () => {
  const { run, step, one, damper } = zone();
  run(400, { inlet: 24.2, outdoor: 15, capacity: 0 });
  assert.ok(damper() > 20, `${damper()} %`);
  const lost = step({ inlet: 24.2, capacity: 0 });
  assert.ok(cooling(lost) >= 79, `${cooling(lost)} %`);
  run(20, { inlet: 24.2, capacity: 40 });
  assert.ok(one.duties().every((duty) => duty === 100));
  const { run: without, step: next } = zone({ lostAirDemand: 0 });
  without(400, { inlet: 24.2, outdoor: 15, capacity: 0 });
  assert.equal(cooling(next({ inlet: 24.2, capacity: 0 })), 0);
});

test("on battery outdoor air holds the usual setpoint, and fans wait for the raised one", () => {
  const { run, one, damper } = zone({ setpointUp: 0 });
  const battery = { outdoor: 22, capacity: 0, inletLimit: 32 };
  run(400, { inlet: 24.2, ...battery });
  run(100, { inlet: 26, ...battery });
  assert.equal(damper(), 100);
  assert.ok(
    one.duties().every((duty) => duty === 25),
    `${one.duties().join()} %`,
  );
  run(100, { inlet: 31, ...battery });
  assert.ok(
    one.duties().every((duty) => duty > 60),
    `${one.duties().join()} %`,
  );
});

test("a damper others opened is closed from there, not at once", () => {
  const { one, run, damper } = zone();
  run(300, { inlet: 24, outdoor: 15, capacity: 0 });
  one.targets.hold("damper", "damper", 5, 100);
  run(20, { inlet: 22, outdoor: 15, capacity: 0 });
  one.targets.hold("damper", "damper", 5);
  run(1, { inlet: 22, outdoor: 15, capacity: 0 });
  assert.ok(damper() > 80, `${damper()} %`);
});
