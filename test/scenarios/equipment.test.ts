import assert from "node:assert/strict";
import test from "node:test";
import { minutes, seconds, type Simulation, type SimulationOptions } from "../../server/simulation/index.ts";
import { siteParameters } from "../../simulators/sites.ts";
import { standing, type Told, wholeSite } from "./everything.ts";

const fansOf = (site: Simulation): readonly number[] => site.physics.commands.fanDuty;

/** A site with all shipped controllers, settled; stopped when the test ends. */
async function settled(
  t: { after(run: () => Promise<void>): void },
  options: SimulationOptions = {},
  settle = minutes(7),
): Promise<Told> {
  const told = await wholeSite({ poll: seconds(1), ...options });
  t.after(() => told.site.stop());
  await told.site.advance(settle);
  return told;
}

/** Lets time pass until something holds. @returns seconds it took; fails after `most` */
async function until(site: Simulation, most: number, holds: () => boolean): Promise<number> {
  for (let t = 0; t <= most; t++) {
    if (holds()) return t;
    await site.advance(seconds(1));
  }
  const now = site.controllers.list().map(({ name, last }) => `${name}: ${last?.reason ?? "-"}`);
  assert.fail(`not within ${most} s\n${now.join("\n")}`);
}

/** Lets time pass, and looks every second. @returns hottest and coldest inlet */
async function watch(site: Simulation, span: number, look: () => void = () => undefined) {
  let [most, least] = [-99, 99];
  for (let t = 0; t < span; t++) {
    await site.advance(seconds(1));
    most = Math.max(most, site.physics.state.inlet);
    least = Math.min(least, site.physics.state.inlet);
    look();
  }
  return { most, least };
}

const without = (alarms: Iterable<string>, ...starts: readonly string[]): readonly string[] =>
  [...alarms].filter((id) => !starts.some((start) => id.startsWith(start))).sort();
/** Changes of temperature are told while a site settles and after whatever happens to it. */
const rates = "temperature-watch rate:";

test("healthy: everything is bound, nobody fails, nothing alarms, no compressor is run against its limits", async (t) => {
  const { site, alarms } = await settled(t, { weather: "constant:28" }, minutes(10));
  for (const { name, standing: how, bindingFaults } of site.controllers.list()) {
    assert.equal(how, "running", name);
    assert.deepEqual(bindingFaults, [], name);
  }
  const settling = new Set(alarms);
  const { most, least } = await watch(site, 900);
  assert.ok(most < 30 && least > 18, `${least} to ${most} °C`);
  assert.deepEqual(
    without(
      [...alarms].filter((id) => !settling.has(id)),
      rates,
    ),
    [],
  );
  assert.deepEqual(without(standing(site), rates), []);
  for (const { name, failures, missed, mode } of site.controllers.list()) {
    assert.deepEqual([failures, missed, mode], [0, 0, "automatic"], name);
  }
  const dx = site.physics.state.dx[0];
  assert.ok(
    dx!.shortestOn >= 120 && dx!.shortestOff >= 180,
    `${dx!.shortestOn} s on, ${dx!.shortestOff} s off`,
  );
});

test("smoke: no fan turns within 3 s, cooling off, damper shut, servers on; until somebody resets it", async (t) => {
  const { site, alarms } = await settled(t);
  site.fault("site smoke");
  assert.ok((await until(site, 3, () => fansOf(site).every((duty) => duty === 0))) <= 3);
  await site.advance(minutes(2));
  assert.equal(site.physics.state.dx[0]?.running, false);
  assert.equal(site.physics.commands.damper, 0);
  assert.equal(site.physics.state.heaterStages, 0);
  assert.ok(site.physics.state.outlets.every(({ closed }) => closed));
  assert.ok(alarms.has("safety smoke"));
  site.clear();
  await site.advance(minutes(1));
  assert.ok(
    fansOf(site).every((duty) => duty === 0),
    "it is latched",
  );
  await site.controllers.setSettings("safety", { resets: 1 }, { who: "test", why: "looked" });
  await until(site, 10, () => fansOf(site).every((duty) => duty > 20));
  assert.ok(!standing(site).includes("safety smoke"));
});

