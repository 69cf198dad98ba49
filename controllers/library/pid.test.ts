import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type PidInput,
  pidInit,
  type PidResult,
  pidSettings,
  type PidSettings,
  pidShift,
  type PidState,
  pidStep,
  pidWith,
} from "./pid.ts";
import { checkPid, gainsOf } from "./pid-settings.ts";
import { checkVelocity, velocityFromRest, velocityInit, velocityStep } from "./velocity.ts";

const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const anyGains = fc.record({
  form: fc.constantFrom("ideal" as const, "parallel" as const),
  action: fc.constantFrom("direct" as const, "reverse" as const),
  gain: finite(0.01, 50),
  integralTime: finite(1, 1000),
  derivativeTime: fc.oneof(fc.constant(0), finite(0.01, 100)),
  integralGain: finite(1e-4, 5),
  derivativeGain: fc.oneof(fc.constant(0), finite(0.01, 100)),
  setpointWeight: finite(0, 1),
  derivativeOn: fc.constantFrom("measurement" as const, "error" as const),
});
const anyLimits = fc.record({
  slewUp: fc.oneof(fc.constant(0), finite(0.1, 20)),
  slewDown: fc.oneof(fc.constant(0), finite(0.1, 20)),
  antiWindup: fc.constantFrom("none" as const, "conditional" as const, "back-calculation" as const),
  trackingTime: fc.oneof(fc.constant(0), finite(1, 500)),
});
const anySettings = fc.tuple(anyGains, anyLimits).map(([a, b]) => pidWith({ ...a, ...b, outputMin: 20 }));
const wild = fc.oneof(finite(-50, 100), fc.constantFrom(1e9, -1e9, NaN, Infinity, -Infinity, 1e308, -1e308));

const at = (input: Partial<PidInput>): PidInput => ({ setpoint: 25, pv: 25, dt: 5, nominal: 5, ...input });

const run = (settings: PidSettings, inputs: readonly Partial<PidInput>[], from = pidInit()): PidResult[] => {
  let state = from;
  return inputs.map((input) => {
    const step = pidStep(state, at(input), settings);
    state = step.state;
    return step;
  });
};

const near = (a: number, b: number, tolerance: number, what = "") =>
  assert.ok(Math.abs(a - b) <= tolerance, `${what} ${a}, expected ${b}`);

