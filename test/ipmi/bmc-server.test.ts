// The server behind the simulated BMC: power, boot, sensors and their events, on a virtual clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type BmcOptions, createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { genericServer } from "../../simulators/ipmi/models/generic-server.ts";
import { createFixedWorld, type FixedWorld, standbyPower } from "../../simulators/ipmi/world.ts";
import { ask, type BmcConsole, openConsole } from "../support/bmc-console.ts";
import { TestClock } from "../support/test-clock.ts";

interface Rig {
  readonly clock: TestClock;
  readonly bmc: SimulatedBmc;
  readonly world: FixedWorld;
  /** A console with a session; opened anew where the old one has ended. */
  readonly one: () => BmcConsole;
  readonly control: (action: number) => number | undefined;
  readonly value: (key: string) => number | undefined;
}

async function rig(options: Partial<BmcOptions> = {}): Promise<Rig> {
  const clock = new TestClock();
  const world = createFixedWorld();
  const bmc = createBmc({ clock, world, sessions: 60, ...options });
  await clock.advance(300_000);
  const one = (): BmcConsole => openConsole(bmc);
  return {
    clock,
    bmc,
    world,
    one,
    control: (action) => one().request(0x00, 0x02, [action])?.code,
    value(key) {
      const sensor = bmc.sensors.find(key);
      assert.ok(sensor, key);
      return bmc.sensors.value(sensor);
    },
  };
}

const power = { off: 0, on: 1, cycle: 2, reset: 3, nmi: 4, soft: 5 };

/** Sensor events in the log: sensor, event type with direction, data. */
const events = ({ bmc }: Rig): readonly string[] =>
  bmc.log.entries.map(({ bytes }) => `${bytes.toString("hex", 11, 12)} ${bytes.toString("hex", 12, 16)}`);

test("a server that is switched off draws standby power, and what belongs to it cannot be read", async () => {
  const all = await rig();
  const { bmc, clock, control, value, world } = all;
  assert.ok((value("cpu1-temp") ?? 0) > (value("inlet-temp") ?? 99) + 15);
  assert.ok((value("exhaust-temp") ?? 0) > (value("inlet-temp") ?? 99) + 5);
  assert.equal(control(power.off), 0);
  assert.equal(bmc.host.state, "running", "accepted, not done yet");
  await clock.advance(1000);
  assert.equal(bmc.host.state, "off");
  await clock.advance(120_000);
  assert.equal(world.power(), standbyPower);
  for (const key of ["cpu1-temp", "fan1", "12v", "dimm-a-temp"]) assert.equal(value(key), undefined, key);
  assert.equal(value("inlet-temp"), 23);
  assert.equal(value("psu1-input"), 4, "half of it, in steps of 2 W");
  assert.ok((value("exhaust-temp") ?? 99) <= 28);
  const reading = all.one().request(0x04, 0x2d, [0x10])?.data;
  assert.deepEqual([...(reading ?? [])], [0, 0xe0, 0, 0], "reading unavailable");
  assert.deepEqual(events(all), ["45 ef00ffff", "45 6f05ffff"], "only the power state is an event");
});

test("it starts in 20 to 40 s, and soft-off needs an operating system", async () => {
  const { bmc, clock, control, world } = await rig({ running: false });
  assert.equal(control(power.reset), 0xd5);
  assert.equal(control(power.cycle), 0xd5);
  assert.equal(control(power.off), 0, "it is off already");
  assert.equal(control(power.on), 0);
  await clock.advance(1000);
  assert.equal(bmc.host.state, "starting");
  assert.ok(world.power() > 100);
  assert.equal(control(power.soft), 0);
  await clock.advance(18_000);
  assert.equal(bmc.host.state, "starting", "nobody listened");
  await clock.advance(22_000);
  assert.equal(bmc.host.state, "running");
  assert.equal(bmc.host.restartCause, 1);
  assert.equal(control(power.soft), 0);
  await clock.advance(5000);
  assert.equal(bmc.host.state, "stopping");
  await clock.advance(11_000);
  assert.equal(bmc.host.state, "off");
});

