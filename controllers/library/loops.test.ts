import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { bandOf } from "./band.ts";
import { cascadeInit, type CascadeState, cascadeStep, freezeOf } from "./cascade.ts";
import { combine, type Demand, expireStep } from "./combine.ts";
import { firstOrder, median, movingMedian } from "./filter.ts";
import { pidInit, pidStep, pidWith } from "./pid.ts";
import { checkQuiet, inWindow, quietCeiling, soundChange } from "./quiet.ts";
import { rampStep } from "./ramp.ts";
import { checkSchedule, gainFactor } from "./schedule.ts";
import {
  checkRanges,
  checkSequence,
  inRange,
  largestOutput,
  positionOf,
  sequenceCommands,
  shiftOf,
} from "./split-range.ts";
import {
  accept,
  checkStepwise,
  mostPoints,
  stepwiseInit,
  stepwiseSettings,
  type StepwiseSettings,
  stepwiseStep,
} from "./stepwise.ts";
import { checkTrim, countRequests, trimInit, type TrimSettings, trimStep } from "./trim-and-respond.ts";

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

describe("stepwise", () => {
  const points = [
    { at: 20, output: 30 },
    { at: 30, output: 45 },
    { at: 40, output: 100 },
  ];
  const settings: StepwiseSettings = {
    points,
    hysteresis: "threshold",
    positive: 1,
    negative: 2,
    interpolate: false,
  };

  test("no reading is never the lowest output: the last one holds, or the largest of the table", () => {
    const none = stepwiseStep(stepwiseInit(), undefined, settings);
    assert.deepEqual([none.output, none.held], [100, true]);
    const one = stepwiseStep(stepwiseInit(), 25, settings);
    assert.deepEqual([stepwiseStep(one.state, NaN, settings).output, one.output], [30, 30]);
  });

  test("straight lines between the points, also below and above them", () => {
    const at = (reading: number) =>
      stepwiseStep(stepwiseInit(), reading, { ...settings, interpolate: true }).output;
    assert.deepEqual([10, 20, 25, 35, 40, 50].map(at), [30, 30, 37.5, 72.5, 100, 100]);
  });

  test("any walk of readings keeps the output in the table, and within the bands of where it steps", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 60, noNaN: true })), (readings) => {
        let state = stepwiseInit();
        for (const reading of readings) {
          const before = state.index;
          const step = stepwiseStep(state, reading, settings);
          state = step.state;
          const index = step.index ?? -1;
          assert.ok(points.some((one) => one.output === step.output));
          if (before !== null && index > before) assert.ok(reading >= points[index]!.at + 1);
          if (before !== null && index < before) assert.ok(reading < points[index + 1]!.at - 2);
        }
      }),
    );
  });

  test("a table that does not rise is refused; it may have 20 points", () => {
    assert.match(
      checkStepwise({ ...settings, points: [...points, { at: 40, output: 50 }] }) ?? "",
      /number 4 is not above/,
    );
    assert.equal(checkStepwise(settings), undefined);
    assert.equal((stepwiseSettings.properties.points as { maxItems?: number }).maxItems, mostPoints);
  });

  test("an input is accepted anew only when it has moved far enough", () => {
    const band = { positive: 2, negative: 3 };
    assert.deepEqual(
      [
        accept(null, 5, band),
        accept(5, 7, band),
        accept(5, 7.1, band),
        accept(5, 2, band),
        accept(5, 1.9, band),
      ],
      [5, 5, 7.1, 5, 1.9],
    );
  });
});

test("a loop's band works in both directions", () => {
  const band = { start: 1, stop: 2 };
  const verdicts = (direction: "above" | "below", readings: readonly number[]) =>
    readings.map((reading) => bandOf(reading, 30, { direction, ...band }));
  assert.deepEqual(verdicts("above", [31.1, 31, 28, 27.9]), ["run", "hold", "hold", "idle"]);
  assert.deepEqual(verdicts("below", [28.9, 29, 32, 32.1]), ["run", "hold", "hold", "idle"]);
});