describe("the twelve properties of a PID loop", () => {
  test("1: inside its limits and its slew cone, whatever comes in; nothing unusable goes out", () => {
    fc.assert(
      fc.property(
        anySettings,
        fc.array(
          fc.record({ pv: wild, setpoint: wild, feedForward: wild, dt: fc.oneof(finite(0.1, 20), wild) }),
        ),
        finite(20, 100),
        (settings, inputs, first) => {
          let state = pidInit(0, first);
          for (const input of inputs) {
            const before = state.output ?? NaN;
            const step = pidStep(state, at(input), settings);
            assert.ok(step.output >= 20 && step.output <= 100, String(step.output));
            const counted = Number.isNaN(input.dt) ? 0 : Math.min(Math.max(input.dt, 0), 7.5);
            const span = counted * (1 + 1e-9) + 1e-9;
            if (settings.slewUp > 0) assert.ok(step.output <= before + settings.slewUp * span);
            if (settings.slewDown > 0) assert.ok(step.output >= before - settings.slewDown * span);
            if ([input.pv, input.setpoint, input.feedForward, input.dt].some((x) => !Number.isFinite(x))) {
              assert.ok(step.fault);
              assert.equal(step.output, before);
              assert.equal(step.state, state);
            }
            for (const kept of Object.values(step.state)) assert.ok(kept === null || Number.isFinite(kept));
            ({ state } = step);
          }
        },
      ),
    );
  });

  test("2: after a saturation of any length it leaves the limit within one tracking time", () => {
    fc.assert(
      fc.property(
        finite(0.5, 20),
        finite(20, 600),
        finite(0.05, 1),
        fc.integer({ min: 1, max: 3000 }),
        finite(0.2, 20),
        finite(0.2, 20),
        (gain, integralTime, share, length, hot, cold) => {
          const trackingTime = Math.max(5, integralTime * share);
          const settings = pidWith({ gain, integralTime, trackingTime, antiWindup: "back-calculation" });
          const saturated = run(
            settings,
            [...Array<object>(length)].map(() => ({ pv: 25 + hot })),
          );
          const steps = Math.ceil(trackingTime / 5);
          const after = run(
            settings,
            [...Array<object>(steps)].map(() => ({ pv: 25 - cold })),
            saturated.at(-1)!.state,
          );
          assert.ok(after.some((one) => one.output < 100));
        },
      ),
    );
  });

  test("3: manual to automatic, new gains and a shifted meaning make no bump", () => {
    fc.assert(
      fc.property(
        anyGains,
        anyGains,
        finite(20, 100),
        finite(-5, 5),
        finite(0, 30),
        (one, other, held, error, feedForward) => {
          const settings = pidWith({
            ...one,
            derivativeTime: 0,
            derivativeGain: 0,
            outputMin: -1e6,
            outputMax: 1e6,
          });
          const input = { pv: 25 + error, feedForward };
          const manual = run(settings, Array<Partial<PidInput>>(5).fill({ ...input, manual: held }));
          const increment = (of: PidSettings) => Math.abs(gainsOf(of, 1).i * 5 * error);
          const first = pidStep(manual.at(-1)!.state, at(input), settings);
          near(first.output, held, increment(settings) * (1 + 1e-9) + 1e-9, "manual");
          const changed = pidWith({ ...settings, ...other, derivativeTime: 0, derivativeGain: 0 });
          const next = pidStep(first.state, at(input), changed);
          near(next.output, first.output, increment(changed) * (1 + 1e-9) + 1e-9, "gains");
          const scheduled = pidStep(next.state, at({ ...input, gainFactor: 3 }), changed);
          near(scheduled.output, next.output, 3 * increment(changed) * (1 + 1e-9) + 1e-9, "factor");
          const shifted = pidStep(pidShift(scheduled.state, -20), at({ ...input, gainFactor: 3 }), changed);
          near(shifted.output, scheduled.output - 20, 3 * increment(changed) * (1 + 1e-9) + 1e-9, "shift");
        },
      ),
    );
  });

  test("4: a mirrored plant gets the same output from the other action, a scaled one from scaled gains", () => {
    fc.assert(
      fc.property(anySettings, fc.array(finite(0, 60)), finite(0.01, 100), (settings, pvs, scale) => {
        const plain = run(
          settings,
          pvs.map((pv) => ({ pv })),
        );
        const action = settings.action === "direct" ? "reverse" : "direct";
        const mirrored = run(
          { ...settings, action },
          pvs.map((pv) => ({ pv: -pv, setpoint: -25 })),
        );
        mirrored.forEach((one, k) => assert.equal(one.output, plain[k]!.output));
        const { gain, integralGain, derivativeGain } = settings;
        const smaller = {
          gain: gain / scale,
          integralGain: integralGain / scale,
          derivativeGain: derivativeGain / scale,
        };
        const scaled = run(
          { ...settings, ...smaller },
          pvs.map((pv) => ({ pv: pv * scale, setpoint: 25 * scale })),
        );
        scaled.forEach((one, k) => near(one.output, plain[k]!.output, 1e-6));
      }),
    );
  });

  test("5: no time of day enters a step: only its length", () => {
    const keys = Object.keys(at({})).sort();
    assert.deepEqual(keys, ["dt", "nominal", "pv", "setpoint"]);
    fc.assert(
      fc.property(anySettings, fc.array(finite(0, 60)), (settings, pvs) => {
        // The same lengths, from whatever start, as differences of a monotonic clock give them.
        const of = (start: number) =>
          run(
            settings,
            pvs.map((pv, k) => ({ pv, dt: start + 5 * (k + 1) - (start + 5 * k) })),
          );
        assert.deepEqual(of(0), of(3_600_000));
      }),
    );
  });

  test("6: put away and taken out in mid-run it goes on bit for bit", () => {
    fc.assert(
      fc.property(anySettings, fc.array(finite(-60, 60)), (settings, pvs) => {
        let kept: PidState = pidInit(20, 20);
        const whole = run(
          settings,
          pvs.map((pv) => ({ pv })),
          kept,
        );
        pvs.forEach((pv, k) => {
          const step = pidStep(JSON.parse(JSON.stringify(kept)) as PidState, at({ pv }), settings);
          assert.ok(Object.is(step.output, whole[k]!.output));
          assert.deepEqual(step.state, whole[k]!.state);
          kept = step.state;
        });
      }),
    );
  });

  test("7: the velocity form equals it where no limit is reached", () => {
    fc.assert(
      fc.property(
        anyGains,
        fc.array(finite(-10, 10), { maxLength: 60 }),
        finite(0, 20),
        (gains, pvs, feedForward) => {
          const settings = pidWith({ ...gains, outputMin: -1e9, outputMax: 1e9 });
          assert.equal(checkVelocity(settings), undefined);
          let velocity = velocityFromRest(0);
          const inputs = pvs.map((pv, k) => ({ pv, setpoint: k < 3 ? 0 : 2, feedForward }));
          const position = run(settings, inputs, { ...pidInit(0, 0), pv: 0 });
          let largest = 1;
          position.forEach((one, k) => {
            const step = velocityStep(velocity, at(inputs[k]!), settings);
            velocity = step.state;
            largest = Math.max(largest, Math.abs(one.p), Math.abs(one.i), Math.abs(one.d));
            near(step.output, one.output, 1e-12 * largest * (k + 1));
          });
        },
      ),
    );
  });

  test("9: inside the dead band nothing moves and nothing is integrated; leaving it makes no step", () => {
    fc.assert(
      fc.property(
        anyGains,
        finite(0.1, 2),
        fc.array(finite(-0.999, 0.999), { minLength: 2 }),
        finite(20, 80),
        (gains, deadband, shares, held) => {
          const settings = pidWith({ ...gains, deadband, antiWindup: "none" });
          const begun = run(settings, [{ pv: 25, manual: held }]);
          const inside = run(
            settings,
            shares.map((share) => ({ pv: 25 + share * deadband })),
            begun.at(-1)!.state,
          );
          for (const one of inside) {
            near(one.output, held, 1e-9);
            assert.equal(one.state.integral, inside[0]!.state.integral);
          }
          const out = pidStep(inside.at(-1)!.state, at({ pv: 25 + deadband + 1e-6 }), settings);
          const { p, i, d, filter } = gainsOf(settings, 1);
          near(out.output, held, 1e-6 * (Math.abs(p) + 5 * Math.abs(i) + Math.abs(d) / (filter + 5)) + 1e-6);
        },
      ),
    );
  });

  test("12: feed-forward with slew and integral: after 1,000 saturated cycles the integral is inside its limits", () => {
    fc.assert(
      fc.property(anySettings, finite(-200, 200), finite(10, 50), (settings, feedForward, pv) => {
        const limits = { slewUp: 1, slewDown: 1, integralMin: 20, integralMax: 100 };
        const steps = run({ ...settings, ...limits }, Array<object>(1000).fill({ pv, feedForward }));
        for (const { state } of steps) assert.ok(state.integral >= 20 && state.integral <= 100);
      }),
      { numRuns: 40 },
    );
    // Without limits of its own it stays where it is when there is no error: what the daemon's does not.
    const settings = pidWith({ gain: 0.1, slewUp: 10, slewDown: 10 });
    const last = run(settings, Array<object>(1000).fill({ feedForward: 300 })).at(-1)!;
    assert.ok(last.output === 100 && Math.abs(last.state.integral) <= 200 + 1e-9);
  });
});

