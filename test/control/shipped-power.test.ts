import assert from "node:assert/strict";
import test from "node:test";
import { dutyTarget } from "../../controllers/runtime/targets.ts";
import { coldStart } from "../../controllers/shipped/cold-start.ts";
import { heater } from "../../controllers/shipped/heater.ts";
import { outage } from "../../controllers/shipped/outage.ts";
import { safety } from "../../controllers/shipped/safety.ts";
import { temperatureWatch } from "../../controllers/shipped/temperature-watch.ts";
import { slots } from "../../devices/transaction.ts";
import { bench, choiceTarget, numberTarget, type Tags, type Values } from "./shipped-bench.ts";

const switches = ["on", "off"];

const stove = (inputs: Readonly<Record<string, Values>>) =>
  bench(
    heater,
    { heaters: [choiceTarget("relay-1", switches), choiceTarget("relay-2", switches)] },
    { inlet: { probe: 12 }, hottest: { probe: 12 }, fans: { "fan-1": 40, "fan-2": 40 }, ...inputs },
  );

test("heater: a stage just below the setpoint, another well below it", () => {
  const site = stove({});
  site.step({ inlet: { probe: 8.9 } });
  assert.deepEqual([site.value("heaters", "relay-1"), site.value("heaters", "relay-2")], ["on", "off"]);
  site.step({ inlet: { probe: 5.5 } }, 60);
  assert.deepEqual([site.value("heaters", "relay-1"), site.value("heaters", "relay-2")], ["on", "on"]);
  site.step({ inlet: { probe: 12 } }, 60);
  assert.deepEqual([site.value("heaters", "relay-1"), site.value("heaters", "relay-2")], ["off", "off"]);
});

test("heater: while loads take over, the second stage ends soon before the first, and none comes back for what its end takes away", () => {
  const on = (usual: boolean): readonly unknown[] => {
    const site = stove(usual ? {} : { handsOver: { "cold-start": 1 } });
    site.step({ inlet: { probe: 5.5 } }, 60);
    return [8.6, 10.5, 11.5, 12.1, 9.1].map((probe) => {
      site.step({ inlet: { probe } }, 90);
      return ["relay-1", "relay-2"].filter((relay) => site.value("heaters", relay) === "on").length;
    });
  };
  assert.deepEqual(on(true), [1, 1, 0, 0, 0]);
  assert.deepEqual(on(false), [2, 2, 1, 0, 0]);
});

test("heater: off without air, while something cools, on battery, and too hot; that at once", () => {
  for (const off of [
    { fans: { "fan-1": 0, "fan-2": 0 } },
    { capacity: { "dx-1.unit": 50 } },
    { onBattery: { outage: 1 } },
    { doorHold: { safety: 1 } },
  ]) {
    const site = stove({ inlet: { probe: 5 } });
    site.step();
    assert.equal(site.value("heaters", "relay-1"), "on");
    const result = site.step(off);
    assert.equal(site.value("heaters", "relay-1"), "off", JSON.stringify(off));
    assert.match(result.trace.reason, /^Heater off/u);
  }
  const hot = stove({ inlet: { probe: 5 } });
  hot.step();
  hot.hold("heaters", "relay-1", slots.operator, "on");
  hot.step({ outlet: { outlet: 61 } });
  assert.equal(hot.value("heaters", "relay-1"), "off");
  assert.deepEqual(hot.alarms(), ["heater-hot"]);
});

const arctic = (inputs: Readonly<Record<string, Values>>, settings = {}) => {
  const outlets = ["pdu-1.outlet-1", "pdu-1.outlet-2", "pdu-1.outlet-3"];
  return bench(
    coldStart,
    { outlets: outlets.map((name) => choiceTarget(name, switches)) },
    {
      inlet: { probe: -30 },
      fans: { "fan-1": 30 },
      outlets: Object.fromEntries(outlets.map((name) => [name, "off"])),
      ...inputs,
    },
    { priorities: { "pdu-1.outlet-3": 1 }, ...settings },
  );
};

