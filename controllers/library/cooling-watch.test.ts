import assert from "node:assert/strict";
import { test } from "node:test";
import { defaults } from "../../test/control/given.ts";
import {
  type CoolingWatchInput,
  coolingWatchSettings,
  type CoolingWatchState,
  coolingWatchStep,
  initialCoolingWatch,
} from "./cooling-watch.ts";

const s = defaults(coolingWatchSettings);
/** A unit that takes 6 K from all air at full capacity and 35 °C outdoors, whatever its capacity, the air and the weather. */
const seen = (
  share: number,
  { capacity = 60, air = 50, outdoor = 30 } = {},
  rest: Partial<CoolingWatchInput> = {},
): CoolingWatchInput => ({
  alone: true,
  capacity,
  inlet: 24,
  back: 24 + (6 * share * capacity * (1 - 0.01 * (outdoor - 35))) / air - (air / 100) ** 2,
  outdoor,
  air,
  closed: true,
  ...rest,
});
const run = (state: CoolingWatchState, seconds: number, input: CoolingWatchInput, settings = s) => {
  let result = coolingWatchStep(state, input, settings, 5);
  for (let t = 5; t < seconds; t += 5) result = coolingWatchStep(result.state, input, settings, 5);
  return result;
};
const learnt = (): CoolingWatchState => run(initialCoolingWatch, 3600, seen(1)).state;

test("cooling watch: other capacities, weather and air are the same cooling; a loss of 40 % is told after its time", () => {
  const well = learnt();
  for (const other of [
    { capacity: 100, air: 100, outdoor: 45 },
    { capacity: 45, air: 25, outdoor: 18 },
  ]) {
    const { share, weak } = run(well, 7200, seen(1, other));
    assert.ok(Math.abs(share! - 100) < 0.5 && !weak, `${share} %`);
  }
  assert.equal(run(well, s.weakAfter - 60, seen(0.6)).weak, false);
  const told = run(well, s.weakAfter + 900, seen(0.6));
  assert.equal(told.weak, true);
  assert.ok(Math.abs(told.share! - 60) < 1, `${told.share} %`);
  // At rest nobody can tell that it was mended.
  const rests = run(told.state, 36_000, seen(1, {}, { alone: false }));
  assert.equal(rests.weak, true);
  assert.equal(run(rests.state, 1800, seen(1)).weak, false);
});

test("cooling watch: with outdoor air, at its start, beside others, or little asked, nothing is told or learnt", () => {
  for (const rest of [{ closed: false }, { alone: false }, { capacity: 30 }, { back: undefined }]) {
    const { state, share } = run(initialCoolingWatch, 7200, seen(0.4, {}, rest));
    assert.equal(share, undefined);
    assert.equal(state.learnt, 0);
  }
  assert.equal(run(initialCoolingWatch, 590, seen(0.4)).state.learnt, 0);
});

test("cooling watch: what leaks away over weeks does not become usual, and what is known need not be learnt", () => {
  let state = learnt();
  for (let day = 0; day < 30; day++) state = run(state, 7200, seen(1 - day * 0.015)).state;
  assert.equal(run(state, 7200, seen(0.55)).weak, true);
  const known = { ...s, fullDifference: 6 };
  assert.equal(run(initialCoolingWatch, 3600, seen(0.6), known).weak, true);
  assert.equal(run(learnt(), 7200, seen(0.3), { ...s, weakBelow: 0 }).weak, false);
});
