import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Observation } from "../sample.ts";
import { combine, type Demand } from "./combine.ts";
import { causeOf, failSafeOf, type Failures, failuresStep, underFailSafe } from "./fail-safe.ts";
import { fanLoopStep, speedOf } from "./fan-loop.ts";
import { leastMargin, marginOf, ownLimit, setpointFrom } from "./margin.ts";
import { pidInit, pidStep, pidWith } from "./pid.ts";

const seen = (value: number, context?: Record<string, string>): Observation => ({
  quality: "good",
  value,
  age: 0,
  from: "probe",
  tags: [],
  ...(context === undefined ? {} : { context }),
});
const gone = (code: "STALE" | "NOT_A_NUMBER" | "NO_ANSWER"): Observation => ({
  quality: "bad",
  code,
  text: "",
  from: "probe",
  tags: [],
});

describe("why a sensor counts as failed", () => {
  test("each cause; a reading that is well has none", () => {
    assert.deepEqual(
      [gone("STALE"), gone("NOT_A_NUMBER"), gone("NO_ANSWER")].map((one) => causeOf(one)),
      ["stale", "not-a-number", "missing"],
    );
    assert.equal(causeOf(seen(24)), undefined);
    assert.equal(causeOf(seen(95, { status: "critical" })), "limit");
    assert.equal(causeOf(seen(85, { status: "non-critical" })), undefined);
    assert.equal(causeOf(seen(85, { status: "non-critical" }), { statuses: ["non-critical"] }), "limit");
    assert.equal(causeOf(seen(24), { groupFailed: true }), "group");
  });

  test("no margin left is a failure although the reading is well", () => {
    const margins = [0.1, 0, -3].map((value) => causeOf(seen(value), { margin: true }));
    assert.deepEqual(margins, [undefined, "no-margin", "no-margin"]);
  });

  test("since when is kept while the cause is the same", () => {
    let failures: Failures = failuresStep({}, { a: "stale", b: undefined }, 1000);
    assert.deepEqual(failures, { a: { cause: "stale", since: 1000 } });
    failures = failuresStep(failures, { a: "stale", b: "limit" }, 6000);
    assert.deepEqual([failures["a"]?.since, failures["b"]?.since], [1000, 6000]);
    failures = failuresStep(failures, { a: "missing", b: undefined }, 11_000);
    assert.deepEqual(failures, { a: { cause: "missing", since: 11_000 } });
  });
});

describe("the fail-safe value", () => {
  test("is the largest of those that failed; 0 stands for the zone's", () => {
    assert.equal(failSafeOf([], 75), undefined);
    assert.equal(failSafeOf([60, undefined, 0], 75), 75);
    assert.equal(failSafeOf([90, 60], 75), 90);
    assert.equal(failSafeOf([60], 75), 60);
  });

  test("is a floor, or exactly what applies", () => {
    assert.deepEqual([underFailSafe(90, 75, "floor"), underFailSafe(40, 75, "floor")], [90, 75]);
    assert.deepEqual([underFailSafe(90, 75, "exact"), underFailSafe(undefined, 75, "floor")], [75, 75]);
    assert.equal(underFailSafe(40, undefined, "exact"), 40);
  });
});

describe("margins", () => {
  test("from temperatures, and the smallest of them", () => {
    const margins = [
      { name: "cpu", margin: marginOf(70, 95) },
      { name: "memory", margin: marginOf(80, 85) },
      { name: "psu", margin: undefined },
    ];
    assert.deepEqual(leastMargin(margins), { name: "memory", margin: 5 });
    assert.equal(leastMargin([{ name: "psu", margin: NaN }]), undefined);
  });

  test("a setpoint follows the limit its sensor says it has", () => {
    const hot = { context: { unc: "80", uc: "90.5 °C" } };
    assert.deepEqual([ownLimit(hot, "unc"), ownLimit(hot, "uc"), ownLimit(hot, "lc")], [80, 90.5, undefined]);
    assert.equal(setpointFrom(hot, "uc", -10, 60), 80.5);
    assert.equal(setpointFrom({ context: { uc: "hot" } }, "uc", -10, 60), 60);
    assert.equal(setpointFrom({}, "uc", -10, 60), 60);
  });

  test("a margin is held like a temperature, with the other action", () => {
    const margin = pidWith({ action: "reverse", gain: 3, integralTime: 100 });
    const temperature = pidWith({ action: "direct", gain: 3, integralTime: 100 });
    let [a, b] = [pidInit(), pidInit()];
    for (let k = 0; k < 50; k++) {
      const reading = 82 + 3 * Math.sin(k / 5);
      const byMargin = pidStep(a, { setpoint: 15, pv: marginOf(reading, 95), dt: 5, nominal: 5 }, margin);
      const byReading = pidStep(b, { setpoint: 80, pv: reading, dt: 5, nominal: 5 }, temperature);
      assert.ok(Math.abs(byMargin.output - byReading.output) < 1e-9, String(k));
      [a, b] = [byMargin.state, byReading.state];
    }
  });
});

