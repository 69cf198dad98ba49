import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Clock, sleepOn } from "../../devices/clock.ts";
import { type Device, namePattern, valuesOf } from "../../devices/device.ts";
import { BothyError, errorTable } from "../../devices/errors.ts";
import { Registry } from "../../devices/registry.ts";
import { parseTag, tagText } from "../../devices/tag.ts";
import { valueKey } from "../../devices/value-id.ts";
import { declare } from "../../devices/declare.ts";
import { type DeviceParts, isId, mapDevice } from "./device.ts";
import { byDevice, Inventory } from "./inventory.ts";
import type { V3Device, V3Reading, V3Value } from "./messages.ts";
import { parseInstant, PluginTime } from "./plugin-time.ts";
import { loadV3Plugin } from "./proto.ts";
import { Readings } from "./readings.ts";
import { recall, remember } from "./recall.ts";
import { shortFloat, valueOfMessage } from "./value.ts";

const { methods } = loadV3Plugin();

const start = Date.parse("2031-05-06T07:08:10Z");
/** A clock that stands until it is set. */
function standing(): Clock & { pass(span: number): void } {
  let passed = 0;
  const at = (): (() => void) => () => undefined;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    at,
    sleepUntil: (due, signal) => sleepOn({ at }, due, signal),
    pass: (span) => {
      passed += span;
    },
  };
}

const parts: DeviceParts = {
  link: "far",
  plugin: "p",
  tags: ["default/here"],
  writeTimeout: 1000,
  overlays: new Map(),
};

const none = methods.Read.responseDeserialize(Buffer.alloc(0));
const message = (more: Partial<V3Reading>): V3Reading =>
  methods.Read.responseDeserialize(methods.Read.responseSerialize({ id: "a", type: "temperature", ...more }));
const described = (more: Partial<V3Device>): V3Device => ({
  ...methods.Devices.responseDeserialize(Buffer.alloc(0)),
  id: "a",
  type: "fan",
  ...more,
});

const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "a", "temperature", "rpm", "C"));
const unit = fc.option(fc.record({ name: text, symbol: text }));
const values: fc.Arbitrary<V3Value> = fc.oneof(
  fc.constant({}),
  fc.record({ string_value: text }),
  fc.record({ bool_value: fc.boolean() }),
  fc.record({ float32_value: fc.float() }),
  fc.record({ float64_value: fc.double() }),
  fc.record({ int32_value: fc.integer() }),
  fc.record({ int64_value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String) }),
  fc.record({ uint64_value: fc.bigInt(0n, 2n ** 64n - 1n).map(String) }),
  fc.record({ bytes_value: fc.uint8Array({ maxLength: 20 }) }),
);
const id = fc.oneof(fc.constantFrom("a", "b"), text);
const map = fc.dictionary(text, text, { maxKeys: 3 });
const readings: fc.Arbitrary<Partial<V3Reading>> = fc
  .tuple(
    fc.record({
      id,
      timestamp: fc.oneof(text, fc.constant("2031-05-06T07:08:09Z")),
      type: text,
      unit,
      context: map,
    }),
    values,
  )
  .map(([head, value]) => ({ ...head, ...value }));
const output = fc.record({
  name: text,
  type: text,
  precision: fc.integer(),
  scalingFactor: fc.double(),
  unit,
});
const devices: fc.Arbitrary<V3Device> = fc.record({
  timestamp: text,
  id,
  type: text,
  plugin: text,
  info: text,
  alias: text,
  metadata: map,
  capabilities: fc.option(
    fc.record({
      mode: fc.constantFrom("", "r", "w", "rw", "?"),
      write: fc.option(fc.record({ actions: fc.array(text, { maxLength: 3 }) })),
    }),
  ),
  tags: fc.array(fc.record({ namespace: text, annotation: text, label: text }), { maxLength: 3 }),
  outputs: fc.array(output, { maxLength: 4 }),
  sortIndex: fc.integer(),
});

