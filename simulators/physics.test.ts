import assert from "node:assert/strict";
import { test } from "node:test";
import { createPhysics, type SitePhysics } from "./physics.ts";
import { humidityRatio, relativeHumidity, saturatedRatio } from "./psychrometrics.ts";
import { createRandom } from "./random.ts";
import { createSensor } from "./sensor.ts";

const minutes = (site: SitePhysics, count: number): void => {
  for (let i = 0; i < count * 60; i++) site.step(1);
};

/** A site with fixed cooling, after it has settled. */
function settled(change: (site: SitePhysics) => void = () => undefined): SitePhysics {
  const site = createPhysics({ seed: 7, outdoorSwing: 0 });
  site.inputs.dxCapacity = 0.5;
  minutes(site, 60);
  change(site);
  minutes(site, 60);
  return site;
}

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} should be ${expected} ± ${within}`);

test("moist air", () => {
  near(saturatedRatio(10), 0.007644, 0.00003);
  near(humidityRatio(10, 90), 0.006848, 0.00001);
  near(relativeHumidity(22, humidityRatio(10, 90)), 41.84, 0.1);
  assert.equal(relativeHumidity(5, humidityRatio(20, 90)), 100);
});

test("more fan duty cools the inlet, less heats it", () => {
  const half = settled().state.inlet;
  const full = settled(({ inputs }) => inputs.fanDuty.fill(100)).state.inlet;
  const low = settled(({ inputs }) => inputs.fanDuty.fill(25)).state.inlet;
  assert.ok(full < half - 0.5, `${full} against ${half}`);
  assert.ok(low > half + 0.5, `${low} against ${half}`);
});

test("the heat balance closes in a steady state", () => {
  const { state } = settled();
  const loss = (12 + 0.6) * (state.cold + state.hot - 2 * state.outdoor);
  near(state.itPower + state.fanPower - state.dxCooling, loss, 60);
});

test("an outlet switched off takes its load and its heat away", () => {
  const before = settled().state;
  const after = settled(({ inputs }) => {
    inputs.outletOn[0] = false;
    inputs.outletOn[5] = false;
  }).state;
  assert.ok((after.serverPower[0] ?? 1) < 0.01 && (after.serverPower[5] ?? 1) < 0.01);
  assert.ok(after.itPower < before.itPower - 200);
  assert.ok(after.hot < before.hot - 2);
  assert.ok(after.phasePower[0] < before.phasePower[0] - 200);
});

test("cooling follows a ramp and stops at once", () => {
  const site = createPhysics();
  site.inputs.dxCapacity = 1;
  site.step(60);
  const afterAMinute = site.state.dxCooling;
  minutes(site, 10);
  near(afterAMinute / site.state.dxCooling, 0.63, 0.08);
  site.inputs.dxCapacity = 0;
  site.step(0.25);
  assert.equal(site.state.dxCooling, 0);
});

test("fans have inertia, start at 20 % duty and stall below 10 %", () => {
  const site = createPhysics();
  site.inputs.fanDuty.fill(100);
  site.step(2);
  near(site.state.fanSpeed[0] ?? 0, 4000 - 2000 * Math.exp(-1), 1);
  site.inputs.fanDuty.fill(9);
  minutes(site, 2);
  assert.ok((site.state.fanSpeed[0] ?? 1) < 1);
  site.inputs.fanDuty.fill(15);
  minutes(site, 1);
  assert.ok((site.state.fanSpeed[0] ?? 1) < 1, "too little to start");
  site.inputs.fanDuty.fill(20);
  minutes(site, 1);
  site.inputs.fanDuty.fill(15);
  minutes(site, 1);
  near(site.state.fanSpeed[0] ?? 0, 600, 1);
});

test("a dead fan stands still and moves no air", () => {
  const { state } = settled(({ inputs }) => {
    inputs.fanDead[2] = true;
  });
  assert.ok((state.fanSpeed[2] ?? 1) < 1);
  near(state.airflow, 0.004 + (0.1 * 7) / 8, 0.001);
});

test("an open door lets the outdoors in", () => {
  const cold = (open: boolean): number => {
    const site = createPhysics({ outdoorMean: 0, outdoorSwing: 0 });
    site.inputs.doorOpen = open;
    minutes(site, 60);
    return site.state.inlet;
  };
  assert.ok(cold(true) < cold(false) - 10);
});

test("losing the mains moves the plant and the servers to batteries, and stops the cooling", () => {
  const site = settled((it) => {
    it.inputs.mains = false;
  });
  const { state } = site;
  assert.deepEqual(state.mainsVoltage, [0, 0, 0]);
  assert.deepEqual(state.phasePower, [0, 0, 0]);
  assert.equal(state.dxCooling, 0);
  assert.ok(state.batteryCurrent < -5 && state.busVoltage < 52 && state.busVoltage > 48);
  assert.equal(state.rectifierCurrent, 0);
  near(state.batteryCharge, 100 - (100 * -state.batteryCurrent) / 100, 0.5);
  assert.ok(state.hot > 40);
  const fed = (): boolean => state.upsOutputOn;
  assert.ok(state.upsCharge < 40 && fed());
  minutes(site, 60);
  assert.equal(fed(), false);
  assert.equal(Math.round(state.itPower), 0);
  site.inputs.mains = true;
  minutes(site, 30);
  assert.ok(fed() && state.itPower > 900 && state.batteryCurrent > 0);
});

test("the same seed gives the same course, another seed another one", () => {
  const course = (seed: number): readonly number[] => {
    const site = createPhysics({ seed });
    minutes(site, 10);
    return [site.state.outdoor, site.state.inlet, site.state.itPower];
  };
  assert.deepEqual(course(3), course(3));
  assert.notDeepEqual(course(3), course(4));
});

test("the outdoor air is warmest in the afternoon", () => {
  const at = (startHour: number): number => createPhysics({ startHour }).state.outdoor;
  near(at(15), 26, 0.5);
  near(at(3), 10, 0.5);
});

test("a sensor follows a step of 10 K by 8.65 K within two time constants", () => {
  let measured = 20;
  const sensor = createSensor(() => measured, { tauSeconds: 30, sigma: 0, random: createRandom(1) });
  measured = 30;
  for (let i = 0; i < 240; i++) sensor.step(0.25);
  near(sensor.value(), 28.647, 0.001);
});

test("named generators do not disturb each other", () => {
  const a = createRandom(1, "a");
  const first = [a.next(), a.next()];
  const again = createRandom(1, "a");
  createRandom(1, "b").next();
  assert.deepEqual([again.next(), again.next()], first);
  const many = Array.from({ length: 4000 }, () => a.normal());
  near(many.reduce((sum, x) => sum + x, 0) / many.length, 0, 0.06);
  near(many.reduce((sum, x) => sum + x * x, 0) / many.length, 1, 0.1);
});