test("cold start: frozen, preheat, soak, power up in order of priority, then hands off", () => {
  const site = arctic({}, { powerUpGap: 10 });
  assert.equal(site.step().published?.["preheatTo"], 15);
  assert.equal(site.value("outlets", "pdu-1.outlet-1"), "off");
  assert.equal(site.step({ inlet: { probe: 3 } }, 60).published?.["phase"], "preheat");
  assert.equal(site.step({ inlet: { probe: 6 } }, 60).published?.["phase"], "soak");
  assert.equal(site.step({}, 530).published?.["phase"], "soak");
  site.step({}, 15);
  assert.deepEqual(
    [1, 2, 3].map((n) => site.value("outlets", `pdu-1.outlet-${n}`)),
    ["off", "off", "on"],
  );
  site.step({}, 20);
  assert.equal(site.value("outlets", "pdu-1.outlet-2"), "on");
  assert.equal(site.step({}, 30).published?.["phase"], "normal");
  assert.equal(site.value("outlets", "pdu-1.outlet-1"), undefined);
});

test("cold start: no further load while the inlet warms up fast from those before, for 25 min at the most, and 5 min after each; more air all along", () => {
  const site = arctic({});
  assert.equal(site.step().published?.["air"], 50);
  site.step({ inlet: { probe: 6 } }, 660);
  const released = (probe: number, seconds: number): unknown =>
    site.step({ inlet: { probe } }, seconds).published?.["released"];
  assert.equal(released(6, 5), 1);
  // It warms up all the time.
  for (let minute = 1; minute < 25; minute++) assert.equal(released(9 + minute / 4, 60), 1, `${minute} min`);
  assert.equal(released(15, 60), 2);
  assert.equal(released(15, 235), 2);
  assert.equal(released(15, 900), 3);
  const last = site.step({}, 300).published;
  assert.deepEqual([last?.["phase"], last?.["air"], last?.["handsOver"]], ["normal", 50, 1]);
  assert.equal(site.step({}, 3600).published?.["air"], 0);
});

test("cold start: on battery it lets no further load on, and leaves those that are to whoever sheds", () => {
  const outlets = () => [3, 1, 2].map((n) => site.value("outlets", `pdu-1.outlet-${n}`));
  const site = arctic({}, { powerUpGap: 100, powerUpRate: 0 });
  site.step();
  site.step({ inlet: { probe: 6 } }, 60 + 600);
  site.step({}, 5);
  assert.deepEqual(outlets(), ["on", "off", "off"]);
  site.step({ onBattery: { outage: 1 } }, 3600);
  assert.deepEqual(outlets(), [undefined, "off", "off"]);
  site.step({ onBattery: { outage: 0 } });
  assert.deepEqual(outlets().slice(0, 2), ["on", "on"]);
  assert.equal(site.step({}, 300).published?.["phase"], "normal");
});

test("cold start: what is at work is not taken from it, and it says when it takes too long", () => {
  const running = arctic({ outlets: { "pdu-1.outlet-1": "on" } });
  running.step({}, 60);
  assert.equal(running.value("outlets", "pdu-1.outlet-1"), undefined);
  const slow = arctic({});
  slow.step({ inlet: { probe: 2 } }, 4 * 3600 + 10);
  assert.deepEqual(slow.alarms(), ["cold-start-overdue"]);
});

const detectors = (inputs: Readonly<Record<string, Values>> = {}, settings = {}) =>
  bench(
    safety,
    {
      fans: [dutyTarget("fan-1")],
      damper: [numberTarget("dx-1.unit", "%")],
      cooling: [choiceTarget("dx-1.unit", ["off", "auto", "remote"])],
      heaters: [],
      servers: [choiceTarget("server-1.power", ["on", "off", "soft"])],
      loads: [choiceTarget("pdu-1.outlet-1", switches), choiceTarget("pdu-1.outlet-2", switches)],
      charging: [numberTarget("dc-1.plant", "A")],
    },
    {
      smoke: { "io-1.smoke": "normal" },
      leak: { "io-1.leak": "normal" },
      door: { "io-1.door": "closed" },
      inlet: { probe: 24 },
      ...inputs,
    },
    { priorities: { "pdu-1.outlet-2": 0 }, ...settings },
  );