function checkDevice(device: Device): void {
  assert.ok(isId(device.id));
  if (device.alias !== undefined) assert.match(device.alias, new RegExp(namePattern));
  for (const tag of device.tags.slice(0, -2)) {
    const parsed = parseTag(tag);
    assert.equal(parsed === undefined ? undefined : tagText(parsed), tag);
  }
  assert.deepEqual(device.tags.slice(-2), [`system/id:${device.id}`, `system/type:${device.type}`]);
  assert.ok(device.info !== "" && device.type !== "");
  const keys = valuesOf(device).map(valueKey);
  assert.equal(new Set(keys).size, keys.length);
  for (const { output } of device.outputs) assert.ok(output.name !== "" && output.type !== "");
}

test("whatever a plugin writes becomes valid devices and readings, or none", () => {
  fc.assert(
    fc.property(fc.array(devices, { maxLength: 4 }), fc.array(readings, { maxLength: 12 }), (found, sent) => {
      const clock = standing();
      const over = sent.map((one) => methods.Read.responseDeserialize(methods.Read.responseSerialize(one)));
      const groups = byDevice(over);
      const mapped = Inventory.map(
        found,
        groups,
        () => undefined,
        parts,
        () => undefined,
      );
      mapped.forEach(checkDevice);
      const inventory = new Inventory(mapped);
      const known = new Set(inventory.values.map(valueKey));
      const maker = new Readings({ clock, time: new PluginTime(clock, () => undefined), staleAfter: 60_000 });
      const made = [
        ...[...groups.values()].flatMap((own) => inventory.together(own, maker, () => undefined)),
        ...over.flatMap((one) => {
          const reading = inventory.alone(one, maker);
          return typeof reading === "string" ? [] : [reading];
        }),
      ];
      for (const reading of made) {
        assert.ok(known.has(valueKey(reading.id)));
        assert.ok(Number.isFinite(reading.at) && reading.at <= clock.now() && reading.at >= start);
        if (reading.quality === "bad")
          assert.ok(reading.reason.code in errorTable && reading.reason.text !== "");
        else if (typeof reading.value === "number") assert.ok(Number.isFinite(reading.value));
      }
    }),
  );
});

test("no bytes break the messages", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let got: V3Reading;
      try {
        got = methods.Read.responseDeserialize(Buffer.from(bytes));
      } catch {
        // The call fails, which is a bad reading.
        return;
      }
      const value = valueOfMessage(got, "it");
      assert.ok(value instanceof BothyError || typeof value !== "number" || Number.isFinite(value));
    }),
  );
});

test("a 32-bit float is the shortest number that it can be, and stays itself", () => {
  assert.equal(shortFloat(Math.fround(21.3)), 21.3);
  assert.equal(shortFloat(Math.fround(0.1)), 0.1);
  assert.equal(shortFloat(16777216), 16777216);
  assert.equal(shortFloat(-0), -0);
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (wide) => {
      assert.equal(Math.fround(shortFloat(wide) ?? NaN), wide);
    }),
  );
});

test("values", () => {
  const code = (more: Partial<V3Reading>): unknown => {
    const value = valueOfMessage(message(more), "it");
    return value instanceof BothyError ? value.code : value;
  };
  assert.equal(code({}), "ABSENT");
  assert.equal(code({ float64_value: NaN }), "NOT_A_NUMBER");
  assert.equal(code({ float32_value: Infinity }), "NOT_A_NUMBER");
  assert.equal(code({ bytes_value: Uint8Array.of(0xff) }), "BAD_FRAME");
  assert.equal(code({ bytes_value: new TextEncoder().encode('{"a":1}') }), '{"a":1}');
  assert.equal(code({ int64_value: "-9007199254740991" }), -9007199254740991);
  assert.equal(code({ int64_value: "9007199254740993" }), 9007199254740993n);
  assert.equal(code({ uint64_value: "18446744073709551615" }), 18446744073709551615n);
  assert.equal(code({ int32_value: 0 }), 0);
  assert.equal(code({ bool_value: false }), false);
  assert.equal(code({ string_value: "" }), "");
});

const channels = (device: Device | undefined): unknown =>
  device?.outputs.map(({ output: { name, embedded }, channel }) =>
    [name, channel, embedded === true ? "embedded" : ""].filter(Boolean).join(" "),
  );

