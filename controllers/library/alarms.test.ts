import assert from "node:assert/strict";
import test from "node:test";
import { defaults, json } from "../../test/control/given.ts";
import {
  delayStep,
  floodStep,
  initialDelay,
  initialOscillation,
  initialRate,
  levelsStep,
  type LevelsState,
  oscillationStep,
  rateStep,
  watchSettings,
} from "./alarms.ts";

test("temperature levels: the worst of each side, after its delay, with a band", () => {
  const s = defaults(watchSettings);
  let state: LevelsState = {};
  const step = (value: number, dt: number): readonly string[] => {
    const result = levelsStep(state, value, s, dt);
    ({ state } = result);
    return result.levels;
  };
  assert.deepEqual([step(41, 59), step(41, 1)], [[], ["high-critical"]]);
  assert.deepEqual(step(39.5, 5), ["high-critical"]);
  assert.deepEqual(step(38.9, 5), ["high-major"]);
  assert.deepEqual([step(20, 5), step(1, 60)], [[], ["low-major"]]);
});

test("rates are the largest change within 15 min and an hour", () => {
  let state = initialRate;
  let last = { quarter: 0, hour: 0 };
  for (let t = 0; t < 7200; t += 5) {
    const { state: next, ...result } = rateStep(state, 20 + (6 * t) / 3600, 5);
    state = next;
    last = result;
  }
  assert.ok(Math.abs(last.quarter - 1.5) < 0.11, String(last.quarter));
  assert.ok(Math.abs(last.hour - 6) < 0.11, String(last.hour));
  json(state);
});

test("oscillation is many large swings, not noise and not one swing", () => {
  const swings = (amplitude: number, period: number): boolean => {
    let state = initialOscillation;
    let seen = false;
    for (let t = 0; t < 3000; t += 5) {
      const error = amplitude * Math.sin((2 * Math.PI * t) / period);
      const result = oscillationStep(state, error, { window: 1500, amplitude: 1 }, 5);
      ({ state } = result);
      seen ||= result.oscillates;
    }
    json(state);
    return seen;
  };
  assert.deepEqual([swings(3, 150), swings(0.5, 150), swings(3, 4000)], [true, false, false]);
});

test("alarms wait before they begin and end; a flood is told in part", () => {
  const delays = { on: 10, off: 20 };
  let state = initialDelay;
  const step = (present: boolean, dt: number): boolean => (state = delayStep(state, present, delays, dt)).on;
  assert.deepEqual(
    [step(true, 9), step(true, 1), step(false, 19), step(true, 1), step(false, 20)],
    [false, true, true, true, false],
  );
  const flood = floodStep([], 14, { most: 10, window: 600 }, 1);
  assert.deepEqual([flood.told, flood.flood], [10, true]);
  assert.equal(floodStep(flood.state, 3, { most: 10, window: 600 }, 600).told, 3);
});
