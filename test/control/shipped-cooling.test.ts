import assert from "node:assert/strict";
import test from "node:test";
import { economiser } from "../../controllers/shipped/economiser.ts";
import { emergencyVentilation } from "../../controllers/shipped/emergency-ventilation.ts";
import { humidityGuard } from "../../controllers/shipped/humidity-guard.ts";
import { stagedCooling } from "../../controllers/shipped/staged-cooling.ts";
import { slots } from "../../devices/transaction.ts";
import { bench, choiceTarget, numberTarget, type Values } from "./shipped-bench.ts";
import { dutyTarget } from "../../controllers/runtime/targets.ts";

const modes = ["off", "auto", "remote"];
const cooling = (count: number, inputs: Readonly<Record<string, Values>>, settings = {}) => {
  const units = Array.from({ length: count }, (_, i) => `dx-${i + 1}.unit`);
  const all = (value: string): Values => Object.fromEntries(units.map((unit) => [unit, value]));
  return bench(
    stagedCooling,
    {
      mode: units.map((unit) => choiceTarget(unit, modes)),
      capacity: units.map((unit) => numberTarget(unit, "%")),
      setpoint: units.map((unit) => numberTarget(unit, "C", 10, 35)),
    },
    { inlet: { probe: 22 }, states: all("standby"), ...inputs },
    { powerUpDelay: 0, capacityBand: 0, restPeak: 0, ...settings },
  );
};

test("staged cooling: before it is trusted the units' own thermostats cool", () => {
  const site = cooling(1, { inlet: { probe: null } });
  const { mode } = site.step();
  assert.equal(mode, "fail-safe");
  assert.equal(site.value("mode", "dx-1.unit"), "auto");
  assert.equal(site.value("setpoint", "dx-1.unit"), 25);
});

test("staged cooling: starts above the setpoint, ends below it, and says why", () => {
  const site = cooling(1, {});
  site.step({}, 300);
  assert.equal(site.value("mode", "dx-1.unit"), "remote");
  const on = site.step({ inlet: { probe: 25.5 } });
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
  assert.match(
    on.trace.reason,
    /^dx-1\.unit cools: 1 of 1 cooling stages: 25\.5 °C against a setpoint of 25 °C/u,
  );
  site.step({ states: { "dx-1.unit": "cooling" } }, 240);
  site.step({ inlet: { probe: 23.5 } }, 10);
  assert.equal(site.value("capacity", "dx-1.unit"), 0);
});

test("staged cooling: each unit has the rank of its own guard, and what has tripped the strongest", () => {
  const site = cooling(3, { inlet: { probe: 26 } });
  site.step({}, 300);
  const states = { "dx-1.unit": "cooling", "dx-2.unit": "standby", "dx-3.unit": "lockout" };
  site.step({ states });
  const { trace } = site.step({ states });
  const slotOf = (name: string): number | undefined =>
    trace.outputs.find((one) => one.output === "capacity" && one.name === name)?.appliedSlot;
  assert.deepEqual(["dx-1.unit", "dx-2.unit", "dx-3.unit"].map(slotOf), [
    slots.minimumOnOff,
    slots.controller,
    slots.equipmentProtection,
  ]);
  site.hold("capacity", "dx-3.unit", slots.operator, 100);
  site.step();
  assert.equal(site.value("capacity", "dx-3.unit"), 0);
});

test("staged cooling: an operator cannot cycle the compressor against its minimum times", () => {
  const site = cooling(1, {});
  site.step({}, 300);
  site.step({ inlet: { probe: 26 } });
  site.step({ states: { "dx-1.unit": "cooling" }, inlet: { probe: 20 } }, 60);
  site.hold("capacity", "dx-1.unit", slots.operator, 0);
  const held = site.step();
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
  assert.match(held.trace.limits.join(), /must run/u);
  site.step({}, 200);
  assert.equal(site.value("capacity", "dx-1.unit"), 0);
  site.hold("capacity", "dx-1.unit", slots.operator, 100);
  site.step({ states: { "dx-1.unit": "standby" } }, 60);
  assert.equal(site.value("capacity", "dx-1.unit"), 0, "it must rest");
  site.step({}, 300);
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
});

