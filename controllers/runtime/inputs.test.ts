import assert from "node:assert/strict";
import { test } from "node:test";
import { outputNamed } from "../../devices/output.ts";
import type { Device } from "../../devices/device.ts";
import { from, type Inputs, select, unless } from "../select.ts";
import { bind } from "./bind.ts";
import type { Observed } from "./frame.ts";
import { pickInputs } from "./pick.ts";

const good = (value: number | string): Observed =>
  ({ quality: "good", value, age: 0, from: "one", tags: [] }) as Observed;
const gone: Observed = { quality: "bad", code: "NO_ANSWER", text: "no answer", from: "one", tags: [] };

test("an input may be missing while another one says so, and only then", () => {
  const inputs: Inputs = {
    cpu: unless("host", "off", select("point:cpu").max()),
    all: unless("host", "off", select("point:dimm").each({ minGood: 2 })),
    host: select("point:host").word(),
  };
  const missing = (host: Observed, cpu: Observed, dimms: readonly Observed[]) =>
    pickInputs(Object.entries(inputs), { host: [host], cpu: [cpu], all: dimms }).missing.map(
      (text) => text.split(":")[0],
    );
  assert.deepEqual(missing(good("off"), gone, [gone, gone]), []);
  assert.deepEqual(missing(good("on"), gone, [good(1), gone]), ["cpu", "all"]);
  assert.deepEqual(missing(gone, gone, []), ["cpu", "all", "host"], "what is not known excuses nothing");
  const { values } = pickInputs(Object.entries(inputs), { host: [good("off")], cpu: [good(70)], all: [] });
  assert.equal((values["cpu"] as { value: number }).value, 70, "what is there is seen all the same");
});

const probe = (alias: string, output: string): Device => ({
  id: alias,
  alias,
  type: "sensor",
  info: "",
  plugin: "test",
  handler: "test",
  link: "line",
  tags: [],
  context: {},
  outputs: [{ output: outputNamed(output) }],
  actions: [],
  sortIndex: 0,
  writeTimeout: 1000,
});

test("an input that names its unit takes nothing of another", () => {
  const shape = {
    name: "mine",
    version: "1.0.0",
    summary: "",
    period: 1000,
    settings: {},
    inputs: {
      speeds: select("point:speed").max({ unit: "rpm" }),
      wanted: from("zone", "speed").max({ unit: "rpm" }),
      duty: from("zone", "duty").max({ unit: "rpm" }),
    },
    outputs: {},
  } as unknown as Parameters<typeof bind>[1];
  const publishes = { speed: { unit: "rpm", text: "" }, duty: { unit: "%", text: "" } };
  const { inputs, faults } = bind(
    "mine",
    shape,
    {},
    { select: () => [probe("fan", "rpm"), probe("air", "temperature"), probe("door", "switch")] },
    [{ name: "zone", shape: { name: "zone", publishes } }],
  );
  assert.deepEqual(
    inputs.map(({ input, name }) => [input, name]),
    [
      ["speeds", "fan"],
      ["wanted", "controller zone"],
    ],
  );
  assert.deepEqual(
    faults.map(({ path, message }) => [path[1], message]),
    [
      ["speeds", "air temperature is in C, not in rpm"],
      ["duty", "zone publishes `duty` in %, not in rpm"],
    ],
  );
});