test("cycle, reset and NMI", async () => {
  const all = await rig();
  const { bmc, clock, control } = all;
  control(power.cycle);
  await clock.advance(2000);
  assert.equal(bmc.host.state, "off");
  await clock.advance(5000);
  assert.equal(bmc.host.state, "starting");
  await clock.advance(40_000);
  control(power.reset);
  await clock.advance(1000);
  assert.equal(bmc.host.state, "starting");
  assert.equal(bmc.host.powered, true);
  await clock.advance(40_000);
  control(power.nmi);
  assert.equal(bmc.host.state, "running");
  assert.ok(events(all).includes("51 6f03ffff"));
  control(power.soft);
  await clock.advance(13_000);
  assert.equal(bmc.host.state, "starting", "it wrote its memory out, heard nothing, and started anew");
});

test("without power at the outlet the BMC is dead; then the restore policy says what happens", async () => {
  for (const [policy, ran, ends] of [
    [0, true, "off"],
    [1, true, "running"],
    [1, false, "off"],
    [2, false, "running"],
  ] as const) {
    const { bmc, clock, world, one } = await rig({ running: ran });
    assert.deepEqual([...(one().request(0x00, 0x06, [policy])?.data ?? [])], [7]);
    const before = one();
    world.set.voltage = 0;
    assert.equal(ask(bmc, 0x06, 0x38, [0x8e, 4]), undefined);
    assert.equal(world.power(), 0);
    await clock.advance(30_000);
    assert.equal(bmc.host.state, "off");
    world.set.voltage = 230;
    await clock.advance(11_000);
    assert.equal(ask(bmc, 0x06, 0x38, [0x8e, 4]), undefined, "it starts itself first");
    await clock.advance(2000);
    assert.equal(before.request(0x06, 0x01), undefined, "sessions are gone");
    const status = one().request(0x00, 0x01)?.data;
    assert.equal((status?.[1] ?? 0) & 1, 1, "power was lost");
    await clock.advance(42_000);
    assert.equal(bmc.host.state, ends, `policy ${policy}`);
  }
});

test("thresholds with hysteresis: an event on the way up, one on the way back", async () => {
  const all = await rig();
  const { bmc, clock, world, one } = all;
  bmc.log.clear();
  for (const inlet of [37, 38, 37, 36, 35, 47, 20]) {
    world.set.inlet = inlet;
    await clock.advance(1000);
  }
  const inletEvents = events(all).filter((line) => line.startsWith("01"));
  assert.deepEqual(inletEvents, [
    "01 01572626", // at 38
    "01 81572326", // below 38 less 2, at 35
    "01 01572f26",
    "01 01592f2a",
    "01 015b2f2e",
    "01 81571426",
    "01 8159142a",
    "01 815b142e",
  ]);
  assert.deepEqual([...(one().request(0x04, 0x2d, [1])?.data ?? [])], [20, 0xc0, 0, 0]);
  const status = one().request(0x04, 0x2b, [1])?.data;
  assert.deepEqual([...(status ?? [])], [0xc0, 0x80, 0x0a, 0x80, 0x0a]);
});

