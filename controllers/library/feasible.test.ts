import assert from "node:assert/strict";
import { test } from "node:test";
import { filterInit, filterStep, type FilterView, infeasible, reachableInlet } from "./feasible.ts";

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a}, expected ${b}`);

test("what can be reached is the adiabatic balance", () => {
  const means = { outdoor: 20, heat: 1200, fullFlow: 0.1, outdoorShare: 1, cooling: 0 };
  near(reachableInlet(means), 20);
  // Half of the hot air comes back: d = (Qn + P)/(G·θ + P).
  const half = reachableInlet({ ...means, outdoorShare: 0.5 });
  near(1200 / (120.72 * (half - 20) + 1200), 0.5);
  near(reachableInlet({ ...means, outdoorShare: 0.5, cooling: 600 }), 20);
  assert.equal(reachableInlet({ ...means, outdoorShare: 0, cooling: 1000 }), Infinity);
  assert.equal(reachableInlet({ ...means, outdoorShare: 0, cooling: 1300 }), -Infinity);
});

test("a setpoint that cannot be held is told with the one that can, and never guessed at", () => {
  const means = { outdoor: 30, heat: 1200, fullFlow: 0.2, outdoorShare: 1, cooling: 0 };
  assert.match(infeasible(24, means) ?? "", /24\.0 °C cannot be held: 30\.0 °C can be had/);
  assert.equal(infeasible(31, means), undefined);
  assert.match(infeasible(24, { ...means, outdoorShare: 0 }) ?? "", /smaller than the load/);
  const { heat, fullFlow, outdoorShare, cooling } = means;
  assert.equal(infeasible(24, { heat, fullFlow, outdoorShare, cooling }), undefined);
});

test("a filter is told after a day of double drop at the same flow, or of a fifth less flow at the same speed", () => {
  const settings = { filterPressureTimes: 2, filterFlowShare: 0.8, filterAfter: 24 };
  const after = (view: FilterView, hours: number) => {
    let state = filterInit;
    for (let i = 0; i < hours; i++) state = filterStep(state, view, settings, 3600);
    return state.on;
  };
  const clean = { cleanPressure: 50, cleanFlow: 0.2, cleanSpeed: 100 };
  assert.equal(after({ ...clean, pressure: 101, flow: 0.2 }, 23), false);
  assert.equal(after({ ...clean, pressure: 101, flow: 0.2 }, 24), true);
  assert.equal(after({ ...clean, pressure: 30, flow: 0.1 }, 24), true, "30 Pa at half the flow are 120 Pa");
  assert.equal(after({ ...clean, pressure: 24, flow: 0.1, speed: 50 }, 48), false);
  assert.equal(after({ ...clean, flow: 0.079, speed: 50 }, 24), true);
  assert.equal(after({}, 48), false);
});
