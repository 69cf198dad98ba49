import assert from "node:assert/strict";
import { test } from "node:test";
import { siteParameters } from "./sites.ts";
import { createEquipment, type Equipment } from "./equipment.ts";
import { faultFrom } from "./fault-text.ts";
import { createSitePhysics } from "./physics/site.ts";
import type { SitePhysics } from "./physics/types.ts";
import { createRandom } from "./random.ts";
import { applySiteFaults } from "./site-faults.ts";
import { createUnits, type SiteUnits } from "./site-units.ts";
import { mildDay } from "./weather/mild-day.ts";

interface Rig {
  readonly physics: SitePhysics;
  readonly equipment: Equipment;
  readonly units: SiteUnits;
  /** Lets time pass; on the bus nobody asks unless `asked`. */
  pass(seconds: number, asked?: boolean): void;
  word(unit: string, address: number): number;
  write(unit: string, address: number, ...words: number[]): void;
  fail(...faults: readonly string[]): void;
}

function rig(mean = 18): Rig {
  const parameters = siteParameters("demo");
  const physics = createSitePhysics(parameters, { weather: mildDay({ mean, swing: 0 }), seed: 7 });
  const equipment = createEquipment({ physics, parameters, seed: 7 });
  const units = createUnits(equipment);
  const unit = (name: string) => units.all.find((one) => one.name === name)?.unit ?? assert.fail(name);
  return {
    physics,
    equipment,
    units,
    pass(seconds, asked = true) {
      for (let i = 0; i < seconds; i++) {
        physics.advance(1);
        units.tick(1, 1);
        if (asked) unit("dx-1").readWords("input", 0, 1);
      }
    },
    word: (name, address) => unit(name).readWords("input", address, 1)[0] ?? NaN,
    write: (name, address, ...words) => unit(name).writeWords(address, words),
    fail: (...faults) =>
      applySiteFaults(
        equipment,
        faults.map((text, id) => ({ ...faultFrom(text), id, since: 0 })),
      ),
  };
}

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} should be ${expected} ± ${within}`);

test("a duty that is written changes the air", () => {
  const flow = (duty: number): number => {
    const site = rig();
    for (let fan = 0; fan < 8; fan++) site.write("tray-a", fan, duty);
    site.pass(60);
    return site.physics.state.airflow;
  };
  near(flow(500), 0.1, 0.001);
  near(flow(1000), 0.2, 0.002);
  near(flow(250), 0.05, 0.001);
});

test("the air-conditioner obeys in mode remote: compressor, damper and minimum times", () => {
  const site = rig();
  site.write("dx-1", 0, 2);
  site.write("dx-1", 2, 600);
  site.write("dx-1", 4, 500);
  site.pass(5);
  assert.equal(site.word("dx-1", 5), 3);
  assert.equal(site.word("dx-1", 6), 600);
  assert.equal(site.word("dx-1", 8), 1);
  assert.ok(site.physics.state.dxPower > 200);
  site.write("dx-1", 2, 0);
  site.pass(60);
  assert.equal(site.word("dx-1", 5), 3, "on for 120 s at least");
  site.pass(70);
  assert.notEqual(site.word("dx-1", 5), 3);
  near(site.word("dx-1", 14), 500, 11);
  near(site.physics.state.damper, 50, 0.1);
  site.write("dx-1", 2, 600);
  site.pass(60);
  const left = site.word("dx-1", 11);
  assert.ok(left > 60 && left < 120, `${left} s until it may start`);
  site.pass(left + 2);
  assert.deepEqual([site.word("dx-1", 5), site.word("dx-1", 8)], [3, 2]);
});

test("the air-conditioner cools by itself, and when nobody asks any more", () => {
  const site = rig(30);
  site.pass(2400);
  near(site.physics.state.supply, 22, 2);
  site.write("dx-1", 0, 2);
  site.pass(200);
  assert.notEqual(site.word("dx-1", 5), 3, "no demand in remote mode");
  site.pass(300, false);
  assert.equal(site.physics.state.dx[0]?.running, true);
});

test("without mains it stops at once; its damper, servers and plant go on", () => {
  const site = rig(25);
  site.write("dx-1", 0, 2);
  site.write("dx-1", 2, 800);
  site.write("dx-1", 4, 500);
  site.pass(120);
  site.fail("site mains-loss");
  site.pass(30);
  assert.deepEqual([site.word("dx-1", 5), site.word("dx-1", 6)], [8, 0]);
  assert.equal(site.physics.state.damper, 50, "fed by the plant");
  const { state } = site.physics;
  assert.ok(state.plant.amperes < -5 && state.plant.busVolts < 52 && state.itPower > 900);
  assert.deepEqual(
    [site.word("meter-1", 0), site.word("meter-1", 12)],
    [0, 0],
    "no voltage, no power from the mains",
  );
  site.pass(2 * 3600);
  assert.equal(Math.round(state.itPower), 0, "the UPS is empty");
  site.fail();
  site.pass(1800);
  assert.ok(state.itPower > 900 && state.plant.amperes > 0);
});

test("an outlet switched off takes its load and its heat away", () => {
  const site = rig();
  site.pass(3600);
  const [power, hot] = [site.physics.state.itPower, site.physics.state.hot];
  const pdu = site.units.all.find(({ name }) => name === "pdu-1")?.unit ?? assert.fail();
  pdu.writeBits(0, [false, false]);
  site.pass(600);
  assert.ok(site.physics.state.itPower < power - 200);
  assert.ok(site.physics.state.hot < hot);
});

test("relays switch heater stages and the battery's pad", () => {
  const site = rig(-20);
  const io = site.units.all.find(({ name }) => name === "io-1")?.unit ?? assert.fail();
  io.writeBits(0, [true, true, true]);
  site.pass(10);
  assert.deepEqual([site.physics.state.heaterPower, site.physics.state.batteryPadPower], [1000, 100]);
  io.writeBits(0, [false, true, false]);
  site.pass(10);
  assert.deepEqual([site.physics.state.heaterPower, site.physics.state.batteryPadPower], [500, 0]);
});

test("the lockout, its reset, and no more than three a day", () => {
  const site = rig();
  const dx = site.units.all.find(({ name }) => name === "dx-1")?.unit ?? assert.fail();
  for (let i = 0; i < 3; i++) {
    site.fail("dx-1 lockout");
    assert.deepEqual([site.word("dx-1", 5), site.word("dx-1", 12) & 1], [7, 1]);
    dx.writeWords(9, [0xa5a5]);
    assert.notEqual(site.word("dx-1", 5), 7);
    site.fail();
  }
  assert.throws(() => dx.writeWords(9, [0xa5a5]));
  site.pass(86_400 - 100);
  site.pass(200);
  dx.writeWords(9, [0xa5a5]);
});

test("faults reach the physics, and leave them", () => {
  const site = rig();
  const { faults, world } = site.physics;
  const sound = JSON.stringify([faults, world]);
  site.fail(
    ...[
      "tray-a dead-fan 1",
      "tray-a worn-fan 2",
      "tray-a tach-lost 3",
      "tray-a stuck-duty 4",
      "site door-open",
    ],
    ...["dx-1 compressor-dead", "dx-1 capacity-loss 40%", "dx-1 condenser-blocked", "dx-1 damper-stuck"],
    ...["pdu-1 welded-outlet 3", "pdu-1 dead-outlet 4", "dc-1 module-fail 2", "dc-1 battery-open"],
    ...["dc-1 battery-fade 30%", "site server-dead 2", "site heater-welded 1", "site heater-dead 1"],
    ...["site seal-missing 10", "site smoke", "site leak", "site mains-loss"],
  );
  assert.deepEqual(faults.fans, [
    "locked",
    "worn",
    "tach-lost",
    "stuck-duty",
    "none",
    "none",
    "none",
    "none",
  ]);
  assert.deepEqual(faults.dx[0], { ...faults.dx[0], compressor: true, capacityLoss: 0.4, blocked: true });
  assert.deepEqual(faults.outlets.slice(1, 5), ["none", "welded", "stuck-open", "none"]);
  assert.deepEqual(faults.servers.slice(0, 3), ["none", "dead", "none"]);
  const { damper, modulesFailed, batteryOpen, batteryFade, heaterWelded, heaterDead, leakage } = faults;
  assert.deepEqual(
    [damper, modulesFailed, batteryOpen, batteryFade, heaterWelded, heaterDead, leakage],
    ["stuck", 2, true, 0.3, 1, 1, 10],
  );
  assert.deepEqual(world, { mains: false, doorOpen: true, smoke: true, leak: true });
  site.fail();
  assert.equal(JSON.stringify([faults, world]), sound);
});

test("a dead fan stands still, a lost tachometer only looks like it", () => {
  const site = rig();
  site.fail("tray-a dead-fan 3", "tray-a tach-lost 5");
  site.pass(60);
  const { fans } = site.physics.state;
  assert.ok((fans[2]?.rpm ?? 1) < 1 && (fans[4]?.rpm ?? 0) > 1900);
  assert.deepEqual([site.word("tray-a", 3), site.word("tray-a", 5)], [0, 0]);
  assert.equal(site.word("tray-a", 10), 0b10100);
});

test("sensors drift, jump, get noisy and lose their wire", () => {
  const site = rig();
  site.pass(300);
  const before = site.word("probe-outdoor", 1);
  site.fail("probe-outdoor offset temperature 3");
  near(site.word("probe-outdoor", 1), before + 30, 1);
  site.fail("probe-outdoor drift temperature 100");
  site.pass(864);
  near(site.word("probe-outdoor", 1), before + 10, 2);
  site.fail("dx-1 open-wire supply");
  assert.equal(site.word("dx-1", 2), 0x8000);
  site.fail("probe-outdoor noisy temperature 100");
  const values = new Set<number>();
  for (let i = 0; i < 50; i++) {
    site.pass(1);
    values.add(site.word("probe-outdoor", 1));
  }
  assert.ok(values.size > 20);
  site.fail();
  site.pass(1);
  near(site.word("probe-outdoor", 1), before, 2);
});

test("named generators do not disturb each other", () => {
  const a = createRandom(1, "a");
  const first = [a.next(), a.next()];
  const again = createRandom(1, "a");
  createRandom(1, "b").next();
  assert.deepEqual([again.next(), again.next()], first);
  const many = Array.from({ length: 4000 }, () => a.normal());
  near(many.reduce((sum, x) => sum + x, 0) / many.length, 0, 0.06);
  near(many.reduce((sum, x) => sum + x * x, 0) / many.length, 1, 0.1);
});

test("the same seed gives the same course", () => {
  const course = (): readonly number[] => {
    const site = rig();
    site.pass(300);
    return [site.physics.state.inlet, site.physics.state.itPower, site.word("probe-inlet", 1)];
  };
  assert.deepEqual(course(), course());
});

const signed = (word: number): number => (word < 0x8000 ? word : word - 0x10000) / 10;

test("a sensor that is shorted, in °F, late, loose or in another's place shows it, and is well again afterwards", () => {
  const site = rig(10);
  site.pass(300);
  const inlet = (): number => signed(site.word("probe-inlet", 1));
  const shows = (fault: string, seconds = 1): number => {
    site.fail(fault);
    site.pass(seconds);
    return inlet();
  };
  const before = inlet();
  assert.equal(shows("probe-inlet short-wire temperature"), 150);
  near(shows("probe-inlet fahrenheit temperature"), before * 1.8 + 32, 1);
  near(shows("probe-inlet swapped temperature probe-outdoor.temperature"), 10, 0.5);
  near(signed(site.word("probe-outdoor", 1)), before, 1);
  site.fail("dx-1 swapped return supply");
  site.pass(1);
  const { state } = site.physics;
  near(signed(site.word("dx-1", 2)), state.hot, 1);
  near(signed(site.word("dx-1", 1)), state.supply, 1);

  site.fail("probe-inlet delayed temperature 5m");
  site.pass(1);
  const late = inlet();
  site.fail("probe-inlet delayed temperature 5m", "dx-1 lockout", "dx-1 damper-stuck");
  site.pass(280);
  near(inlet(), late, 0.2);
  assert.ok(Math.abs(state.inlet - late) > 1, `${state.inlet} °C`);

  site.fail("probe-inlet intermittent temperature 50%");
  let lost = 0;
  for (let i = 0; i < 100; i++) {
    site.pass(1);
    if (inlet() === 0) lost++;
  }
  assert.ok(lost > 30 && lost < 70, `${lost} of 100`);
  site.fail();
  site.pass(1);
  near(inlet(), state.inlet, 2);
});

test("registers that other firmware has moved show what their neighbours should, and refuse what is not theirs", () => {
  const site = rig();
  site.pass(60);
  const { unit } = site.units.all.find(({ name }) => name === "probe-inlet") ?? assert.fail();
  const [temperature, humidity] = unit.readWords("input", 1, 2);
  unit.shift = 1;
  assert.deepEqual(unit.readWords("input", 1, 3), [0, temperature, humidity]);
  unit.shift = -1;
  assert.deepEqual(unit.readWords("input", 0, 3), [temperature, humidity, 0]);
  unit.shift = 0;
  assert.throws(() => unit.readWords("input", 0, 3));
});