test("thresholds, hysteresis and events can be set, within reason", async () => {
  const all = await rig();
  const { bmc, clock, world, one } = all;
  const session = one();
  assert.deepEqual([...(session.request(0x04, 0x27, [1])?.data ?? [])], [0x3b, 5, 2, 0, 38, 42, 46]);
  assert.equal(session.request(0x04, 0x26, [1, 0x08, 0, 0, 0, 30, 0, 0])?.code, 0);
  assert.equal(
    session.request(0x04, 0x26, [1, 0x04, 0, 0, 1, 0, 0, 0])?.code,
    0xcc,
    "there is no such threshold",
  );
  assert.equal(session.request(0x04, 0x26, [1, 0x08, 0, 0, 0, 50, 0, 0])?.code, 0xcc, "above the next one");
  assert.equal(session.request(0x04, 0x24, [1, 0xff, 5, 1])?.code, 0);
  assert.deepEqual([...(session.request(0x04, 0x25, [1, 0xff])?.data ?? [])], [5, 1]);
  assert.equal(session.request(0x04, 0x26, [5, 0x08, 0, 0, 0, 0xf6, 0, 0])?.code, 0, "-10 of a signed one");
  assert.equal(bmc.sensors.get(5)?.thresholds[3], -10);
  world.set.inlet = 31;
  await clock.advance(1000);
  world.set.inlet = 26;
  await clock.advance(1000);
  assert.equal(events(all).filter((line) => line.startsWith("01")).length, 1, "it has to come below 25");
  assert.equal(session.request(0x04, 0x28, [1, 0x60, 0x80, 0x0a, 0x80, 0x0a])?.code, 0);
  assert.deepEqual([...(session.request(0x04, 0x29, [1])?.data ?? [])].slice(0, 3), [0x40, 0x05, 0x00]);
  assert.equal(session.request(0x04, 0x2d, [0x99])?.code, 0xcb);
  assert.equal(session.request(0x04, 0x2d, [0x50])?.code, 0xcd, "event-only");
  const factors = session.request(0x04, 0x23, [6, 100])?.data;
  assert.deepEqual([...(factors ?? [])], [100, 5, 1, 0xfc, 0xc0, 0, 0xf2]);
});

test("a power supply without input: events, redundancy lost, the other one takes the load", async () => {
  const all = await rig();
  const { bmc, clock, value } = all;
  bmc.faults.lostSupplies.add(1);
  await clock.advance(1000);
  assert.deepEqual(events(all), ["40 6f03ffff", "42 8b00ffff", "42 0b01ffff"]);
  assert.deepEqual([value("psu1-input"), value("psu2-input")], [0, 150]);
  bmc.faults.lostSupplies.add(2);
  assert.equal(bmc.alive, false, "nothing is left");
});

test("fans follow the hottest processor; a dead one stands still and shows in the chassis status", async () => {
  const { bmc, clock, value, world, one } = await rig();
  const before = value("fan1") ?? 0;
  world.set.inlet = 36;
  await clock.advance(120_000);
  assert.ok((value("fan1") ?? 0) > before + 600);
  bmc.faults.deadFans.add(2);
  await clock.advance(60_000);
  assert.equal(value("fan2"), 0);
  assert.equal((one().request(0x00, 0x01)?.data[2] ?? 0) & 0x08, 0x08);
});

test("a power limit is kept, and statistics are kept of what is drawn", async () => {
  const { bmc, clock, world, one } = await rig();
  const read = (): readonly number[] => {
    const data = one().request(0x2c, 0x02, [0xdc, 1, 0, 0])?.data ?? Buffer.alloc(20);
    return [1, 3, 5, 7].map((offset) => data.readUInt16LE(offset));
  };
  assert.deepEqual(read(), [150, 150, 150, 150]);
  assert.equal(one().request(0x2c, 0x03, [0xdc, 0, 0])?.code, 0x80);
  const limit = [0xdc, 0, 0, 0, 0x00, 100, 0, 0xe8, 3, 0, 0, 0, 0, 1, 0];
  assert.equal(one().request(0x2c, 0x04, limit)?.code, 0);
  assert.equal(one().request(0x2c, 0x05, [0xdc, 1, 0, 0])?.code, 0);
  await clock.advance(1000);
  assert.equal(world.power(), 100);
  await clock.advance(300_000);
  const [now = 0, least, most, average = 0] = read();
  assert.deepEqual([now, least, most], [100, 100, 150]);
  assert.ok(average > 100 && average < 150);
  world.set.busy = world.set.idle = 240; // half of which no limit brings it below
  limit[4] = 0x01;
  assert.equal(one().request(0x2c, 0x04, limit)?.code, 0);
  await clock.advance(4000);
  assert.equal(bmc.host.state, "off", "the limit could not be kept");
});

