import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { bandOf } from "./band.ts";
import { firstOrder, median, movingMedian } from "./filter.ts";
import { pidInit, pidStep, pidWith } from "./pid.ts";
import { checkQuiet, inWindow, quietCeiling, soundChange } from "./quiet.ts";
import { rampStep } from "./ramp.ts";
import { checkSchedule, gainFactor } from "./schedule.ts";
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

const trimmed: TrimSettings = {
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

describe("trim and respond", () => {
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
    let state = trimInit(trimmed);
    for (let k = 0; k < 500; k++) state = trimStep(state, { ...on, requests: undefined }, trimmed).state;
    assert.equal(state.setpoint, 40);
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 40 }), (counts) => {
        let kept = { ...trimInit(trimmed), on: 300 };
        for (const count of counts)
          kept = trimStep(kept, { requests: count, on: true, dt: 60, nominal: 60 }, trimmed).state;
        assert.ok(kept.setpoint >= 25 && kept.setpoint <= 100);
      }),
    );
    assert.deepEqual(
      trimStep({ ...state, setpoint: 80 }, { ...on, on: false, requests: 3 }, trimmed).setpoint,
      40,
    );
  });

  test("trimmed that contradict themselves", () => {
    assert.equal(checkTrim(trimmed), undefined);
    assert.match(checkTrim({ ...trimmed, trim: 1 }) ?? "", /opposite signs/);
    assert.match(checkTrim({ ...trimmed, maxRespond: -1 }) ?? "", /maxRespond/);
    assert.match(checkTrim({ ...trimmed, min: 120 }) ?? "", /min 120/);
    assert.match(checkTrim({ ...trimmed, initial: 10 }) ?? "", /initial 10 is outside/);
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
  const floor = { ...trimmed, delay: 0 };
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