test("staged cooling: a unit that trips is replaced by the next, and told of", () => {
  const site = cooling(2, {});
  site.step({}, 300);
  site.step({ inlet: { probe: 26 } });
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
  site.step({ states: { "dx-1.unit": "lockout", "dx-2.unit": "standby" } }, 10);
  assert.equal(site.value("capacity", "dx-1.unit"), 0);
  assert.equal(site.value("capacity", "dx-2.unit"), 100);
  assert.deepEqual(site.alarms(), ["tripped:dx-1.unit"]);
});

test("staged cooling: a unit that does not cool is failed after 180 s; with none left that is critical", () => {
  const site = cooling(1, { back: { "dx-1.return": 35 }, supply: { "dx-1.supply": 34 } });
  site.step({}, 300);
  site.step({ inlet: { probe: 26 } });
  site.step({ states: { "dx-1.unit": "cooling" } }, 180);
  const failed = site.step();
  assert.deepEqual(site.alarms(), ["failed:dx-1.unit", "no-cooling"]);
  assert.equal(failed.published?.["lost"], 1);
  assert.equal(site.value("capacity", "dx-1.unit"), 100, "it may still help");
  site.step({ supply: { "dx-1.supply": 20 } }, 10);
  assert.deepEqual(site.alarms(), []);
});

test("staged cooling: outdoor air, batteries and moisture keep compressors off, but not when it is urgent", () => {
  for (const kept of [
    { freeCooling: { economiser: 1 } },
    { rest: { guard: 1 } },
    { stages: { outage: 0 } },
  ]) {
    const site = cooling(1, kept);
    site.step({}, 300);
    site.step({ inlet: { probe: 28 } }, 20);
    assert.equal(site.value("capacity", "dx-1.unit"), 0, JSON.stringify(kept));
    site.step({ inlet: { probe: 33 } }, 20);
    assert.equal(site.value("capacity", "dx-1.unit"), "stages" in kept ? 0 : 100, JSON.stringify(kept));
  }
});

test("staged cooling: surfaces that would get wet raise its setpoint, until it is urgent", () => {
  const site = cooling(1, { raise: { "controller humidity-guard": 1.5 } });
  site.step({}, 300);
  const dry = site.step({ inlet: { probe: 26 } }, 20);
  assert.equal(site.value("capacity", "dx-1.unit"), 0);
  assert.equal(dry.trace.terms?.["setpoint"], 26.5);
  site.step({ inlet: { probe: 26.6 } }, 20);
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
  assert.equal(site.step({ inlet: { probe: 33 } }, 20).trace.terms?.["setpoint"], 25);
});

test("staged cooling: a variable compressor follows the temperature", () => {
  const site = cooling(1, {}, { capacityBand: 4 });
  site.step({}, 300);
  site.step({ inlet: { probe: 26 } });
  assert.equal(site.value("capacity", "dx-1.unit"), 53);
  site.step({ inlet: { probe: 29 } });
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
});

test("staged cooling: a compressor near its end has air at once, and gives it back five minutes after", () => {
  const site = cooling(1, {}, { setpoint: 25, capacityBand: 4, leastCapacity: 25 });
  site.step({}, 300);
  const air = (probe: number, seconds = 5) => site.step({ inlet: { probe } }, seconds).published?.["air"];
  assert.equal(air(26), 0);
  const near = Number(air(22.4));
  assert.ok(near > 50 && near < 100, `${near} %`);
  // What follows the noise of a probe would move the fans all the time.
  assert.deepEqual([air(22.8, 200), air(22.4), air(22.8, 290)], [near, near, near]);
  const less = Number(air(22.8, 10));
  assert.ok(less < near - 10, `${less} %`);
});

test("staged cooling: with a loop's demand it follows that", () => {
  const site = cooling(2, { demand: { "controller zone-temperature": 0 } }, { capacityBand: 4 });
  site.step({ inlet: { probe: 30 } }, 300);
  assert.equal(site.value("capacity", "dx-1.unit"), 0);
  site.step({ demand: { "controller zone-temperature": 40 } });
  assert.equal(site.value("capacity", "dx-1.unit"), 80);
  assert.equal(site.value("capacity", "dx-2.unit"), 0);
});

test("staged cooling: three trips in a day lock a unit out until somebody raises `resets`", () => {
  const site = cooling(1, {});
  for (let i = 0; i < 3; i++) {
    site.step({ inlet: { probe: 26 }, states: { "dx-1.unit": "standby" } }, 400);
    site.step({ states: { "dx-1.unit": "lockout" } }, 10);
  }
  site.step({ states: { "dx-1.unit": "standby" } }, 3600);
  assert.ok(site.alarms().includes("locked-out:dx-1.unit"));
  assert.equal(site.value("capacity", "dx-1.unit"), 0);
  site.configure({ powerUpDelay: 0, capacityBand: 0, restPeak: 0, resets: 1 });
  site.step({}, 10);
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
});