test("safety: smoke stops all air within 2 s, above everybody, until somebody resets it", () => {
  const site = detectors();
  site.step({}, 5);
  site.hold("fans", "fan-1", slots.equipmentProtection, 100);
  site.step({ smoke: { "io-1.smoke": "alarm" } }, 2);
  assert.equal(site.value("fans", "fan-1"), 0);
  assert.equal(site.value("damper", "dx-1.unit"), 0);
  assert.equal(site.value("cooling", "dx-1.unit"), "off");
  assert.equal(site.value("loads", "pdu-1.outlet-1"), undefined, "servers keep running");
  assert.deepEqual(site.alarms(), ["smoke"]);
  site.step({ smoke: { "io-1.smoke": "normal" } }, 3600);
  assert.equal(site.value("fans", "fan-1"), 0);
  site.configure({ resets: 1, priorities: { "pdu-1.outlet-2": 0 } });
  site.step();
  assert.equal(site.value("fans", "fan-1"), 100);
});

test("safety: smoke may reset itself when the settings say so", () => {
  const site = detectors({}, { smokeReset: 300 });
  site.step({ smoke: { "io-1.smoke": "alarm" } }, 5);
  site.step({ smoke: { "io-1.smoke": "normal" } }, 298);
  assert.equal(site.value("fans", "fan-1"), 0);
  site.step({}, 5);
  assert.equal(site.value("fans", "fan-1"), undefined);
});

test("safety: a cut wire of a bare contact is smoke; a detector that does not answer is an alarm", () => {
  const cut = detectors({ smoke: { "box.input-1": "open" } });
  cut.step();
  assert.equal(cut.value("fans", "fan-1"), 0);
  const silent = detectors({ smoke: { "io-1.smoke": null } });
  silent.step();
  assert.deepEqual(silent.alarms(), ["silent:io-1.smoke"]);
  assert.equal(silent.value("fans", "fan-1"), undefined);
});

test("safety: fire shuts servers down, and after its grace opens all outlets but those of priority 0", () => {
  const site = detectors();
  site.step({ smoke: { a: "alarm", b: "alarm" } }, 30);
  assert.equal(site.value("servers", "server-1.power"), "soft");
  assert.equal(site.value("loads", "pdu-1.outlet-1"), undefined);
  site.step({}, 35);
  assert.equal(site.value("loads", "pdu-1.outlet-1"), "off");
  assert.equal(site.value("loads", "pdu-1.outlet-2"), undefined);
  assert.deepEqual(site.alarms(), ["fire"]);
});

test("safety: hydrogen is vented and charging stopped, but smoke wins", () => {
  const site = detectors({ hydrogen: { h2: 1.2 } });
  site.step();
  assert.deepEqual([site.value("fans", "fan-1"), site.value("charging", "dc-1.plant")], [100, 0]);
  site.step({ smoke: { "io-1.smoke": "alarm" } });
  assert.equal(site.value("fans", "fan-1"), 0);
  assert.equal(site.value("charging", "dc-1.plant"), 0);
  const cleared = detectors({ hydrogen: { h2: 1.2 } });
  cleared.step();
  cleared.step({ hydrogen: { h2: 0.2 } }, 598);
  assert.equal(cleared.value("fans", "fan-1"), 100);
  cleared.step({}, 5);
  assert.equal(cleared.value("fans", "fan-1"), undefined);
});

test("safety: a leak stops cooling; a door holds air back for a while, then not", () => {
  const wet = detectors();
  wet.step({ leak: { "io-1.leak": "alarm" } }, 6);
  assert.deepEqual([wet.value("cooling", "dx-1.unit"), wet.value("damper", "dx-1.unit")], ["off", 0]);
  const door = detectors();
  assert.equal(door.step({ door: { "io-1.door": "open" } }, 10).published?.["doorHold"], 1);
  assert.equal(door.step({}, 900).published?.["doorHold"], 0);
  assert.deepEqual(door.alarms(), ["door-open"]);
  assert.equal(door.step({ door: { "io-1.door": "closed" } }, 70).published?.["doorHold"], 0);
});

/** Two zones; the leak contact of one of them, unless it says nothing of that. */
const wet = (settings = {}, tagged: Tags = { "io-1.leak": ["default/zone:cold"] }) =>
  bench(
    safety,
    {
      servers: [
        choiceTarget("server-1.power", ["on", "off", "soft"], ["default/zone:cold"]),
        choiceTarget("server-2.power", ["on", "off", "soft"], ["default/zone:hot"]),
      ],
      loads: [
        choiceTarget("pdu-1.outlet-1", switches, ["default/zone:cold", "priority:3"]),
        choiceTarget("pdu-1.outlet-2", switches, ["default/zone:cold", "priority:0"]),
        choiceTarget("pdu-2.outlet-1", switches, ["default/zone:hot"]),
      ],
    },
    { smoke: { "io-1.smoke": "normal" }, leak: { "io-1.leak": "normal" }, inlet: { probe: 24 } },
    settings,
    tagged,
  );
