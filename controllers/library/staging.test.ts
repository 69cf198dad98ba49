import assert from "node:assert/strict";
import test from "node:test";
import { Value } from "typebox/value";
import fc from "fast-check";
import { sequenceStep, initialSequence } from "./sequence.ts";
import {
  initialStaging,
  stageOffset,
  type StagingInput,
  type StagingResult,
  type StagingState,
  stagingStep,
} from "./staging.ts";
import { stagingSettings } from "./staging-settings.ts";

const settings = { ...Value.Create(stagingSettings), restPeak: 0 };

function run(
  inputs: readonly (Partial<StagingInput> & { readonly dt?: number })[],
  limits = settings,
): readonly StagingResult[] {
  let state: StagingState = initialStaging;
  return inputs.map(({ dt = 10, ...input }) => {
    const result = stagingStep(state, { temperature: 20, available: 4, ...input }, limits, dt);
    ({ state } = result);
    return result;
  });
}
const stages = (results: readonly StagingResult[]): readonly number[] => results.map((one) => one.stages);

test("stages start at their offsets and end below them", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((stage) => Math.round(stageOffset(stage, settings) * 10) / 10),
    [0, 2.2, 3.3, 4.4],
  );
  const course = [24.9, 25, 24, 23.9, 23.8, 25].map((temperature) => ({ temperature }));
  assert.deepEqual(stages(run(course)), [0, 1, 1, 1, 0, 1]);
});

test("anti-cycling mode widens the band on both sides", () => {
  const course = [25, 25.5, 25.6, 23.8, 23.4, 23.3].map((temperature) => ({
    temperature,
    antiCycling: true,
  }));
  assert.deepEqual(stages(run(course)), [0, 0, 1, 1, 1, 0]);
});

test("a further stage waits for the mains and for the last one to show what it can do", () => {
  const hot = { temperature: 28 };
  const course = [
    { ...hot, dt: 1 },
    { ...hot, dt: 5 },
    { ...hot, dt: 290 },
    { ...hot, dt: 5 },
  ];
  const results = run(course);
  assert.deepEqual(stages(results), [1, 1, 1, 2]);
  assert.match(results[1]?.limits[0] ?? "", /stage 2 waits 5 s: the mains settle/u);
  assert.match(results[2]?.limits[0] ?? "", /stage 2 waits 5 s: the last stage is given time/u);
});

test("a stage that makes progress is given more time", () => {
  const course = [
    { temperature: 29 },
    { temperature: 28.4, dt: 290 },
    { temperature: 28.3, dt: 290 },
    { temperature: 28.2, dt: 10 },
  ];
  assert.deepEqual(stages(run(course)), [1, 1, 1, 2]);
});

test("above the urgent temperature only the mains are waited for", () => {
  const course = [0, 10, 10, 10].map((dt) => ({ temperature: 33, dt }));
  assert.deepEqual(stages(run(course)), [1, 2, 3, 4]);
});

test("stages end one at a time, but at once when they are no longer allowed", () => {
  const up = [0, 10, 10, 10].map((dt) => ({ temperature: 33, dt }));
  assert.deepEqual(stages(run([...up, { temperature: 20 }, { temperature: 20 }])).slice(-2), [3, 2]);
  const gone = run([...up, { temperature: 33, most: 0 }]);
  assert.equal(gone.at(-1)?.stages, 0);
  assert.deepEqual(gone.at(-1)?.limits, ["at most 0 cooling stages: power allows no more"]);
});

test("on generator only so many stages run", () => {
  const results = run([0, 10, 10].map((dt) => ({ temperature: 33, dt, onGenerator: true })));
  assert.deepEqual(stages(results), [1, 1, 1]);
  assert.deepEqual(results[2]?.limits, ["1 cooling stages on generator"]);
});

test("cold outdoors lock the compressors out, with a band; a kit does away with it", () => {
  const course = [-9, -10, -9.5, -8.9].map((outdoor) => ({ temperature: 30, outdoor }));
  assert.deepEqual(stages(run(course)), [1, 0, 0, 1]);
  const kit = { ...settings, lowAmbientKit: true };
  assert.deepEqual(stages(run([{ temperature: 30, outdoor: -30 }], kit)), [1]);
});

test("somebody who works here gets a lower setpoint for a while", () => {
  const [asked, later, over] = run([
    { temperature: 23, comfort: true },
    { temperature: 23, dt: 4499 },
    { temperature: 23, dt: 1 },
  ]);
  assert.deepEqual([asked?.stages, later?.stages, over?.stages], [1, 1, 0]);
  assert.deepEqual([asked?.setpoint, over?.setpoint], [22, 25]);
  assert.match(asked?.reason ?? "", /comfort/u);
});

test("by demand each stage has its share, with hysteresis", () => {
  const course = [20, 37, 38, 30, 13, 12, 88, 100].map((demand) => ({ demand, available: 2, dt: 400 }));
  assert.deepEqual(stages(run(course)), [0, 0, 1, 1, 1, 0, 1, 2]);
});

