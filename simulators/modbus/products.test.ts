import assert from "node:assert/strict";
import { test } from "node:test";
import { answer } from "./functions.ts";
import { f32, s16, s32, u16 } from "./fields.ts";
import { createDcPlant } from "./products/dc-plant.ts";
import { createDx, type DxSettings } from "./products/dx.ts";
import { createFanTray } from "./products/fan-tray.ts";
import { createIo } from "./products/io.ts";
import { createMeter } from "./products/meter.ts";
import { createPdu } from "./products/pdu.ts";
import { createProbe } from "./products/probe.ts";
import { createUps } from "./products/ups.ts";
import { createUnit, type SimulatedUnit } from "./unit.ts";

const ask = (unit: SimulatedUnit, pdu: string): string =>
  Buffer.from(answer(Uint8Array.from(Buffer.from(pdu.replaceAll(" ", ""), "hex")), unit)).toString("hex");

const word = (unit: SimulatedUnit, table: "input" | "holding", address: number): number =>
  unit.readWords(table, address, 1)[0] ?? NaN;

const float = (unit: SimulatedUnit, table: "input" | "holding", address: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  unit.readWords(table, address, 2).forEach((value, i) => view.setUint16(i * 2, value));
  return view.getFloat32(0);
};

test("numbers as registers", () => {
  const read = (value: number): number => value;
  assert.deepEqual(s16({ get: () => read(-5), scale: 10 }).read(), [65_486]);
  assert.deepEqual(s32({ get: () => -2 }).read(), [0xffff, 0xfffe]);
  assert.deepEqual(u16({ get: () => 1e9 }).read(), [0xffff]);
  assert.deepEqual(u16({ get: () => NaN, absent: 0xffff }).read(), [0xffff]);
  assert.deepEqual(f32({ get: () => 230.5 }).read(), [0x4366, 0x8000]);
  let held = 0;
  s16({ get: () => held, set: (value) => void (held = value), scale: 10 }).write?.([65_486]);
  assert.equal(held, -5);
});

test("fields cannot overlap, and half a pair cannot be written", () => {
  const unit = createUnit({ product: "x" });
  unit.defineWords("holding", 4, f32({ get: () => 1, set: () => undefined }));
  assert.throws(
    () => unit.defineWords("holding", 5, u16({ get: () => 1 })),
    /holding register 5 is defined twice/,
  );
  assert.equal(ask(unit, "06 0004 0000"), "8602");
  assert.equal(ask(unit, "10 0004 0001 02 0000"), "9002");
  assert.equal(ask(unit, "10 0004 0002 04 3f800000"), "1000040002");
});

test("fan tray: duties, override, missing and failed fans", () => {
  const tray = createFanTray({
    present: (fan) => fan !== 3,
    speed: (fan) => 1000 + fan,
    failed: (fan) => fan === 1,
    boardTemperature: () => -4.5,
  });
  assert.deepEqual(
    tray.readWords("input", 0, 12),
    [0x464e, 1000, 1001, 1002, 0xffff, 1004, 1005, 1006, 1007, 0xf7, 2, 65_491],
  );
  assert.equal(ask(tray, "06 0002 02bc"), "06000202bc");
  assert.equal(tray.duty(2), 70);
  assert.equal(ask(tray, "06 0002 03e9"), "8603", "100.1 %");
  assert.equal(ask(tray, "05 0000 ff00"), "050000ff00");
  assert.equal(tray.duty(2), 100);
  assert.equal(ask(tray, "06 0000 0000".replace("06", "05")), "0500000000");
  assert.equal(tray.writeCount("holding", 2), 1);
});

test("fan tray: goes to its own duty when nobody asks for too long", () => {
  const tray = createFanTray({
    present: () => true,
    speed: () => 0,
    failed: () => false,
    boardTemperature: () => 0,
  });
  tray.writeWords(8, [30, 800]);
  tray.tick(29);
  assert.equal(tray.duty(0), 50);
  tray.tick(1);
  assert.equal(tray.duty(0), 80);
  ask(tray, "03 0000 0001");
  assert.equal(tray.duty(0), 50);
});

