import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device } from "../../devices/device.ts";
import { newMemory } from "../../devices/link-memory.ts";
import { noSite, priority, silentLog } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { pushed } from "../../plugins/pushed/index.ts";
import type { DeviceOptions } from "../../plugins/pushed/schema.ts";
import { TestClock } from "../support/test-clock.ts";

const planOf = (devices: readonly DeviceOptions[], timeout = "1m") =>
  pushed.plan({
    site: { id: "hut", tags: [] },
    name: "brought",
    link: { path: ["buses", "brought"], config: { timeout } },
    devices: devices.map((config, i) => ({ path: ["devices", i], config })),
    products: [],
  });

const shown = (reading: Reading | undefined) =>
  reading?.quality === "bad" ? reading.reason.code : reading?.value;

async function opened(devices: readonly DeviceOptions[]) {
  const plan = planOf(devices);
  assert.deepEqual(plan.faults, []);
  const clock = new TestClock();
  const { signal } = new AbortController();
  const connection = await plan.open({ ...noSite, clock, log: silentLog, memory: newMemory(), signal });
  const named = (alias: string): Device => plan.devices.find((one) => one.alias === alias)!;
  return {
    clock,
    connection,
    named,
    read: async (alias: string) => {
      const poll = connection.polls.find(({ id }) => id === named(alias).id)!;
      const [reading] = await connection.read(poll, { deadline: 0, priority: priority.poll, signal });
      return shown(reading);
    },
    push: async (alias: string, value: number | string) => {
      const { id: device, actions } = named(alias);
      const [reading] = await connection.write!({ device, action: actions[0]!, value }, signal);
      return shown(reading);
    },
  };
}

test("a point counts for its own time, then it is stale until it is brought anew", async () => {
  const { clock, connection, read, push } = await opened([
    { alias: "forecast", output: "temperature", timeout: "10s" },
    { alias: "price", output: "number" },
  ]);
  assert.deepEqual([await read("forecast"), await read("price")], ["NOT_READ_YET", "NOT_READ_YET"]);
  assert.deepEqual([await push("forecast", 31.5), await push("price", 7)], [31.5, 7]);
  await clock.advance(10_000);
  assert.deepEqual([await read("forecast"), await read("price")], [31.5, 7]);
  await clock.advance(1);
  assert.deepEqual([await read("forecast"), await read("price")], ["STALE", 7]);
  assert.equal(await push("forecast", 30), 30);
  assert.equal(await read("forecast"), 30);
  assert.deepEqual(
    connection.polls.map(({ maxAge }) => maxAge),
    [10_000, 60_000],
  );
  await connection.close();
});

test("what a point takes follows from its output", () => {
  const { devices } = planOf([
    { alias: "a", output: "temperature", min: -60, max: 60 },
    { alias: "b", output: "state", words: ["on", "off"] },
    { alias: "c", output: "string" },
  ]);
  assert.deepEqual(
    devices.map(({ actions }) => actions[0]?.accepts),
    [
      { kind: "number", min: -60, max: 60, step: 0.01, unit: "C" },
      { kind: "choice", choices: ["on", "off"] },
      { kind: "text", maxLength: 256 },
    ],
  );
});

test("times no value counts for and ranges upside down are faults with their place", () => {
  const { faults } = planOf(
    [
      { alias: "a", output: "temperature", timeout: "500ms" },
      { alias: "b", output: "temperature", min: 5, max: 5 },
    ],
    "0s",
  );
  assert.deepEqual(
    faults.map(({ path }) => path.join(".")),
    ["buses.brought.timeout", "devices.0.timeout", "devices.1.min"],
  );
});
