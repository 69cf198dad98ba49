import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { type LinkMemory, noSite, type Poll, priority, silentLog } from "../../devices/plugin.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { ModbusConnection } from "../../plugins/modbus/connection.ts";
import { planBus } from "../../plugins/modbus/plan.ts";
import type { ActionEntry, PointEntry, Product } from "../../plugins/modbus/product-schema.ts";
import type { UnitOptions } from "../../plugins/modbus/schema.ts";
import { TestClock } from "../support/test-clock.ts";
import { place, scriptedClient, type ScriptedUnit, unitWith } from "./scripted-client.ts";

const number = (address: number, more: Partial<PointEntry> = {}): PointEntry => ({
  output: "number",
  channel: `n${address}`,
  table: "holding",
  address,
  type: "uint16",
  ...more,
});

const productOf = (outputs: readonly PointEntry[], more: Partial<Product> = {}): Product => ({
  product: "p",
  title: "P",
  manual: "none",
  certainty: "S",
  devices: [{ name: "", type: "thing", info: "Thing", outputs: [...outputs] }],
  ...more,
});

function memory(): LinkMemory {
  const kept = new Map<string, unknown>();
  return {
    get: (key) => structuredClone(kept.get(key)),
    set: (key, value) => kept.set(key, structuredClone(value)),
  };
}

function bus(
  unit: ScriptedUnit | undefined,
  product: Product,
  options: Partial<UnitOptions> = {},
  kept = memory(),
) {
  const clock = new TestClock();
  const { plan, devices, faults } = planBus({
    site: { id: "site", tags: ["site/s"] },
    name: "line",
    link: { path: ["buses", "line"], config: { transport: "serial", path: "/dev/null", tags: ["bus:a"] } },
    devices: [
      { path: ["devices", 0], config: { unit: 1, product: product.product, alias: "u", ...options } },
    ],
    products: [{ path: ["products", 0], config: product }],
  });
  assert.deepEqual(faults, []);
  const client = scriptedClient(new Map(unit === undefined ? [] : [[1, unit]]), clock);
  const deps = { ...noSite, clock, log: silentLog, memory: kept, signal: new AbortController().signal };
  const connection = new ModbusConnection(plan, client, deps);
  /** Lets time stand still, but everything else go on, until the promise settles. */
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    const state = { done: false };
    const watched = promise.finally(() => {
      state.done = true;
    });
    watched.catch(() => undefined);
    for (let turn = 0; !state.done; turn += 1) {
      assert.ok(turn < 10_000, "never settles");
      await clock.advance(0);
    }
    return watched;
  };
  const read = (id: string): Promise<readonly Reading[]> => {
    const poll = connection.polls.find((candidate: Poll) => candidate.id === id);
    assert.ok(poll !== undefined, id);
    const deadline = clock.monotonic() + poll.period;
    return settle(connection.read(poll, { deadline, priority: poll.priority, signal: deps.signal }));
  };
  const asked = (): string[] => client.asked.splice(0);
  const write = (action: string, value?: Value, urgent = false): Promise<readonly Reading[]> => {
    const device = devices.find(({ actions }) => actions.some(({ name }) => name === action));
    const found = device?.actions.find(({ name }) => name === action);
    assert.ok(device !== undefined && found !== undefined, action);
    const command = { device: device.id, action: found, urgent, ...(value === undefined ? {} : { value }) };
    return settle(connection.write(command, deps.signal));
  };
  return { clock, client, connection, devices, read, write, asked, plan, settle };
}

const shown = (readings: readonly Reading[]): Record<string, unknown> =>
  Object.fromEntries(
    readings.map((reading) => [
      reading.id.channel ?? reading.id.output,
      reading.quality === "bad" ? reading.reason.code : reading.value,
    ]),
  );