const free = (inputs: Readonly<Record<string, Values>> = {}) =>
  bench(
    economiser,
    { damper: [numberTarget("dx-1.unit", "%")], returnDamper: [numberTarget("back.damper", "%")] },
    {
      inlet: { probe: 26 },
      outdoor: { out: 10 },
      outdoorHumidity: { out: 50 },
      back: { outlet: 35 },
      backHumidity: { outlet: 20 },
      ...inputs,
    },
  );

test("economiser: cold dry air is let in after its proof, first with compressors, then alone", () => {
  const site = free();
  assert.equal(site.step({}, 590).published?.["mode"], "mechanical");
  assert.equal(site.value("damper", "dx-1.unit"), 0);
  site.step({}, 30);
  const begins = Number(site.value("damper", "dx-1.unit"));
  assert.ok(begins > 40 && begins < 75, `${begins} %: where the mixture has what is wanted`);
  const alone = site.step({}, 700);
  assert.ok(Number(site.value("damper", "dx-1.unit")) >= 99);
  assert.equal(alone.published?.["mode"], "free");
  assert.equal(alone.published["freeCooling"], 1);
  assert.match(alone.trace.reason, /Outdoor air alone cools/u);
});

test("economiser: with the damper open and the inlet still warm compressors help", () => {
  const site = free({ inlet: { probe: 27 } });
  site.step({}, 1300);
  const warm = site.step({}, 320);
  assert.equal(warm.published?.["mode"], "partial");
  assert.equal(warm.published["freeCooling"], 0);
});

test("economiser: smoke and moisture shut it at once, a door keeps it shut", () => {
  for (const shut of [{ smoke: { safety: 1 } }, { keepOut: { guard: 1 } }]) {
    const site = free();
    site.step({}, 1300);
    site.step(shut);
    assert.equal(site.value("damper", "dx-1.unit"), 0);
  }
  const door = free({ door: { "io-1.door": "open" } });
  const result = door.step({}, 1300);
  assert.equal(result.published?.["mode"], "mechanical");
  assert.match(result.trace.reason, /the door is open/u);
});

test("economiser: cooler air with more heat in it stays out", () => {
  const moist = free({
    outdoor: { out: 24 },
    outdoorHumidity: { out: 90 },
    back: { outlet: 33 },
    backHumidity: { outlet: 30 },
  });
  const result = moist.step({}, 1300);
  assert.equal(result.published?.["mode"], "mechanical");
  assert.match(result.trace.reason, /holds more heat/u);
});

test("economiser: warm weather opens the way back at once, for three minutes, and shuts the damper 15 s later", () => {
  const site = free({ inlet: { probe: 24 } });
  site.step({}, 2000);
  const open = Number(site.value("damper", "dx-1.unit"));
  assert.ok(open > 40, `${open} %`);
  assert.equal(Number(site.value("returnDamper", "back.damper")), Math.round((100 - open) * 10) / 10);
  const warm = { outdoor: { out: 36 }, outdoorHumidity: { out: 15 } };
  assert.match(site.step(warm).trace.limits.join(), /waits until the way back for the air is open/u);
  assert.equal(site.value("returnDamper", "back.damper"), 100);
  site.step({}, 10);
  assert.equal(site.value("damper", "dx-1.unit"), open);
  site.step();
  assert.equal(site.value("damper", "dx-1.unit"), 0);
  const least = free({ inlet: { probe: 24 } });
  least.configure({ damperMinimum: 10 });
  least.step({}, 2000);
  least.step(warm, 175);
  assert.equal(least.value("returnDamper", "back.damper"), 100);
  least.step({}, 10);
  assert.equal(least.value("returnDamper", "back.damper"), 90);
});

test("economiser: without a believable inlet the damper stays in cool weather, and shuts in any other", () => {
  const lost = { inlet: { probe: null } };
  for (const shut of [{}, { outdoor: { out: 21 } }, { outdoor: { out: null } }, { smoke: { safety: 1 } }]) {
    const site = free({ inlet: { probe: 24 } });
    site.step({}, 1400);
    const open = Number(site.value("damper", "dx-1.unit"));
    site.step({ ...lost, ...shut }, 60);
    const expected = Object.keys(shut).length === 0 ? open : 0;
    assert.equal(site.value("damper", "dx-1.unit"), expected, JSON.stringify(shut));
    assert.deepEqual(site.alarms().includes("no-inlet"), true);
  }
});

