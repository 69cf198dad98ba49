import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { cascadeInit, type CascadeState, cascadeStep, freezeOf } from "./cascade.ts";
import { combine, type Demand, expireStep } from "./combine.ts";
import { pidInit, pidStep, pidWith } from "./pid.ts";
import {
  checkRanges,
  checkSequence,
  inRange,
  largestOutput,
  positionOf,
  sequenceCommands,
  shiftOf,
} from "./split-range.ts";

describe("combining", () => {
  const demands: Demand[] = [
    { name: "a", value: 40, weight: 3, priority: 1 },
    { name: "b", value: 70, priority: 2 },
    { name: "c", value: -20, priority: 3 },
  ];
  const by = (rule: Parameters<typeof combine>[1]["rule"], more = {}) => combine(demands, { rule, ...more });

  test("each rule", () => {
    assert.deepEqual([by("max").value, by("max").leader], [70, "b"]);
    assert.deepEqual([by("min").value, by("min").leader], [-20, "c"]);
    assert.equal(by("sum").value, 90);
    assert.equal(by("weighted").value, (120 + 70 - 20) / 5);
    assert.deepEqual([by("priority").value, by("priority").leader], [-20, "c"]);
    assert.deepEqual(
      [by("leader", { leader: "a" }).value, by("leader", { leader: "nobody" }).value],
      [40, 70],
    );
  });

  test("negative demands count: nothing is compared with 0", () => {
    assert.equal(
      combine(
        [
          { name: "a", value: -5 },
          { name: "b", value: -9 },
        ],
        { rule: "max" },
      ).value,
      -5,
    );
  });

  test("a group is one demand", () => {
    const grouped = [
      { name: "a", value: 30, group: "inlet" },
      { name: "b", value: 25, group: "inlet" },
      { name: "c", value: 50 },
    ];
    assert.deepEqual(
      [combine(grouped, { rule: "max" }).value, combine(grouped, { rule: "max" }).leader],
      [55, "inlet"],
    );
  });

  test("those switched off or without a value do not count; nobody left is nobody", () => {
    const off = [
      { name: "a", value: 90, enabled: false },
      { name: "b", value: NaN },
      { name: "c", value: undefined },
    ];
    assert.deepEqual(combine(off, { rule: "max" }), {
      value: undefined,
      leader: undefined,
      demanded: undefined,
      limit: "none",
    });
    assert.deepEqual(combine(off, { rule: "max", minimum: 30 }).value, 30);
    for (const rule of ["min", "sum", "weighted", "priority", "leader"] as const)
      assert.equal(combine(off, { rule }).value, undefined);
  });

  test("the lowest ceiling caps, the minimum is never gone below, and both are named", () => {
    const ceilings = [
      { name: "night", value: 60 },
      { name: "noise", value: 50 },
      { name: "off", value: 10, enabled: false },
    ];
    assert.deepEqual(by("max", { ceilings }), { value: 50, leader: "noise", demanded: 70, limit: "ceiling" });
    assert.deepEqual(by("max", { ceilings, minimum: 55 }), {
      value: 55,
      leader: "minimum",
      demanded: 70,
      limit: "minimum",
    });
  });

  test("a loser that tracks the winner takes over without a step", () => {
    const settings = pidWith({ gain: 2, integralTime: 100, trackingTime: 30 });
    let state = pidInit(20, 20);
    for (let i = 0; i < 200; i++)
      state = pidStep(state, { setpoint: 25, pv: 25, dt: 5, nominal: 5, applied: 80 }, settings).state;
    // The winner is gone: the loser decides from where it was.
    const step = pidStep(state, { setpoint: 25, pv: 25, dt: 5, nominal: 5 }, settings);
    assert.ok(Math.abs(step.output - 80) < 1.5, String(step.output));
  });

  test("what was switched off for a while comes back", () => {
    assert.equal(expireStep(expireStep(10, 6), 6), 0);
    assert.equal(expireStep(10, NaN), 10);
  });
});

