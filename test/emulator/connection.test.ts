import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, Device } from "../../devices/device.ts";
import { noSite, priority, silentLog } from "../../devices/plugin.ts";
import { newMemory } from "../../devices/link-memory.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { TestClock } from "../support/test-clock.ts";
import { emulator } from "../../plugins/emulator/index.ts";
import type { DeviceOptions, LinkOptions } from "../../plugins/emulator/schema.ts";

interface Bench {
  readonly clock: TestClock;
  readonly devices: readonly Device[];
  /** One reading of everything, as the poller takes it. */
  readonly readAll: () => Promise<readonly Reading[]>;
  /** The values of a device in one reading of everything; a bad one is its code. */
  readonly read: (name: string) => Promise<readonly Value[]>;
  readonly write: (
    name: string,
    action: string,
    data?: string,
    signal?: AbortSignal,
  ) => Promise<readonly Value[]>;
  readonly close: () => Promise<void>;
}

const shown = (reading: Reading): Value => (reading.quality === "bad" ? reading.reason.code : reading.value);

async function bench(devices: readonly DeviceOptions[], link: LinkOptions = { seed: 1 }): Promise<Bench> {
  const clock = new TestClock();
  const plan = emulator.plan({
    site: { id: "hut", tags: [] },
    name: "emu",
    link: { path: ["buses", "emu"], config: link },
    devices: devices.map((config, i) => ({ path: ["devices", i], config })),
    products: [],
  });
  assert.deepEqual(plan.faults, []);
  const { signal } = new AbortController();
  const connection = await plan.open({ ...noSite, clock, log: silentLog, memory: newMemory(), signal });
  const named = (name: string): Device => {
    const found = plan.devices.find(({ alias }) => alias === name);
    assert.ok(found !== undefined, name);
    return found;
  };
  const readAll = async () => {
    const [poll] = connection.polls;
    assert.ok(poll !== undefined);
    return connection.read(poll, { deadline: 0, priority: priority.poll, signal });
  };
  return {
    clock,
    devices: plan.devices,
    readAll,
    read: async (name) => {
      const { id } = named(name);
      return (await readAll()).filter((reading) => reading.id.device === id).map(shown);
    },
    write: async (name, action, data, abort = signal) => {
      const told: Action = {
        name: action,
        kind: "pulse",
        accepts: { kind: "text", maxLength: 100 },
        storage: "ram",
      };
      const command = {
        device: named(name).id,
        action: told,
        ...(data === undefined ? {} : { value: data }),
      };
      return ((await connection.write?.(command, abort)) ?? []).map(shown);
    },
    close: () => connection.close(),
  };
}

const fails = (promise: Promise<unknown>, code: string, text: RegExp = /./): Promise<void> =>
  assert.rejects(promise, (error: { code: string; message: string }) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    return true;
  });

const many = async (one: Bench, name: string, count: number): Promise<number[]> => {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(Number((await one.read(name))[0]));
  return values;
};

/** Bounds and the least and the greatest step of every kind that wanders. */
const walks: readonly (readonly [type: string, min: number, max: number])[] = [
  ["airflow", -100, 100],
  ["temperature", 0, 100],
  ["pressure", -5, 5],
  ["voltage", 100, 500],
  ["current", 0, 30],
  ["frequency", 0, 60],
  ["power", 1000, 3000],
];

for (const [type, min, max] of walks) {
  test(`${type} wanders within ${min}..${max}, from the middle, by less than 4 at a time`, async () => {
    const one = await bench([{ type, alias: "it", data: { id: 1 } }]);
    const values = await many(one, "it", 3000);
    const middle = (min + max) / 2;
    assert.ok(values.every((value) => Number.isInteger(value) && value >= min && value <= max));
    const steps = [middle, ...values].slice(0, -1).map((value, i) => Math.abs(values[i]! - value));
    assert.deepEqual([...new Set(steps)].sort(), [0, 1, 2, 3]);
    assert.ok(new Set(values).size > 5);
  });
}

test("settings change a range, and so do writes; a walk goes on from where it is put", async () => {
  const one = await bench([{ type: "temperature", alias: "it", data: { min: 10, max: 20, step: "1" } }]);
  assert.deepEqual(await many(one, "it", 5), [15, 15, 15, 15, 15]);
  assert.deepEqual(await one.write("it", "current", "18"), [18]);
  assert.deepEqual(await one.read("it"), [18]);
  await one.write("it", "min", "100");
  await one.write("it", "max", "200");
  assert.deepEqual(await one.read("it"), [100]);
  await one.write("it", "max", "-7");
  await one.write("it", "min", "-9");
  assert.deepEqual(await one.read("it"), [-7]);
  await fails(one.write("it", "current"), "BAD_VALUE", /whole number/);
  await fails(one.write("it", "current", ""), "BAD_VALUE");
  for (const data of ["1.5", "0x10", "warm", "1e3", "99999999999999999999"])
    await fails(one.write("it", "current", data), "BAD_VALUE");
  await fails(one.write("it", "setpoint", "1"), "UNKNOWN_ACTION", /min, max, current/);
});