const rejectsWith = (promise: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(promise, (thrown) => thrown instanceof BothyError && thrown.code === code);

test("one poll for each class; neighbours and short gaps share a request", async () => {
  const { read, asked, connection } = bus(
    unitWith(["holding", 0, [1, 2, 0, 4]], ["holding", 100, [5]], ["coil", 7, [1]]),
    productOf([
      number(0),
      number(1),
      number(3),
      number(100, { poll: "slow" }),
      number(7, { table: "coil", type: "bit", output: "state" }),
    ]),
  );
  assert.deepEqual(
    connection.polls.map(({ id, period }) => [id, period]),
    [
      ["1/fast", 2000],
      ["1/slow", 60_000],
      ["statistics", 5000],
    ],
  );
  assert.deepEqual(shown(await read("1/fast")), { n0: 1, n1: 2, n3: 4, n7: true });
  assert.deepEqual(asked(), ["1 read holding 0+4", "1 read coil 7+1"]);
  assert.deepEqual(shown(await read("1/slow")), { n100: 5 });
});

test("what was sent is kept with what it means, also when it means nothing", async () => {
  const { read } = bus(
    unitWith(["holding", 0, [0x00fa, 0x7fff, 0x0001, 0x0002]], ["coil", 7, [1]]),
    productOf([
      number(0, { scale: 0.1 }),
      number(1, { absent: [0x7fff] }),
      number(2, { type: "uint32" }),
      number(7, { table: "coil", type: "bit", output: "state", invert: true }),
    ]),
  );
  const readings = await read("1/fast");
  assert.deepEqual(shown(readings), { n0: 25, n1: "ABSENT", n2: 65_538, n7: false });
  assert.deepEqual(
    readings.map(({ raw }) => raw),
    ["0x00fa", "0x7fff", "0x00010002", "1"],
  );
});

test("a gap that is refused is found, read around, and never bridged again, not even after re-opening", async () => {
  const kept = memory();
  const unit = unitWith(["holding", 0, [1]], ["holding", 2, [3]], ["holding", 5, [6]]);
  unit.registers.set(place("holding", 1), 0);
  const product = productOf([number(0), number(2), number(5)]);
  const first = bus(unit, product, {}, kept);
  assert.deepEqual(shown(await first.read("1/fast")), { n0: 1, n2: 3, n5: 6 });
  assert.deepEqual(first.asked(), ["1 read holding 0+6", "1 read holding 0+3", "1 read holding 5+1"]);
  assert.deepEqual(shown(await first.read("1/fast")), { n0: 1, n2: 3, n5: 6 });
  assert.deepEqual(first.asked(), ["1 read holding 0+3", "1 read holding 5+1"]);
  const second = bus(unit, product, {}, kept);
  await second.read("1/fast");
  assert.deepEqual(second.asked(), ["1 read holding 0+3", "1 read holding 5+1"]);
});

test("an address that is refused is bad alone, and asked for again after ten seconds", async () => {
  const unit = unitWith(["holding", 0, [1]], ["holding", 2, [3]]);
  const { read, asked, clock } = bus(unit, productOf([number(0), number(1), number(2)]));
  assert.deepEqual(shown(await read("1/fast")), { n0: 1, n1: "NO_SUCH_POINT", n2: 3 });
  asked();
  assert.deepEqual(shown(await read("1/fast")), { n0: 1, n1: "NO_SUCH_POINT", n2: 3 });
  assert.ok(asked().every((text) => !text.includes("holding 1+1")));
  unit.registers.set(place("holding", 1), 2);
  await clock.advance(10_001);
  assert.deepEqual(shown(await read("1/fast")), { n0: 1, n1: 2, n2: 3 });
});

test("a unit that keeps silent about one block is read for the rest, and is not waited for every time", async () => {
  const unit = unitWith(["holding", 0, [1]], ["input", 100, [2]], ["coil", 0, [1]]);
  const outputs = [
    number(0),
    number(100, { table: "input" }),
    number(0, { table: "coil", type: "bit", output: "state", channel: "c0" }),
  ];
  for (const mute of ["holding", "input", "coil"] as const) {
    const { read, asked, clock } = bus(unit, productOf(outputs));
    unit.fails = (request) => (request.kind === "read" && request.table === mute ? "NO_ANSWER" : undefined);
    const expected: Record<string, unknown> = { n0: 1, n100: 2, c0: true };
    expected[mute === "holding" ? "n0" : mute === "input" ? "n100" : "c0"] = "NO_ANSWER";
    // Whoever is asked first and says nothing ends the first poll.
    await read("1/fast").catch(() => undefined);
    asked();
    let tried = 0;
    for (let poll = 0; poll < 30; poll++) {
      assert.deepEqual(shown(await read("1/fast")), expected);
      tried += asked().filter((text) => text.includes(mute)).length;
      await clock.advance(2000);
    }
    assert.ok(tried >= 5 && tried <= 9, `asked ${tried} times in a minute for what is not answered`);
    unit.fails = undefined;
    await clock.advance(10_000);
    assert.deepEqual(shown(await read("1/fast")), { n0: 1, n100: 2, c0: true });
  }
});

test("one block out of three that is answered is found and read", async () => {
  const unit = unitWith(["coil", 0, [1]]);
  unit.fails = (request) => (request.kind === "read" && request.table === "coil" ? undefined : "NO_ANSWER");
  const coil = number(0, { table: "coil", type: "bit", output: "state", channel: "c0" });
  const { read } = bus(unit, productOf([number(0), number(100, { table: "input" }), coil]));
  await rejectsWith(read("1/fast"), "NO_ANSWER");
  await rejectsWith(read("1/fast"), "NO_ANSWER");
  assert.deepEqual(shown(await read("1/fast")), { n0: "NO_ANSWER", n100: "NO_ANSWER", c0: true });
});

test("a unit that was dead is read as before, however it was found dead", async () => {
  const unit = unitWith(["holding", 0, [1]], ["input", 100, [2]]);
  const { read, asked, clock } = bus(unit, productOf([number(0), number(100, { table: "input" })]));
  unit.fails = () => "NO_ANSWER";
  for (let poll = 0; poll < 10; poll++) {
    await rejectsWith(read("1/fast"), "NO_ANSWER");
    assert.equal(asked().length, 1, "one time-out a poll");
    await clock.advance(2000);
  }
  unit.fails = undefined;
  assert.deepEqual(shown(await read("1/fast")), { n0: 1, n100: 2 });
});

test("a limit on the length is searched for and found", async () => {
  const unit = unitWith(["holding", 0, Array.from({ length: 40 }, (_, at) => at)]);
  unit.longest = 9;
  const { read, asked } = bus(unit, productOf(Array.from({ length: 40 }, (_, at) => number(at))));
  for (let run = 0; run < 12; run += 1) {
    const values = shown(await read("1/fast"));
    assert.deepEqual(values, Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`n${at}`, at])));
  }
  asked();
  await read("1/fast");
  assert.equal(asked().length, 5, "40 registers, 9 at a time");
});

