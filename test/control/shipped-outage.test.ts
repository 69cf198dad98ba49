import assert from "node:assert/strict";
import test from "node:test";
import { outage } from "../../controllers/shipped/outage.ts";
import { slots } from "../../devices/transaction.ts";
import { bench, choiceTarget, numberTarget, switches, type Tags, type Values } from "./shipped-bench.ts";

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
