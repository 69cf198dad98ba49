import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pluginId } from "../../devices/ids.ts";
import { type ConfiguredDevice, configuredId, readDeviceConfig } from "./device-config.ts";
import type { Prototype } from "./schema.ts";
import { transformed } from "./transform.ts";

const meta = {
  maintainer: "bar",
  name: "foo",
  description: "a plugin",
  vcs: "none",
  version: "1",
};

const read = (prototypes: readonly Prototype[], env: Readonly<Record<string, string>> = {}) =>
  readDeviceConfig(prototypes, ["devices"], { meta, env });

const clean = (prototypes: readonly Prototype[], env: Readonly<Record<string, string>> = {}) => {
  const { devices, faults } = read(prototypes, env);
  assert.deepEqual(faults, []);
  return devices;
};

const only = (prototype: Prototype, env: Readonly<Record<string, string>> = {}): ConfiguredDevice => {
  const [device, ...others] = clean([prototype], env);
  assert.ok(device !== undefined && others.length === 0);
  return device;
};

test("an instance inherits: its own values first, lists joined, maps merged", () => {
  const prototype: Prototype = {
    type: "temperature",
    handler: "sensor",
    tags: ["a", "ns/b:c"],
    data: { bus: { host: "10.0.0.1", port: 502 }, list: [1], failOnError: true, id: 1 },
    context: { row: "1", model: "m" },
    transforms: [{ scale: "2" }],
    writeTimeout: "1m30s",
    instances: [
      {
        tags: ["d", "a"],
        data: { bus: { port: 503 }, list: [2], failOnError: false, id: 0 },
        context: { row: 2 },
        transforms: [{ apply: "FtoC" }],
        info: "inlet",
        sortIndex: 4,
        output: "temperature",
      },
    ],
  };
  const device = only(prototype);
  assert.deepEqual(
    [device.type, device.handler, device.info, device.sortIndex],
    ["temperature", "sensor", "inlet", 4],
  );
  assert.deepEqual(device.tags, ["default/a", "ns/b:c", "default/d"]);
  assert.deepEqual(device.data, {
    bus: { host: "10.0.0.1", port: 503 },
    list: [1, 2],
    failOnError: false,
    id: 0,
  });
  assert.deepEqual(device.context, { row: "2", model: "m" });
  assert.equal(device.writeTimeout, 90_000);
  // 61 × 2 = 122 °F = 50 °C: the prototype's come first.
  assert.equal(transformed(61, device.transforms), 50);
  assert.deepEqual(prototype.data, {
    bus: { host: "10.0.0.1", port: 502 },
    list: [1],
    failOnError: true,
    id: 1,
  });
});

test("one that inherits nothing, defaults, and a type of its own", () => {
  const prototype: Prototype = {
    type: "led",
    handler: "lamp",
    tags: ["a"],
    context: { row: "1" },
    writeTimeout: "5s",
  };
  const alone = only({ ...prototype, instances: [{ type: "fan", disableInheritance: true }] });
  assert.deepEqual(
    [alone.type, alone.handler, alone.tags, alone.context, alone.writeTimeout, alone.info, alone.sortIndex],
    ["fan", "fan", [], {}, 30_000, "", 0],
  );
  assert.equal(only({ ...prototype, instances: [{ type: "fan" }] }).handler, "lamp");
  assert.equal(only({ ...prototype, instances: [{ writeTimeout: "0s" }] }).writeTimeout, 5000);
  assert.deepEqual(clean([prototype]), []);
});

test("ids as in Synse v3 §3.4", () => {
  const device = only({
    type: "foo",
    handler: "bar",
    data: { key2: 2 },
    instances: [{ data: { key1: "value1" } }],
  });
  assert.equal(configuredId(pluginId("test"), device), "e534b6b2-006e-5f61-93c0-b00ae7535155");
  const other = only({ type: "foo", data: { key2: 2 }, instances: [{ data: { key1: "value1" } }] });
  assert.notEqual(configuredId(pluginId("test"), other), configuredId(pluginId("test"), device));
});

test("templates in tags, context and alias", () => {
  const device = only(
    {
      type: "led",
      tags: ['{{ env "SITE" }}/rack:{{env "RACK"}}'],
      context: { place: '{{ env "RACK" }}-{{ env "NOT_SET" }}', count: true, none: null },
      instances: [
        {
          info: "a lamp",
          data: { id: 7 },
          alias: { template: '{{ .Meta.Name }}.{{ .Device.Type }}-{{ ctx "place" }}{{- .Device.Data.id -}}' },
        },
      ],
    },
    { SITE: "hut", RACK: "r1" },
  );
  assert.deepEqual(device.tags, ["hut/rack:r1"]);
  assert.deepEqual(device.context, { place: "r1-", count: "1", none: "" });
  assert.equal(device.alias, "foo.led-r1-7");
  const named = only({ type: "led", instances: [{ alias: { name: "lamp", template: "{{ what }}" } }] });
  assert.equal(named.alias, "lamp");
  assert.equal(
    only({ type: "led", instances: [{ alias: { template: '{{ env "NO" }}' } }] }).alias,
    undefined,
  );
});