test("the same seed gives the same values, whatever else there is; none gives others", async () => {
  const temperature = { type: "temperature", alias: "it", data: { id: 1 } };
  const once = await many(await bench([temperature], { seed: 7 }), "it", 30);
  const beside = await bench([{ type: "power", alias: "other" }, temperature], { seed: 7 });
  assert.deepEqual(await many(beside, "it", 30), once);
  assert.notDeepEqual(await many(await bench([temperature], { seed: 8 }), "it", 30), once);
});

test("humidity is shown twice, and its next move as a temperature", async () => {
  const one = await bench([{ type: "humidity", alias: "it" }]);
  const rows = [];
  for (let i = 0; i < 200; i++) rows.push(await one.read("it"));
  for (const [humidity, percentage] of rows) assert.equal(humidity, percentage);
  assert.ok(rows.some(([humidity, , temperature]) => humidity !== temperature));
  for (const [humidity, , temperature] of rows)
    assert.ok(Math.abs(Number(humidity) - Number(temperature)) < 4);
});

test("energy counts and begins again; seconds stay 0 until their bound is raised", async () => {
  const one = await bench([
    { type: "energy", alias: "energy", data: { max: 3 } },
    { type: "seconds", alias: "seconds" },
  ]);
  assert.deepEqual(await many(one, "energy", 6), [1, 2, 3, 0, 1, 2]);
  assert.deepEqual(await many(one, "seconds", 3), [0, 0, 0]);
  await one.write("seconds", "max", "2");
  assert.deepEqual(await many(one, "seconds", 4), [1, 2, 0, 1]);
});

test("power has a state that may be any text", async () => {
  const one = await bench([{ type: "power", alias: "it" }]);
  assert.equal((await one.read("it"))[1], "1.0");
  assert.equal((await one.write("it", "state", "off, they say"))[1], "off, they say");
  await fails(one.write("it", "state"), "BAD_VALUE");
});

test("fans show what was stored; those of several outputs also nearly that", async () => {
  const one = await bench([
    { type: "fan", alias: "one" },
    { type: "fan", handler: "fan-multi", alias: "multi", data: { seed: 1200 } },
  ]);
  assert.deepEqual(await one.read("one"), ["forward", 0]);
  assert.deepEqual(await one.write("one", "speed", "900"), ["forward", 900]);
  assert.deepEqual(await one.write("one", "speed_percent", "50"), ["forward", 50]);
  await fails(one.write("one", "speed"), "BAD_VALUE");
  await fails(one.write("one", "duty", "1"), "UNKNOWN_ACTION");
  const off = new Set<number>();
  for (let i = 0; i < 500; i++) {
    const [direction, measured, wanted] = await one.read("multi");
    assert.deepEqual([direction, wanted], ["forward", 1200]);
    off.add(Number(measured) - 1200);
  }
  assert.deepEqual([Math.min(...off), Math.max(...off)], [-10, 10]);
});

test("an LED takes three states and colours of six digits", async () => {
  const one = await bench([{ type: "led", alias: "it" }]);
  assert.deepEqual(await one.read("it"), ["off", "000000"]);
  assert.deepEqual(await one.write("it", "state", "blink"), ["blink", "000000"]);
  assert.deepEqual(await one.write("it", "color", "Ff00aA"), ["blink", "Ff00aA"]);
  for (const color of ["fff", "0000000", "gggggg", "#00000", undefined])
    await fails(one.write("it", "color", color), "BAD_VALUE");
  await fails(one.write("it", "state", "dim"), "BAD_VALUE", /on, off, blink/);
  assert.deepEqual(await one.read("it"), ["blink", "Ff00aA"]);
});

test("a lock that was opened for a moment locks itself after 5 s, unless it was told otherwise", async () => {
  const one = await bench([{ type: "lock", alias: "it" }]);
  assert.deepEqual(await one.read("it"), ["locked"]);
  assert.deepEqual(await one.write("it", "unlock"), ["unlocked_electrically"]);
  await one.clock.advance(60_000);
  assert.deepEqual(await one.read("it"), ["unlocked_electrically"]);
  assert.deepEqual(await one.write("it", "lock"), ["locked"]);
  assert.deepEqual(await one.write("it", "pulseUnlock", "whatever"), ["unlocked_electrically"]);
  await one.clock.advance(4999);
  assert.deepEqual(await one.read("it"), ["unlocked_electrically"]);
  await one.clock.advance(1);
  assert.deepEqual(await one.read("it"), ["locked"]);
  await one.write("it", "pulseUnlock");
  await one.write("it", "unlock");
  await one.clock.advance(60_000);
  assert.deepEqual(await one.read("it"), ["unlocked_electrically"]);
  await fails(one.write("it", "open"), "UNKNOWN_ACTION");
});