describe("a loop of fans", () => {
  const settings = {
    ...pidWith({ action: "reverse", gain: 0.01, integralTime: 5, outputMin: 20 }),
    speedOf: "slowest",
    speedGain: 0,
    speedOffset: 0,
    trimGain: 0,
    trimMost: 5,
  } as const;
  const step = { setpoint: 3000, dt: 1, nominal: 1 };

  test("which speed stands for several; those that stand still do not count", () => {
    const speeds = [0, 2800, 3200, 4000, undefined, NaN];
    assert.deepEqual(
      (["slowest", "mean", "median"] as const).map((how) => speedOf(speeds, how)),
      [2800, 10_000 / 3, 3200],
    );
    assert.equal(speedOf([0, undefined], "slowest"), undefined);
  });

  test("holds the speed of fans that differ", () => {
    let state = pidInit(40, 40);
    let duty = 40;
    for (let k = 0; k < 200; k++) {
      const { pid, duties } = fanLoopStep(state, { a: 50 * duty, b: 55 * duty }, step, settings);
      state = pid.state;
      duty = duties["a"] ?? NaN;
      assert.equal(duties["a"], duties["b"]);
    }
    assert.ok(Math.abs(50 * duty - 3000) < 15, String(50 * duty));
  });

  test("each makes up for its own difference, and no more than it may", () => {
    const trimmed = { ...settings, trimGain: 0.5, trimMost: 5 };
    const { duties, pid } = fanLoopStep(pidInit(60, 60), { a: 3000, b: 2850, c: 1500, d: 0 }, step, trimmed);
    const off = ["a", "b", "c", "d"].map(
      (name) => Math.round(10 * ((duties[name] ?? NaN) - pid.output)) / 10,
    );
    assert.deepEqual(off, [0, 2.5, 5, 0]);
  });

  test("without any speed the duty holds", () => {
    const { duties, speed, pid } = fanLoopStep(pidInit(60, 55), { a: 0, b: undefined }, step, settings);
    assert.deepEqual([duties, speed, pid.fault], [{ a: 55, b: 55 }, undefined, true]);
  });

  test("the wanted speed alone may give the duty", () => {
    const open = { ...settings, gain: 0, integralTime: 0, speedGain: 0.01, speedOffset: 500 };
    assert.deepEqual(fanLoopStep(pidInit(), { a: 1 }, step, open).duties, { a: 35 });
  });
});

describe("profiles", () => {
  const demands: readonly Demand[] = [
    { name: "loop", value: 60 },
    { name: "acoustic", value: 90, profiles: ["loud"] },
  ];
  const ceilings = [{ name: "night", value: 50, profiles: ["quiet"] }];
  const by = (profile?: string) =>
    combine(demands, { rule: "max", ceilings, ...(profile === undefined ? {} : { profile }) });

  test("whoever belongs to one counts while it is selected", () => {
    assert.deepEqual([by().leader, by("loud").leader, by("quiet").leader], ["loop", "acoustic", "night"]);
    assert.deepEqual([by().value, by("loud").value, by("quiet").value], [60, 90, 50]);
  });

  test("a change of profile makes no bump when the loop that comes has tracked the one that goes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 90 }), (applied) => {
        const loop = pidWith({ gain: 2, integralTime: 60, trackingTime: 10 });
        let state = pidInit();
        for (let k = 0; k < 100; k++)
          state = pidStep(state, { setpoint: 25, pv: 25, dt: 5, nominal: 5, applied }, loop).state;
        const { output } = pidStep(state, { setpoint: 25, pv: 25, dt: 5, nominal: 5 }, loop);
        assert.ok(Math.abs(output - applied) <= 1, `${output} after ${applied}`);
      }),
    );
  });
});