test("what is wrong is told where it stands, once", () => {
  const { faults } = read([
    {
      type: "led",
      tags: ["two words", '{{ upper "x" }}'],
      transforms: [{ scale: "0" }, { apply: "CtoF" }, {}],
      data: { list: [1] },
      writeTimeout: "soon",
      context: { row: '{{ ctx "x" }}' },
      instances: [
        { alias: { name: "no alias" } },
        { data: { list: 1 }, transforms: [{ scale: "1", apply: "FtoC" }], tags: ["a//b"] },
        { alias: { template: "{{ .Device.Nothing }}" } },
      ],
    },
  ]);
  assert.deepEqual(
    faults.map(({ path }) => path.join(".")).sort(),
    [
      "devices.0.context.row",
      "devices.0.instances.0.alias.name",
      "devices.0.instances.1.data.list",
      "devices.0.instances.1.tags.0",
      "devices.0.instances.1.transforms.0",
      "devices.0.instances.2.alias.template",
      "devices.0.tags",
      "devices.0.tags",
      "devices.0.transforms.0.scale",
      "devices.0.transforms.1.apply",
      "devices.0.transforms.2",
      "devices.0.writeTimeout",
    ].sort(),
  );
});

const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
);
const text = fc.oneof(
  fc.string(),
  fc.constantFrom("a", "ns/a:b", '{{ env "A" }}', "{{", "}}", "{{ .Device.Type }}"),
);
const data = fc.dictionary(
  fc.string(),
  fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.string(), scalar)),
);
const shared = {
  type: fc.string({ minLength: 1 }),
  handler: fc.string({ minLength: 1 }),
  tags: fc.array(text),
  data,
  context: fc.dictionary(fc.string(), fc.oneof(text, fc.integer(), fc.boolean())),
  transforms: fc.array(fc.record({ scale: text, apply: text }, { requiredKeys: [] })),
  writeTimeout: text,
};
const instance = fc.record(
  {
    ...shared,
    info: fc.string(),
    output: fc.string({ minLength: 1 }),
    sortIndex: fc.integer(),
    alias: fc.record({ name: text, template: text }, { requiredKeys: [] }),
    disableInheritance: fc.boolean(),
  },
  { requiredKeys: [] },
);
const prototype = fc.record(
  { ...shared, instances: fc.array(instance, { maxLength: 4 }) },
  { requiredKeys: [] },
);

test("whatever a file says becomes devices or faults, twice the same, and nothing is changed by reading it", () => {
  fc.assert(
    fc.property(fc.array(prototype, { maxLength: 4 }), (prototypes) => {
      const before = JSON.stringify(prototypes);
      const once = read(prototypes, { A: "a" });
      const again = read(prototypes, { A: "a" });
      const ids = ({ devices }: typeof once) =>
        devices.map((device) => configuredId("1d916ec2-f015-5f3e-869d-36ef30dce23f", device));
      assert.deepEqual(ids(once), ids(again));
      assert.deepEqual(once.faults, again.faults);
      assert.equal(JSON.stringify(prototypes), before);
      const instances = prototypes.flatMap((one) => one.instances ?? []);
      const typeless = once.faults.filter(({ message }) => message.startsWith("has no `type`"));
      assert.equal(once.devices.length + typeless.length, instances.length);
      for (const { message, remedy } of once.faults) assert.ok(message !== "" && remedy !== "");
    }),
    { numRuns: 300 },
  );
});

test("merging: what only one side has is kept, scalars are the instance's, lists are joined", () => {
  fc.assert(
    fc.property(data, data, (from, own) => {
      const { devices, faults } = read([{ type: "t", data: from, instances: [{ data: own }] }]);
      const merged = devices[0]!.data;
      assert.deepEqual(
        Object.keys(merged).sort(),
        [...new Set([...Object.keys(from), ...Object.keys(own)])].sort(),
      );
      if (faults.length > 0) return;
      for (const [key, value] of Object.entries(merged)) {
        if (!Object.hasOwn(own, key)) assert.deepEqual(value, from[key]);
        else if (!Object.hasOwn(from, key)) assert.deepEqual(value, own[key]);
        else if (Array.isArray(own[key]) && Array.isArray(from[key]))
          assert.deepEqual(value, [...from[key], ...own[key]]);
        else if (typeof own[key] !== "object") assert.deepEqual(value, own[key]);
      }
    }),
  );
});