test("air-conditioner: registers, settings, alarms and the reset of its lockout", () => {
  const settings: DxSettings = {
    ...{ mode: "auto", setpoint: 22, deadBand: 2, minimumOn: 120, minimumOff: 180 },
    ...{ capacityDemand: 0, fanDemand: 100, damperDemand: 0, busLoss: 60 },
  };
  const seen: (string | number | boolean)[] = [];
  let resets = 0;
  const dx = createDx({
    settings,
    changed: () => seen.push(settings.mode, settings.capacityDemand),
    returnTemperature: () => 31,
    supplyTemperature: () => 22,
    outdoorTemperature: () => NaN,
    returnHumidity: () => 33,
    power: () => 640,
    state: () => 3,
    capacity: () => 45.5,
    damper: () => 12,
    starts: () => 70_000,
    runSeconds: () => 3.9,
    secondsToStart: () => 12.1,
    alarms: () => [true, false, false, false, false, true],
    lose: (lost) => seen.push(lost),
    resetLockout: () => ++resets <= 3,
  });
  assert.deepEqual(
    dx.readWords("input", 0, 15),
    [0x4458, 310, 220, 0x8000, 330, 3, 455, 1, 4464, 0, 3, 13, 33, 640, 120],
  );
  assert.deepEqual(dx.readWords("holding", 0, 10), [1, 220, 0, 1000, 0, 20, 120, 180, 60, 0]);
  assert.equal(ask(dx, "06 0000 0003"), "8603", "a command it does not have");
  assert.equal(ask(dx, "06 0001 0063"), "8603", "a setpoint of 9.9 °C");
  seen.length = 0;
  dx.writeWords(0, [2]);
  dx.writeWords(2, [600]);
  assert.deepEqual(seen, [false, "remote", 0, false, "remote", 60]);
  seen.length = 0;
  dx.tick(59);
  dx.tick(1);
  ask(dx, "04 0005 0001");
  assert.deepEqual(seen, [false, true, false], "nobody asked for 60 s, then somebody did");
  assert.equal(ask(dx, "06 0009 1234"), "8603", "not the key");
  for (let i = 0; i < 3; i++) assert.equal(ask(dx, "06 0009 a5a5"), "060009a5a5");
  assert.equal(ask(dx, "06 0009 a5a5"), "8603");
});