test("a loop that is held and let go again makes no spike of the derivative, and idles at its smallest output", () => {
  const settings = pidWith({ gain: 2, integralTime: 100, derivativeTime: 20, outputMin: 20 });
  let state = pidInit(50, 50);
  const at = (pv: number, manual?: number) => {
    const step = pidStep(
      state,
      { setpoint: 30, pv, dt: 5, nominal: 5, ...(manual === undefined ? {} : { manual }) },
      settings,
    );
    state = step.state;
    return step.output;
  };
  at(31.5);
  const held = state.output!;
  for (let k = 0; k <= 20; k++) at(31.5 - 0.1 * k, held);
  const back = at(29.5);
  assert.ok(Math.abs(back - held) < 5, `${held} to ${back}`);
  assert.equal(at(20, settings.outputMin), 20);
});

describe("trim and respond", () => {
  const settings: TrimSettings = {
    initial: 40,
    min: 25,
    max: 100,
    trim: -1,
    respond: 4,
    maxRespond: 12,
    ignore: 0,
    every: 60,
    delay: 300,
  };
  const requests = { one: 1, two: 2, three: 3, unknown: 1 };

  test("requests of racks, weighted, and who asks most", () => {
    const racks = [
      { name: "r1", inlet: 25.1 },
      { name: "r2", inlet: 26.5, importance: 2 },
      { name: "r3", inlet: 20, throttling: true },
      { name: "r4", inlet: undefined },
      { name: "r5", inlet: 24.9 },
    ];
    assert.deepEqual(countRequests(racks, 24, requests), { total: 1 + 4 + 3 + 1, leader: "r2" });
    assert.deepEqual(countRequests([], 24, requests), { total: 0 });
  });

  test("off begins anew; unknown requests change nothing; it stays within its limits", () => {
    const on = { on: true, dt: 5, nominal: 5 };
    let state = trimInit(settings);
    for (let k = 0; k < 500; k++) state = trimStep(state, { ...on, requests: undefined }, settings).state;
    assert.equal(state.setpoint, 40);
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 40 }), (counts) => {
        let kept = { ...trimInit(settings), on: 300 };
        for (const count of counts)
          kept = trimStep(kept, { requests: count, on: true, dt: 60, nominal: 60 }, settings).state;
        assert.ok(kept.setpoint >= 25 && kept.setpoint <= 100);
      }),
    );
    assert.deepEqual(
      trimStep({ ...state, setpoint: 80 }, { ...on, on: false, requests: 3 }, settings).setpoint,
      40,
    );
  });

  test("settings that contradict themselves", () => {
    assert.equal(checkTrim(settings), undefined);
    assert.match(checkTrim({ ...settings, trim: 1 }) ?? "", /opposite signs/);
    assert.match(checkTrim({ ...settings, maxRespond: -1 }) ?? "", /maxRespond/);
    assert.match(checkTrim({ ...settings, min: 120 }) ?? "", /min 120/);
    assert.match(checkTrim({ ...settings, initial: 10 }) ?? "", /initial 10 is outside/);
  });
});

describe("quiet hours", () => {
  const settings = { quiet: true, quietFrom: 22, quietTo: 6, quietMax: 60, quietRelease: 3, quietFull: 6 };
  test("over midnight, and released by heat or by not knowing", () => {
    const at = (hour: number, inlet: number | undefined = 24) => quietCeiling(hour, inlet, 24, settings);
    assert.deepEqual(
      [21.99, 22, 0, 5.99, 6].map((hour) => at(hour)),
      [undefined, 60, 60, 60, undefined],
    );
    assert.deepEqual(
      [27, 28.5, 30].map((inlet) => at(23, inlet)),
      [60, 80, undefined],
    );
    assert.equal(quietCeiling(23, undefined, 24, settings), undefined);
    assert.equal(quietCeiling(23, 24, 24, { ...settings, quiet: false }), undefined);
    assert.deepEqual([inWindow(13, 12, 14), inWindow(14, 12, 14)], [true, false]);
  });
  test("sound falls with the fifth power of speed", () => {
    for (const [share, decibels] of [
      [0.8, -4.85],
      [0.6, -11.09],
      [0.5, -15.05],
    ] as const)
      assert.ok(Math.abs(soundChange(share) - decibels) < 0.006);
    assert.match(checkQuiet({ ...settings, quietFull: 3 }) ?? "", /must be above/);
    assert.equal(checkQuiet(settings), undefined);
  });
});