test("nothing is read across gaps of a product that refuses it", async () => {
  const product = productOf([number(0), number(2)], { limits: { gaps: "error" } });
  const { read, asked } = bus(unitWith(["holding", 0, [1, 2, 3]]), product);
  await read("1/fast");
  assert.deepEqual(asked(), ["1 read holding 0+1", "1 read holding 2+1"]);
});

test("a dead unit costs one request for each poll", async () => {
  const { read, asked } = bus(undefined, productOf([number(0), number(1000), number(2000)]));
  await rejectsWith(read("1/fast"), "NO_ANSWER");
  assert.deepEqual(asked(), ["1 read holding 0+1"]);
});

test("one damaged answer makes only its own values bad", async () => {
  const unit = unitWith(["holding", 0, [1]], ["holding", 1000, [2]]);
  unit.fails = (request) =>
    request.kind === "read" && request.address === 1000 ? "BAD_CHECKSUM" : undefined;
  const { read } = bus(unit, productOf([number(0), number(1000)]));
  assert.deepEqual(shown(await read("1/fast")), { n0: 1, n1000: "BAD_CHECKSUM" });
  unit.fails = undefined;
  assert.deepEqual(shown(await read("1/fast")), { n0: 1, n1000: 2 });
});

const identified = productOf([number(1)], { identity: { table: "holding", address: 0, value: 0x4443 } });
const withSwitch = (product: Product): Product => ({
  ...product,
  devices: product.devices.map((device) => ({
    ...device,
    actions: [
      {
        name: "set",
        table: "holding",
        address: 1,
        type: "uint16",
        min: 0,
        max: 100,
        shows: { output: "number", channel: "n1" },
      },
    ],
  })),
});

