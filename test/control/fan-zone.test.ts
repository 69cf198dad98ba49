import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { reading, silent, warmZone, zoneOf, type ZoneOptions } from "./zone.ts";

const full = 4000;
/** Speed of a healthy fan: affine above its start duty, as the settings' map says. */
const speedAt = (duty: number): number => (duty < 20 ? 0 : full * (0.2 + (0.8 * (duty - 20)) / 80));

interface Dead {
  readonly fan: string;
  readonly from: number;
}

/** A zone whose fans really move air. @param others what other controllers and sensors say, by input */
function site(
  options: ZoneOptions = {},
  dead?: Dead,
  others: (inlet: number, duty: number) => Readonly<Record<string, number>> = () => ({}),
) {
  const zone = zoneOf(fanZone, {
    ...options,
    settings: { fullSpeed: full, setpoint: 30, ...options.settings },
  });
  const air = warmZone();
  const names = ["fan-1", "fan-2", "fan-3", "fan-4"];
  let steps = 0;
  const step = (
    hour?: number,
    probe: (inlet: number) => ReturnType<typeof reading>[] = (t) => [reading("probe", t)],
  ): EngineResult => {
    const turns = (i: number) => !(dead !== undefined && names[i] === dead.fan && steps >= dead.from);
    const speeds = zone.duties().map((duty, i) => (turns(i) ? speedAt(duty) : 0));
    const inputs = {
      inlet: probe(Math.round(air.inlet() * 100) / 100),
      speeds: names.map((name, i) => reading(name, speeds[i]!)),
      power: [],
      floor: [],
      ...Object.fromEntries(
        Object.entries(others(air.inlet(), zone.duties()[0]!)).map(([name, value]) => [
          name,
          [reading(name, value)],
        ]),
      ),
    };
    const result = zone.step(inputs, hour);
    air.run(zone.duties().map((duty, i) => (turns(i) ? duty : 0)));
    steps++;
    return result;
  };
  const run = (count: number): EngineResult => {
    let last: EngineResult | undefined;
    for (let i = 0; i < count; i++) last = step();
    return last!;
  };
  return { zone, air, step, run };
}

test("it begins in fail-safe, takes over without a bump, and holds the hottest inlet", () => {
  const { zone, air, run } = site();
  assert.equal(run(1).mode, "fail-safe");
  assert.deepEqual(zone.duties(), [75, 75, 75, 75]);
  assert.equal(run(2).mode, "automatic");
  assert.ok(
    zone.duties().every((duty) => Math.abs(duty - 75) <= 6),
    String(zone.duties()),
  );
  const last = run(600);
  assert.ok(Math.abs(air.inlet() - 30) < 0.2, String(air.inlet()));
  assert.match(
    last.trace.reason,
    /^probe is at (30|29\.9|30\.1) °C, .*setpoint of 30 °C: fans at 6\d(\.\d)? %/,
  );
  assert.deepEqual(last.trace.alarms, []);
});

test("a dead fan is kicked, found failed within 60 s, told, and made up for", () => {
  const { zone, air, run } = site({}, { fan: "fan-2", from: 400 });
  run(400);
  const before = zone.duties()[0]!;
  const stopped = run(4);
  assert.ok(stopped.trace.alarms.some(({ id }) => id === "fan-stopped:fan-2"));
  const failed = run(9);
  assert.ok(
    failed.trace.alarms.some(({ id, severity }) => id === "fan-failed:fan-2" && severity === "major"),
  );
  const settled = run(400);
  assert.ok(Math.abs(air.inlet() - 30) < 0.3, String(air.inlet()));
  assert.ok(zone.duties()[0]! > before * 1.2);
  assert.match(settled.trace.reason, /1 of 4 fans failed, the others run 21\.1 % faster/);
});

