import assert from "node:assert/strict";
import test from "node:test";
import { dutyTarget } from "../../controllers/runtime/targets.ts";
import { safety } from "../../controllers/shipped/safety.ts";
import { slots } from "../../devices/transaction.ts";
import { bench, choiceTarget, numberTarget, switches, type Tags, type Values } from "./shipped-bench.ts";

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
