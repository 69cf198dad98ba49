import assert from "node:assert/strict";
import { test } from "node:test";
import {
  minutes,
  seconds,
  simulatedSite,
  type Simulation,
  type SimulationOptions,
} from "../../server/simulation/index.ts";

/** The cabinet with outdoor air through an open damper and no compressor: only its fans are controlled. */
async function fansAlone(options: SimulationOptions = {}): Promise<Simulation> {
  const site = await simulatedSite({
    weather: "constant:20",
    controllers: { fans: { use: "fan-zone", settings: { fullSpeed: 4000, setpoint: 23 } } },
    ...options,
  });
  site.write("dx-1.unit", "mode", "remote", { slot: 16 });
  site.write("dx-1.unit", "capacity", 0, { slot: 16 });
  site.write("dx-1.unit", "damper", 100, { slot: 16 });
  return site;
}

const alarmsOf = (site: Simulation, name: string): readonly string[] =>
  (site.controllers.get(name)?.alarms ?? []).map((one) => one.id);
const last = (site: Simulation, name: string) => {
  const status = site.controllers.get(name);
  assert.ok(status?.last !== undefined);
  return status.last;
};
const dutyOf = (site: Simulation, fan: number): number => Number(site.read(`tray-a.fan-${fan}`, "duty"));

/** Lets time pass in small pieces until something holds. @returns seconds it took */
async function until(site: Simulation, holds: () => boolean, limit: number): Promise<number> {
  for (let t = 0; t < limit; t += 5) {
    if (holds()) return t;
    await site.advance(seconds(5));
  }
  assert.ok(holds(), `not within ${limit} s`);
  return limit;
}

test("fan-zone: a dead fan is told within 60 s, the others make up for it, and it is well again when repaired", async () => {
  const site = await fansAlone();
  await site.advance(minutes(5));
  assert.deepEqual(alarmsOf(site, "fans"), []);
  const before = dutyOf(site, 1);
  site.fault("tray-a dead-fan 3");
  const took = await until(site, () => alarmsOf(site, "fans").includes("fan-failed:tray-a.fan-3"), 70);
  assert.ok(took <= 65, `${took} s`);
  assert.deepEqual(alarmsOf(site, "fans"), ["fan-failed:tray-a.fan-3"]);
  assert.match(last(site, "fans").reason, /1 of 8 fans failed, the others run 4\.1 % faster/);
  assert.ok(dutyOf(site, 1) > 0.8 * before);
  site.clear();
  await until(site, () => alarmsOf(site, "fans").length === 0, 120);
  assert.equal(site.controllers.get("fans")?.mode, "automatic");
  await site.stop();
});

test("fan-zone: a worn fan is told, and nothing else", async () => {
  const site = await fansAlone({ faults: [{ at: "4m", fault: "tray-a worn-fan 2" }] });
  await site.advance(minutes(7));
  assert.deepEqual(alarmsOf(site, "fans"), ["fan-slow:tray-a.fan-2"]);
  await site.stop();
});

test("fan-zone: a line that is cut ends in the declared duty within its time, and is left without a bump", async () => {
  const site = await fansAlone();
  await site.advance(minutes(5));
  for (const probe of ["probe-inlet", "probe-inlet-2", "probe-inlet-3"]) site.fault(`${probe} silent`);
  const took = await until(site, () => site.controllers.get("fans")?.mode === "fail-safe", 60);
  assert.ok(took <= 30, `${took} s`);
  await site.advance(seconds(10));
  assert.equal(dutyOf(site, 1), 75);
  site.clear();
  await until(site, () => site.controllers.get("fans")?.mode === "automatic", 90);
  // Five seconds at the fastest rates there are: the way on begins where fail-safe was.
  await site.advance(seconds(3));
  assert.ok(Math.abs(dutyOf(site, 1) - 75) <= 6, String(dutyOf(site, 1)));
  await site.stop();
});

test("zone-temperature: mild weather by outdoor air alone, without an alarm but of the change itself", async () => {
  const site = await simulatedSite({
    weather: "constant:12",
    controllers: {
      "zone-temperature": { use: "zone-temperature", settings: { fullSpeed: 4000 } },
      "staged-cooling": { use: "staged-cooling", settings: { capacityBand: 4, leastCapacity: 25 } },
    },
  });
  await site.advance(minutes(50));
  const { reason, terms = {} } = last(site, "zone-temperature");
  assert.match(reason, /outdoor air through the damper at \d/);
  assert.ok(Math.abs((terms.pv ?? 0) - 24) < 0.7, reason);
  assert.equal(terms.dx, 0);
  assert.equal(site.controllers.get("staged-cooling")?.last?.terms?.running, 0);
  assert.deepEqual(
    alarmsOf(site, "zone-temperature").filter((id) => id !== "rate"),
    [],
  );
  await site.stop();
});

test("zone-temperature: a hot day by mechanical cooling, within 0.5 K, with one start of the compressor", async () => {
  const site = await simulatedSite({
    weather: "constant:36",
    controllers: {
      "zone-temperature": { use: "zone-temperature", settings: { fullSpeed: 4000 } },
      "staged-cooling": { use: "staged-cooling", settings: { capacityBand: 4, leastCapacity: 25 } },
    },
  });
  await site.advance(minutes(40));
  const { reason, terms = {} } = last(site, "zone-temperature");
  assert.match(reason, /mechanical cooling at \d.*no outdoor air: outdoors 36 °C is not below return air/);
  assert.ok(Math.abs((terms.pv ?? 0) - 24) < 0.5, reason);
  assert.equal(Number(site.read("dx-1.unit", "duty", "damper-demand")), 0);
  assert.equal(site.score.report().compressors.starts, 1);
  await site.stop();
});
