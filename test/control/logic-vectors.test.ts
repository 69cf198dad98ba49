import assert from "node:assert/strict";
import { test } from "node:test";
import { pidInit, pidStep, pidWith } from "../../controllers/library/pid.ts";
import { stepwiseInit, type StepwiseSettings, stepwiseStep } from "../../controllers/library/stepwise.ts";
import {
  checkTrim,
  trimInit,
  type TrimSettings,
  trimStep,
} from "../../controllers/library/trim-and-respond.ts";
import { type BmcVector, vectors } from "./vectors.ts";

const close = (actual: number, expected: number, what: string) =>
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, expected ${expected}`,
  );

const bmc = (id: string): BmcVector => {
  const found = vectors.logic.bmcPidCore.vectors.find((one) => one.id === id);
  assert.ok(found, id);
  return found;
};

/** Our loop with the daemon's gains: parallel, cooling by negative gains, and nothing filtered. */
const settingsOf = ({ config: c }: BmcVector) =>
  pidWith({
    form: "parallel",
    action: c.kp < 0 || c.ki < 0 ? "direct" : "reverse",
    gain: Math.abs(c.kp),
    integralGain: Math.abs(c.ki),
    derivativeGain: Math.abs(c.kd),
    derivativeOn: "error",
    derivativeFilter: 1e12,
    integralMin: c.imin,
    integralMax: c.imax,
    outputMin: c.omin,
    outputMax: c.omax,
    slewUp: c.spos,
    slewDown: -c.sneg,
    antiWindup: "none",
  });

const ours = (vector: BmcVector, afterFirst: Parameters<typeof pidWith>[0] = {}) => {
  const { ts, ffoff, ffgain } = vector.config;
  let state = pidInit();
  return vector.samples.map(({ input, setpoint }, k) => {
    const settings = { ...settingsOf(vector), ...(k === 0 ? {} : afterFirst) };
    const feedForward = (setpoint + ffoff) * ffgain;
    const step = pidStep(state, { setpoint, pv: input, dt: ts, nominal: ts, feedForward }, settings);
    state = step.state;
    return { output: step.output, integral: step.state.integral };
  });
};

for (const id of ["fan-feedforward", "temp-pid-with-d"])
  test(`bmcPidCore ${id}: the same in ours`, () => {
    const vector = bmc(id);
    ours(vector).forEach((one, k) => {
      close(one.output, vector.samples[k]!.output, `output ${k}`);
      close(one.integral, vector.samples[k]!.integral, `integral ${k}`);
    });
  });

test("bmcPidCore temp-pid-slew: ours, with the integral tracking within one sample", () => {
  const vector = bmc("temp-pid-slew");
  const run = ours(vector, { antiWindup: "back-calculation", trackingTime: vector.config.ts });
  run.forEach((one, k) => {
    close(one.output, vector.samples[k]!.output, `output ${k}`);
    close(one.integral, vector.samples[k]!.integral, `integral ${k}`);
  });
});

test("bmcPidCore quirk: at no error the daemon's output creeps, ours stays", () => {
  const vector = bmc("quirk-ff-slew-integral-runaway");
  assert.equal(vector.samples.at(-1)!.output, 60);
  const run = ours(vector, { antiWindup: "back-calculation", trackingTime: vector.config.ts });
  for (const { output, integral } of run) {
    assert.equal(output, 50);
    assert.equal(integral, 0);
  }
});

const table = vectors.logic.stepwise;
for (const [hysteresis, vector] of [
  ["accepted-input", table.lastInputHysteresis],
  ["threshold", table.thresholdHysteresis],
] as const)
  test(`stepwise with hysteresis by ${hysteresis}`, () => {
    const settings: StepwiseSettings = {
      points: table.reading.map((at, i) => ({ at, output: table.output[i]! })),
      hysteresis,
      positive: vector.positive,
      negative: vector.negative,
      interpolate: false,
    };
    let state = stepwiseInit();
    const outputs = table.inputs.map((reading) => {
      const step = stepwiseStep(state, reading, settings);
      state = step.state;
      return step.output;
    });
    assert.deepEqual(outputs, vector.outputs);
  });

for (const [i, { params, requestsPerSample, setpoints }] of vectors.logic.trimAndRespond.entries())
  for (const dt of [params.Ts, 5, 60])
    test(`trim and respond ${i + 1}, steps of ${dt} s`, () => {
      const { sp0: initial, Ts: every, Td: delay, ...rest } = params;
      const settings: TrimSettings = { initial, every, delay, ...rest };
      assert.equal(checkTrim(settings), undefined);
      let state = trimInit(settings);
      const seen = [state.setpoint];
      let sample = 0;
      for (let t = dt; sample < requestsPerSample.length; t += dt) {
        // The first change is due when the delay has passed, then one each `every`.
        const due = t >= delay && (t - delay) % every === 0;
        const requests = requestsPerSample[sample]!;
        state = trimStep(state, { requests, on: true, dt, nominal: dt }, settings).state;
        if (!due) continue;
        seen.push(state.setpoint);
        sample++;
      }
      assert.equal(seen.length, setpoints.length);
      seen.forEach((value, k) => close(value, setpoints[k]!, `setpoint ${k}`));
    });