const cut = (site: ReturnType<typeof wet>) => [
  site.value("servers", "server-1.power") ?? "-",
  site.value("servers", "server-2.power") ?? "-",
  site.value("loads", "pdu-1.outlet-1") ?? "-",
  site.value("loads", "pdu-1.outlet-2") ?? "-",
  site.value("loads", "pdu-2.outlet-1") ?? "-",
];

test("safety: a leak takes the power from its own zone where that is configured, after servers could shut down", () => {
  const site = wet({ leakCutsOutlets: true, leakGrace: 60 });
  site.step({ leak: { "io-1.leak": "alarm" } }, 4);
  assert.deepEqual(cut(site), ["-", "-", "-", "-", "-"]);
  site.step({}, 4);
  assert.deepEqual(cut(site), ["soft", "-", "-", "-", "-"]);
  const result = site.step({}, 60);
  assert.deepEqual(cut(site), ["soft", "-", "off", "-", "-"]);
  assert.match(result.trace.reason, /^Leak: .*; outlets of zone cold without power$/u);
  site.step({ leak: { "io-1.leak": "normal" } }, 600);
  assert.deepEqual(cut(site), ["soft", "-", "off", "-", "-"], "until it is reset");
  site.configure({ leakCutsOutlets: true, leakGrace: 60, resets: 1 });
  site.step();
  assert.deepEqual(cut(site), ["-", "-", "-", "-", "-"]);
});

test("safety: by default a leak alarms and takes nobody's power", () => {
  const site = wet();
  site.step({ leak: { "io-1.leak": "alarm" } }, 600);
  assert.deepEqual(cut(site), ["-", "-", "-", "-", "-"]);
  assert.deepEqual(site.alarms(), ["leak"]);
});

test("safety: a leak contact that says no zone takes nobody's power, and says so", () => {
  const site = wet({ leakCutsOutlets: true, leakGrace: 0 }, {});
  site.step({ leak: { "io-1.leak": "alarm" } }, 60);
  assert.deepEqual(cut(site), ["-", "-", "-", "-", "-"]);
  assert.deepEqual(site.alarms(), ["leak", "leak-zone:io-1.leak"]);
});

test("safety: a contact that falls silent after a leak changes nothing", () => {
  const site = wet({ leakCutsOutlets: true, leakGrace: 0 });
  site.step({ leak: { "io-1.leak": "alarm" } }, 10);
  site.step({ leak: { "io-1.leak": null } }, 600);
  assert.deepEqual(cut(site), ["soft", "-", "off", "-", "-"]);
});

const outlets = [1, 2, 3, 4].map((n) => `pdu-1.outlet-${n}`);
const power = (inputs: Readonly<Record<string, Values>> = {}, settings = {}, tags: Tags = {}) =>
  bench(
    outage,
    {
      loads: outlets.map((name) => choiceTarget(name, switches, tags[name])),
      servers: [choiceTarget("server-1.power", ["on", "off", "soft"])],
      charging: [numberTarget("dc-1.plant", "A")],
    },
    {
      mains: { "io-1.mains": "present" },
      busVolts: { "dc-1.plant bus": 54 },
      loadWatts: { "dc-1.plant load": 1265 },
      batteryAmperes: { "dc-1.battery": 0 },
      batteryTemperature: { "dc-1.battery": 25 },
      charge: { "dc-1.battery": 100 },
      inlet: { probe: 24 },
      outlets: Object.fromEntries(outlets.map((name) => [name, "on"])),
      powers: { "server-1.power": "on" },
      ...inputs,
    },
    {
      priorities: { "pdu-1.outlet-1": 9, "pdu-1.outlet-2": 7, "pdu-1.outlet-3": 5, "pdu-1.outlet-4": 0 },
      servers: { "pdu-1.outlet-2": "server-1" },
      ...settings,
    },
  );
const shown = (site: ReturnType<typeof power>) => outlets.map((name) => site.value("loads", name) ?? "-");