test("economiser: a program that ends leaves the damper where it is in cool weather", () => {
  const site = free({ inlet: { probe: 24 } });
  site.step({}, 1400);
  const open = site.value("damper", "dx-1.unit");
  assert.equal(site.failSafe()["damper"], open);
  site.step({ outdoor: { out: 21 } }, 5);
  assert.equal(site.failSafe()["damper"], 0);
});

test("economiser: an operator's position is taken over without a bump", () => {
  const site = free({ inlet: { probe: 24.5 } });
  site.step({}, 1400);
  site.hold("damper", "dx-1.unit", slots.operator, 30);
  site.step({}, 120);
  site.hold("damper", "dx-1.unit", slots.operator);
  site.step();
  const after = Number(site.value("damper", "dx-1.unit"));
  assert.ok(Math.abs(after - 30) < 5, `${after} %`);
});

const emergency = (inputs: Readonly<Record<string, Values>> = {}) =>
  bench(
    emergencyVentilation,
    { fans: [dutyTarget("fan-1"), dutyTarget("fan-2")], damper: [numberTarget("dx-1.unit", "%")] },
    {
      inlet: { probe: 24 },
      outdoor: { out: 15 },
      outdoorHumidity: { out: 50 },
      back: { outlet: 35 },
      states: { "dx-1.unit": "cooling" },
      ...inputs,
    },
  );

test("emergency ventilation: opens within 10 to 20 s of lost cooling, at a rank above operators", () => {
  const site = emergency();
  site.step({}, 60);
  assert.equal(site.value("fans", "fan-1"), undefined);
  site.hold("fans", "fan-1", slots.operator, 40);
  const lost = site.time;
  site.step({ states: { "dx-1.unit": "lockout" }, inlet: { probe: 27 } });
  while (site.value("fans", "fan-1") === 40 && site.time < lost + 60) site.step();
  assert.ok(site.time - lost >= 10 && site.time - lost <= 20, `${site.time - lost} s`);
  assert.equal(site.value("damper", "dx-1.unit"), 100);
  assert.deepEqual(site.alarms(), ["emergency-ventilation"]);
  site.step({ states: { "dx-1.unit": "cooling" }, inlet: { probe: 21 } }, 200);
  assert.equal(site.value("fans", "fan-1"), 40);
  assert.deepEqual(site.alarms(), []);
});

test("emergency ventilation: a unit that does not answer counts as lost, and so does overload", () => {
  const silent = emergency({ states: { "dx-1.unit": null }, inlet: { probe: 27 } });
  assert.match(silent.step({}, 20).trace.reason, /dx-1\.unit does not answer/u);
  assert.equal(silent.value("fans", "fan-2"), 100);
  const hot = emergency({ inlet: { probe: 33.5 } });
  hot.step();
  assert.equal(hot.value("fans", "fan-1"), 100);
});

test("emergency ventilation: where outdoor air does not help, fans are left to their zone while a unit still cools", () => {
  const hot = emergency({ inlet: { probe: 33.5 }, outdoor: { out: 50 } });
  hot.step();
  assert.deepEqual(hot.alarms(), ["emergency-ventilation"]);
  assert.equal(hot.value("fans", "fan-1"), undefined);
  hot.step({ states: { "dx-1.unit": "fault" } }, 20);
  assert.equal(hot.value("fans", "fan-1"), 100);
  // Fans without any unit are all the cooling there is.
  const blown = emergency({ inlet: { probe: 33.5 }, outdoor: { out: 50 }, states: {} });
  blown.step();
  assert.equal(blown.value("fans", "fan-1"), 100);
});

test("emergency ventilation: the damper stays shut to hotter and to wetter air", () => {
  const hot = emergency({ outdoor: { out: 45 }, states: { "dx-1.unit": "fault" }, inlet: { probe: 30 } });
  hot.step({}, 20);
  assert.equal(hot.value("fans", "fan-1"), 100);
  assert.equal(hot.value("damper", "dx-1.unit"), undefined);
  const wet = emergency({
    outdoor: { out: 28 },
    outdoorHumidity: { out: 95 },
    states: { "dx-1.unit": "fault" },
    inlet: { probe: 30 },
  });
  const result = wet.step({}, 20);
  assert.match(result.trace.limits.join(), /too moist/u);
  wet.step({ inlet: { probe: 41 } }, 20);
  assert.equal(wet.value("damper", "dx-1.unit"), 100);
});