test("the watchdog acts on the server", async () => {
  for (const [action, state] of [
    [1, "starting"],
    [2, "off"],
    [3, "off"],
    [0, "running"],
  ] as const) {
    const all = await rig();
    const { bmc, clock, one } = all;
    assert.equal(one().request(0x06, 0x22)?.code, 0x80, "it was not set up");
    assert.equal(one().request(0x06, 0x24, [4, action, 0, 0, 100, 0])?.code, 0);
    assert.equal(one().request(0x06, 0x22)?.code, 0);
    await clock.advance(9000);
    assert.deepEqual([...(one().request(0x06, 0x25)?.data ?? [])], [0x44, action, 0, 0, 100, 0, 10, 0]);
    assert.equal(one().request(0x06, 0x22)?.code, 0);
    await clock.advance(9900);
    assert.equal(bmc.host.state, "running");
    await clock.advance(1200);
    assert.equal(bmc.host.state, state, `action ${action}`);
    assert.ok(
      events(all).some((line) => line === `50 6fc${action}04ff`),
      events(all).join(),
    );
    assert.equal(one().request(0x06, 0x25)?.data[3], 0x10, "it has expired");
  }
});

test("boot flags are valid for 60 s, or until the boot, unless they are to stay", async () => {
  const { clock, one, control } = await rig();
  const flags = (): string | undefined => one().request(0x00, 0x09, [5, 0, 0])?.data.toString("hex");
  const set = (hex: string): number | undefined =>
    one().request(0x00, 0x08, [...Buffer.from(hex, "hex")])?.code;
  assert.equal(set("058004000000"), 0);
  assert.equal(flags(), "01058004000000");
  await clock.advance(60_001);
  assert.equal(flags(), "01050004000000", "they have lapsed");
  set("058004000000");
  control(power.reset);
  await clock.advance(2000);
  assert.equal(flags(), "01050004000000", "they were used");
  set("05e004000000");
  control(power.reset);
  await clock.advance(2000);
  assert.equal(flags(), "0105e004000000");
  assert.equal(set("0308"), 0, "they shall not lapse");
  set("058008000000");
  await clock.advance(61_000);
  assert.equal(flags(), "01058008000000");
  assert.equal(set("0501"), 0xcc);
  assert.equal(set("6401"), 0x80);
});

test("the event log: reservations, room, order", async () => {
  const { bmc, one } = await rig({ model: { ...genericServer(), logCapacity: 4 } });
  const session = one();
  const u16 = (value: number): readonly number[] => [value & 0xff, value >> 8];
  const info = (): Buffer => session.request(0x0a, 0x40)?.data ?? Buffer.alloc(14);
  assert.equal(session.request(0x0a, 0x43, [0, 0, 0, 0, 0, 0xff])?.code, 0xcb, "empty");
  const record = [0, 0, 2, 0, 0, 0, 0, 0x41, 0, 4, 1, 0x30, 1, 0x59, 0xff, 0xff];
  for (let i = 1; i <= 4; i++)
    assert.deepEqual([...(session.request(0x0a, 0x44, record)?.data ?? [])], u16(i));
  assert.equal(session.request(0x0a, 0x44, record)?.code, 0xc4, "full");
  assert.deepEqual([info().readUInt16LE(1), info().readUInt16LE(3), info().readUInt8(13)], [4, 0, 0x8b]);
  assert.ok(info().readUInt32LE(5) > 0x20000000);
  const first = session.request(0x0a, 0x43, [0, 0, 0, 0, 0, 0xff])?.data;
  assert.deepEqual([...(first?.subarray(0, 4) ?? [])], [2, 0, 1, 0]);
  const last = session.request(0x0a, 0x43, [0, 0, 0xff, 0xff, 0, 0xff])?.data;
  assert.deepEqual([...(last?.subarray(0, 4) ?? [])], [0xff, 0xff, 4, 0]);
  assert.equal(session.request(0x0a, 0x43, [0, 0, 2, 0, 4, 2])?.code, 0xc5, "parts want a reservation");
  assert.equal(session.request(0x0a, 0x46, [0, 0, 2, 0])?.code, 0xc5);
  const reservation = [...(session.request(0x0a, 0x42)?.data ?? [])];
  assert.equal(session.request(0x0a, 0x43, [...reservation, 2, 0, 4, 2])?.data.length, 4);
  assert.equal(session.request(0x0a, 0x46, [...reservation, 2, 0])?.code, 0);
  assert.equal(session.request(0x0a, 0x46, [...reservation, 3, 0])?.code, 0xc5, "an erasure ends it");
  const next = session.request(0x0a, 0x43, [0, 0, 1, 0, 0, 0xff])?.data;
  assert.equal(next?.readUInt16LE(0), 3);
  const again = [...(session.request(0x0a, 0x42)?.data ?? [])];
  assert.equal(session.request(0x0a, 0x47, [...again, 0x43, 0x4c, 0x52, 0xaa])?.code, 0);
  assert.equal(session.request(0x0a, 0x47, [...again, 0x43, 0x4c, 0x52, 0x00])?.data[0], 1);
  assert.equal(bmc.log.entries.length, 0);
});