test("DC plant: registers, commands and the low-voltage disconnect", () => {
  const now = { bus: 54, mains: 230, hold: 0, limit: 0, fed: false, shed: false, open: false, at: [0, 0] };
  const plant = createDcPlant({
    busVoltage: () => now.bus,
    loadCurrent: () => 7.2,
    rectifierCurrent: () => 8,
    batteryCurrent: () => -1.5,
    batteryTemperature: () => -3,
    charge: () => 99.5,
    mainsVoltage: () => now.mains,
    mainsFrequency: () => 50.01,
    modules: () => 4,
    modulesOk: () => 3,
    autonomy: () => NaN,
    energy: () => 70_000,
    hold: (volts) => void (now.hold = volts),
    limitCharge: (amperes) => void (now.limit = amperes),
    disconnectAt: (...volts) => void (now.at = volts),
    shed: () => now.shed,
    disconnected: () => now.open,
    feedLoad: (on) => void (now.fed = on),
  });
  const expected = [0x4443, 5400, 72, 80, 65_521, 65_506, 995, 2300, 5001, 4, 3, 2, 2, 0xffff];
  assert.deepEqual(plant.readWords("input", 0, 14), expected);
  assert.deepEqual(plant.readWords("holding", 0, 14), expected);
  assert.deepEqual(plant.readWords("holding", 30, 2), [1, 4464]);
  assert.deepEqual(plant.readWords("holding", 20, 6), [5400, 5640, 200, 4320, 4200, 0]);
  assert.equal(ask(plant, "03 000e 0001"), "8302", "a hole");
  assert.deepEqual([now.hold, now.limit, now.fed, now.at], [54, 20, true, [43.2, 42]]);
  plant.writeWords(23, [4400]);
  assert.deepEqual(now.at, [44, 42]);
  plant.writeWords(20, [5450]);
  assert.equal(now.hold, 54.5);
  plant.writeWords(25, [1]);
  assert.equal(now.hold, 56.4);
  plant.tick(4 * 3600);
  assert.equal(now.hold, 54.5, "equalising ends by itself");
  plant.writeWords(25, [5]);
  assert.deepEqual([now.fed, plant.loadConnected()], [false, false]);
  plant.tick(1);
  assert.equal(now.fed, false, "disconnected by command stays so");
  plant.writeWords(25, [4]);
  assert.equal(now.fed, true);
  Object.assign(now, { bus: 43.1, mains: 0, shed: true });
  plant.tick(1);
  assert.deepEqual([word(plant, "input", 11), word(plant, "input", 12)], [4, 0b1011]);
  assert.equal(plant.loadConnected(), false);
  now.open = true;
  assert.equal(word(plant, "input", 12), 0b11011);
  Object.assign(now, { bus: 54, mains: 230, shed: false, open: false });
  plant.tick(1);
  assert.deepEqual([plant.loadConnected(), word(plant, "input", 12)], [true, 2]);
});

test("PDU: counts, floats, outlets and identity", () => {
  const on = [true, false, true];
  const pdu = createPdu({
    outlets: 3,
    voltage: () => 230,
    frequency: () => 50,
    outletPower: (outlet) => (on[outlet] === true ? 100 * (outlet + 1) : 0),
    isOn: (outlet) => on[outlet] === true,
    switchOutlet: (outlet, state) => void (on[outlet] = state),
  });
  assert.deepEqual(pdu.readWords("holding", 0, 5), [1, 1, 1, 3, 0]);
  assert.equal(float(pdu, "holding", 12_306), 400);
  assert.equal(float(pdu, "holding", 32_786 + 2 * 64), 300);
  assert.equal(float(pdu, "holding", 32_776 + 2 * 64), 230);
  assert.ok(Math.abs(float(pdu, "holding", 32_778) - 100 / 230 / 0.96) < 1e-6);
  assert.equal(ask(pdu, "01 0000 0003"), "010105");
  assert.equal(ask(pdu, "0f 0000 0003 01 02"), "0f00000003");
  assert.deepEqual(on, [false, true, false]);
  assert.equal(float(pdu, "holding", 12_306), 200);
  assert.equal(ask(pdu, "04 0000 0001"), "8401");
  assert.equal(ask(pdu, "05 0003 ff00"), "8502");
  assert.match(Buffer.from(ask(pdu, "2b 0e 01 00"), "hex").toString("latin1"), /Raritan.*PX3/s);
});

test("energy meter: floats, at most 80 registers, zeros between, function 16 only", () => {
  const meter = createMeter({
    voltage: (phase) => 229 + phase,
    power: (phase) => 1000 * (phase + 1),
    frequency: () => 49.5,
    energyImported: () => 12_345_678,
  });
  assert.deepEqual(
    [0, 2, 4].map((at) => float(meter, "input", at)),
    [229, 230, 231],
  );
  assert.deepEqual(
    [0x0c, 0x34, 0x46].map((at) => float(meter, "input", at)),
    [1000, 6000, 49.5],
  );
  assert.ok(Math.abs(float(meter, "input", 0x48) - 12_345.678) < 0.001);
  assert.equal(ask(meter, "04 0000 0051"), "8403");
  assert.equal(ask(meter, "04 0000 0050").length, 4 + 320);
  assert.equal(ask(meter, "04 0024 0002"), "8402");
  assert.equal(ask(meter, "06 0002 4270"), "8601");
  assert.equal(ask(meter, "10 0002 0002 04 41200000"), "1000020002");
  assert.equal(float(meter, "holding", 2), 10);
  assert.equal(ask(meter, "10 0002 0002 04 7fc00000"), "9003", "not a number");
});