test("a unit that is not the product it should be is neither believed nor written to", async () => {
  const unit = unitWith(["holding", 0, [0x1234, 5]]);
  const { read, write, asked } = bus(unit, withSwitch(identified));
  await rejectsWith(read("1/fast"), "BAD_CONFIG");
  await rejectsWith(write("set", 7), "BAD_CONFIG");
  assert.ok(asked().every((text) => text === "1 read holding 0+1"));
  unit.registers.set(place("holding", 0), 0x4443);
  assert.deepEqual(shown(await write("set", 7)), { n1: 7 });
  assert.deepEqual(asked(), ["1 read holding 0+1", "1 register 1=7", "1 read holding 1+1"]);
  assert.deepEqual(shown(await read("1/fast")), { n1: 7 });
  assert.deepEqual(asked(), ["1 read holding 1+1"], "asked once");
});

test("after silence a unit must show its identity again", async () => {
  const unit = unitWith(["holding", 0, [0x4443, 5]]);
  const { read, asked } = bus(unit, identified);
  await read("1/fast");
  unit.fails = () => "NO_ANSWER";
  await rejectsWith(read("1/fast"), "NO_ANSWER");
  unit.fails = undefined;
  asked();
  await read("1/fast");
  assert.deepEqual(asked(), ["1 read holding 0+1", "1 read holding 1+1"]);
});

const actions: Product = productOf(
  [
    { output: "temperature", table: "holding", address: 0, type: "int16", scale: 0.1 },
    { output: "switch", table: "coil", address: 3, type: "bit", states: { 0: "off", 1: "on" } },
    { output: "frequency", table: "holding", address: 10, type: "float32", wordOrder: "low-first" },
    {
      output: "state",
      table: "holding",
      address: 20,
      type: "bits",
      bit: 4,
      width: 2,
      states: { 0: "low", 1: "high", 2: "full" },
    },
  ],
  {},
);
const acting = (functions: readonly number[]): Product => ({
  ...actions,
  limits: { functions: [...functions] },
  devices: actions.devices.map((device) => ({
    ...device,
    actions: [
      {
        name: "setpoint",
        table: "holding",
        address: 0,
        type: "int16",
        scale: 0.1,
        min: -20,
        max: 50,
        shows: { output: "temperature" },
      },
      {
        name: "switch",
        table: "coil",
        address: 3,
        type: "bit",
        states: { 0: "off", 1: "on" },
        shows: { output: "switch" },
      },
      {
        name: "frequency",
        table: "holding",
        address: 10,
        type: "float32",
        wordOrder: "low-first",
        min: 0,
        max: 100,
        shows: { output: "frequency" },
      },
      {
        name: "stage",
        table: "holding",
        address: 20,
        type: "bits",
        bit: 4,
        width: 2,
        states: { 0: "low", 1: "high", 2: "full" },
        shows: { output: "state" },
      },
      { name: "reset", kind: "pulse", table: "holding", address: 30, type: "uint16", value: 0xa5a5 },
    ],
  })),
});
const actingUnit = (): ScriptedUnit =>
  unitWith(
    ["holding", 0, [0]],
    ["coil", 3, [0]],
    ["holding", 10, [0, 0]],
    ["holding", 20, [0xff0f]],
    ["holding", 30, [0]],
  );

