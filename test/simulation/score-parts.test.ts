import assert from "node:assert/strict";
import { test } from "node:test";
import { createAlarmWatch, type ScoreEvent } from "../../server/simulation/score-alarms.ts";
import { createBusWatch } from "../../server/simulation/score-bus.ts";
import { createChangeWatch } from "../../server/simulation/score-changes.ts";
import { diagnosedWithin, diagnoses, isVisible } from "../../server/simulation/score-diagnosis.ts";
import { compareScores, compositeOf } from "../../server/simulation/score-gates.ts";
import { createInletWatch } from "../../server/simulation/score-inlet.ts";
import { createNoiseWatch, usualNight } from "../../server/simulation/score-noise.ts";
import { createOutageWatch } from "../../server/simulation/score-outage.ts";
import { type ActiveFault } from "../../simulators/faults.ts";
import { faultFrom } from "../../simulators/fault-text.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import { constantWeather } from "../../simulators/physics/weather.ts";
import { siteParameters } from "../../simulators/sites.ts";

const near = (actual: number, expected: number, within = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} should be ${expected} ± ${within}`);
const physicsOf = (outdoor = 20) =>
  createSitePhysics(siteParameters("demo"), { weather: constantWeather({ outdoor }), seed: 1 });
const fault = (text: string, id = 1): ActiveFault => ({ ...faultFrom(text), id, since: 0 });

test("degree-minutes of a ramp are half its height times its length", () => {
  const limits = { recommended: [18, 27], allowable: [15, 32], equipment: [5, 40] } as const;
  const watch = createInletWatch({ above: [27, 32], below: [18], ...limits });
  // From 22 to 37 °C in 1500 s.
  for (let t = 0; t < 1500; t++) watch.note(22 + (t + 0.5) / 100, 1);
  watch.note(NaN, 3600);
  const { above, below, inlet, minutesOutside } = watch.report();
  near(above["27"] ?? 0, (10 * 1000) / 2 / 60, 1e-3);
  near(above["32"] ?? 0, (5 * 500) / 2 / 60, 1e-3);
  assert.equal(below["18"], 0);
  near(inlet.mean, 29.5, 1e-6);
  assert.deepEqual(minutesOutside, { recommended: 1000 / 60, allowable: 500 / 60, equipment: 0 });
});

test("requests, timeouts and writes are counted by the second and the day; less than a day counts as one", () => {
  const watch = createBusWatch();
  assert.ok(Number.isNaN(watch.report().requestsPerSecond), "there is no bus");
  for (let i = 0; i < 3600; i++) {
    watch.note(1);
    watch.asked(i % 100 !== 0);
    watch.asked(true);
    if (i % 360 === 0) watch.written("tray-a.fan-1 speed");
  }
  watch.written("dx-1.unit mode");
  const hour = watch.report();
  assert.deepEqual([hour.requestsPerSecond, hour.timeouts, hour.writesPerDay], [2, 36, 11]);
  assert.deepEqual(hour.mostWritten, { what: "tray-a.fan-1 speed", perDay: 10 });
  watch.note(2 * 86_400 - 3600);
  assert.deepEqual(watch.report().writes, { "tray-a.fan-1 speed": 5, "dx-1.unit mode": 0.5 });
  watch.reset();
  assert.deepEqual([watch.report().writesPerDay, watch.report().mostWritten], [0, undefined]);
});

test("noise counts at night, above the limit, and while nothing is too warm", () => {
  const watch = createNoiseWatch(usualNight);
  for (const [duty, inlet, hour] of [
    [61, 24, 23],
    [61, 24, 5.9],
    [60, 24, 23],
    [100, 27.1, 23],
    [100, 24, 6],
    [100, 24, 12],
  ] as const)
    watch.note(duty, inlet, hour, 60);
  assert.equal(watch.minutes(), 2);
  const noon = createNoiseWatch({ ...usualNight, from: 12, to: 13 });
  noon.note(80, 20, 12.5, 90);
  noon.note(80, 20, 13, 90);
  assert.equal(noon.minutes(), 1.5);
});

test("an alarm diagnoses a fault when it names what is broken", () => {
  for (const [text, id, expected] of [
    ["tray-a dead-fan 3", "fan-failed:tray-a.fan-3", true],
    ["tray-a dead-fan 3", "fan-failed:tray-a.fan-2", false],
    ["tray-a dead-fan 1", "fan-failed:tray-a.fan-10", false],
    ["probe-inlet stuck temperature", "sensor:probe-inlet.temperature", true],
    ["probe-inlet stuck temperature", "sensor:probe-inlet-2.temperature", false],
    ["probe-inlet drift temperature 1", "high-warning:probe-inlet.temperature", false],
    ["dx-1 lockout", "tripped:dx-1.unit", true],
    ["dx-1 damper-slipped", "damper-no-air", true],
    ["site mains-loss", "loads-shed", false],
    ["site mains-loss", "mains-out", true],
    ["probe-inlet noisy temperature 3", "sensor:probe-inlet.temperature", false],
  ] as const)
    assert.equal(diagnoses(faultFrom(text), id), expected, `${text}: ${id}`);
  assert.equal(diagnosedWithin(faultFrom("tray-a dead-fan 3")), 60);
  assert.equal(diagnosedWithin(faultFrom("probe-inlet stuck temperature")), 1800);
  assert.equal(diagnosedWithin(faultFrom("probe-inlet noisy temperature 3")), undefined);
});

test("a fault can be seen once it does something: a drift of 0.5 K a day after four days, a stuck sensor once the air is elsewhere, a damper once it is moved", () => {
  const physics = physicsOf();
  const drift = faultFrom("probe-inlet drift temperature -0.5");
  assert.equal(isVisible(drift, physics, 3.99 * 86_400), false);
  assert.equal(isVisible(drift, physics, 4 * 86_400), true);
  const away = physics.state.inlet + 2;
  assert.equal(isVisible(faultFrom(`probe-inlet stuck temperature at ${away}`), physics, 0), true);
  assert.equal(isVisible(faultFrom(`probe-inlet stuck temperature at ${away - 1.5}`), physics, 0), false);
  assert.equal(isVisible(faultFrom("probe-inlet stuck temperature"), physics, 3600), false);
  const damper = faultFrom("dx-1 damper-stuck");
  assert.equal(isVisible(damper, physics, 60), false);
  physics.commands.damper = 50;
  assert.equal(isVisible(damper, physics, 60), true);
});

test("detection is timed from when a fault could be seen to the alarm that names it", () => {
  let now = 0;
  let active: readonly ActiveFault[] = [];
  let tell: (event: ScoreEvent) => void = () => undefined;
  const ended: string[] = [];
  const watch = createAlarmWatch(() => now, [], {
    visible: (_, age) => age >= 20,
    ended: (what) => void ended.push(what),
  });
  watch.watch({ list: () => [], onEvent: (listener) => (tell = listener) }, () => active);
  const pass = (until: number): void => {
    for (; now < until; now += 5) watch.note(5);
  };
  const raise = (id: string): void => tell({ kind: "raised", controller: "c", alarm: { id } });
  active = [fault("tray-a dead-fan 3"), fault("probe-inlet stuck temperature", 2)];
  pass(40);
  raise("hot");
  raise("fan-failed:tray-a.fan-3");
  assert.deepEqual(
    watch.report().detection.map(({ seconds, alarm }) => [seconds, alarm]),
    [
      [40, "c hot"],
      [40, "c hot"],
    ],
  );
  const dead = { fault: "tray-a dead-fan", within: 60, seconds: 20, alarm: "c fan-failed:tray-a.fan-3" };
  assert.deepEqual(watch.report().diagnosis, [dead], "the probe still has time");
  pass(1900);
  assert.deepEqual(watch.report().diagnosis, [
    dead,
    { fault: "probe-inlet stuck", within: 1800, seconds: Infinity },
  ]);
  active = [];
  pass(1910);
  assert.deepEqual(ended, ["tray-a dead-fan", "probe-inlet stuck"]);
});

test("recovery is the time from the end of a fault until all is normal; a bump is what outputs jump after a change", () => {
  const { commands } = physicsOf();
  const watch = createChangeWatch(commands);
  const duty = (value: number): void => void commands.fanDuty.fill(value);
  watch.note(true, 1);
  duty(60);
  watch.note(true, 1);
  watch.ended("line line-cut");
  for (let i = 0; i < 12; i++) watch.note(false, 1);
  assert.deepEqual(watch.report().recovery, [{ fault: "line line-cut", seconds: Infinity }]);
  watch.note(true, 1);
  watch.note(false, 1);
  assert.deepEqual(watch.report().recovery, [{ fault: "line line-cut", seconds: 12 }]);
  assert.deepEqual(watch.report().bump, { swap: 0, automatic: 0 });
  watch.changed("swap");
  duty(60.5);
  watch.note(true, 1);
  commands.damper += 0.75;
  watch.note(true, 10);
  duty(90);
  watch.note(true, 1);
  assert.deepEqual(watch.report().bump, { swap: 0.75, automatic: 0 });
});

test("what loads were not given in an outage, by priority, and how long the important one lasted", () => {
  const physics = physicsOf();
  const parameters = siteParameters("demo");
  physics.advance(60);
  const watch = createOutageWatch(physics, parameters, [9, 7, 7, 0, 0, 0, 0, 0]);
  const pass = (seconds: number): void => {
    for (let t = 0; t < seconds; t++) {
      physics.advance(1);
      watch.note(1);
    }
  };
  physics.world.mains = false;
  pass(600);
  physics.commands.outlets[0] = false;
  pass(1800);
  const { unservedByPriority, itUnserved, autonomy, hours } = watch.report();
  near(hours, 2400 / 3600, 1e-3);
  near(unservedByPriority["9"] ?? 0, itUnserved, 0.1);
  assert.ok((unservedByPriority["9"] ?? 0) > 60 && unservedByPriority["7"] === 0);
  assert.deepEqual([unservedByPriority["0"], autonomy], [0, Infinity]);
  physics.commands.outlets[3] = false;
  pass(60);
  near(watch.report().autonomy, 2401, 2);
  assert.ok((watch.report().unservedByPriority["0"] ?? 0) > 0);
});

test("the composite in closed form; what fails a gate comes after what does not", () => {
  near(compositeOf({ energyRatio: 0.4, above32: 0, startsPerDay: 24, violations: 0 }), 0.4);
  near(compositeOf({ energyRatio: 1, above32: 600, startsPerDay: 34, violations: 2 }), 1 + 1 + 0.2 + 10);
  const scores = [
    { gates: ["no alarm at site smoke"], composite: 0.1 },
    { gates: [], composite: 0.9 },
    { gates: [], composite: 0.5 },
  ];
  assert.deepEqual(
    [...scores].sort(compareScores).map(({ composite }) => composite),
    [0.5, 0.9, 0.1],
  );
});