test("outage: names nothing has are told, and so are thresholds that put more important loads first", () => {
  const right = power();
  right.step();
  assert.deepEqual(right.alarms(), []);
  const wrong = power(
    {},
    {
      priorities: { "pdu-1": 7, "pdu-1.outlte-3": 1 },
      servers: { "pdu-1.outlet-2": "server-99", "pdu-2.outlet-1": "server-1" },
    },
  );
  const { trace } = wrong.step();
  assert.deepEqual(
    trace.alarms.map(({ id }) => id),
    ["unknown-load:pdu-1.outlte-3", "unknown-server:server-99", "unknown-load:pdu-2.outlet-1"],
  );
  const upside = power({}, { shed5: 70, shed7: 60 });
  const [told] = upside.step().trace.alarms;
  assert.equal(told?.id, "shed-order");
  assert.match(
    told.text,
    /outlet-3 \(priority 5\) loses power at 70 %, before pdu-1.outlet-2 \(priority 7\) at 60 %/u,
  );
});

test("outage: noticed after 5 s, told with how long the battery lasts; tests lose power at once", () => {
  const site = power();
  site.step({}, 20);
  assert.deepEqual(site.alarms(), []);
  const out = site.step({ mains: { "io-1.mains": "failed" } }, 8);
  assert.equal(out.published?.["onBattery"], 1);
  assert.equal(out.published["coolingStages"], 0);
  assert.match(out.trace.reason, /^On battery, for 6\.\d h to 7\.\d h; pdu-1\.outlet-1 without power/u);
  assert.deepEqual(shown(site), ["off", "-", "-", "-"]);
});

test("outage: a battery that carries the load is an outage whatever the contact says", () => {
  const site = power();
  site.step({ busVolts: { "dc-1.plant bus": 48 }, batteryAmperes: { "dc-1.battery": -20 } }, 10);
  assert.ok(site.alarms().includes("mains-out"));
  assert.ok(site.alarms().includes("mains-contact"));
});

test("outage: sheds by state of charge, servers shut down first, and brings them back one by one", () => {
  const site = power();
  site.step({}, 20);
  site.step({ mains: { "io-1.mains": "failed" } }, 10);
  site.step({ charge: { "dc-1.battery": 59 } });
  assert.equal(site.value("servers", "server-1.power"), "soft");
  assert.deepEqual(shown(site), ["off", "-", "-", "-"]);
  site.step({ powers: { "server-1.power": "off" } }, 4);
  assert.deepEqual(shown(site), ["off", "off", "-", "-"]);
  site.step({ charge: { "dc-1.battery": 35 } }, 130);
  assert.deepEqual(shown(site), ["off", "off", "off", "-"]);
  site.step({ mains: { "io-1.mains": "present" } }, 140);
  assert.deepEqual(shown(site), ["off", "off", "off", "-"], "the battery must fill first");
  const back = Object.fromEntries(outlets.map((name, i) => [name, i === 3 ? "on" : "off"]));
  site.step({ charge: { "dc-1.battery": 55 }, outlets: back }, 20);
  assert.deepEqual(shown(site), ["off", "off", "on", "-"]);
  site.step({ charge: { "dc-1.battery": 96 } }, 8);
  assert.deepEqual(shown(site), ["off", "on", "on", "-"]);
  site.step({}, 12);
  assert.deepEqual(shown(site), ["on", "on", "on", "-"]);
  site.step({ outlets: Object.fromEntries(outlets.map((name) => [name, "on"])) }, 12);
  assert.deepEqual(shown(site), ["-", "-", "-", "-"], "given up once they are seen to be on");
});

test("outage: a bus that falls below 44 V sheds all but priority 0", () => {
  const site = power();
  site.step({ mains: { "io-1.mains": "failed" }, busVolts: { "dc-1.plant bus": 43.8 } }, 10);
  site.step({}, 130);
  assert.deepEqual(shown(site), ["off", "off", "off", "-"]);
  assert.ok(site.alarms().includes("dc-low"));
});

test("outage: heat sheds too, one priority after the other, and coolness brings back", () => {
  const site = power();
  site.step({ inlet: { probe: 36 } }, 296);
  assert.deepEqual(shown(site), ["-", "-", "-", "-"]);
  site.step({}, 10);
  assert.deepEqual(shown(site), ["off", "-", "-", "-"]);
  site.step({ inlet: { probe: 41 } }, 60);
  assert.equal(site.value("servers", "server-1.power"), "soft");
  site.step({ inlet: { probe: 30 } }, 306);
  assert.equal(site.value("loads", "pdu-1.outlet-2"), "on");
});