test("writes go out as the map says and come back read", async () => {
  const { write, asked, client } = bus(actingUnit(), acting([1, 3, 5, 6, 15, 16, 22]));
  assert.deepEqual(shown(await write("setpoint", -5)), { temperature: -5 });
  assert.deepEqual(asked(), ["1 register 0=65486", "1 read holding 0+1"]);
  assert.deepEqual(shown(await write("switch", "on")), { switch: "on" });
  assert.deepEqual(asked(), ["1 coil 3=1", "1 read coil 3+1"]);
  assert.deepEqual(shown(await write("frequency", 50)), { frequency: 50 });
  assert.deepEqual(asked(), ["1 registers 10=0,16968", "1 read holding 10+2"]);
  assert.deepEqual(shown(await write("stage", "full")), { state: "full" });
  assert.deepEqual(asked(), [`1 mask 20 and 65487 or 32`, "1 read holding 20+1"]);
  assert.deepEqual(await write("reset"), []);
  assert.deepEqual(asked(), ["1 register 30=42405"]);
  assert.ok(client.options.every(({ priority: urgency }) => urgency === priority.write));
  assert.equal(client.options.at(-1)?.retries, 0, "a pulse is sent once");
});

test("without a mask function some bits are changed by reading the register first", async () => {
  const { write, asked } = bus(actingUnit(), acting([1, 3, 5, 6, 15, 16]));
  assert.deepEqual(shown(await write("stage", "high")), { state: "high" });
  assert.deepEqual(asked(), ["1 read holding 20+1", `1 register 20=65311`, "1 read holding 20+1"]);
});

test("a register whose memory wears out is written ten times a day, more often only for protection, also after a restart", async () => {
  const known = acting([1, 3, 5, 6, 15, 16]);
  const [device] = known.devices;
  assert.ok(device !== undefined);
  const worn = (more: Partial<ActionEntry> = {}): Product => ({
    ...known,
    devices: [
      {
        ...device,
        actions: device.actions?.map((one) => ({ ...one, storage: "eeprom" as const, ...more })) ?? [],
      },
    ],
  });
  const [unit, kept] = [actingUnit(), memory()];
  const { write, asked, read } = bus(unit, worn(), {}, kept);
  for (let n = 0; n < 10; n++) await write("setpoint", n);
  asked();
  await rejectsWith(write("setpoint", 20), "TOO_MANY");
  assert.deepEqual(asked(), [], "nothing is sent");
  assert.equal(shown(await read("statistics"))["held-writes"], 1);
  assert.deepEqual(shown(await write("switch", "on")), { switch: "on" }, "another register");
  assert.deepEqual(shown(await write("setpoint", 30, true)), { temperature: 30 });
  await rejectsWith(bus(unit, worn(), {}, kept).write("setpoint", 20), "TOO_MANY");
  const more = bus(unit, worn({ writesPerDay: 12 }), {}, kept);
  assert.deepEqual(shown(await more.write("setpoint", 20)), { temperature: 20 });
});

test("what is read back is what the unit holds, not what was sent", async () => {
  const unit = actingUnit();
  unit.deaf = true;
  const { write } = bus(unit, acting([1, 3, 5, 6, 15, 16]));
  assert.deepEqual(shown(await write("setpoint", 12)), { temperature: 0 });
});

test("a value the register cannot hold is refused before anything is sent", async () => {
  const { write, asked } = bus(actingUnit(), acting([1, 3, 5, 6, 15, 16]));
  await rejectsWith(write("setpoint", 1e6), "OUT_OF_RANGE");
  await rejectsWith(write("switch", "dim"), "BAD_VALUE");
  await rejectsWith(write("setpoint", "warm"), "BAD_VALUE");
  assert.deepEqual(asked(), []);
});

test("products known from second hand take writes only when the unit was commissioned", () => {
  const second = { ...withSwitch(productOf([number(1)])), certainty: "B" as const };
  const has = (product: Product, options: Partial<UnitOptions>): number =>
    bus(unitWith(), product, options).devices.flatMap(({ actions: all }) => all).length;
  assert.equal(has(second, {}), 0);
  assert.equal(has(second, { writable: true }), 1);
  assert.equal(has({ ...second, certainty: "A" }, {}), 1);
  assert.equal(has({ ...second, certainty: "A" }, { writable: false }), 0);
  assert.equal(has({ ...second, certainty: "A", readOnly: true }, { writable: true }), 0);
});

