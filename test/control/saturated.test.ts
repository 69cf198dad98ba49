import assert from "node:assert/strict";
import { test } from "node:test";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { stagedCooling } from "../../controllers/shipped/staged-cooling.ts";
import { longSite } from "../scenarios/years-site.ts";
import { byZone } from "../scenarios/zone-controllers.ts";
import { bench, choiceTarget, numberTarget, type Values } from "./shipped-bench.ts";
import { dutyTarget } from "../../controllers/runtime/targets.ts";

const unitNames = ["dx-1.unit", "dx-2.unit"];
const all = (value: string): Values => Object.fromEntries(unitNames.map((unit) => [unit, value]));

/** Two units of one stage each that cool at 25 °C and, the second, at 27.2 °C. */
function cooling(inputs: Readonly<Record<string, Values>> = {}, settings = {}) {
  const site = bench(
    stagedCooling,
    {
      mode: unitNames.map((unit) => choiceTarget(unit, ["off", "auto", "remote"])),
      capacity: unitNames.map((unit) => numberTarget(unit, "%")),
      setpoint: unitNames.map((unit) => numberTarget(unit, "C", 10, 35)),
    },
    { inlet: { probe: 22 }, states: all("standby"), ...inputs },
    { powerUpDelay: 0, capacityBand: 0, restPeak: 0, ...settings },
  );
  site.step({}, 300);
  const after = (probe: number, seconds: number) =>
    site.step({ inlet: { probe }, states: all("cooling") }, seconds);
  return { site, after };
}

test("staged cooling: all stages that do not hold the inlet for a quarter of an hour are told, and over at once", () => {
  const { site, after } = cooling();
  after(28, 400);
  assert.deepEqual(
    unitNames.map((unit) => site.value("capacity", unit)),
    [100, 100],
  );
  after(28, 400);
  assert.deepEqual(site.alarms(), [], "not yet");
  const told = after(28, 500);
  const [alarm] = told.trace.alarms;
  assert.deepEqual([alarm?.id, alarm?.severity], ["saturated", "major"]);
  assert.equal(
    alarm?.text,
    "all the cooling there is does not hold 25 °C: look at condensers, filters and load",
  );
  assert.equal(told.published?.["saturated"], 1);
  assert.equal(after(27.1, 5).published?.["saturated"], 0, "no warmer than where the last stage starts");
  assert.deepEqual(site.alarms(), []);
});

test("staged cooling: with one stage on, or a variable compressor that has more to give, nothing is saturated", () => {
  const one = cooling();
  const states = { "dx-1.unit": "cooling", "dx-2.unit": "standby" };
  one.site.step({ inlet: { probe: 27.1 }, states }, 3000);
  assert.equal(one.site.value("capacity", "dx-2.unit"), 0);
  assert.deepEqual(one.site.alarms(), []);
  const variable = cooling({}, { capacityBand: 10, saturatedError: 1 });
  variable.after(28, 3000);
  assert.ok(Number(variable.site.value("capacity", "dx-1.unit")) < 98);
  assert.deepEqual(variable.site.alarms(), []);
  assert.equal(variable.after(36, 1500).published?.["saturated"], 1);
});

test("staged cooling: fewer units because of a generator or a failure are told as such; none that may run is not", () => {
  for (const fewer of [
    { stages: { outage: 1 } },
    { generator: { outage: 1 } },
    { states: { "dx-1.unit": "cooling", "dx-2.unit": "lockout" } },
  ]) {
    const { site } = cooling();
    const { trace } = site.step({ inlet: { probe: 29 }, states: all("cooling"), ...fewer }, 1500);
    const text = trace.alarms.find(({ id }) => id === "saturated")?.text ?? "";
    assert.match(
      text,
      /^1 of 2 cooling units run, and all they have does not hold 25 °C/u,
      JSON.stringify(fewer),
    );
  }
  for (const none of [{ stages: { outage: 0 } }, { freeCooling: { economiser: 1 } }]) {
    const { site } = cooling(none);
    site.step({ inlet: { probe: 29 } }, 1500);
    assert.deepEqual(site.alarms(), [], JSON.stringify(none));
  }
});

test("staged cooling: a zone's loop that commands the stages tells it itself, and without that loop this does", () => {
  const demand = { "controller zone-temperature": 100 };
  const { site, after } = cooling({ demand });
  after(30, 3000);
  assert.deepEqual(site.alarms(), []);
  site.step({ demand: { "controller zone-temperature": null } }, 800);
  assert.deepEqual(site.alarms(), []);
  site.step({}, 200);
  assert.deepEqual(site.alarms(), ["saturated"]);
});

/** Fans at their limit in a zone of 35 °C for half an hour. */
function hotZone(inputs: Readonly<Record<string, Values>>, settings = {}) {
  const fans = ["fan-1", "fan-2"].map((name) => dutyTarget(name));
  const site = bench(fanZone, { fans }, { inlet: { probe: 35 }, ...inputs }, settings);
  site.step({}, 1800);
  return site;
}

test("fan zone: that compressors are at their limit is told once, by them", () => {
  assert.ok(hotZone({}).alarms().includes("saturated"));
  assert.ok(
    hotZone({ coolingSaturated: { "controller staged-cooling": 0 } })
      .alarms()
      .includes("saturated"),
  );
  const once = hotZone({ coolingSaturated: { "controller staged-cooling": 1 } });
  assert.ok(!once.alarms().includes("saturated"));
  once.step({ coolingSaturated: { "controller staged-cooling": 0 } });
  assert.ok(once.alarms().includes("saturated"), "its own time has passed already");
});

test("fan zone: a setpoint nothing there is can hold is told with what can be had, where enough is known", () => {
  const known = { fullFlow: 1, coolingPower: 2000 };
  const seen = { outdoor: { out: 33 }, power: { pdu: 3000 }, damper: { "controller economiser": 100 } };
  const text = (inputs: Readonly<Record<string, Values>>, settings = {}) =>
    hotZone(inputs, settings)
      .step()
      .trace.alarms.find(({ id, severity }) => id === "infeasible" && severity === "notice")?.text;
  assert.equal(text(seen, known), "a setpoint of 26.0 °C cannot be held: 31.3 °C can be had");
  assert.equal(text({ ...seen, outdoor: { out: 20 } }, known), undefined);
  const closed = { ...seen, damper: { "controller economiser": 0 } };
  assert.match(text(closed, known) ?? "", /cooling is smaller than the load/u);
  assert.equal(text({ ...closed, inlet: { probe: 25 } }, known), undefined, "outdoor air may not be needed");
  assert.equal(text(seen, { fullFlow: 1 }), undefined, "nobody said what cooling can do");
  assert.equal(text({ ...seen, damper: {} }, known), undefined, "nobody knows of a damper");
});

test("more heat than the compressor takes away: one alarm of it, of whoever owns the loop", () => {
  const heavy = (options: Parameters<typeof longSite>[0]): readonly string[] => {
    const { site, alarms } = longSite({ weather: "hot", startHour: 209 * 24 + 8, ...options });
    site.faults("dx-1 capacity-loss 40%");
    site.advance(4 * 3600);
    return [...alarms].filter((id) => id.endsWith(" saturated"));
  };
  assert.deepEqual(heavy({}), ["staged-cooling saturated"]);
  assert.deepEqual(heavy({ controllers: byZone }), ["zone-temperature saturated"]);
});
