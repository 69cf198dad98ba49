import assert from "node:assert/strict";
import { test } from "node:test";
import { isReadable, isWritable } from "../../devices/device.ts";
import type { Device } from "../../devices/device.ts";
import { sitePluginId } from "../../devices/make-device.ts";
import { meta, planEmulator } from "./plan.ts";
import type { DeviceOptions, LinkOptions } from "./schema.ts";

const planned = (link: LinkOptions = {}, devices: readonly DeviceOptions[] = [], env = {}) =>
  planEmulator({
    site: { id: "hut", tags: [] },
    name: "emu",
    link: { path: ["buses", "emu"], config: link },
    devices: devices.map((config, i) => ({ path: ["devices", i], config })),
    products: [],
    env,
  });

const devicesOf = (...args: Parameters<typeof planned>): readonly Device[] => {
  const { plan, faults } = planned(...args);
  assert.deepEqual(faults, []);
  return plan.devices.map(({ device }) => device);
};

/** Synse v3 §8: type, `data.id`, then the id. */
const originals: Readonly<Record<string, readonly string[]>> = {
  airflow: ["69c2e1e2-e658-5d71-8e43-091f68aa6e84"],
  status: [
    "855269af-07ef-5ffe-b3c4-038ab99883b6",
    "d53b1747-7912-5332-8a23-d7f7bd785c14",
    "3c05b650-618b-5a86-b534-10c6f3721617",
    "84ac78a9-fe9a-5eb1-aba7-63d8afade999",
    "977e888c-76e9-5de1-a395-6582324197ca",
  ],
  json: ["b3acf015-4b5b-54be-b7da-fe6bc76ba376"],
  fan: ["998e6025-ddfb-533a-9efe-dd26d512b555"],
  humidity: ["fef34490-4952-5e92-bf4d-aad169df980e"],
  led: ["f041883c-cf87-55d7-a978-3d3103836412", "01976737-085c-5e4c-94bc-a383d3d130fb"],
  lock: ["1b714cf2-cc56-5c36-9741-fd6a483b5f10"],
  power: [
    "bc583d62-c9c9-5778-863b-0ebe360ebcb0",
    "0570c34a-32fd-56c5-a0a3-d4a229e89536",
    "dde22569-deea-5d06-a0a4-1320993c110a",
    "e8525fdf-73f1-5e2b-aa45-17ad12199a49",
    "6944ec43-2dc5-5b3a-a934-8f3937d7e93d",
  ],
  voltage: ["0da9a0cb-9d58-5ac7-8293-7c29485fa65f", "51fe41da-7631-5984-a93e-bc544f31a6e9"],
  energy: ["b079f4b8-42b8-5e62-8ee7-b74040a40561", "d755b2a9-1df5-5202-ab9f-f9b928592e1a"],
  pressure: ["b30f844d-f0db-557f-b073-893917f909ad", "494bd3ed-72ec-53e9-ba65-729610516e25"],
  temperature: [
    "9907bdfa-75e1-5af5-8385-87184f356b22",
    "89fd576d-462c-53be-bcb6-7870e70c304a",
    "b9324904-385b-581d-b790-5e53eaabfd20",
    "c2f6f762-fa30-5f0a-ba6c-f52d8deb3c07",
    "9669ca7a-41c1-5ad8-8c45-c359ca47f7f4",
  ],
  seconds: ["7f08f702-2fb7-55b5-9875-b9dc4edc6a47"],
};

test("the plugin has the original's id, at every site", () => {
  assert.equal(sitePluginId(meta, { id: "hut" }), "4032ffbe-80db-5aa5-b794-f35c88dff85c");
  assert.equal(sitePluginId(meta, { id: "barn" }), "4032ffbe-80db-5aa5-b794-f35c88dff85c");
});

test("with nothing configured there are the original's 29 devices, under its ids", () => {
  const devices = devicesOf();
  assert.equal(devices.length, 29);
  for (const [type, ids] of Object.entries(originals))
    assert.deepEqual(
      devices.filter((device) => device.type === type).map(({ id }) => id),
      ids,
      type,
    );
  assert.deepEqual(
    devices.map(({ sortIndex }) => sortIndex),
    Array(29).fill(0),
  );
  assert.deepEqual(
    devices.flatMap(({ actions }) => actions),
    [],
  );
  assert.deepEqual(
    [...new Set(devices.filter((one) => !isWritable(one)).map(({ type }) => type))],
    ["status"],
  );
  assert.ok(devices.every(isReadable));
});

