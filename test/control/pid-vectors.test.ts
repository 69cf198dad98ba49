import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresOf, runCase } from "./loop.ts";
import { caseOf, vectors } from "./vectors.ts";

const close = (actual: number, expected: number, what: string, relative = 1e-9, absolute = 1e-9) => {
  const off = Math.abs(actual - expected);
  assert.ok(off <= absolute + relative * Math.abs(expected), `${what}: ${actual}, expected ${expected}`);
  return off;
};

for (const one of vectors.cases) {
  test(`${one.id}: every sample to 1e-9`, (t) => {
    const run = runCase(one);
    let worst = 0;
    for (const { t: at, y, u } of one.samples) {
      const k = Math.round(at / one.Ts);
      worst = Math.max(worst, close(run.y[k]!, y, `y at ${at} s`), close(run.u[k]!, u, `u at ${at} s`));
    }
    assert.equal(one.samples.length, 22);
    t.diagnostic(`largest deviation ${worst.toExponential(1)}`);
  });

  test(`${one.id}: its figures of merit`, () => {
    const figures = figuresOf(runCase(one), one.Ts, one.controller.u_init ?? 0);
    // Ten significant digits are printed in the vectors.
    for (const [name, value] of Object.entries(figures) as [string, number][])
      if (name.startsWith("t_"))
        assert.equal(Math.round(value / one.Ts), Math.round(one.metrics[name]! / one.Ts));
      else close(value, one.metrics[name]!, name, 1e-8, 1e-8);
  });
}

test("the velocity form equals the position form where no limit is reached", () => {
  const one = caseOf("fopdt-pi-simc-setpoint");
  const position = runCase(one);
  // From rest without an error: the first sample's proportional part is a change too.
  const velocity = runCase(one, "velocity");
  for (let k = 0; k <= one.steps; k++) close(velocity.u[k]!, position.u[k]!, `u ${k}`, 1e-12, 1e-14);
});

test("the saturated phase of the cooling case is 22 + 25 exp(-(t-60)/300)", () => {
  const run = runCase(caseOf("cooling-windup-none"));
  for (let k = 12; k * 5 <= 540; k++)
    close(run.y[k]!, 22 + 25 * Math.exp(-(k * 5 - 60) / 300), `y at ${k * 5} s`, 1e-12, 1e-11);
  const crossing = run.y.findIndex((y) => y <= 27) * 5;
  assert.ok(crossing >= 60 + 300 * Math.log(5) && crossing < 60 + 300 * Math.log(5) + 5);
});

test("without anti-windup the integral of the error is (u_end - I0)·Ti/Kc", () => {
  const one = caseOf("cooling-windup-none");
  close(figuresOf(runCase(one), one.Ts, 20).IE, ((80 - 20) * 300) / -10, "IE", 1e-6, 0.01);
});
