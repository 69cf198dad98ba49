import assert from "node:assert/strict";
import { test } from "node:test";
import { createScore } from "../../server/simulation/score.ts";
import { exposureAt } from "../../server/simulation/score-temperature.ts";
import { createRateWatch } from "../../server/simulation/score-rate.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { constantWeather } from "../../simulators/physics/weather.ts";
import { siteParameters } from "../../simulators/sites.ts";

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} should be ${expected} ± ${within}`);

function site(outdoor: number, options: Parameters<typeof scoreOf>[1] = {}) {
  const parameters = siteParameters("cabinet");
  const physics = createSitePhysics(parameters, { weather: constantWeather({ outdoor }), seed: 1 });
  const score = scoreOf({ physics, parameters }, options);
  const pass = (seconds: number, look: (physics: SitePhysics) => void = () => undefined): void => {
    for (let i = 0; i < seconds; i++) {
      physics.advance(1);
      score.note(1);
      look(physics);
    }
  };
  return { physics, score, pass };
}
type Deps = Parameters<typeof createScore>[0];
const scoreOf = (deps: Pick<Deps, "physics" | "parameters">, options: Omit<Deps, "physics" | "parameters">) =>
  createScore({ ...deps, ...options });

test("degree-minutes, minutes outside and extremes are those of the inlet", () => {
  const { score, pass, physics } = site(30, { setpoint: () => 24 });
  physics.commands.dx[0]!.mode = "off";
  let [dm27, outside, most, squares] = [0, 0, -Infinity, 0];
  pass(3600, ({ state: { inlet } }) => {
    dm27 += Math.max(0, inlet - 27) / 60;
    outside += inlet < 18 || inlet > 27 ? 1 / 60 : 0;
    most = Math.max(most, inlet);
    squares += (inlet - 24) ** 2;
  });
  const report = score.report();
  near(report.above["27"] ?? 0, dm27, 1e-6);
  near(report.minutesOutside.recommended, outside, 1e-6);
  assert.equal(report.inlet.max, most);
  near(report.tracking?.rms ?? 0, Math.sqrt(squares / 3600), 1e-9);
  assert.equal(report.hours, 1);
  assert.deepEqual(report.below["5"], 0);
});

test("energy and partial PUE; a reset begins anew", () => {
  const { score, pass, physics } = site(35);
  pass(3600);
  const { energy } = score.report();
  near(energy.it, physics.state.energy.it / 1000, 1e-9);
  assert.ok(energy.dx > 0 && energy.fans > 0);
  near(energy.partialPue, (energy.it + energy.cooling) / energy.it, 1e-12);
  near(energy.cooling, energy.dx + energy.fans + energy.heater, 1e-12);
  score.reset();
  pass(60);
  const later = score.report();
  assert.ok(later.energy.it < 0.05 && later.hours < 0.02);
});

test("compressor starts are counted by the hour; times that were not kept are violations", () => {
  const { score, pass, physics } = site(35);
  const command = physics.commands.dx[0]!;
  Object.assign(command, { mode: "remote", minimumOn: 30, minimumOff: 30 });
  for (let i = 0; i < 3; i++) {
    command.capacity = 100;
    pass(60);
    command.capacity = 0;
    pass(60);
  }
  const { compressors } = score.report();
  assert.equal(compressors.starts, 3);
  assert.equal(compressors.worstHour, 3);
  assert.equal(compressors.violations, 5, "three runs and two rests shorter than the unit's own times");
  assert.ok(compressors.shortestOn < 70 && compressors.shortestOff < 70);
});

test("an outage: hours, charge and what was not served", () => {
  const { score, pass, physics } = site(15);
  physics.world.mains = false;
  pass(1800);
  physics.world.mains = true;
  pass(60);
  const { outage, compressors } = score.report();
  near(outage.hours, 0.5, 0.01);
  assert.ok(outage.leastCharge < 0.96 && outage.leastCharge > 0.8, String(outage.leastCharge));
  near(outage.chargeAtReturn, outage.leastCharge, 0.01);
  assert.equal(outage.itUnserved, 0);
  assert.equal(compressors.violations, 0, "a compressor that was cut off did nothing wrong");
});

test("smoke to fans off is timed; heating against cooling is counted", () => {
  const { score, pass, physics } = site(15);
  pass(10);
  assert.ok(Number.isNaN(score.report().safety.smokeToFansOff));
  physics.world.smoke = true;
  pass(3);
  assert.equal(score.report().safety.smokeToFansOff, Infinity);
  physics.commands.fanDuty.fill(0);
  pass(2);
  near(score.report().safety.smokeToFansOff, 3, 1.1);
  physics.commands.fanDuty.fill(80);
  physics.commands.heaterStages = 1;
  physics.commands.damper = 50;
  pass(120);
  assert.ok(score.report().safety.interlockSeconds > 50);
});

test("the rate is the largest difference within a quarter and within an hour", () => {
  const watch = createRateWatch();
  for (let minute = 0; minute < 180; minute++) watch.note(20 + minute / 10, 60);
  near(watch.report().quarter, 1.5, 1e-9);
  near(watch.report().hour, 6, 1e-9);
  watch.note(60, 60);
  assert.ok(watch.report().quarter > 20);
});

test("activity is what outputs travelled in a day", () => {
  const { score, pass, physics } = site(15);
  for (let i = 0; i < 10; i++) {
    physics.commands.fanDuty.fill(i % 2 === 0 ? 60 : 40);
    pass(360);
  }
  const { activity } = score.report();
  near(activity.fans, (10 + 9 * 20) * 24, 1e-6);
});

test("failure factors by temperature", () => {
  for (const [celsius, factor] of [
    [10, 0.72],
    [20, 1],
    [22.5, 1.12],
    [35, 1.55],
    [50, 1.55],
  ] as const)
    near(exposureAt(celsius), factor, 1e-9);
});