test("outputs: as described, as shown, or as expected", () => {
  const mapped = (more: Partial<V3Device>, shown: readonly V3Reading[]): Device | undefined =>
    mapDevice(described(more), shown, undefined, parts)?.device;
  const rpm = { name: "revolutions per minute", symbol: "RPM" };
  assert.deepEqual(channels(mapped({ type: "temperature" }, [])), ["temperature"]);
  assert.deepEqual(channels(mapped({}, [message({ type: "frequency", unit: rpm })])), ["rpm"]);
  const two = [message({ type: "frequency", unit: rpm }), message({ type: "frequency", unit: rpm })];
  assert.deepEqual(channels(mapped({}, two)), ["rpm", "rpm 2"]);
  assert.deepEqual(channels(mapped({}, [message({ type: "json", bytes_value: Uint8Array.of(123) })])), [
    "json embedded",
  ]);
  const stated = { name: "speed", type: "frequency", precision: 1, scalingFactor: 0, unit: rpm };
  assert.deepEqual(channels(mapped({ outputs: [stated] }, two)), ["speed", "speed 2"]);
  const before = mapped({}, two)?.outputs ?? [];
  const kept = mapDevice(described({}), [], { all: before, seen: [] }, parts)?.device;
  assert.deepEqual(channels(kept), ["rpm", "rpm 2"]);
});

test("what can be written: listed actions, or whatever the device knows", () => {
  const actions = (mode: string, listed: readonly string[]): unknown => {
    const found = mapDevice(
      described({ capabilities: { mode, write: { actions: listed } } }),
      [],
      undefined,
      parts,
    );
    return [
      found?.device.actions.map(({ name }) => name),
      found?.device.otherActions?.kind,
      found?.device.outputs.length,
    ];
  };
  assert.deepEqual(actions("rw", ["speed", "speed"]), [["speed"], undefined, 1]);
  assert.deepEqual(actions("rw", []), [[], "text", 1]);
  assert.deepEqual(actions("w", []), [[], "text", 0]);
  assert.deepEqual(actions("r", ["speed"]), [[], undefined, 1]);
});

test("a reading that does not advance grows stale, heals, and is the same object while nothing changes", () => {
  const clock = standing();
  const [device] = Inventory.map(
    [described({ type: "temperature" })],
    new Map(),
    () => undefined,
    parts,
    () => undefined,
  );
  assert.ok(device !== undefined);
  const readings = new Readings({ clock, time: new PluginTime(clock, () => undefined), staleAfter: 60_000 });
  const [value] = valuesOf(device);
  assert.ok(value !== undefined);
  const of = (timestamp: string) => readings.of(value, message({ timestamp, float64_value: 1 }), device);
  const first = of("2031-05-06T07:08:10Z");
  assert.deepEqual([first.quality, first.at], ["good", start]);
  clock.pass(60_000);
  assert.equal(of("2031-05-06T07:08:10Z"), first);
  clock.pass(1);
  const stale = of("2031-05-06T07:08:10Z");
  assert.equal(stale.quality === "bad" ? stale.reason.code : stale.quality, "STALE");
  clock.pass(1000);
  assert.equal(of("2031-05-06T07:08:10Z"), stale);
  assert.equal(of("2031-05-06T07:09:11Z").quality, "good");
});

test("a plugin whose clock is wrong is corrected once it shows; whole seconds are no difference", () => {
  const clock = standing();
  const said: number[] = [];
  const time = new PluginTime(clock, (by) => said.push(by));
  time.fresh(start - 900);
  assert.deepEqual([time.skew, said], [0, []]);
  clock.pass(180_000);
  time.fresh(clock.now() - 600_000);
  assert.deepEqual([time.skew, said], [600_000, [600_000]]);
  assert.equal(time.here(clock.now() - 600_000), clock.now());
  // A slower device does not change what is known.
  time.fresh(clock.now() - 700_000);
  assert.equal(time.skew, 600_000);
  time.fresh(clock.now() + 3_600_000);
  assert.equal(time.skew, -3_600_000);
  assert.equal(time.here(clock.now() + 7_200_000), clock.now());
  clock.pass(180_000);
  time.fresh(clock.now());
  assert.deepEqual([time.skew, said], [0, [600_000, 0]]);
});