test("quiet hours limit the fans, and heat goes before quiet", () => {
  const { zone, step, run } = site({ settings: { quiet: true, setpoint: 25, fullSpeed: full } });
  run(300);
  assert.ok(zone.duties().every((duty) => duty > 80));
  for (let i = 0; i < 60; i++) step(23);
  const quiet = step(23);
  // At 60 % the air is at 32 °C: 7 K above, so the limit has risen to where both meet.
  assert.ok(
    quiet.trace.limits.some((text) => text.startsWith("quiet hours")),
    quiet.trace.limits.join(),
  );
  assert.ok(zone.duties()[0]! < 90 && zone.duties()[0]! > 60, String(zone.duties()));
});

test("no believable inlet: everything stays for 30 s, then the fail-safe duty, then back without a bump", () => {
  const { zone, run, step } = site({ settings: { fullSpeed: full, setpoint: 31 } });
  run(500);
  const before = zone.duties()[0]!;
  const impossible = () => [reading("probe", 900)];
  for (let i = 0; i < 6; i++) step(12, impossible);
  assert.equal(zone.duties()[0], before);
  const late = step(12, impossible);
  assert.equal(zone.duties()[0], 75);
  assert.ok(late.trace.alarms.some(({ id, severity }) => id === "no-inlet" && severity === "critical"));
  assert.equal(late.mode, "automatic");
  step();
  step();
  step();
  assert.ok(Math.abs(zone.duties()[0]! - 75) <= 5.5, String(zone.duties()));
  assert.equal(run(500).trace.alarms.length, 0);
});

test("a line that is cut puts it in fail-safe; hot before, at 100 %", () => {
  const { zone, run, step } = site({ settings: { fullSpeed: full, setpoint: 25, hotAt: 26 } });
  run(3);
  run(10);
  const cut = step(12, () => [silent("probe")]);
  assert.equal(cut.mode, "fail-safe");
  assert.deepEqual(zone.duties(), [100, 100, 100, 100]);
});

test("manual is followed, and the return makes no bump", () => {
  const { zone, run, step } = site();
  run(400);
  zone.mode("manual");
  for (const fan of ["fan-1", "fan-2", "fan-3", "fan-4"]) zone.targets.hold("fans", fan, 8, 90);
  run(60);
  zone.mode("automatic");
  for (const fan of ["fan-1", "fan-2", "fan-3", "fan-4"]) zone.targets.hold("fans", fan, 8);
  step();
  assert.ok(Math.abs(zone.duties()[0]! - 90) <= 6, String(zone.duties()));
});

test("three probes of one rack: the one that lies is left out and told", () => {
  const { run, step, air } = site();
  const three = (lie: number) => (inlet: number) =>
    ["a", "b", "c"].map((name, i) => reading(name, i === 2 ? inlet + lie : inlet, { tags: ["rack:r1"] }));
  for (let i = 0; i < 300; i++) step(12, three(0));
  let last = run(0);
  for (let i = 0; i < 40; i++) last = step(12, three(8));
  assert.ok(last.trace.alarms.some(({ id }) => id === "sensor:c"));
  assert.ok(Math.abs(air.inlet() - 30) < 0.5);
});

test("the same inputs give the same steps, and its state is the same after being put away: it goes on bit for bit", () => {
  const once = site();
  const again = site();
  for (let i = 0; i < 200; i++) {
    const a = once.step();
    const b = again.step();
    assert.deepEqual(b.trace, a.trace);
    assert.deepEqual(JSON.parse(JSON.stringify(again.zone.engine.state)), again.zone.engine.state);
  }
});