test("a setpoint goes to its target no faster than it may", () => {
  const settings = { setpointUp: 6, setpointDown: 12 };
  const step = { dt: 60, nominal: 60 };
  assert.equal(rampStep(null, 24, step, settings), 24);
  assert.ok(Math.abs(rampStep(24, 27, step, settings) - 24.1) < 1e-12);
  assert.ok(Math.abs(rampStep(24, 20, step, settings) - 23.8) < 1e-12);
  assert.equal(rampStep(24, 24.05, step, settings), 24.05);
  assert.equal(rampStep(24, NaN, step, settings), 24);
  assert.equal(rampStep(24, 27, step, { setpointUp: 0, setpointDown: 0 }), 27);
});

test("a first-order filter is right for any step length", () => {
  // 30 s, a step of 10 K, after 60 s: 8.647 K, in one step or in many.
  assert.ok(Math.abs((firstOrder(0, 10, 30, 60) ?? 0) - 8.6466) < 1e-4);
  let state: number | null = 0;
  for (let k = 0; k < 60; k++) state = firstOrder(state, 10, 30, 1);
  assert.ok(Math.abs((state ?? 0) - 8.6466) < 1e-4);
  assert.deepEqual(
    [firstOrder(null, 5, 30, 1), firstOrder(5, NaN, 30, 1), firstOrder(5, 7, 0, 1)],
    [5, 5, 7],
  );
});

test("medians", () => {
  assert.deepEqual([median([]), median([3]), median([4, 1]), median([9, 1, 2, NaN])], [undefined, 3, 2.5, 2]);
  let state: readonly number[] = [];
  const seen = [1, 1, 50, 1, NaN, 2].map((value) => {
    const next = movingMedian(state, value, 3);
    state = next.state;
    return next.value;
  });
  assert.deepEqual(seen, [1, 1, 1, 1, 1, 2]);
});

test("the gain of a damper falls as the difference to outdoors grows", () => {
  const settings = { scheduleAt: 15, scheduleMin: 5, scheduleMax: 60 };
  assert.deepEqual(
    [
      gainFactor(35, 20, settings),
      gainFactor(35, 5, settings),
      gainFactor(35, 34, settings),
      gainFactor(60, -40, settings),
    ],
    [1, 0.5, 3, 0.25],
  );
  assert.deepEqual(
    [gainFactor(undefined, 5, settings), gainFactor(35, 5, { ...settings, scheduleAt: 0 })],
    [1, 1],
  );
  assert.match(checkSchedule({ ...settings, scheduleMax: 5 }) ?? "", /must be below/);
});

test("tables, floors and ramps put away and taken out at every step go on bit for bit", () => {
  const back = <T>(state: T): T => JSON.parse(JSON.stringify(state)) as T;
  const table: StepwiseSettings = {
    points: [
      { at: 20, output: 30 },
      { at: 30, output: 60 },
    ],
    hysteresis: "accepted-input",
    positive: 1,
    negative: 2,
    interpolate: true,
  };
  const floor: TrimSettings = {
    initial: 40,
    min: 25,
    max: 100,
    trim: -1,
    respond: 4,
    maxRespond: 12,
    ignore: 0,
    every: 60,
    delay: 0,
  };
  fc.assert(
    fc.property(fc.array(fc.double({ min: 10, max: 40, noNaN: true })), (readings) => {
      let [a, b] = [stepwiseInit(), stepwiseInit()];
      let [c, d] = [trimInit(floor), trimInit(floor)];
      let [e, f]: (number | null)[] = [null, null];
      for (const reading of readings) {
        [a, b] = [stepwiseStep(a, reading, table).state, stepwiseStep(back(b), reading, table).state];
        const input = { requests: Math.floor(reading / 10), on: true, dt: 7, nominal: 5 };
        [c, d] = [trimStep(c, input, floor).state, trimStep(back(d), input, floor).state];
        [e, f] = [firstOrder(e ?? null, reading, 10, 5), firstOrder(back(f ?? null), reading, 10, 5)];
        assert.deepEqual([a, c, e], [b, d, f]);
      }
    }),
  );
});