describe("a cascade", () => {
  const outer = pidWith({ action: "reverse", gain: 1, integralTime: 100, outputMin: 10, outputMax: 40 });
  const inner = pidWith({ action: "direct", gain: 5, integralTime: 50 });
  const settings = { outer, inner, outerPeriod: 20 };
  const at = (state: CascadeState, more = {}) =>
    cascadeStep(state, { setpoint: 24, outerPv: 22, innerPv: 20, dt: 5, nominal: 5, ...more }, settings);

  test("the outer loop runs at its own period, exactly, over any number of steps", () => {
    let state = cascadeInit(pidInit(20), pidInit(50));
    const ran = Array.from({ length: 400 }, (_, k) => {
      const step = at(state);
      state = JSON.parse(JSON.stringify(step.state)) as CascadeState;
      return step.outer === undefined ? -1 : k;
    }).filter((k) => k >= 0);
    assert.deepEqual(
      ran,
      Array.from({ length: 100 }, (_, i) => 4 * i),
    );
  });

  test("10: the inner loop's limit freezes the outer integral in that direction only", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -20, max: 20, noNaN: true }),
        fc.double({ min: 0, max: 60, noNaN: true }),
        (off, innerPv) => {
          let state = cascadeInit(pidInit(25, 25), pidInit(50, 50));
          for (let k = 0; k < 60; k++) {
            const before = state;
            const step = at(state, { outerPv: 24 + off, innerPv });
            state = step.state;
            if (step.outer === undefined || before.outer.pv === null) continue;
            const moved = step.outer.state.integral - before.outer.integral;
            // Back-calculation of the outer loop's own limits aside.
            if (step.outer.limit !== "none") continue;
            if (before.freeze === "up") assert.ok(moved <= 1e-9);
            else if (before.freeze === "down") assert.ok(moved >= -1e-9);
            else assert.ok(off === 0 || Math.sign(moved) === -Math.sign(off) || moved === 0);
          }
        },
      ),
    );
  });

  test("which direction depends on the inner action", () => {
    assert.equal(freezeOf({ limit: "none" }, inner), null);
    assert.equal(freezeOf({ limit: "max" }, { action: "direct" }), "down");
    assert.equal(freezeOf({ limit: "slew-down" }, { action: "direct" }), "up");
    assert.equal(freezeOf({ limit: "max" }, { action: "reverse" }), "up");
    assert.equal(freezeOf({ limit: "min" }, { action: "reverse" }), "down");
  });

  test("manual: the outer loop follows what the inner one measures, and the return makes no bump", () => {
    let state = cascadeInit(pidInit(20), pidInit(50));
    for (let k = 0; k < 12; k++) state = at(state, { manual: 63, innerPv: 18.5 }).state;
    assert.equal(state.wanted, 18.5);
    const back = at(state, { innerPv: 18.5 });
    // One increment of the outer loop, through the inner one: nothing else.
    const increment = (1 / 100) * 20 * 2;
    assert.ok(Math.abs(back.output - 63) <= 5 * increment * 1.1 + 1e-9, String(back.output));
  });
});

describe("11: split range", () => {
  const settings = { heaterUntil: -5, damperUntil: 35, fansUntil: 65, damperMin: 5 };

  test("the marks of the sequence", () => {
    const at = (demand: number, allowed = true) => {
      const { heater, damper, fans, dx } = sequenceCommands(demand, 30, allowed, settings);
      return [heater, damper, fans, dx].map((one) => Math.round(one * 1e6) / 1e6);
    };
    assert.deepEqual(at(-100), [100, 5, 30, 0]);
    assert.deepEqual(at(-5), [0, 5, 30, 0]);
    assert.deepEqual(at(0), [0, 5, 30, 0]);
    assert.deepEqual(at(17.5), [0, 52.5, 30, 0]);
    assert.deepEqual(at(35), [0, 100, 30, 0]);
    assert.deepEqual(at(50), [0, 100, 65, 0]);
    assert.deepEqual(at(65), [0, 100, 100, 0]);
    assert.deepEqual(at(100), [0, 100, 100, 100]);
    assert.deepEqual(at(50, false), [0, 5, 65, 0]);
  });

  test("each command is monotone, one actuator moves at a time, heating and cooling never overlap", () => {
    const demand = fc.double({ min: -120, max: 120, noNaN: true });
    fc.assert(
      fc.property(
        demand,
        demand,
        fc.boolean(),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (a, b, allowed, floor) => {
          const [low, high] = a <= b ? [a, b] : [b, a];
          const one = sequenceCommands(low, floor, allowed, settings);
          const two = sequenceCommands(high, floor, allowed, settings);
          assert.ok(
            two.heater <= one.heater && two.damper >= one.damper && two.fans >= one.fans && two.dx >= one.dx,
          );
          assert.ok(
            one.heater === 0 || (one.dx === 0 && one.damper === settings.damperMin && one.fans === floor),
          );
          const moving = [
            one.heater > 0,
            one.damper > 5 && one.damper < 100,
            one.fans > floor && one.fans < 100,
            one.dx > 0,
          ];
          assert.ok(moving.filter(Boolean).length <= 1);
        },
      ),
    );
  });

  test("locked out and allowed again, fans and cooling stay where they are", () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (output) => {
        const locked = output + shiftOf(output, false, settings);
        const before = sequenceCommands(positionOf(output, true, settings), 30, true, settings);
        const after = sequenceCommands(positionOf(locked, false, settings), 30, false, settings);
        for (const name of ["heater", "fans", "dx"] as const)
          assert.ok(Math.abs(before[name] - after[name]) < 1e-9, name);
        assert.ok(locked <= largestOutput(false, settings) + 1e-9);
        const again = locked + shiftOf(locked, true, settings);
        if (output > 35) assert.ok(Math.abs(again - output) < 1e-9);
      }),
    );
  });

  test("ranges that overlap or stand on their head are refused", () => {
    const range = (name: string, from: number, to: number) => ({ name, from, to, low: 0, high: 100 });
    assert.equal(checkRanges([range("a", 0, 50), range("b", 50, 100)]), undefined);
    assert.match(
      checkRanges([range("a", 0, 60), range("b", 50, 100)]) ?? "",
      /b begins at 50, before a ends at 60/,
    );
    assert.match(checkRanges([range("a", 50, 50)]) ?? "", /must be below/);
    assert.equal(inRange(75, range("b", 50, 100)), 50);
    assert.equal(checkSequence(settings), undefined);
    assert.match(checkSequence({ ...settings, fansUntil: 30 }) ?? "", /must rise/);
  });
});
