import assert from "node:assert/strict";
import { test } from "node:test";
import { type Drift, type DriftState, driftStep } from "./drift-watch.ts";

const settings = { driftMost: 1.2 };
const dt = 60;
const day = 86_400;

/** @param at offsets of the probes, K, and undefined where one has no value, by the day */
function course(days: number, at: (t: number) => readonly (number | undefined)[]) {
  let state: DriftState = {};
  const told = new Map<string, number>();
  let drifts: readonly Drift[] = [];
  for (let t = dt; t <= days * day; t += dt) {
    // The air goes up and down with the hour, and every probe by a little of its own.
    const air = 22 + 4 * Math.sin((2 * Math.PI * t) / day);
    const probes = at(t / day).map((offset, i) => ({
      name: `p${i + 1}`,
      value:
        offset === undefined ? undefined : air + offset + 0.4 * Math.sin(((i + 3) * 2 * Math.PI * t) / day),
    }));
    ({ state, drifts } = driftStep(state, probes, settings, dt));
    for (const { name } of drifts) if (!told.has(name)) told.set(name, t / day);
  }
  return { state, told, drifts };
}

test("2 K within a week is found within it, by the probe that has it, in either direction", () => {
  for (const rate of [2 / 7, -2 / 7]) {
    const { told, drifts } = course(7, (t) => [0.5, -0.3 + rate * t, 0.1]);
    assert.deepEqual([...told.keys()], ["p2"]);
    assert.ok(Math.abs((drifts[0]?.by ?? 0) - 1.4 * Math.sign(rate)) < 0.2, `${drifts[0]?.by} K`);
  }
});

test("of two probes it is told that they moved apart", () => {
  const { told } = course(7, (t) => [0, (2 / 7) * t]);
  assert.deepEqual([...told.keys()].sort(), ["p1", "p2"]);
});

test("where probes always were, what one hour does, seasons, and values that are not there are no drift", () => {
  assert.equal(course(5, () => [0, 3, -2]).told.size, 0);
  assert.equal(course(5, (t) => [0, t > 3 && t < 3 + 1 / 24 ? 5 : 0, 0]).told.size, 0);
  assert.equal(course(60, (t) => [0, t / 20, 0]).told.size, 0);
  assert.equal(course(5, (t) => [0, t % 1 < 0.5 ? undefined : 1, 0]).told.size, 0);
  assert.equal(course(3, () => [5]).told.size, 0);
  assert.deepEqual(course(3, () => [undefined, undefined]).state, {});
});

test("it stands until the probe is back where it was, however long that takes", () => {
  const at = (t: number): readonly number[] => [0, t < 5 ? 0 : t < 60 ? 2 : 0, 0.2];
  assert.deepEqual(
    course(59, at).drifts.map(({ name }) => name),
    ["p2"],
  );
  assert.deepEqual(course(62, at).drifts, []);
});

test("0 watches nothing and keeps nothing", () => {
  const probes = [1, 2].map((value) => ({ name: `p${value}`, value }));
  assert.deepEqual(driftStep({}, probes, { driftMost: 0 }, 1), { state: {}, drifts: [] });
});