test("outage: on battery heat takes nobody's power for a while, and one alarm says how long", () => {
  const site = power();
  site.step({}, 20);
  const calm = site.step({ mains: { "io-1.mains": "failed" } }, 8);
  assert.deepEqual([calm.published?.["inletLimit"], calm.published?.["inletShort"]], [32, 40]);
  const warm = site.step({ inlet: { probe: 37 } }, 3500);
  assert.deepEqual(site.alarms(), ["mains-out", "loads-shed", "warm-on-battery"]);
  assert.equal(warm.published?.["inletShort"], 40);
  assert.deepEqual(shown(site), ["off", "-", "-", "-"]);
  const over = site.step({}, 200);
  assert.equal(over.published?.["inletShort"], 0);
  assert.equal(over.trace.alarms.find(({ id }) => id === "warm-on-battery")?.severity, "major");
  site.step({}, 310);
  site.step({}, 310);
  assert.equal(site.value("servers", "server-1.power"), "soft", "too warm for too long");
  const mains = site.step({ mains: { "io-1.mains": "present" }, inlet: { probe: 25 } }, 40);
  assert.deepEqual([mains.published?.["inletLimit"], mains.published?.["inletShort"]], [0, 0]);
  const again = site.step({ mains: { "io-1.mains": "failed" } }, 8);
  assert.equal(again.published?.["inletShort"], 40, "another outage has its own time");
});

test("outage: on battery above the short-term limit loads lose power at once", () => {
  const site = power();
  site.step({}, 20);
  site.step({ mains: { "io-1.mains": "failed" }, inlet: { probe: 41 } }, 8);
  site.step({}, 70);
  assert.equal(site.value("servers", "server-1.power"), "soft");
});

test("outage: how long the battery lasts follows charge and load without being worked out at each step", () => {
  const site = power();
  const lasts = () => Number(site.step().published?.["autonomy"]);
  const full = lasts();
  site.step({ charge: { "dc-1.battery": 60 } }, 32);
  const less = lasts();
  assert.ok(less < 0.6 * full, `${less} s of ${full} s`);
  site.step({ mains: { "io-1.mains": "failed" } }, 20);
  site.step({ charge: { "dc-1.battery": 50 } });
  assert.ok(lasts() < 0.85 * less, "on battery at once");
  assert.equal(site.step({ charge: { "dc-1.battery": null } }).published?.["autonomy"], undefined);
});

test("outage: one hot probe that its neighbours contradict takes nobody's power", () => {
  const site = power({ inlet: { "probe-1": 24, "probe-2": 24.5, "probe-3": 23.8 } });
  site.step({}, 20);
  site.step({ inlet: { "probe-1": 24, "probe-2": 55, "probe-3": 23.8 } }, 900);
  assert.deepEqual(shown(site), ["-", "-", "-", "-"]);
  site.step({ inlet: { "probe-1": 54, "probe-2": 55, "probe-3": 53 } }, 60);
  assert.equal(site.value("loads", "pdu-1.outlet-1"), "off");
});

test("outage: the battery is charged as its temperature bears, and on generator cooling is limited", () => {
  const site = power();
  site.step({}, 4);
  assert.equal(site.value("charging", "dc-1.plant"), 30);
  site.step({ batteryTemperature: { "dc-1.battery": -5 } }, 4);
  assert.equal(site.value("charging", "dc-1.plant"), 0);
  assert.deepEqual(site.alarms(), ["battery-cold"]);
  const slotOf = ({ trace }: ReturnType<typeof site.step>) =>
    trace.outputs.find(({ output }) => output === "charging")?.appliedSlot;
  assert.equal(slotOf(site.step()), slots.equipmentProtection, "no operator charges a frozen battery");
  const warm = site.step({ batteryTemperature: { "dc-1.battery": 3 } }, 4);
  assert.equal(site.value("charging", "dc-1.plant"), 20);
  assert.equal(slotOf(warm), slots.controller);
  const generator = power({ generator: { "io-1.generator": "running" } });
  const out = generator.step({ mains: { "io-1.mains": "failed" } }, 10);
  assert.deepEqual([out.published?.["onGenerator"], out.published?.["coolingStages"]], [1, 1]);
});