test("emergency ventilation: on battery fans turn by need only, until it is hot", () => {
  const site = emergency({
    states: { "dx-1.unit": "fault" },
    inlet: { probe: 27 },
    onBattery: { outage: 1 },
  });
  site.step({}, 20);
  assert.equal(site.value("fans", "fan-1"), undefined);
  const open = Number(site.value("damper", "dx-1.unit"));
  assert.ok(open > 60 && open < 95, `${open} %: what mixes to a little less than is too warm`);
  site.step({ inlet: { probe: 34 } }, 6);
  assert.equal(site.value("fans", "fan-1"), 100);
  assert.equal(site.value("damper", "dx-1.unit"), 100);
});

test("emergency ventilation: with no inlet known, lost cooling is answered by return air, a line that is cut is not", () => {
  const site = emergency({ inlet: { probe: null }, states: { "dx-1.unit": "lockout" } });
  site.step({}, 30);
  assert.equal(site.value("fans", "fan-1"), 100);
  assert.equal(site.value("damper", "dx-1.unit"), 100);
  site.step({ back: { outlet: 27 } }, 60);
  const open = Number(site.value("damper", "dx-1.unit"));
  assert.ok(open > 20 && open < 80, `${open} %: return air is nearly cool`);
  assert.ok(site.alarms().includes("no-inlet"));
  const cut = emergency({ inlet: { probe: null }, states: { "dx-1.unit": null } });
  cut.step({}, 60);
  assert.equal(cut.value("fans", "fan-1"), undefined);
});

test("emergency ventilation: the frost ladder", () => {
  const site = emergency({ supply: { "dx-1.supply": 4 } });
  site.step({}, 298);
  assert.equal(site.value("damper", "dx-1.unit"), undefined);
  assert.equal(site.step({}, 4).published?.["frost"], 1);
  assert.equal(site.step({ supply: { "dx-1.supply": 2 } }, 302).published?.["frost"], 2);
  assert.equal(site.step({ supply: { "dx-1.supply": 0 } }, 302).published?.["frost"], 3);
  assert.equal(site.value("fans", "fan-1"), 0);
  assert.deepEqual(site.alarms(), ["frost"]);
  assert.equal(site.step({ supply: { "dx-1.supply": 8 } }).published?.["frost"], 2);
  assert.equal(site.step({}, 3700).published?.["frost"], 0);
});

test("emergency ventilation: fans that frost has stopped turn again when equipment gets hot, until the frost is over", () => {
  const site = emergency({ supply: { "dx-1.supply": 0 } });
  site.step({}, 310);
  assert.equal(site.value("fans", "fan-1"), 0);
  site.step({ back: { outlet: 46 } }, 4);
  assert.equal(site.value("fans", "fan-1"), undefined);
  assert.deepEqual(site.alarms(), ["frost"]);
  assert.equal(site.step({ back: { outlet: 20 } }, 600).published?.["frost"], 3);
  assert.equal(site.value("fans", "fan-1"), undefined, "not stopped again");
  assert.equal(site.step({ supply: { "dx-1.supply": 8 } }).published?.["frost"], 2);
});

test("emergency ventilation: frost does not stop fans while equipment is at work", () => {
  const site = emergency({ supply: { "dx-1.supply": 0 }, power: { "pdu-1.inlet": 1200 } });
  assert.equal(site.step({}, 310).published?.["frost"], 3);
  assert.equal(site.value("fans", "fan-1"), undefined);
  assert.equal(site.value("damper", "dx-1.unit"), 0);
  site.step({ power: { "pdu-1.inlet": 0 } }, 2);
  assert.equal(site.value("fans", "fan-1"), 0);
});

test("emergency ventilation: a site that is cold all through keeps its air moving", () => {
  const cold = { supply: { "dx-1.supply": -20 }, inlet: { probe: -20 } };
  const even = emergency({ ...cold, back: { outlet: -19 } });
  assert.equal(even.step({}, 2000).published?.["frost"], 0);
  const heated = emergency({ ...cold, preheatTo: { "cold-start": 15 } });
  assert.equal(heated.step({}, 2000).published?.["frost"], 0);
});