const carousel: readonly DeviceOptions[] = [
  ...[1, 2, 3, 4, 5, 9].map((id) => ({ type: "status", alias: `s${id}`, data: { id } })),
  { type: "json", alias: "turn", data: { id: 6 } },
];

test("a carousel turns one place every 5 s until the rack is there; the next waits", async () => {
  const one = await bench(carousel);
  const states = async () => {
    const readings = await one.readAll();
    return one.devices
      .filter(({ type }) => type === "status")
      .slice(0, 5)
      .map(({ id }) => readings.find((reading) => reading.id.device === id))
      .map((reading) => (reading === undefined ? undefined : shown(reading)));
  };
  assert.deepEqual(await states(), [1, 1, 1, 0, 0]);
  assert.deepEqual(await one.read("s9"), ["NO_SUCH_POINT"]);
  assert.deepEqual(JSON.parse(String((await one.read("turn"))[0])), {
    status: "ok",
    rack: 1,
    rotating: false,
  });
  await one.write("turn", '{"rack":3}');
  assert.deepEqual(await states(), [1, 3, 1, 1, 0]);
  let turned = false;
  const next = one.write("turn", '{"rack": 2}').then(() => (turned = true));
  await one.clock.advance(5000);
  assert.deepEqual(await states(), [2, 3, 1, 1, 0]);
  assert.equal(turned, false);
  await one.clock.advance(5000);
  await next;
  assert.deepEqual(await states(), [3, 2, 1, 1, 0]);
  await one.clock.advance(25_000);
  assert.deepEqual(await states(), [2, 2, 1, 0, 0]);
  await one.write("turn", '{"rack":2}');
  assert.deepEqual(await states(), [2, 2, 1, 0, 0]);
});

test("a carousel that fails stays where it is and turns no more until it works again", async () => {
  const one = await bench(carousel);
  await one.write("turn", '{"rack":4}');
  await one.clock.advance(5000);
  const [document] = await one.write("turn", "mode", "error");
  assert.deepEqual(JSON.parse(String(document)), { status: "error", error: "failed to rotate carousel" });
  assert.deepEqual([await one.read("s3"), await one.read("s4")], [[6], [256]]);
  await fails(one.write("turn", '{"rack":5}'), "DEVICE_FAILURE", /failed to rotate carousel/);
  await one.clock.advance(60_000);
  assert.deepEqual(await one.read("s1"), [2]);
  await one.write("turn", "mode", "ok");
  assert.deepEqual([await one.read("s3"), await one.read("s4")], [[1], [0]]);
  await one.write("turn", '{"rack":4}');
  await one.clock.advance(10_000);
  assert.deepEqual(await one.read("s1"), [4]);
  for (const rack of [0, 7, 1.5]) await fails(one.write("turn", `{"rack":${rack}}`), "OUT_OF_RANGE");
  for (const action of ["rotate", "{", "{}", "null", '{"rack":"1"}', "3"])
    await fails(one.write("turn", action), "UNKNOWN_ACTION");
  await fails(one.write("turn", "mode", "broken"), "BAD_VALUE");
  await fails(one.write("s1", "anything"), "NOT_WRITABLE");
});

test("a write that waits for the carousel ends when it is called off, or when all ends", async () => {
  const one = await bench(carousel);
  await one.write("turn", '{"rack":6}');
  const off = new AbortController();
  const first = one.write("turn", '{"rack":2}', undefined, off.signal);
  const second = one.write("turn", '{"rack":3}');
  off.abort();
  await fails(first, "STOPPED");
  const ended = fails(second, "STOPPED");
  await one.close();
  await ended;
  assert.equal(one.clock.waiting, 0);
});

test("transforms: in order, over every value; one that cannot be done spoils the whole device", async () => {
  const still = { min: 50, max: 50 };
  const one = await bench([
    {
      type: "temperature",
      alias: "f",
      data: still,
      transforms: [{ scale: "2" }, { scale: "1" }, { apply: "FtoC" }],
    },
    { type: "power", alias: "p", transforms: [{ scale: "0.001" }] },
    { type: "led", alias: "l", transforms: [{ scale: "2" }] },
    { type: "lock", alias: "k", transforms: [{ scale: "1" }] },
  ]);
  assert.deepEqual(await one.read("f"), [((100 - 32) * 5) / 9]);
  // Its state is a text that is a number.
  assert.deepEqual((await one.read("p"))[1], 0.001);
  assert.deepEqual(await one.read("l"), ["NOT_A_NUMBER", "NOT_A_NUMBER"]);
  assert.deepEqual(await one.read("k"), ["locked"]);
});
