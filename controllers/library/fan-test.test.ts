import assert from "node:assert/strict";
import test from "node:test";
import { Value } from "typebox/value";
import { fanTestInit, fanTestSettings, type FanTestState, fanTestStep } from "./fan-test.ts";

const settings = { ...Value.Create(fanTestSettings), fanTest: true };

/** Steps of 5 s; which fan was at full duty in each. */
function steps(state: FanTestState, count: number, rpms: readonly number[], calm = true) {
  const under: (string | undefined)[] = [];
  let fallen: readonly { readonly id: string; readonly fall: number }[] = [];
  for (let i = 0; i < count; i++) {
    const fans = rpms.map((rpm, n) => ({ id: `fan-${n}`, rpm }));
    const result = fanTestStep(state, { fans, calm }, settings, 5);
    ({ state, fallen } = result);
    under.push(result.under);
  }
  return { state, under, fallen };
}

const week = { ...fanTestInit, since: 168 * 3600 };

test("each fan has its turn at full duty once a week, alone", () => {
  const { under, state } = steps(week, 6, [3000, 3100]);
  assert.deepEqual(under, ["fan-0", "fan-0", "fan-1", "fan-1", undefined, undefined]);
  assert.deepEqual(state.first, { "fan-0": 3000, "fan-1": 3100 });
  assert.ok(state.since < 60);
  assert.deepEqual(steps(state, 1000, [3000, 3100]).under.filter(Boolean), []);
});

test("a fan that is slower than in its first test is told of until it is well again", () => {
  const { state } = steps(week, 6, [3000, 3100]);
  const worn = steps({ ...state, since: week.since }, 6, [2600, 3100]);
  assert.deepEqual(
    worn.fallen.map(({ id, fall }) => [id, Math.round(fall)]),
    [["fan-0", 13]],
  );
  assert.deepEqual(steps(worn.state, 10, [3000, 3000]).fallen.length, 1, "until the next test");
  assert.deepEqual(steps({ ...worn.state, since: week.since }, 6, [3000, 3100]).fallen, []);
});

test("what disturbs ends it, and it is not done by default", () => {
  const begun = steps(week, 1, [3000, 3100]);
  assert.deepEqual(begun.under, ["fan-0"]);
  const disturbed = steps(begun.state, 3, [3000, 3100], false);
  assert.deepEqual(disturbed.under, [undefined, undefined, undefined]);
  assert.deepEqual(steps(disturbed.state, 1, [3000, 3100]).under, ["fan-0"], "anew");
  const none = Value.Create(fanTestSettings);
  assert.equal(fanTestStep(week, { fans: [], calm: true }, none, 5).under, undefined);
});