test("cooling trips: emergency ventilation within 20 s, on all fans and the damper, and the inlet stays allowable", async (t) => {
  const { site, alarms } = await settled(t, { weather: "constant:22" });
  assert.equal(site.physics.state.dx[0]?.running, true);
  site.fault("dx-1 lockout");
  const took = await until(
    site,
    40,
    () => site.physics.commands.damper === 100 && fansOf(site).every((duty) => duty === 100),
  );
  assert.ok(took <= 20, `${took} s`);
  const { most } = await watch(site, 300);
  assert.ok(most < 32, `${most} °C`);
  assert.ok(alarms.has("emergency-ventilation emergency-ventilation"));
  assert.ok(alarms.has("staged-cooling tripped:dx-1.unit"));
  assert.ok(!alarms.has("safety smoke"));
});

test("a compressor that does not start is found out, and said", async (t) => {
  const { site, alarms } = await settled(
    t,
    { weather: "constant:30", faults: [{ at: "1s", fault: "dx-1 compressor-dead" }] },
    minutes(9),
  );
  assert.ok(alarms.has("staged-cooling failed:dx-1.unit"), [...alarms].join("; "));
  assert.ok(alarms.has("staged-cooling no-cooling"));
  assert.ok(site.physics.state.inlet < 50);
});

test("mains: noticed within 10 s, tests lose power, outdoor air cools; back in order without a forbidden start", async (t) => {
  const { site, alarms } = await settled(t);
  site.fault("site mains-loss");
  await until(site, 10, () => alarms.has("outage mains-out"));
  await until(site, 10, () => site.physics.state.outlets[0]?.closed === false);
  assert.ok(site.physics.state.outlets.slice(1).every(({ closed }) => closed));
  const { most } = await watch(site, 300);
  assert.ok(most < 32, `${most} °C`);
  assert.equal(site.physics.state.heaterStages, 0);
  assert.ok(!alarms.has("staged-cooling no-cooling"), "told once");
  site.clear();
  const starts = site.physics.state.dx[0]?.starts;
  await watch(site, 180, () => assert.equal(site.physics.state.dx[0]?.starts, starts));
  await until(site, 120, () => site.physics.state.outlets[0]?.closed === true);
  assert.deepEqual(without(standing(site), rates, "emergency"), []);
  assert.ok(site.score.report().outage.itUnserved >= 0);
});

test("door: airflow is held back, outdoor air stays out, and control goes on when it stays open", async (t) => {
  const { site, alarms } = await settled(t, {}, minutes(1));
  site.fault("site door-open");
  await site.advance(seconds(5));
  assert.equal(site.controllers.get("safety")?.published["doorHold"], 1);
  await site.advance(minutes(14));
  assert.equal(site.controllers.get("economiser")?.published["mode"], "mechanical");
  await site.advance(minutes(2));
  assert.ok(alarms.has("safety door-open"));
  assert.equal(site.controllers.get("safety")?.published["doorHold"], 0);
});

test("a leak stops cooling; heat then takes loads one by one, those of priority 0 never", async (t) => {
  const { site, alarms } = await settled(t, { weather: "constant:35" });
  site.fault("site leak");
  await until(site, 20, () => site.physics.state.dx[0]?.running === false);
  assert.ok(alarms.has("safety leak"));
  await until(site, 1800, () => site.physics.state.outlets[0]?.closed === false);
  assert.ok(alarms.has("outage loads-shed"));
  assert.equal(site.physics.state.outlets[7]?.closed, true);
});

test("cold start at -25 °C: no load before it is warm, heat first, then one outlet after the other", async (t) => {
  const demo = siteParameters("demo");
  const parameters = {
    ...demo,
    start: { ...demo.start, temperature: -25 },
    pdu: { ...demo.pdu, restore: "off" as const },
  };
  const { site } = await wholeSite({
    weather: "constant:-25",
    parameters,
    poll: seconds(5),
    step: seconds(5),
  });
  t.after(() => site.stop());
  for (let n = 1; n <= 8; n++) site.physics.commands.outlets[n - 1] = false;
  await site.advance(seconds(40));
  assert.ok(
    site.physics.state.outlets.every(({ closed }) => !closed),
    "held off",
  );
  await until(site, 120, () => site.physics.state.heaterStages === 2);
  let warm = 0;
  for (let t = 0; t < 90 && site.physics.state.outlets.every(({ closed }) => !closed); t++) {
    await site.advance(minutes(1));
    warm = site.physics.state.inlet >= 4.5 ? warm + 1 : 0;
  }
  assert.ok(warm >= 9, `${warm} min`);
  assert.ok(
    site.physics.state.outlets.some(({ closed }) => closed),
    "released",
  );
  assert.ok(site.physics.state.dx.every(({ running }) => !running));
});
