import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pidInit, type PidSettings, pidStep, pidWith } from "../../controllers/library/pid.ts";
import { fitFopdt } from "../../controllers/library/step-test.ts";
import { relayInit, relayStep } from "../../controllers/library/relay.ts";
import { halfRule, simcIntegrating, simcMargins, simcPi, simcPid } from "../../controllers/library/tuning.ts";
import { plantOf } from "./plants.ts";
import { caseOf, type PlantSpec, vectors } from "./vectors.ts";

const near = (actual: number, expected: number, tolerance: number, what = "") =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual}, expected ${expected}`);

interface Loop {
  readonly plant: PlantSpec;
  readonly settings: PidSettings;
  readonly ts: number;
  readonly steps: number;
  readonly setpoint?: number;
  readonly load?: number;
}

/** Runs a loop from rest; gives the integral of its error, of its absolute error, and its end. */
function run({ plant: spec, settings, ts, steps, setpoint = 0, load = 0 }: Loop) {
  const plant = plantOf(spec, ts, 0, 0);
  let state = pidInit();
  let [ie, iae, top] = [0, 0, 0];
  for (let k = 0; k <= steps; k++) {
    const pv = plant.y();
    ie += ts * (setpoint - pv);
    iae += ts * Math.abs(setpoint - pv);
    top = Math.max(top, pv);
    const step = pidStep(state, { setpoint, pv, dt: ts, nominal: ts }, settings);
    state = step.state;
    plant.hold(step.output + load);
  }
  return { ie, iae, top, end: plant.y() };
}

const wide = { outputMin: -1e9, outputMax: 1e9, antiWindup: "none" } as const;

const anyPlant = fc.record({
  tau: fc.double({ min: 0.5, max: 20, noNaN: true }),
  gain: fc.double({ min: 0.2, max: 5, noNaN: true }),
  sign: fc.constantFrom(1, -1),
  tauC: fc.double({ min: 1, max: 5, noNaN: true }),
});

test("8: IE after a load step is -d·Ti/Kc, after a setpoint step (s/K)·Ti/Kc, on any stable plant", () => {
  fc.assert(
    fc.property(anyPlant, ({ tau, gain, sign, tauC }) => {
      const theta = 1;
      const plant = { type: "fopdt", K: sign * gain, tau, theta } as const;
      const tuning = simcPi({ gain: sign * gain, tau, theta }, tauC);
      const settings = pidWith({ ...tuning, ...wide });
      const kc = sign * tuning.gain;
      const steps = Math.ceil((60 * Math.max(tauC + theta, tuning.integralTime)) / 0.1);
      const loop = { plant, settings, ts: 0.1, steps };
      const byLoad = (-1 * tuning.integralTime) / kc;
      near(run({ ...loop, load: 1 }).ie, byLoad, 1e-3 * Math.abs(byLoad), "load");
      const bySetpoint = tuning.integralTime / (sign * gain * kc);
      near(run({ ...loop, setpoint: 1 }).ie, bySetpoint, 1e-3 * Math.abs(bySetpoint), "setpoint");
    }),
    { numRuns: 30 },
  );
});

test("P only ends at s·K·Kc/(1+K·Kc)", () => {
  for (const [K, gain] of [
    [2, 1.25],
    [0.5, 3],
  ] as const) {
    const plant = { type: "fopdt", K, tau: 20, theta: 1 } as const;
    const settings = pidWith({ action: "reverse", gain, integralTime: 0, ...wide });
    near(run({ plant, settings, ts: 0.5, steps: 2000, setpoint: 1 }).end, (K * gain) / (1 + K * gain), 1e-9);
  }
});

test("an integrating plant's IE after a setpoint step is 0", () => {
  const tuning = simcIntegrating({ slope: 0.1, theta: 2 }, 2);
  near(tuning.gain, 2.5, 1e-12);
  near(tuning.integralTime, 16, 1e-12);
  const plant = { type: "ipdt", k: 0.1, theta: 2 } as const;
  near(
    run({ plant, settings: pidWith({ ...tuning, ...wide }), ts: 0.2, steps: 3000, setpoint: 1 }).ie,
    0,
    1e-6,
  );
});

test("SIMC margins are those of the continuous table", () => {
  for (const row of vectors.simcContinuous) {
    const margins = simcMargins(1, row.tauC_over_theta!);
    near(margins.gain, row.gainMargin!, 1e-7);
    near(margins.phase, row.phaseMarginDeg!, 1e-6);
    near(margins.delay, row.delayMargin_over_theta!, 1e-7);
  }
});

test("with ever shorter samples the loop comes to the continuous SIMC figures", () => {
  for (const row of vectors.simcContinuous.slice(0, 4)) {
    const tauC = row.tauC_over_theta!;
    const tuning = simcPi({ gain: 2, tau: 5, theta: 1 }, tauC);
    const settings = pidWith({ ...tuning, integralTime: 5, ...wide });
    const plant = { type: "fopdt", K: 2, tau: 5, theta: 1 } as const;
    const { iae, top } = run({ plant, settings, ts: 0.002, steps: 30_000, setpoint: 1 });
    near(iae, row.IAE_over_theta!, 0.01, "IAE");
    near(top, row.peak!, 0.002, "peak");
  }
});

test("SIMC gives the gains of the cases", () => {
  const first = simcPi({ gain: 2, tau: 20, theta: 4 }, 4);
  assert.deepEqual(first, { action: "reverse", gain: 1.25, integralTime: 20, derivativeTime: 0 });
  near(simcPi({ gain: 2, tau: 20, theta: 4 }, 12).gain, 0.625, 1e-12);
  near(
    simcPi({ gain: 2, tau: 20, theta: 4.3 }, 4.3).gain,
    caseOf("fopdt-pi-fractional-delay").controller.Kc,
    1e-12,
  );
  const pid = simcPid({ gain: 1, tau1: 20, tau2: 8, theta: 3 }, 3);
  const { Kc, Ti, Td } = caseOf("sopdt-pid-simc-dmeas").controller;
  near(pid.gain, Kc, 1e-12);
  near(pid.integralTime, Ti!, 1e-12);
  near(pid.derivativeTime, Td!, 1e-12);
  assert.equal(simcPi({ gain: -34, tau: 43, theta: 21 }, 63).action, "direct");
});

test("the half rule splits the largest lag that is neglected", () => {
  assert.deepEqual(halfRule([1, 8, 20, 2], 3, 1), { lags: [24], theta: 10 });
  assert.deepEqual(halfRule([1, 8, 20, 2], 3, 2), { lags: [20, 9], theta: 5 });
  assert.deepEqual(halfRule([5], 1, 1), { lags: [5], theta: 1 });
});

const recorded = (spec: PlantSpec, ts: number, noise: (k: number) => number, y0 = 0) => {
  const plant = plantOf(spec, ts, y0, 40);
  return Array.from({ length: 300 }, (_, k) => {
    const line = { t: k * ts, u: k < 20 ? 40 : 50, y: plant.y() + noise(k) };
    plant.hold(line.u);
    return line;
  });
};

test("a recorded step test gives the plant back, exactly without noise and closely with it", () => {
  const spec = { type: "fopdt", K: -0.25, tau: 300, theta: 60, base: 47 } as const;
  const exact = fitFopdt(recorded(spec, 5, () => 0, 37));
  assert.ok(typeof exact !== "string");
  near(exact.gain, -0.25, 1e-6);
  near(exact.tau, 300, 1e-3);
  near(exact.theta, 60, 1e-3);
  near(exact.y0, 37, 1e-6);
  near(exact.explained, 1, 1e-9);
  // The noise of a sensor with steps of 0.1 K.
  const noisy = fitFopdt(recorded(spec, 5, (k) => 0.05 * Math.sin(k * 12.9898) * Math.cos(k * 4.1), 37));
  assert.ok(typeof noisy !== "string");
  near(noisy.gain, -0.25, 0.0125);
  near(noisy.tau, 300, 30);
  near(noisy.theta, 60, 15);
  assert.ok(noisy.explained > 0.99);
  const tuned = simcPi(noisy, 3 * noisy.theta);
  assert.equal(tuned.action, "direct");
  near(tuned.gain, simcPi({ gain: -0.25, tau: 300, theta: 60 }, 180).gain, 0.6);
});

test("a record that says too little is refused in words", () => {
  const still = Array.from({ length: 40 }, (_, k) => ({ t: k, u: 40, y: 20 }));
  const refused = (record: typeof still, why: RegExp) => {
    const fit = fitFopdt(record);
    assert.ok(typeof fit === "string");
    assert.match(fit, why);
  };
  refused(still, /never moved/);
  refused(still.slice(0, 5), /10 samples/);
  refused(
    still.map((one) => ({ ...one, u: one.t < 5 ? 40 : 60 })),
    /measurement never moved/,
  );
});

test("a relay test finds gains that hold the loop", () => {
  const spec = { type: "fopdt", K: -0.25, tau: 300, theta: 60, base: 47 } as const;
  const plant = plantOf(spec, 5, 27, 80);
  const settings = { centre: 80, height: 10, hysteresis: 0.02, furthest: 4, cycles: 3, longest: 20_000 };
  let state = relayInit();
  for (let k = 0; k < 4000; k++) {
    const step = relayStep(state, { pv: plant.y(), setpoint: 27, dt: 5, action: "direct" }, settings);
    assert.equal(step.failed, undefined);
    state = step.state;
    plant.hold(step.output);
    if (step.tuning === undefined) continue;
    // The period of a relay on this plant: 2·tau·ln(2·exp(theta/tau) - 1), and a little for samples and hysteresis.
    const period = 600 * Math.log(2 * Math.exp(60 / 300) - 1);
    near(step.tuning.integralTime, 0.9 * (period + 12), 15);
    assert.ok(step.tuning.gain > 3 && step.tuning.gain < 12, String(step.tuning.gain));
    return;
  }
  assert.fail("no gains came of it");
});