test("moments as Go writes them", () => {
  assert.equal(parseInstant("2031-05-06T07:08:10Z"), start);
  assert.equal(parseInstant("2031-05-06T09:08:10.123456789+02:00"), start + 123);
  for (const wrong of ["", "now", "2031-05-06", "2031-13-06T07:08:10Z", "2031-05-06 07:08:10"])
    assert.equal(parseInstant(wrong), undefined);
});

test("an id or alias that is taken stays with whoever had it; the rest is declared", () => {
  const make = (name: string): Device => {
    const found = mapDevice(described({ id: name, alias: `the-${name}` }), [], undefined, parts);
    assert.ok(found !== undefined);
    return found.device;
  };
  const said: string[] = [];
  const note = (_fields: object, line: string): void => {
    said.push(line);
  };
  const log = { debug: note, info: note, warn: note, error: note };
  const refuse = (what: string, device: string): never => {
    throw new BothyError("BAD_CONFIG", { source: "x", fault: `the ${what} is taken`, device, by: "near" });
  };
  const found = (devices: readonly Device[]): void => {
    for (const { id: known, alias } of devices) {
      if (known === "b") refuse("id b", "b");
      if (alias === "the-c") refuse("alias the-c", "c");
    }
  };
  const declared = declare([make("a"), make("b"), make("c"), make("a")], { found, log }, "far");
  assert.deepEqual(
    declared.map(({ id: known, alias }) => [known, alias]),
    [
      ["a", "the-a"],
      ["c", undefined],
    ],
  );
  assert.equal(said.length, 3);
  assert.throws(() => declare([make("b")], { found, log }, "far"), {
    code: "BAD_CONFIG",
    message: /already, on near: take one of the two buses away/,
  });
});

test("thousands of taken ids and aliases are found out in a few looks, and said in a few lines", () => {
  const make = (i: number): Device => {
    const found = mapDevice(described({ id: `d${i}`, alias: `a${i}` }), [], undefined, parts);
    assert.ok(found !== undefined);
    return found.device;
  };
  const registry = new Registry();
  const near = Array.from({ length: 3000 }, (_, i) => ({
    ...make(i),
    link: "near",
    id: i < 1000 ? `d${i}` : `near-${i}`,
  }));
  registry.add(near);
  const said: string[] = [];
  const note = (_fields: object, line: string): void => {
    said.push(line);
  };
  const log = { debug: note, info: note, warn: note, error: note };
  let looks = 0;
  const found = (devices: readonly Device[]): void => {
    looks++;
    registry.replace([], devices);
  };
  const declared = declare(
    Array.from({ length: 3001 }, (_, i) => make(i)),
    { found, log },
    "far",
  );
  assert.deepEqual(
    declared.map(({ id: known, alias }) => [known, alias]),
    Array.from({ length: 2001 }, (_, i) => [`d${i + 1000}`, i === 2000 ? "a3000" : undefined]),
  );
  assert.equal(looks, 2);
  assert.equal(said.length, 12);
  assert.match(said[5] ?? "", /1995 more go without an alias/);
  assert.match(said[11] ?? "", /995 more are left out/);
});

test("what is remembered survives as JSON; nonsense is forgotten", () => {
  let kept: unknown;
  const memory = {
    get: () => kept,
    set: (_key: string, value: unknown) => {
      kept = JSON.parse(JSON.stringify(value));
    },
  };
  const found = mapDevice(described({}), [], undefined, parts);
  assert.ok(found !== undefined);
  const health = { status: "OK" as const, at: 1, checks: [] };
  const version = {
    plugin_version: "1",
    sdk_version: "-",
    build_date: "-",
    git_commit: "-",
    git_tag: "-",
    arch: "-",
    os: "-",
  };
  const network = { address: "x:1", protocol: "tcp" as const };
  const plugin = {
    id: "p",
    name: "",
    maintainer: "",
    tag: "t",
    description: "",
    vcs: "",
    network,
    version,
    health,
  };
  remember(memory, { plugin, devices: [found.device] });
  assert.deepEqual(recall(memory), { plugin, devices: [found.device] });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      kept = value;
      assert.equal(recall(memory), undefined);
    }),
  );
  assert.equal(none.id, "");
});