test("settings that contradict themselves are refused with the limit they broke", () => {
  const bad = (settings: object) => () => zoneOf(fanZone, { settings: { ...settings } });
  assert.throws(bad({ minDuty: 80, maxDuty: 70 }), /minDuty 80 % must be below maxDuty 70 %/);
  assert.throws(bad({ setpoint: 50 }), /setpoint: 50 °C is above its maximum 45 °C/);
  assert.throws(bad({ failSafeDuty: 0 }), /failSafeDuty/);
  assert.throws(
    bad({ failSafeDuty: 15, minDuty: 0 }),
    /failSafeDuty 15 % must not be below startDuty 20 %: fans that stand still would not start/,
  );
  assert.throws(bad({ hotAt: 20 }), /hotAt 20 °C must be above setpoint 26 °C/);
});

test("others' need of air is a floor, and it is said whose it is", () => {
  const last = site({}, undefined, () => ({ restAir: 80 })).run(600);
  assert.deepEqual(last.trace.limits, ["a compressor's rest: at least 80 %"]);
});

test("with the damper shut fans go no faster than takes the racks' heat away, and it is said", () => {
  // The racks warm the air by 10 K at a duty of 70 %.
  const { zone, run } = site(
    { settings: { setpoint: 20, saturatedAfter: 600 } },
    undefined,
    (inlet, duty) => ({
      damper: 0,
      outlet: inlet + 700 / duty,
    }),
  );
  const last = run(800);
  assert.ok(Math.abs(zone.duties()[0]! - 70) < 0.5, `${zone.duties()[0]} %`);
  assert.match(last.trace.limits.join(), /^more air would only add the fans' heat: at most 70 %/);
  assert.match(last.trace.alarms.find(({ id }) => id === "saturated")?.text ?? "", /more air would not help/);
});

test("where outdoor air comes in warmer than the inlets, more of it is of no use either", () => {
  const warm = (outdoor: number) =>
    site({ settings: { setpoint: 20 } }, undefined, (inlet, duty) => ({
      damper: 100,
      outdoor: inlet + outdoor,
      outlet: inlet + 700 / duty,
    }));
  const { zone, run } = warm(0.5);
  run(800);
  assert.ok(Math.abs(zone.duties()[0]! - 70) < 0.5, `${zone.duties()[0]} %`);
  const cooler = warm(-0.5);
  cooler.run(800);
  assert.equal(cooler.zone.duties()[0], 100);
});

test("with outdoor air, or a damper that stays open, all air is of use", () => {
  for (const others of [{ damper: 40 }, { damper: 0, damperStuck: 1 }, {}]) {
    const { zone, run } = site({ settings: { setpoint: 20 } }, undefined, (inlet, duty) => ({
      ...others,
      outlet: inlet + 700 / duty,
    }));
    run(600);
    assert.equal(zone.duties()[0], 100, JSON.stringify(others));
  }
});

test("on battery fans do what the raised inlet limit needs, and no step of duty comes of either change", () => {
  const since = { outage: false };
  const { zone, air, run, step } = site({ settings: { setpoint: 27 } }, undefined, () =>
    since.outage ? { inletLimit: 32, inletShort: 40 } : { inletLimit: 0, inletShort: 0 },
  );
  run(600);
  const duty = () => zone.duties()[0]!;
  const mains = duty();
  /** Largest change of duty of a step. */
  const largest = (count: number): number => {
    let most = 0;
    for (let i = 0; i < count; i++) {
      const before = duty();
      step();
      most = Math.max(most, Math.abs(duty() - before));
    }
    return most;
  };
  since.outage = true;
  assert.ok(largest(1200) <= 2, "less air, little by little");
  assert.ok(Math.abs(air.inlet() - 30) < 0.3, `${air.inlet()} °C`);
  assert.ok(duty() < mains - 8, `${duty()} % instead of ${mains} %`);
  since.outage = false;
  assert.ok(largest(1200) <= 2);
  assert.ok(Math.abs(air.inlet() - 27) < 0.3, `${air.inlet()} °C`);
});

test("on battery a setpoint above the raised limit stays, and no inlet is too warm below the short-term limit", () => {
  const zone = zoneOf(fanZone, { settings: { setpoint: 31, setpointUp: 0 } });
  const seen = { speeds: [], power: [], floor: [] };
  const outage = { inletLimit: [reading("outage", 32)], inletShort: [reading("outage", 40)] };
  let last: EngineResult | undefined;
  for (let i = 0; i < 40; i++) last = zone.step({ ...seen, ...outage, inlet: [reading("probe", 37)] });
  assert.equal(last?.trace.terms?.["setpoint"], 31);
  const high = () => last?.trace.alarms.map(({ id }) => id).filter((id) => id.startsWith("inlet-high"));
  assert.deepEqual(high(), []);
  for (let i = 0; i < 40; i++) last = zone.step({ ...seen, inlet: [reading("probe", 37)] });
  assert.deepEqual(high(), ["inlet-high-major"]);
});

test("a critical inlet puts all fans at 100 % at once, whatever quiet hours, an open door, maxDuty or the table say", () => {
  const { zone, step } = site(
    { settings: { maxDuty: 70, quiet: true, quietMax: 40, strategy: "stepwise", setpoint: 38, hotAt: 50 } },
    undefined,
    () => ({ doorHold: 1 }),
  );
  const at = (celsius: number, count: number): EngineResult => {
    for (let i = 1; i < count; i++) step(23, () => [reading("probe", celsius)]);
    return step(23, () => [reading("probe", celsius)]);
  };
  at(39, 200);
  assert.ok(zone.duties()[0]! <= 70, `${zone.duties()[0]} %`);
  const hot = at(40, 1);
  assert.deepEqual(zone.duties(), [100, 100, 100, 100]);
  assert.match(hot.trace.reason, /the inlet is critical: fans at 100 %/);
  at(38.5, 20);
  assert.deepEqual(zone.duties(), [100, 100, 100, 100]);
  at(37.5, 60);
  assert.ok(zone.duties()[0]! <= 70, `${zone.duties()[0]} %`);
});

test("on battery an inlet is critical only above what is allowed for a while", () => {
  const { zone, step } = site({ settings: { setpoint: 38, hotAt: 50 } }, undefined, () => ({
    inletLimit: 45,
    inletShort: 45,
  }));
  for (let i = 0; i < 100; i++) step(12, () => [reading("probe", 41)]);
  assert.ok(zone.duties()[0]! < 60, `${zone.duties()[0]} %`);
  for (let i = 0; i < 4; i++) step(12, () => [reading("probe", 45)]);
  assert.equal(zone.duties()[0], 100);
});

test("while the air is dried fans move no more than is asked for, and heat goes before that", () => {
  const dried = site({ settings: { setpoint: 39, hotAt: 50 } }, undefined, () => ({ drying: 1, floor: 30 }));
  const last = dried.run(600);
  assert.equal(dried.zone.duties()[0], 30);
  assert.match(last.trace.limits.join(), /the air is being dried: at most 30 %/);
  const hot = site({ settings: { setpoint: 30 } }, undefined, () => ({ drying: 1, floor: 30 }));
  hot.run(600);
  assert.ok(hot.zone.duties()[0]! > 45, `${hot.zone.duties()[0]} %`);
});

test("surfaces that could get wet ask for air", () => {
  const last = site({ settings: { setpoint: 39, hotAt: 50 } }, undefined, () => ({ wetAir: 50 })).run(600);
  assert.deepEqual(last.trace.limits, ["surfaces that could get wet: at least 50 %"]);
});

test("while others hold the fans it says that it follows, and names no limit of its own", () => {
  const { zone, run } = site();
  run(100);
  for (const fan of ["fan-1", "fan-2", "fan-3", "fan-4"]) zone.targets.hold("fans", fan, 1, 0);
  const { trace } = run(2);
  assert.match(
    trace.reason,
    /^probe is at \d\d(?:\.\d)? °C, .* of 30 °C: fans at 0 %, as others command; it follows$/u,
  );
  assert.deepEqual(trace.limits, []);
});
