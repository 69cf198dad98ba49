import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bandOf } from "../../controllers/library/band.ts";
import type { Definition } from "../../controllers/contract.ts";
import { combine } from "../../controllers/library/combine.ts";
import { pidInit, type PidState, pidStep, pidWith } from "../../controllers/library/pid.ts";
import { stepwiseInit, stepwiseSettings, stepwiseStep } from "../../controllers/library/stepwise.ts";
import { createEngine } from "../../controllers/runtime/inline-engine.ts";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { BothyError } from "../../devices/errors.ts";
import { Value } from "typebox/value";
import { reading, silent, zoneOf } from "./zone.ts";

// Mistakes that fan controllers in use make, and ours must not.
const step = { dt: 1, nominal: 1 };

test("feed-forward, an integral and a slew limit together do not creep: without an error nothing moves", () => {
  for (const antiWindup of ["back-calculation", "conditional"] as const) {
    const settings = pidWith({ gain: 2, integralTime: 20, slewUp: 1, slewDown: 1, antiWindup });
    // At rest, then as it stands after a large error that ran against the slew limit.
    for (const first of [25, 45]) {
      let state = pidInit(10, 40);
      const at = (pv: number): number => {
        const result = pidStep(state, { ...step, setpoint: 25, pv, feedForward: 30 }, settings);
        state = result.state;
        return result.output;
      };
      for (let k = 0; k < 30; k++) at(first);
      for (let k = 0; k < 200; k++) at(25);
      const settled = at(25);
      for (let k = 0; k < 1000; k++) at(25);
      assert.ok(Math.abs(at(25) - settled) < 1e-9, `${antiWindup}: ${settled} crept to ${at(25)}`);
      if (first === 25) assert.equal(settled, 40);
    }
  }
});

test("a new setpoint does not kick the derivative", () => {
  const settings = pidWith({ gain: 3, integralTime: 100, derivativeTime: 30, setpointWeight: 0 });
  let state: PidState = pidInit(50, 50);
  for (let k = 0; k < 10; k++) state = pidStep(state, { ...step, setpoint: 25, pv: 25 }, settings).state;
  const { d } = pidStep(state, { ...step, setpoint: 20, pv: 25 }, settings);
  assert.equal(d, 0);
});

test("one noisy sample does not become the whole derivative, and leaving a band makes no spike", () => {
  const settings = pidWith({ gain: 3, integralTime: 100, derivativeTime: 30 });
  const rest = pidStep(pidInit(50, 50), { ...step, setpoint: 25, pv: 25 }, settings).state;
  const { d } = pidStep(rest, { ...step, setpoint: 25, pv: 25.1 }, settings);
  assert.ok(d > 0 && d < 3 * 30 * 0.1 * 0.5, `unfiltered it would be 9, it is ${d}`);
  // Held by the band while the reading wanders off: stepped all the same, so that its memory stays fresh.
  let state = rest;
  let reading = 25;
  const band = { direction: "above", start: 2, stop: 2 } as const;
  for (; bandOf(reading, 25, band) === "hold"; reading += 0.05)
    state = pidStep(state, { ...step, setpoint: 25, pv: reading, manual: 50 }, settings).state;
  const left = pidStep(state, { ...step, setpoint: 25, pv: reading }, settings);
  assert.ok(Math.abs(left.d) <= 3 * 30 * 0.05 + 1e-9, String(left.d));
  assert.ok(Math.abs(left.output - 50) < 1, String(left.output));
});

test("a band works for margins as for temperatures, and what idles is at its smallest output, not at 0", () => {
  fc.assert(
    fc.property(fc.double({ min: -20, max: 20, noNaN: true }), (past) => {
      const settings = { start: 1, stop: 2 };
      const hot = bandOf(60 + past, 60, { ...settings, direction: "above" });
      assert.equal(bandOf(15 - past, 15, { ...settings, direction: "below" }), hot);
    }),
  );
  const settings = pidWith({ gain: 3, integralTime: 100, outputMin: 25 });
  const idle = pidStep(
    pidInit(60, 60),
    { ...step, setpoint: 25, pv: 20, manual: settings.outputMin },
    settings,
  );
  assert.equal(idle.output, 25);
});

test("a table without a reading never answers with its lowest output", () => {
  const points = [20, 25, 30].map((at, i) => ({ at, output: 30 + 35 * i }));
  const settings = { ...Value.Create(stepwiseSettings), points };
  assert.equal(stepwiseStep(stepwiseInit(), undefined, settings).output, 100);
  assert.equal(stepwiseStep(stepwiseInit(), NaN, settings).output, 100);
  const { state } = stepwiseStep(stepwiseInit(), 26, settings);
  assert.equal(stepwiseStep(state, undefined, settings).output, 65);
});

test("negative setpoints count as any other", () => {
  const rules = ["max", "min", "sum", "weighted", "priority", "leader"] as const;
  for (const rule of rules) {
    const { value, leader } = combine([{ name: "frost", value: -4 }], { rule });
    assert.deepEqual([value, leader], [-4, "frost"], rule);
  }
});

const run = (zone: ReturnType<typeof zoneOf>, inlet: ReturnType<typeof reading>, count = 1) => {
  let last = zone.step({ inlet: [inlet] });
  for (let k = 1; k < count; k++) last = zone.step({ inlet: [inlet] });
  return last;
};

test("there is no fail-safe value of 0, neither said nor forgotten", () => {
  for (const name of ["fan-zone", "zone-temperature"]) {
    const definition = shipped.find((one) => one.name === name)!;
    assert.throws(
      () => createEngine(definition, { failSafeDuty: 0 }),
      (error) =>
        error instanceof BothyError && error.code === "BAD_INPUT" && /failSafeDuty/.test(error.message),
      name,
    );
  }
  const forgotten = { ...fanZone, failSafe: {} } as unknown as Definition;
  assert.throws(() => createEngine(forgotten), /no fail-safe value for `fans`/);
});

test("manual is watched over: alarms are told, and a lost inlet ends in fail-safe", () => {
  const zone = zoneOf(fanZone, { settings: { setpoint: 26, filterTime: 0, fastest: 0 } });
  run(zone, reading("probe", 26), 5);
  zone.mode("manual");
  for (const fan of ["fan-1", "fan-2", "fan-3", "fan-4"]) zone.targets.hold("fans", fan, 8, 30);
  const hot = run(zone, reading("probe", 41), 30);
  assert.equal(hot.mode, "manual");
  assert.deepEqual(zone.duties(), [30, 30, 30, 30]);
  assert.ok(
    hot.trace.alarms.some(({ id }) => id === "inlet-high-critical"),
    JSON.stringify(hot.trace.alarms),
  );
  const lost = run(zone, silent("probe"), 1);
  assert.equal(lost.mode, "fail-safe");
  assert.deepEqual(zone.duties(), [100, 100, 100, 100]);
});

test("settings that do not fit leave it at work with those it had", () => {
  const zone = zoneOf(fanZone, { settings: { setpoint: 26 } });
  const before = run(zone, reading("probe", 27), 20);
  assert.throws(() => zone.engine.configure({ setpoint: 60 }), /setpoint/);
  assert.throws(() => zone.engine.configure({ points: [] }), /points/);
  assert.equal(zone.engine.settings["setpoint"], 26);
  const after = run(zone, reading("probe", 27));
  assert.equal(after.mode, "automatic");
  assert.ok(Math.abs((after.trace.terms?.["duty"] ?? 0) - (before.trace.terms?.["duty"] ?? 99)) <= 5);
});