test("a step of irregular length holds integral and derivative, and says so", () => {
  const settings = pidWith({ gain: 2, integralTime: 50, derivativeTime: 10 });
  const first = run(settings, [{ pv: 26 }, { pv: 27 }]).at(-1)!;
  for (const dt of [2.4, 7.6]) {
    const step = pidStep(first.state, at({ pv: 28, dt }), settings);
    assert.ok(step.held && !step.fault);
    assert.equal(step.i, first.state.integral);
    assert.equal(step.d, first.state.derivative);
  }
  for (const dt of [2.5, 7.5]) assert.equal(pidStep(first.state, at({ pv: 28, dt }), settings).held, false);
});

test("what is in force, when it is not what was sent, moves the integral", () => {
  const settings = pidWith({ gain: 2, integralTime: 100, trackingTime: 50 });
  const { state } = pidStep(pidInit(40, 40), at({}), settings);
  const rounded = pidStep(state, at({ applied: 40.6 }), settings);
  assert.equal(rounded.output, 40, "rounding is no difference");
  const stuck = pidStep(state, at({ applied: 20 }), settings);
  near(stuck.output, 40 + (5 / 50) * (20 - 40), 1e-12);
  const conditional = pidWith({ ...settings, antiWindup: "conditional" });
  assert.equal(
    pidStep(state, at({ applied: 20, pv: 26 }), conditional).state.integral,
    40,
    "refused upwards",
  );
  assert.ok(pidStep(state, at({ applied: 20, pv: 24 }), conditional).state.integral < 40, "not downwards");
});

