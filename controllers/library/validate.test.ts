import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { flowFor, implausible } from "./plausible.ts";
import { sensorInit, type SensorInput, type SensorSettings, sensorStep } from "./sensor.ts";
import { checkValidate, type Probe, validateInit, type ValidateSettings, validateStep } from "./validate.ts";
import { vote } from "./vote.ts";

const sensor: SensorSettings = {
  lowest: -45,
  highest: 85,
  fastest: 1,
  stuckAfter: 1800,
  stuckReference: 1,
  quantum: 0.1,
  recover: 3,
};
const settings: ValidateSettings = {
  ...sensor,
  voteDelta: 3,
  voteAfter: 60,
  worse: "high",
  minGood: 1,
  placeDelta: 10,
};

const follow = (inputs: readonly Partial<SensorInput>[], from = sensorInit()) => {
  let state = from;
  return inputs.map((input) => {
    const result = sensorStep(state, { value: 24, dt: 5, ...input }, sensor);
    state = result.state;
    return result;
  });
};
const qualities = (inputs: readonly Partial<SensorInput>[]) =>
  follow(inputs).map((one) => one.reason ?? one.quality);

describe("one sensor", () => {
  test("the first good reading is believed; after a failure it takes three", () => {
    assert.deepEqual(qualities([{}, { value: undefined }, {}, {}, {}, {}]), [
      "good",
      "missing",
      "recovering",
      "recovering",
      "good",
      "good",
    ]);
    assert.deepEqual(qualities([{}, { value: 85.1 }, { value: -46 }, { value: NaN }]), [
      "good",
      "range",
      "range",
      "missing",
    ]);
  });

  test("the same reading again, only older, counts for nothing", () => {
    const results = follow([
      {},
      { value: undefined },
      { age: 1 },
      { age: 6 },
      { age: 11 },
      { age: 1 },
      { age: 1 },
    ]);
    assert.deepEqual(
      results.map((one) => one.reason ?? one.quality),
      ["good", "missing", "recovering", "recovering", "recovering", "recovering", "good"],
    );
  });

  test("a spike is held back; a new level is believed with its third reading", () => {
    const results = follow([
      {},
      { value: 60 },
      { value: 24.1 },
      { value: 60 },
      { value: 60.5 },
      { value: 60.2 },
    ]);
    assert.deepEqual(
      results.map((one) => one.value),
      [24, 24, 24.1, 24.1, 24.1, 60.2],
    );
    assert.deepEqual(
      results.map((one) => one.quality),
      ["good", "uncertain", "good", "uncertain", "uncertain", "good"],
    );
  });

  test("a change over a long poll is no fast one", () => {
    const waiting = Array.from({ length: 11 }, (_, k) => ({ age: 5 * (k + 1) }));
    const results = follow([{ age: 0 }, ...waiting, { value: 50, age: 0 }]);
    assert.equal(results.at(-1)!.quality, "good");
    assert.equal(results.at(-1)!.value, 50);
  });

  test("stuck: unchanged for half an hour while the others moved, and only then", () => {
    const moving = Array.from({ length: 400 }, (_, k) => ({ reference: 24 + k * 0.005 }));
    const results = follow(moving);
    const at = results.findIndex((one) => one.reason === "stuck");
    assert.equal(at, 360, "1800 s in steps of 5 s");
    const still = follow(Array.from({ length: 800 }, () => ({ reference: 24 })));
    assert.ok(
      still.every((one) => one.quality === "good"),
      "nothing moved",
    );
    const alone = follow(Array.from({ length: 800 }, () => ({})));
    assert.ok(
      alone.every((one) => one.quality === "good"),
      "nobody to compare it with",
    );
    const again = follow([{ value: 25 }, { value: 25.5 }, { value: 26 }], results.at(-1)!.state);
    assert.deepEqual(
      again.map((one) => one.quality),
      ["bad", "bad", "good"],
    );
  });

  test("never believes what is outside its range, nor gives a value with a bad quality", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: -100, max: 150 }), fc.constantFrom(NaN, Infinity, undefined))),
        (values) => {
          for (const { value, quality } of follow(values.map((one) => ({ value: one })))) {
            assert.equal(value === undefined, quality === "bad");
            if (value !== undefined) assert.ok(value >= -45 && value <= 85);
          }
        },
      ),
    );
  });
});

