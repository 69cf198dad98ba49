import assert from "node:assert/strict";
import { test } from "node:test";
import { dataComponent, deviceId, dnsNamespace, pluginId, pluginTag, uuid5 } from "./ids.ts";

test("UUIDv5 as in RFC 9562", () => {
  assert.equal(uuid5(dnsNamespace, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  assert.equal(uuid5(dnsNamespace, "one.two"), "62444264-4604-5b06-840a-3e5ab9848c46");
  assert.equal(pluginId("one", "two"), "62444264-4604-5b06-840a-3e5ab9848c46");
});

test("plugin ids and what hangs below them, as Synse makes them", () => {
  const plugin = pluginId(pluginTag("bar", "foo"));
  assert.equal(plugin, "1d916ec2-f015-5f3e-869d-36ef30dce23f");
  assert.equal(uuid5(plugin, "foo"), "3356863c-1adf-5d27-a6c2-8ab41cf816d0");
});

test("plugin tags are lower case, dashes become underscores, then spaces dashes", () => {
  assert.equal(pluginTag("Vapor-IO", "Modbus over IP"), "vapor_io/modbus-over-ip");
  assert.equal(pluginTag("vaporio", "emulator plugin"), "vaporio/emulator-plugin");
});

/** Type, and the ids of the devices with `data: {id: n}`, n from `first` on. The emulator of Synse, §8. */
const emulator: readonly (readonly [string, number, ...string[]])[] = [
  ["airflow", 1, "69c2e1e2-e658-5d71-8e43-091f68aa6e84"],
  [
    "status",
    1,
    "855269af-07ef-5ffe-b3c4-038ab99883b6",
    "d53b1747-7912-5332-8a23-d7f7bd785c14",
    "3c05b650-618b-5a86-b534-10c6f3721617",
    "84ac78a9-fe9a-5eb1-aba7-63d8afade999",
    "977e888c-76e9-5de1-a395-6582324197ca",
  ],
  ["json", 6, "b3acf015-4b5b-54be-b7da-fe6bc76ba376"],
  ["fan", 1, "998e6025-ddfb-533a-9efe-dd26d512b555"],
  ["humidity", 1, "fef34490-4952-5e92-bf4d-aad169df980e"],
  ["led", 1, "f041883c-cf87-55d7-a978-3d3103836412", "01976737-085c-5e4c-94bc-a383d3d130fb"],
  ["lock", 1, "1b714cf2-cc56-5c36-9741-fd6a483b5f10"],
  [
    "power",
    1,
    "bc583d62-c9c9-5778-863b-0ebe360ebcb0",
    "0570c34a-32fd-56c5-a0a3-d4a229e89536",
    "dde22569-deea-5d06-a0a4-1320993c110a",
    "e8525fdf-73f1-5e2b-aa45-17ad12199a49",
    "6944ec43-2dc5-5b3a-a934-8f3937d7e93d",
  ],
  ["voltage", 1, "0da9a0cb-9d58-5ac7-8293-7c29485fa65f", "51fe41da-7631-5984-a93e-bc544f31a6e9"],
  ["energy", 1, "b079f4b8-42b8-5e62-8ee7-b74040a40561", "d755b2a9-1df5-5202-ab9f-f9b928592e1a"],
  ["pressure", 1, "b30f844d-f0db-557f-b073-893917f909ad", "494bd3ed-72ec-53e9-ba65-729610516e25"],
  [
    "temperature",
    1,
    "9907bdfa-75e1-5af5-8385-87184f356b22",
    "89fd576d-462c-53be-bcb6-7870e70c304a",
    "b9324904-385b-581d-b790-5e53eaabfd20",
    "c2f6f762-fa30-5f0a-ba6c-f52d8deb3c07",
    "9669ca7a-41c1-5ad8-8c45-c359ca47f7f4",
  ],
  ["seconds", 1, "7f08f702-2fb7-55b5-9875-b9dc4edc6a47"],
];

test("the ids of the emulator and its devices are those Synse's own tests expect", () => {
  const plugin = pluginId(pluginTag("vaporio", "emulator plugin"));
  assert.equal(plugin, "4032ffbe-80db-5aa5-b794-f35c88dff85c");
  let count = 0;
  for (const [type, first, ...ids] of emulator) {
    for (const [n, id] of ids.entries()) {
      assert.equal(
        deviceId(plugin, type, type, dataComponent({ id: first + n })),
        id,
        `${type} ${first + n}`,
      );
      count++;
    }
  }
  assert.equal(count, 29);
});

test("the vector of a device with text and number data", () => {
  const component = dataComponent({ key2: 2, key1: "value1" });
  assert.equal(component, "value12");
  assert.equal(deviceId(pluginId("test"), "foo", "bar", component), "e534b6b2-006e-5f61-93c0-b00ae7535155");
});

test("data is written as Go writes it, in the order of its keys, maps left out", () => {
  const cases: [Parameters<typeof dataComponent>[0], string][] = [
    [{ b: "2", a: "1", Z: "0" }, "012"],
    [{ a: true, b: null, c: { left: "out" } }, "true<nil>"],
    [{ a: [1, "x", [true]] }, "[1 x [true]]"],
    [{ a: [{ b: 2, a: 1 }] }, "[map[a:1 b:2]]"],
    [{ a: 0.1, b: 1e20 }, "0.1100000000000000000000"],
    [{ a: 1e21 }, "1e+21"],
    [{ a: 0.0001, b: 0.00001 }, "0.00011e-05"],
    [{ a: -1.5e-7, b: 2.5e30 }, "-1.5e-072.5e+30"],
    [{ a: 12345678901234567890n }, "12345678901234567890"],
    [{}, ""],
  ];
  for (const [data, expected] of cases) assert.equal(dataComponent(data), expected);
});