test("a computed value reads its slow inputs along only when they are due, and is bad when they are", async () => {
  const product = productOf([number(0, { channel: "v", compute: "raw * 10 ** sf" })]);
  const inputs = [
    { name: "sf", table: "holding" as const, address: 500, type: "int16" as const, poll: "slow" as const },
  ];
  const computed = { ...product, devices: product.devices.map((device) => ({ ...device, inputs })) };
  const unit = unitWith(["holding", 0, [2305]], ["holding", 500, [0xffff]]);
  const { read, asked, clock } = bus(unit, computed);
  assert.deepEqual(shown(await read("1/fast")), { v: 230.5 });
  assert.equal(asked().length, 2);
  assert.deepEqual(shown(await read("1/fast")), { v: 230.5 });
  assert.deepEqual(asked(), ["1 read holding 0+1"]);
  await clock.advance(60_001);
  unit.registers.delete(place("holding", 500));
  assert.deepEqual(shown(await read("1/fast")), { v: "NO_SUCH_POINT" });
});

test("the bus's own readings", async () => {
  const { read, clock, client } = bus(unitWith(["holding", 0, [1]]), productOf([number(0)]));
  await read("1/fast");
  await clock.advance(2000);
  const values = shown(await read("statistics"));
  assert.equal(values.utilisation, 12.5);
  assert.equal(values.requests, client.asked.length / 2);
  assert.equal(values["u.timeouts"], 3);
  assert.equal(values.u, 7);
});

test("ids follow from place and name only; tags and context are put together", () => {
  const product = productOf([number(0)]);
  const one = bus(unitWith(), product, { tags: ["rack:r1"], context: { row: "7" } }).devices[1];
  const two = bus(unitWith(), product, { alias: "other", responseTimeout: "1s" }).devices[1];
  const three = bus(unitWith(), product, { unit: 2 }).devices[1];
  assert.ok(one !== undefined);
  assert.equal(one.id, two?.id);
  assert.notEqual(one.id, three?.id);
  assert.equal(one.alias, "u");
  assert.deepEqual(one.tags, [
    "site/s",
    "default/bus:a",
    "default/rack:r1",
    `system/id:${one.id}`,
    "system/type:thing",
  ]);
  assert.deepEqual(one.context, { row: "7", product: "p", unit: "1", bus: "line" });
});

test("a scan tells who answers, and how", async () => {
  const unit = unitWith(["holding", 0, [1]]);
  const { connection, settle } = bus(unit, productOf([number(0)]));
  const collect = async (): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const { address, answered } of connection.scan(
      { from: 1, to: 3 },
      new AbortController().signal,
    ))
      found.push([address, answered]);
    return found;
  };
  assert.deepEqual(await settle(collect()), [
    [1, true],
    [2, false],
    [3, false],
  ]);
  assert.throws(() => connection.scan({ from: 0, to: 300 }, new AbortController().signal), BothyError);
});

test("whatever a unit lacks or limits, every value is right or bad, and soon all that exist are right", async () => {
  const cells = fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(cells, cells, fc.integer({ min: 1, max: 30 }), async (wanted, missing, longest) => {
      const unit = unitWith();
      // What is in neither list exists too, now and then.
      for (let at = 0; at < 70; at += 1)
        if (!missing.includes(at) && (wanted.includes(at) || at % 3 === 0))
          unit.registers.set(place("holding", at), at * 7);
      unit.longest = longest;
      const { read } = bus(unit, productOf(wanted.map((at) => number(at))));
      for (let run = 0; run < 3; run += 1) {
        const values = shown(await read("1/fast"));
        for (const at of wanted)
          assert.equal(values[`n${at}`], missing.includes(at) ? "NO_SUCH_POINT" : at * 7);
      }
    }),
    { numRuns: 60 },
  );
});