describe("several sensors", () => {
  const at = (...values: readonly (number | undefined)[]): Probe[] =>
    values.map((value, i) => ({ name: `p${i + 1}`, value, place: "r1" }));
  const validate = (probes: readonly (readonly Probe[])[], given: ValidateSettings = settings) => {
    let state = validateInit();
    return probes.map((one) => {
      const result = validateStep(state, one, { dt: 5 }, given);
      state = result.state;
      return result;
    });
  };

  test("three: the median, without the one that is far off, which is told after a minute", () => {
    const results = validate(Array.from({ length: 14 }, () => at(24, 24.4, 30)));
    assert.ok(Math.abs(results[0]!.value! - 24.2) < 1e-12);
    assert.equal(results[0]!.quality, "uncertain");
    assert.deepEqual(results[10]!.disagree, []);
    assert.deepEqual(results[11]!.disagree, ["r1"]);
    assert.equal(results[11]!.sensors[2]!.reason, "vote");
  });

  test("two that disagree: the hotter one for cooling; one: it, with no redundancy", () => {
    assert.equal(validate([at(24, 28)])[0]!.value, 28);
    assert.equal(validate([at(24, 28)], { ...settings, worse: "low" })[0]!.value, 24);
    assert.equal(validate([at(24, 25)])[0]!.value, 24.5);
    const alone = validate([at(24, undefined)])[0]!;
    assert.equal(alone.value, 24);
    assert.deepEqual(alone.alone, ["r1"]);
    const elsewhere = { name: "far", value: undefined, place: "r9" };
    const last = validate([[{ name: "near", value: 24, place: "r1" }, elsewhere]])[0]!;
    assert.deepEqual(last.alone, ["r1"], "the last place that is left");
    assert.deepEqual(validate([[{ name: "near", value: 24 }]])[0]!.alone, [], "there never was another");
  });

  test("two halves far apart: the worse half", () => {
    assert.equal(
      vote(
        [20, 20, 40, 40].map((value, i) => ({ name: `${i}`, value })),
        settings,
      ).value,
      40,
    );
  });

  test("places are not voted on: the hottest counts, and enough of them must be there", () => {
    const racks = (a: number | undefined, b: number | undefined): Probe[] => [
      { name: "a", value: a, place: "r1" },
      { name: "b", value: b, place: "r2" },
    ];
    const [first] = validate([racks(24, 31)]);
    assert.deepEqual([first!.value, first!.leader], [31, "b"]);
    const few = validate([racks(24, undefined)], { ...settings, minGood: 2 })[0]!;
    assert.deepEqual([few.value, few.quality], [undefined, "bad"]);
    assert.equal(validate([[]])[0]!.value, undefined, "nothing is never a number");
  });

  test("put away and taken out it goes on the same", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(fc.option(fc.double({ min: -60, max: 100, noNaN: true }), { nil: undefined }), {
            minLength: 3,
            maxLength: 3,
          }),
        ),
        (rows) => {
          let kept = validateInit();
          const whole = validate(rows.map((row) => at(...row)));
          rows.forEach((row, k) => {
            const result = validateStep(
              JSON.parse(JSON.stringify(kept)) as typeof kept,
              at(...row),
              { dt: 5 },
              settings,
            );
            assert.deepEqual(result.value, whole[k]!.value);
            assert.deepEqual(result.sensors, whole[k]!.sensors);
            kept = result.state;
          });
        },
      ),
    );
  });

  test("of three places one that is far from the others is left out, hot or cold, and told of; of two it is not", () => {
    const at = (...values: readonly number[]) => values.map((value, i) => ({ name: `p${i}`, value }));
    for (const wrong of [44, 4]) {
      const first = validateStep(validateInit(), at(24, wrong, 25), { dt: 5 }, settings);
      let { state, sensors } = first;
      assert.deepEqual([first.value, first.leader], [25, "p2"]);
      assert.ok(sensors.every(({ reason }) => reason === undefined));
      for (let t = 0; t < 60; t += 5)
        ({ state, sensors } = validateStep(state, at(24, wrong, 25), { dt: 5 }, settings));
      assert.deepEqual(
        sensors.map(({ reason }) => reason),
        [undefined, "vote", undefined],
      );
    }
    assert.equal(validateStep(validateInit(), at(24, 33, 25), { dt: 5 }, settings).value, 33, "a hot spot");
    assert.equal(validateStep(validateInit(), at(24, 44), { dt: 5 }, settings).value, 44);
    assert.equal(
      validateStep(validateInit(), at(24, 44, 25), { dt: 5 }, { ...settings, placeDelta: 0 }).value,
      44,
    );
  });

  test("a range that holds nothing is refused", () => {
    assert.equal(checkValidate(settings), undefined);
    assert.match(checkValidate({ ...settings, lowest: 85 }) ?? "", /lowest 85 must be below highest 85/);
  });
});

test("what cannot be true at once is said, and nothing is concluded from what is not known", () => {
  const rise = 1200 / (1.2 * 1006 * 0.1);
  assert.deepEqual(implausible({ inlet: 24, outlet: 24 + rise, heat: 1200, ratedHeat: 1200, flow: 0.1 }), []);
  assert.match(
    implausible({ inlet: 24, outlet: 24 + 1.6 * rise, heat: 1200, ratedHeat: 1200, flow: 0.1 })[0]!,
    /warms by/,
  );
  assert.match(
    implausible({ inlet: 24, outlet: 24 + 0.4 * rise, heat: 1200, ratedHeat: 1200, flow: 0.1 })[0]!,
    /warms by/,
  );
  assert.deepEqual(
    implausible({ inlet: 24, outlet: 60, heat: 200, ratedHeat: 1200, flow: 0.1 }),
    [],
    "hardly loaded",
  );
  assert.match(implausible({ inlet: 20, outdoor: 23, dxRuns: false })[0]!, /colder than outdoors/);
  assert.deepEqual(implausible({ inlet: 20, outdoor: 23, dxRuns: true }), []);
  assert.deepEqual(implausible({ inlet: 20, outdoor: 23 }), []);
  assert.ok(Math.abs(flowFor(1200, 12) - 0.08283) < 1e-5);
});
