import assert from "node:assert/strict";
import { test } from "node:test";
import { createSensor, type Sensor } from "./sensor.ts";

const clean = { tauSeconds: 30, sigma: 0, quantum: 0 };
const run = (sensor: Sensor, seconds: number, dt = 1): void => {
  for (let t = 0; t < seconds; t += dt) sensor.step(dt);
};
const stepped = (parameters: Partial<Parameters<typeof createSensor>[2]> = {}, seed = 1, name = "a") => {
  let air = 20;
  const sensor = createSensor(name, () => air, { ...clean, ...parameters }, seed);
  return { sensor, set: (to: number) => (air = to) };
};

test("a lag of 30 s shows 8.647 of 10 K after 60 s, whatever the sampling", () => {
  for (const dt of [0.25, 1, 5, 60]) {
    const { sensor, set } = stepped();
    set(30);
    run(sensor, 60, dt);
    assert.ok(Math.abs(sensor.value() - 28.6466) < 1e-3, `${sensor.value()} with samples every ${dt} s`);
  }
});

test("what is shown comes in steps, from the first value on", () => {
  const { sensor, set } = stepped({ quantum: 0.5 });
  assert.equal(sensor.value(), 20);
  set(30);
  run(sensor, 60, 0.25);
  assert.equal(sensor.value(), 28.5);
  let air = 20.3;
  const fresh = createSensor("fresh", () => air, { ...clean, quantum: 0.5 }, 1);
  assert.equal(fresh.value(), 20.5);
  air = 0;
  assert.equal(fresh.value(), 20.5, "until it takes its next sample");
});

test("a fault shows at once, and is gone at once", () => {
  const { sensor } = stepped();
  const { faults } = sensor;
  faults.jump = 3;
  assert.equal(sensor.value(), 23);
  faults.stuck = true;
  assert.equal(sensor.value(), 20, "what it showed last");
  faults.wire = "open";
  assert.ok(Number.isNaN(sensor.value()));
  Object.assign(faults, { wire: "sound", stuck: false, jump: 0 });
  assert.equal(sensor.value(), 20);
});

test("noise has the deviation asked for, is quantised, and belongs to the sensor alone", () => {
  const { sensor } = stepped({ sigma: 0.2, quantum: 0.1 });
  const values = Array.from({ length: 4000 }, () => (sensor.step(1), sensor.value()));
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  assert.ok(Math.abs(mean - 20) < 0.02, `mean ${mean}`);
  assert.ok(Math.abs(deviation - 0.2) < 0.02, `deviation ${deviation}`);
  for (const value of values) assert.ok(Math.abs(value * 10 - Math.round(value * 10)) < 1e-9, `${value}`);
  const course = (seed: number, name: string): number[] => {
    const one = stepped({ sigma: 1 }, seed, name).sensor;
    return Array.from({ length: 5 }, () => (one.step(1), one.value()));
  };
  assert.deepEqual(course(7, "inlet"), course(7, "inlet"));
  assert.notDeepEqual(course(7, "inlet"), course(7, "outlet"));
  assert.notDeepEqual(course(7, "inlet"), course(8, "inlet"));
});

test("every fault shows, and goes when it is repaired", () => {
  const { sensor, set } = stepped();
  const { faults } = sensor;
  run(sensor, 1);
  faults.stuck = true;
  set(40);
  run(sensor, 600);
  assert.equal(sensor.value(), 20);
  faults.stuckAt = 55;
  run(sensor, 1);
  assert.equal(sensor.value(), 55);
  faults.stuck = false;
  run(sensor, 1);
  assert.ok(Math.abs(sensor.value() - 40) < 1e-6, `${sensor.value()}`);
  faults.jump = 3;
  run(sensor, 1);
  assert.ok(Math.abs(sensor.value() - 43) < 1e-6, `${sensor.value()}`);
  faults.jump = 0;
  faults.fahrenheit = true;
  run(sensor, 1);
  assert.ok(Math.abs(sensor.value() - 104) < 1e-6, `${sensor.value()}`);
  faults.fahrenheit = false;
  faults.wire = "open";
  run(sensor, 1);
  assert.ok(Number.isNaN(sensor.value()), `${sensor.value()}`);
  faults.wire = "sound";
  faults.driftPerDay = 0.1;
  run(sensor, 86_400, 60);
  assert.ok(Math.abs(sensor.value() - 40.1) < 1e-6, `${sensor.value()}`);
  faults.driftPerDay = 0;
  run(sensor, 1);
  assert.ok(Math.abs(sensor.value() - 40) < 1e-6, `${sensor.value()} after the drift was repaired`);
});

test("rails, noise, missing readings and delay", () => {
  const { sensor, set } = stepped({ sigma: 0.1, open: -327.68, short: 327.67 });
  const { faults } = sensor;
  faults.wire = "short";
  run(sensor, 1);
  assert.equal(sensor.value(), 327.67);
  faults.wire = "open";
  run(sensor, 1);
  assert.equal(sensor.value(), -327.68);
  faults.wire = "sound";
  faults.noise = 10;
  const noisy = Array.from({ length: 2000 }, () => (sensor.step(1), sensor.value() - 20));
  const deviation = Math.sqrt(noisy.reduce((sum, value) => sum + value ** 2, 0) / noisy.length);
  assert.ok(Math.abs(deviation - 1) < 0.1, `${deviation}`);
  faults.noise = 0;
  faults.intermittent = 0.3;
  const missing = Array.from({ length: 2000 }, () => (sensor.step(1), Number.isNaN(sensor.value()))).filter(
    Boolean,
  );
  assert.ok(Math.abs(missing.length / 2000 - 0.3) < 0.05, `${missing.length} missing`);
  faults.intermittent = 0;
  faults.delay = 30;
  run(sensor, 40);
  set(50);
  run(sensor, 29);
  assert.ok(Math.abs(sensor.value() - 20) < 1e-6, `${sensor.value()} after 29 s`);
  run(sensor, 31);
  assert.ok(sensor.value() > 35, `${sensor.value()} after 60 s`);
});