test("the default devices say what the original's say", () => {
  const devices = devicesOf();
  const said = ({ type, info, alias, context }: Device) => [type, info, alias, context];
  const of = (type: string, n: number) => devices.filter((device) => device.type === type)[n - 1]!;
  assert.deepEqual(said(of("led", 2)), [
    "led",
    "Synse Backup LED",
    "emulator-backup-led",
    { model: "emul8-led" },
  ]);
  assert.deepEqual(said(of("power", 3)), ["power", "Zone 3 Power", undefined, { model: "emul8-power" }]);
  assert.equal(of("power", 5).info, "Total Power Usage");
  assert.deepEqual(of("status", 4).context, { model: "Vapor Carousel", emulated: "1" });
  const led = of("led", 1);
  assert.deepEqual(led.tags, [`system/id:${led.id}`, "system/type:led"]);
  assert.deepEqual(
    devices.filter(({ alias }) => alias !== undefined).map(({ alias }) => alias),
    ["emulator-led", "emulator-backup-led"],
  );
});

test("outputs in their order, with their units", () => {
  const shown = (handler: string) =>
    devicesOf({}, [{ type: handler, data: { id: 1 } }])[0]!.outputs.map(({ output, channel, context }) => [
      output.name,
      output.type,
      output.unit?.symbol ?? "",
      ...(channel === undefined ? [] : [channel]),
      ...(context === undefined ? [] : [context]),
    ]);
  assert.deepEqual(shown("airflow"), [["airflow", "speed", "mm/s"]]);
  assert.deepEqual(shown("pressure"), [["pascal", "pressure", "Pa"]]);
  assert.deepEqual(shown("humidity"), [
    ["humidity", "humidity", "%"],
    ["percentage", "percentage", "%"],
    ["temperature", "temperature", "C"],
  ]);
  assert.deepEqual(shown("power"), [
    ["watt", "power", "W"],
    ["state", "state", ""],
  ]);
  const limits = { min: "0", max: "2700" };
  assert.deepEqual(shown("fan"), [
    ["direction", "direction", ""],
    ["rpm", "frequency", "RPM", limits],
  ]);
  assert.deepEqual(shown("fan-multi"), [
    ["direction", "direction", ""],
    ["rpm", "frequency", "RPM", "measured", limits],
    ["rpm", "frequency", "RPM", "wanted"],
  ]);
  assert.deepEqual(shown("led"), [
    ["state", "state", ""],
    ["color", "color", ""],
  ]);
  assert.deepEqual(shown("json"), [["json", "json", ""]]);
});

test("a configured device has the id the original would give it", () => {
  const [device] = devicesOf({ devices: [{ type: "led", instances: [{ data: { id: 1 } }] }] });
  assert.equal(device?.id, originals["led"]?.[0]);
  const [other] = devicesOf({ devices: [{ type: "led", instances: [{ data: { id: 1, timeout: "5s" } }] }] });
  assert.notEqual(other?.id, device?.id);
});

test("single devices of the site's own list, beside or instead of a device configuration", () => {
  const single: DeviceOptions = { type: "temperature", alias: "inlet", data: { id: 1 }, tags: ["rack:r1"] };
  const [inlet, ...others] = devicesOf({}, [single]);
  assert.deepEqual(others, []);
  assert.equal(inlet?.id, originals["temperature"]?.[0]);
  assert.equal(inlet?.alias, "inlet");
  assert.equal(inlet.tags[0], "default/rack:r1");
  assert.equal(devicesOf({ devices: [{ type: "led", instances: [{}] }] }, [single]).length, 2);
  assert.deepEqual(devicesOf({ devices: [] }), []);
});

test("every fault at once, where it stands", () => {
  const { faults } = planned(
    {
      poll: "1ms",
      devices: [
        { type: "led", tags: ["not a tag"], instances: [{ data: { id: 1 } }, { data: { id: 1 } }] },
        { type: "oven", instances: [{ output: "smell" }] },
        { type: "temperature", instances: [{ data: { id: 3, step: 0 } }, { data: { id: 4, min: "cold" } }] },
        { instances: [{}] },
      ],
    },
    [
      { type: "led", alias: "one", data: { id: 5 } },
      { type: "led", alias: "one", data: { id: 6 } },
    ],
  );
  const at = ["buses", "emu", "devices"];
  assert.deepEqual(
    faults.map(({ path }) => path.join(".")).sort(),
    [
      ["buses", "emu", "poll"],
      [...at, 0, "tags"],
      [...at, 0, "instances", 1],
      [...at, 1, "instances", 0],
      [...at, 1, "instances", 0, "output"],
      [...at, 2, "instances", 0, "data", "step"],
      [...at, 2, "instances", 1, "data", "min"],
      [...at, 3, "instances", 0],
      ["devices", 1],
    ]
      .map((path) => path.join("."))
      .sort(),
  );
  for (const { message, remedy } of faults) assert.ok(message !== "" && remedy !== "");
});