test("probe: values, corrections and settings", () => {
  const probe = createProbe({ temperature: () => -5, humidity: () => 99, unitId: 11 });
  assert.deepEqual(probe.readWords("input", 1, 2), [65_486, 990]);
  assert.deepEqual(probe.readWords("holding", 0x101, 4), [11, 0, 0, 0]);
  probe.writeWords(0x103, [65_526]);
  probe.writeWords(0x104, [50]);
  assert.deepEqual(probe.readWords("input", 1, 2), [65_476, 1000]);
  assert.equal(ask(probe, "10 0103 0001 02 0000"), "9001");
  assert.equal(ask(probe, "04 0000 0001"), "8402");
});

test("a sensor sticks where it is or where it is told, until released", () => {
  let measured = 20;
  const probe = createProbe({ temperature: () => measured, humidity: () => 50, unitId: 1 });
  const sensor = probe.sensors.get("temperature");
  sensor?.stick();
  measured = 30;
  assert.equal(word(probe, "input", 1), 200);
  sensor?.stick(55);
  assert.equal(word(probe, "input", 1), 550);
  sensor?.release();
  assert.equal(word(probe, "input", 1), 300);
});

test("contacts, relays and counters", () => {
  let door = false;
  const switched: string[] = [];
  const no = (): boolean => false;
  const io = createIo({
    doorContact: () => door,
    smokeContact: () => true,
    leak: no,
    mains: () => true,
    surgeProtector: no,
    generator: no,
    firePanelFault: no,
    tamper: no,
    relay: (relay, on) => switched.push(`${relay} ${on}`),
  });
  assert.equal(ask(io, "02 0000 0008"), "02010a");
  for (door of [true, false, true]) io.tick();
  assert.deepEqual(io.readWords("input", 0, 4), [2, 0, 0, 0]);
  assert.equal(ask(io, "05 0007 ff00"), "050007ff00");
  assert.deepEqual(io.relays.map(Number), [0, 0, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual(switched, ["7 true"]);
});

test("UPS: binary fractions, status bits, holes", () => {
  const now = { input: 230, on: true };
  const ups = createUps({
    runtime: () => 70_000,
    charge: () => 99.5,
    batteryVoltage: () => 27.25,
    temperature: () => -1,
    outputPower: () => 750,
    outputEnergy: () => 5,
    outputOn: () => now.on,
    inputVoltage: () => now.input,
  });
  assert.deepEqual(ups.readWords("holding", 0, 2), [0, 1 << 1]);
  assert.deepEqual(ups.readWords("holding", 128, 4), [1, 4464, 50_944, 872]);
  assert.equal(word(ups, "holding", 135), 65_408);
  assert.equal(word(ups, "holding", 136), 12_800);
  assert.deepEqual(
    [142, 144, 151].map((at) => word(ups, "holding", at)),
    [14_720, 6400, 14_720],
  );
  now.input = 0;
  assert.deepEqual(ups.readWords("holding", 0, 2), [0, (1 << 2) | (1 << 6)]);
  now.on = false;
  assert.deepEqual(ups.readWords("holding", 0, 2), [0, (1 << 4) | (1 << 6)]);
  assert.equal(ask(ups, "03 0003 0001"), "8302");
  assert.equal(ask(ups, "03 0002 0002"), "030400000000");
  assert.equal(ask(ups, "10 0600 0002 04 00000001"), "1006000002");
  assert.equal(ups.command(), 1);
});