test("an inner loop at its limit stops the integral in that direction only", () => {
  const settings = pidWith({ gain: 2, integralTime: 100 });
  const { state } = pidStep(pidInit(40, 40), at({}), settings);
  const after = (pv: number, freeze: "up" | "down" | "both") =>
    pidStep(state, at({ pv, freeze }), settings).state.integral;
  assert.equal(after(26, "up"), 40);
  assert.ok(after(24, "up") < 40);
  assert.equal(after(24, "down"), 40);
  assert.ok(after(26, "down") > 40);
  assert.equal(after(26, "both"), 40);
});

test("limits of a step go before those of the settings, and are named", () => {
  const settings = pidWith({ gain: 10, slewUp: 1 });
  const hot = pidStep(pidInit(), at({ pv: 40, max: 60 }), settings);
  assert.deepEqual([hot.output, hot.limit], [60, "max"]);
  const cold = pidStep(pidInit(), at({ pv: 20, min: 30 }), settings);
  assert.deepEqual([cold.output, cold.limit], [30, "min"]);
  assert.equal(pidStep(cold.state, at({ pv: 40 }), settings).limit, "slew-up");
  assert.equal(pidStep(pidInit(50, 50), at({}), settings).limit, "none");
});

test("settings that contradict themselves are refused in words", () => {
  assert.equal(checkPid(pidWith()), undefined);
  assert.match(checkPid(pidWith({ outputMin: 50, outputMax: 50 })) ?? "", /outputMin 50 must be below/);
  assert.match(checkPid(pidWith({ integralMin: 2, integralMax: 1 })) ?? "", /integralMin/);
  assert.match(checkPid(pidWith({ form: "parallel", gain: 0, derivativeGain: 1 })) ?? "", /needs a gain/);
  assert.match(checkVelocity(pidWith({ integralTime: 0 })) ?? "", /drifts/);
});

test("the defaults are those of the schema", () => {
  const declared = Object.fromEntries(
    Object.entries(pidSettings.properties)
      .filter(([name]) => !["integralMin", "integralMax"].includes(name))
      .map(([name, one]) => [name, (one as { default?: unknown }).default]),
  );
  assert.deepEqual(declared, pidWith());
});

test("a velocity loop begins without a bump, holds on what is no number, and goes on from what is in force", () => {
  const settings = pidWith({ gain: 5, integralTime: 100 });
  const first = velocityStep(velocityInit(40), at({ pv: 27 }), settings);
  near(first.output, 40 + (5 / 100) * 5 * 2, 1e-12);
  const held = velocityStep(first.state, at({ pv: NaN }), settings);
  assert.ok(held.fault && held.change === 0 && held.state === first.state);
  near(velocityStep(first.state, at({ pv: 27, applied: 70 }), settings).output, 70.5, 1e-12);
  assert.equal(velocityStep(first.state, at({ pv: 27, manual: 33 }), settings).output, 33);
});