test("outage: what it may not command it does not claim to have stopped", () => {
  const site = power({ batteryTemperature: { "dc-1.battery": 61 } }, { commandCharging: false });
  const [told] = site.step({}, 4).trace.alarms;
  assert.equal(site.value("charging", "dc-1.plant"), undefined);
  assert.deepEqual([told?.id, told?.severity], ["battery-hot", "critical"]);
  assert.match(told?.text ?? "", /stop charging it/u);
});

test("outage: an outlet's tags say when it loses power, how long it has to shut down, and when it comes back", () => {
  const site = power(
    {},
    { priorities: { "pdu-1.outlet-4": 0 }, otherwise: 7 },
    {
      "pdu-1.outlet-1": ["default/shed-at-soc:80", "restore-delay:600"],
      "pdu-1.outlet-2": ["shed-at-minutes:240", "grace:20"],
      "pdu-1.outlet-4": ["shed-at-soc:100", "shed-at-temperature:25"],
    },
  );
  site.step({}, 20);
  site.step({ mains: { "io-1.mains": "failed" }, charge: { "dc-1.battery": 78 } }, 10);
  assert.deepEqual(shown(site), ["off", "-", "-", "-"]);
  site.step({ charge: { "dc-1.battery": 62 } }, 12);
  assert.equal(site.value("servers", "server-1.power"), "soft", "less than 4 h are left");
  site.step({}, 20);
  assert.deepEqual(shown(site), ["off", "off", "-", "-"]);
  const seen = Object.fromEntries(outlets.map((name, i) => [name, i < 2 ? "off" : "on"]));
  site.step({ mains: { "io-1.mains": "present" }, charge: { "dc-1.battery": 95 }, outlets: seen }, 180);
  assert.deepEqual(shown(site), ["off", "on", "-", "-"]);
  site.step({}, 600);
  assert.equal(site.value("loads", "pdu-1.outlet-1"), "on");
});

test("outage: an outlet with a temperature of its own waits for no turn", () => {
  const site = power({ inlet: { probe: 34 } }, {}, { "pdu-1.outlet-3": ["shed-at-temperature:33"] });
  site.step({}, 310);
  assert.deepEqual(shown(site), ["-", "-", "off", "-"]);
  site.step({ inlet: { probe: 31 } }, 600);
  assert.deepEqual(shown(site), ["-", "-", "off", "-"], "not 3 K below");
  site.step({ inlet: { probe: 29 } }, 302);
  assert.deepEqual(shown(site), ["-", "-", "on", "-"]);
});

test("outage: a tag that says nonsense is told, and the settings apply", () => {
  const site = power({}, {}, { "pdu-1.outlet-2": ["shed-at-soc:lots", "grace:-1"] });
  const out = site.step({ mains: { "io-1.mains": "failed" }, charge: { "dc-1.battery": 65 } }, 10);
  assert.deepEqual(shown(site), ["off", "-", "-", "-"]);
  const told = out.trace.alarms.filter(({ id }) => id.startsWith("load-tag:"));
  assert.deepEqual(
    told.map(({ id, severity }) => [id, severity]),
    [
      ["load-tag:pdu-1.outlet-2:shed-at-soc", "notice"],
      ["load-tag:pdu-1.outlet-2:grace", "notice"],
    ],
  );
  assert.match(told[0]?.text ?? "", /shed-at-soc:lots of pdu-1\.outlet-2 is nothing from 0 to 100 %/u);
});

const plant = (settings: object, temperature: Values = { "dc-1.battery": 25 }) =>
  bench(
    outage,
    { float: [numberTarget("dc-1.plant", "V", 48, 58)] },
    { mains: { "io-1.mains": "present" }, batteryTemperature: temperature },
    { cells: 24, ...settings },
  );

