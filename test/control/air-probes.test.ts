import assert from "node:assert/strict";
import { test } from "node:test";
import { type AirProbesState, airProbesStep } from "../../controllers/shipped/air-probes.ts";
import { economiser } from "../../controllers/shipped/economiser.ts";
import { stagedCooling } from "../../controllers/shipped/staged-cooling.ts";
import type { Observation } from "../../controllers/sample.ts";
import { longSite } from "../scenarios/years-site.ts";
import { bench, choiceTarget, numberTarget } from "./shipped-bench.ts";

const limits = {
  ...{ lowest: -45, highest: 85, quantum: 0.1, recover: 3 },
  ...{ airFastest: 2, airStuckAfter: 1800, airStuckReference: 3 },
};
const seen = (from: string, value: number): Observation => ({
  quality: "good",
  value,
  age: 0,
  from,
  device: from,
  tags: [],
});

/** Steps of 5 s. @returns what is believed of the supply air in the last one */
function probes() {
  let state: AirProbesState | undefined;
  return (supply: number, inlet = 24, capacity = 0, steps = 1) => {
    let last = { value: undefined as number | undefined, alarms: [] as readonly string[], quality: "bad" };
    for (let i = 0; i < steps; i++) {
      const air = {
        inlet: [seen("inlet", inlet)],
        supply: [seen("dx-1.supply", supply)],
        back: [seen("dx-1.return", inlet + 10)],
        capacity: [seen("dx-1.unit capacity", capacity)],
      };
      const judged = airProbesStep(state, air, limits, 5);
      state = judged.state;
      const [one] = judged.supply;
      const value = one?.quality === "bad" ? undefined : one?.value;
      last = { value, alarms: judged.alarms.map(({ id }) => id), quality: one?.quality ?? "bad" };
    }
    return last;
  };
}

test("supply air that jumps is held until three readings in a row confirm it, and is not told", () => {
  const step = probes();
  step(22, 24, 0, 10);
  assert.deepEqual(step(-10), { value: 22, alarms: [], quality: "uncertain" });
  assert.deepEqual(step(22), { value: 22, alarms: [], quality: "good" });
  step(5);
  step(5);
  assert.equal(step(5).value, 5);
});

test("a compressor that starts moves supply air as fast as it does, and is believed at once", () => {
  const step = probes();
  step(34, 24, 0, 10);
  for (let t = 1; t <= 24; t++) {
    const supply = 34 - 0.6 * t * (t > 12 ? 0.9 : 1);
    assert.equal(step(supply, 24, 100).value, supply, `${5 * t} s`);
  }
});

test("supply air that stays as it was while its unit starts, or the inlets move, is told after half an hour, and still counts", () => {
  for (const [inlet, capacity] of [
    [24, 100],
    [28, 0],
  ] as const) {
    const step = probes();
    step(22, 24, 0, 10);
    assert.deepEqual(step(22, inlet, capacity, 340).alarms, [], "not yet");
    assert.deepEqual(step(22, inlet, capacity, 30), {
      value: 22,
      alarms: ["sensor:dx-1.supply"],
      quality: "uncertain",
    });
    step(20, inlet, capacity);
    step(19.5, inlet, capacity);
    assert.deepEqual(step(19, inlet, capacity), { value: 19, alarms: [], quality: "good" });
  }
  const calm = probes();
  calm(22, 24, 30, 10);
  assert.deepEqual(
    calm(22, 25, 40, 2000),
    { value: 22, alarms: [], quality: "good" },
    "nothing should have moved it",
  );
  const both = probes();
  both(22, 24, 0, 10);
  assert.deepEqual(both(22, 28, 40, 2000).alarms, [], "a warmer inlet, cooled by as much more");
});

test("a capacity that is silent for a step moves nothing that supply air should follow", () => {
  let state: AirProbesState | undefined;
  for (let i = 0; i < 720; i++) {
    const capacity: Observation =
      i === 200
        ? { quality: "bad", code: "NO_ANSWER", text: "silent", from: "dx-1.unit capacity", tags: [] }
        : seen("dx-1.unit capacity", 50);
    const air = {
      inlet: [seen("inlet", 24)],
      supply: [seen("dx-1.supply", 14)],
      back: [],
      capacity: [capacity],
    };
    const judged = airProbesStep(state, air, limits, 5);
    state = judged.state;
    assert.deepEqual(judged.alarms, []);
  }
});

test("what is impossible is told, and stands for nothing", () => {
  const step = probes();
  assert.deepEqual(step(140), { value: undefined, alarms: ["sensor:dx-1.supply"], quality: "bad" });
});

test("staged cooling: one wrong reading of supply air does not fail a unit, and a stuck probe proves nothing", () => {
  const unit = "dx-1.unit";
  const site = bench(
    stagedCooling,
    {
      mode: [choiceTarget(unit, ["off", "auto", "remote"])],
      capacity: [numberTarget(unit, "%")],
      setpoint: [numberTarget(unit, "C", 10, 35)],
    },
    {
      ...{ inlet: { probe: 22 }, states: { [unit]: "standby" }, reported: { [`${unit} capacity`]: 0 } },
      ...{ back: { "dx-1.return": 34 }, supply: { "dx-1.supply": 33.9 } },
    },
    { powerUpDelay: 0, capacityBand: 0, restPeak: 0 },
  );
  site.step({}, 600);
  site.step(
    { inlet: { probe: 26 }, states: { [unit]: "cooling" }, reported: { [`${unit} capacity`]: 100 } },
    1700,
  );
  // It never cooled: found within minutes of its start, long before its probe could be called stuck.
  assert.ok(site.alarms().includes(`failed:${unit}`));
  site.step({}, 200);
  assert.ok(site.alarms().includes("sensor:dx-1.supply"), site.alarms().join());
});

test("economiser: cold supply air that is only one wrong reading does not move the damper", () => {
  const site = bench(
    economiser,
    { damper: [numberTarget("dx-1.unit", "%")], returnDamper: [numberTarget("back.damper", "%")] },
    {
      ...{ inlet: { probe: 26 }, outdoor: { out: 10 }, outdoorHumidity: { out: 50 } },
      ...{ back: { outlet: 35 }, backHumidity: { outlet: 20 }, supply: { "dx-1.supply": 18 } },
    },
  );
  site.step({}, 1400);
  const open = Number(site.value("damper", "dx-1.unit"));
  assert.ok(open >= 99, `${open} %`);
  site.step({ supply: { "dx-1.supply": 2 } });
  assert.equal(Number(site.value("damper", "dx-1.unit")), open);
  site.step({}, 120);
  assert.ok(Number(site.value("damper", "dx-1.unit")) < open, "cold air that is real closes it");
});

test("a day of compressors and a day of outdoor air: no probe that is well is disbelieved", () => {
  for (const [parameters, weather] of [
    ["demo", "constant:33"],
    ["container", "constant:12"],
  ] as const) {
    const { site, alarms, failed } = longSite({ parameters, weather });
    site.advance(10 * 3600);
    assert.deepEqual([...failed], []);
    assert.deepEqual(
      [...alarms].filter((id) => id.includes("sensor:")),
      [],
      `${parameters} ${weather}`,
    );
  }
});