test("a temperature that rushes freezes what would add to it, but not what is urgent or not allowed", () => {
  const falling = run([{ temperature: 33 }, { temperature: 29, dt: 60 }, { temperature: 27.5, dt: 300 }]);
  assert.deepEqual(stages(falling), [1, 1, 1]);
  assert.deepEqual(falling.at(-1)?.limits, ["stage 2 waits 5 min: the last stage is given time"]);
  const up = [{ temperature: 40 }, { temperature: 31, dt: 1 }, { temperature: 31, dt: 299.5 }];
  const limits = { ...settings, progress: 5, thermalDelay: 200, electricalDelay: 0 };
  const slow = run([...up, { temperature: 31, dt: 1500 }], limits);
  assert.deepEqual(stages(slow), [1, 1, 1, 2]);
  assert.deepEqual(slow[2]?.limits, ["stage 2 waits: it gets colder fast enough"]);
  assert.deepEqual(stages(run(up, { ...limits, rateGuard: 0 })), [1, 1, 2]);
  const one = { available: 1, demand: 100 };
  const rising = run([
    { ...one, temperature: 25 },
    { ...one, temperature: 10, dt: 3600 },
    { ...one, temperature: 18, demand: 0 },
    { ...one, temperature: 18, demand: 0, most: 0 },
  ]);
  assert.deepEqual(stages(rising), [1, 1, 1, 0]);
  assert.deepEqual(rising[2]?.limits, ["stage 1 goes on: it gets warmer too fast"]);
});

test("the last stage ends further down until its rest is seen to do no harm; further ones end where they end", () => {
  const careful = { ...settings, restPeak: 30, restColdest: 16 };
  const before = run(
    [{ temperature: 25 }, { temperature: 20 }, { temperature: 16.1 }, { temperature: 15.9 }],
    careful,
  );
  assert.deepEqual(stages(before), [1, 1, 1, 0]);
  const cool = [{ temperature: 25 }, { temperature: 15.9 }, { temperature: 27 }, { temperature: 20 }];
  const course = Array.from({ length: 12 }, () => cool).flat();
  const learnt = run(course, careful);
  const depths = learnt.filter((_, i) => i % 4 === 3).map(({ deeper }) => deeper);
  assert.ok(
    depths.every((depth, i) => i === 0 || depth < (depths[i - 1] ?? 0) || depth === 0),
    depths.join(),
  );
  assert.equal(depths.at(-1), 0);
  assert.equal(learnt.at(-1)?.stages, 0, "20 °C is cold enough again");
  const hot = run([...course, { temperature: 34 }, { temperature: 34 }], careful);
  assert.ok((hot.at(-1)?.deeper ?? 0) >= 4);
  const kept = run(
    [...course, { temperature: 34, most: 0 }, { temperature: 25 }, { temperature: 25 }],
    careful,
  );
  assert.equal(kept.at(-1)?.deeper, 0, "what was forbidden was no rest");
});

test("the last variable compressor is at its least for a while before it ends; what may not run ends at once", () => {
  const cold = { temperature: 20, least: false, dt: 60 };
  const results = run([{ ...cold, temperature: 25 }, cold, cold, cold]);
  assert.deepEqual(stages(results), [1, 1, 1, 0]);
  assert.deepEqual(
    results.map(({ easing }) => easing),
    [false, true, true, false],
  );
  assert.match(
    results[1]?.limits[0] ?? "",
    /^stage 1 is at its least for another 2 min: servers are cooled/u,
  );
  assert.deepEqual(
    stages(
      run([
        { ...cold, temperature: 25 },
        { ...cold, most: 0 },
      ]),
    ),
    [1, 0],
  );
  const demands = [100, 5, 0].map((demand) => ({ ...cold, demand }));
  assert.deepEqual(stages(run(demands)), [1, 1, 0], "no demand at all: something else cools");
});

test("never more than there are, nor than are allowed; never two starts closer than the electrical delay", () => {
  const input = fc.record({
    temperature: fc.double({ min: -20, max: 60, noNaN: true }).map((celsius) => celsius + 0),
    available: fc.integer({ min: 0, max: 4 }),
    most: fc.integer({ min: 0, max: 4 }),
    dt: fc.integer({ min: 1, max: 600 }),
  });
  fc.assert(
    fc.property(fc.array(input, { maxLength: 100 }), (course) => {
      let [before, since] = [0, 1e6];
      run(course).forEach((result, i) => {
        const { available, most, dt } = course[i] ?? { available: 0, most: 0, dt: 0 };
        since += dt;
        assert.ok(result.stages <= Math.min(available, most));
        assert.ok(result.stages <= before + 1);
        if (result.stages > before) {
          assert.ok(since >= settings.electricalDelay);
          since = 0;
        }
        before = result.stages;
        assert.deepEqual(JSON.parse(JSON.stringify(result.state)), result.state);
      });
    }),
  );
});

test("loads come on one after the other and go together", () => {
  let state = initialSequence;
  const step = (wanted: readonly string[], dt = 1): readonly string[] => {
    const result = sequenceStep(state, wanted, 2, dt);
    ({ state } = result);
    return result.on;
  };
  assert.deepEqual(step(["a", "b", "c"]), ["a"]);
  assert.deepEqual(step(["a", "b", "c"]), ["a"]);
  assert.deepEqual(step(["a", "b", "c"]), ["a", "b"]);
  assert.deepEqual(step(["b", "c"], 2), ["b", "c"]);
  assert.deepEqual(step([]), []);
  assert.deepEqual(step(["c"]), ["c"]);
});