test("outage: the float voltage follows the temperature of a lead battery, slowly and within limits", () => {
  const site = plant({ chemistry: "vrla" });
  site.step({}, 10);
  assert.equal(site.value("float", "dc-1.plant"), 54.5);
  const volts = () => Number(site.value("float", "dc-1.plant"));
  let largest = 0;
  for (let t = 0; t < 300; t += 10) {
    const before = volts();
    site.step({ batteryTemperature: { "dc-1.battery": 40 } }, 10);
    largest = Math.max(largest, before - volts());
  }
  assert.equal(volts(), 53.4);
  assert.ok(largest > 0 && largest < 0.25, `${largest} V in 10 s`);
  site.step({ batteryTemperature: { "dc-1.battery": null } }, 10);
  assert.equal(site.value("float", "dc-1.plant"), undefined, "left as it is while nobody knows better");
  const cold = plant({ chemistry: "vrla", floatPerCell: 2.3 }, { "dc-1.battery": -20 });
  cold.step({}, 10);
  assert.equal(cold.value("float", "dc-1.plant"), 57.6);
  const two = plant({ chemistry: "vrla" }, { "dc-1.battery": 20, "dc-2.battery": 40 });
  two.step({}, 10);
  assert.equal(two.value("float", "dc-1.plant"), 53.4, "the hottest decides");
});

test("outage: the float voltage of another battery, or where it is not wanted, is left alone", () => {
  for (const settings of [{ chemistry: "lfp" }, { chemistry: "vrla", commandFloat: false }]) {
    const site = plant(settings);
    site.step({}, 10);
    assert.equal(site.value("float", "dc-1.plant"), undefined);
  }
});

test("outage: outlets somebody switched off stay off", () => {
  const site = power({
    outlets: Object.fromEntries(outlets.map((name) => [name, name.endsWith("1") ? "off" : "on"])),
  });
  site.step({ mains: { "io-1.mains": "failed" } }, 10);
  site.step({ mains: { "io-1.mains": "present" } }, 400);
  assert.deepEqual(shown(site), ["-", "-", "-", "-"]);
});

test("temperature watch: each inlet on its own, the worst level only, with a band", () => {
  const site = bench(temperatureWatch, {}, { inlets: { a: 24, b: 24 } });
  site.step();
  site.step({ inlets: { a: 36, b: 33 } }, 50);
  assert.ok(!site.alarms().some((id) => id.startsWith("high")));
  site.step({}, 20);
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    ["high-major:a", "high-warning:b"],
  );
  assert.ok(site.alarms().includes("rate:a"));
  site.step({ inlets: { a: 34.5, b: 30 } });
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    ["high-major:a"],
  );
});

test("temperature watch: on battery no inlet is too warm below the short-term limit", () => {
  const site = bench(temperatureWatch, {}, { inlets: { a: 30, b: 30 }, inletShort: { outage: 40 } });
  site.step({}, 30);
  site.step({ inlets: { a: 38, b: 33 } }, 120);
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    [],
  );
  site.step({ inlets: { a: 41, b: 33 } }, 70);
  assert.ok(site.alarms().includes("high-critical:a"));
  site.step({ inletShort: { outage: 0 } }, 70);
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    ["high-critical:a", "high-warning:b"],
  );
});

test("temperature watch: sensors that contradict each other raise doubt after a while, and fail nobody", () => {
  const known = { ratedHeat: 1200, fullFlow: 0.1 };
  const inputs = {
    inlets: { a: 24, b: 24 },
    outlet: { back: 34 },
    outdoor: { out: 20 },
    fans: { tray: 100 },
    states: { "dx-1.unit": "standby" },
    power: { rack: 1200 },
  };
  const site = bench(temperatureWatch, {}, inputs, known);
  site.step({}, 1200);
  assert.deepEqual(site.alarms(), [], "a rise of 10 K is what 1200 W make of 0.1 m³/s");
  site.step({ outlet: { back: 42 } }, 890);
  assert.deepEqual(site.alarms(), []);
  const doubted = site.step({}, 20);
  assert.deepEqual(site.alarms(), ["implausible"]);
  assert.match(
    doubted.trace.alarms[0]?.text ?? "",
    /the air warms by 18\.0 K over the racks, expected 9\.9 K/u,
  );
  assert.equal(doubted.trace.terms?.["warmest"], 24);
  site.step({ outlet: { back: 34 } });
  assert.deepEqual(site.alarms(), []);
  site.step({ outdoor: { out: 30 } }, 910);
  assert.deepEqual(site.alarms(), ["implausible"], "colder than outdoors, and no compressor runs");
  site.step({ states: { "dx-1.unit": "cooling" } });
  assert.deepEqual(site.alarms(), []);
  site.step({ states: { "dx-1.unit": null } }, 910);
  assert.deepEqual(site.alarms(), [], "a unit that says nothing may be running");
});