test("humidity guard: keeps outdoor air out that would condense, and says so", () => {
  const site = bench(
    humidityGuard,
    {},
    {
      inlet: { probe: 24 },
      humidity: { probe: 40 },
      outdoor: { out: 26 },
      outdoorHumidity: { out: 85 },
      supply: { "dx-1.supply": 15 },
    },
  );
  const wet = site.step();
  assert.equal(wet.published?.["keepOut"], 1);
  assert.match(wet.trace.reason, /would condense on what is 15 °C cold/u);
  const dry = site.step({ outdoorHumidity: { out: 20 } }, 30);
  assert.equal(dry.published?.["keepOut"], 0);
});

test("humidity guard: dries the air after ten minutes, warns of condensation, estimates without a sensor", () => {
  const site = bench(humidityGuard, {}, { inlet: { probe: 25 }, humidity: { probe: 60 } });
  site.step({}, 590);
  const dries = site.step({}, 20);
  assert.equal(dries.published?.["dry"], 1);
  assert.equal(dries.published["reheatTo"], 19);
  // The coil that dries it is to be wet; nothing else is.
  const wet = site.step({ supply: { "dx-1.supply": 14 } });
  assert.equal(wet.published?.["dry"], 1);
  assert.deepEqual(site.alarms(), []);
  const walls = site.step({ surfaces: { wall: 17 } });
  assert.equal(walls.published?.["dry"], 0);
  assert.ok(site.alarms().includes("condensation"));
  const blind = site.step({ humidity: { probe: null } });
  assert.ok(site.alarms().includes("humidity-unknown"));
  assert.match(blind.trace.reason, /estimated/u);
});

test("humidity guard: surfaces that stay too cold: air at once, heat after five minutes", () => {
  const site = bench(
    humidityGuard,
    {},
    { inlet: { probe: 20 }, humidity: { probe: 60 }, surfaces: { wall: 12 } },
  );
  const begins = site.step();
  assert.deepEqual([begins.published?.["air"], begins.published?.["reheatTo"]], [50, 0]);
  assert.ok(Number(begins.published?.["raiseSupply"]) > 1);
  assert.equal(site.step({}, 300).published?.["reheatTo"], 19);
  const over = site.step({ surfaces: { wall: 17 } });
  assert.deepEqual([over.published?.["air"], over.published?.["reheatTo"]], [0, 0]);
});

test("humidity guard: the air is not dried where the coldest inlet is near its least", () => {
  const site = bench(
    humidityGuard,
    {},
    { inlet: { a: 25, b: 19.5 }, humidity: { a: 65 }, damper: { "dx-1.unit": 0 } },
  );
  assert.equal(site.step({}, 700).published?.["dry"], 0);
  assert.equal(site.step({ inlet: { a: 25, b: 20.5 } }).published?.["dry"], 1);
  assert.equal(site.step({ inlet: { a: 24, b: 18.5 } }).published?.["dry"], 1);
  assert.equal(site.step({ inlet: { a: 24, b: 17.5 } }).published?.["dry"], 0);
});

test("staged cooling: air is dried by one stage with a cold coil, also below the setpoint", () => {
  const site = cooling(1, {}, { capacityBand: 4 });
  site.step({}, 300);
  const dry = site.step({ inlet: { probe: 22 }, dry: { "controller humidity-guard": 1 } });
  assert.equal(site.value("capacity", "dx-1.unit"), 70);
  assert.equal(dry.published?.["air"], 0);
  assert.match(dry.trace.reason, /the air is being dried/u);
  site.step({ inlet: { probe: 29 } }, 20);
  assert.equal(site.value("capacity", "dx-1.unit"), 100);
});

test("humidity guard: compressors rest while a door lets moist air in, and five minutes more", () => {
  const site = bench(
    humidityGuard,
    {},
    {
      inlet: { probe: 24 },
      humidity: { probe: 40 },
      outdoor: { out: 30 },
      outdoorHumidity: { out: 80 },
      supply: { "dx-1.supply": 14 },
      door: { door: "open" },
    },
  );
  assert.equal(site.step({}, 50).published?.["compressorsRest"], 0);
  assert.equal(site.step({}, 10).published?.["compressorsRest"], 1);
  assert.equal(site.step({ door: { door: "closed" } }, 290).published?.["compressorsRest"], 1);
  assert.equal(site.step({}, 20).published?.["compressorsRest"], 0);
  assert.equal(
    site.step({ door: { door: "open" }, inlet: { probe: 33 } }, 90).published?.["compressorsRest"],
    0,
  );
});