test("records: reservations, parts, the end; an inventory can be written", async () => {
  const { bmc, one } = await rig();
  const session = one();
  const get = (...data: number[]): ReturnType<BmcConsole["request"]> => session.request(0x0a, 0x23, data);
  const count = session.request(0x0a, 0x20)?.data.readUInt16LE(1) ?? 0;
  const ids: number[] = [];
  for (let id = 0; id !== 0xffff;) {
    const data = get(0, 0, id & 0xff, id >> 8, 0, 0xff)?.data ?? Buffer.alloc(7);
    assert.equal(data.length, 2 + 5 + data.readUInt8(6), "the whole record");
    ids.push(data.readUInt16LE(2));
    id = data.readUInt16LE(0);
  }
  assert.deepEqual(
    ids,
    Array.from({ length: count }, (_, i) => i + 1),
  );
  assert.equal(get(0, 0, 5, 0, 5, 16)?.code, 0xc5);
  const old = [...(session.request(0x0a, 0x22)?.data ?? [])];
  const fresh = [...(session.request(0x0a, 0x22)?.data ?? [])];
  assert.equal(get(...old, 5, 0, 5, 16)?.code, 0xc5, "somebody else has reserved it meanwhile");
  assert.equal(get(...fresh, 5, 0, 5, 16)?.data.length, 18);
  assert.equal(get(...fresh, 5, 0, 50, 200)?.code, 0, "cut at the end");
  assert.equal(get(...fresh, 5, 0, 200, 1)?.code, 0xc9);
  assert.equal(get(0, 0, 0xee, 0, 0, 5)?.code, 0xcb);
  assert.deepEqual([...(session.request(0x0a, 0x12, [0, 0xf0, 3, 1, 2, 3])?.data ?? [])], [3]);
  assert.deepEqual([...(session.request(0x0a, 0x11, [0, 0xf0, 3, 4])?.data ?? [])], [4, 1, 2, 3, 0]);
  assert.equal(session.request(0x0a, 0x12, [0, 0xff, 3, 1, 2, 3])?.code, 0xc9, "beyond its end");
  assert.equal(session.request(0x0a, 0x11, [9, 0, 0, 4])?.code, 0xcb);
  assert.equal(bmc.parts.frus[0]?.readUInt8(0x3f0), 1);
});

test("as many sensors as are wanted", () => {
  const clock = new TestClock();
  for (const sensors of [1, 30, 64, 200]) {
    const bmc = createBmc({ clock, model: genericServer({ sensors }), period: 0 });
    assert.equal(bmc.model.sensors.length, sensors);
    bmc.tick(1);
    const readable = bmc.sensors.all.filter(({ model }) => model.kind !== "event-only");
    assert.ok(readable.every((sensor) => bmc.sensors.value(sensor) !== undefined));
    assert.equal(new Set(bmc.sensors.all.map(({ number }) => number)).size, bmc.sensors.all.length);
  }
});

test("a closed BMC leaves nothing waiting", async () => {
  const { bmc, clock, control } = await rig();
  control(power.cycle);
  openConsole(bmc).request(0x00, 0x08, [...Buffer.from("058004000000", "hex")]);
  openConsole(bmc).request(0x06, 0x24, [4, 1, 0, 0, 100, 0]);
  openConsole(bmc).request(0x06, 0x22);
  bmc.faults.slow = 500;
  ask(bmc, 0x06, 0x38, [0x8e, 4]);
  bmc.close();
  assert.equal(clock.waiting, 0);
});
