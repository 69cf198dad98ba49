import assert from "node:assert/strict";
import test from "node:test";
import type { Definition, StepContext, StepResult } from "../../controllers/contract.ts";
import { from, select } from "../../controllers/index.ts";
import { silentLog } from "../../devices/plugin.ts";
import { controlSite } from "../support/control-site.ts";
import { plain, use, warm, zone } from "./zone-site.ts";

test("a value of another controller is of the same moment, and missing while that one is not to be relied on", async (t) => {
  const seen: number[] = [];
  const taker: Definition = {
    ...plain,
    name: "taker",
    inputs: { error: from("zone", "error").max() },
    outputs: {},
    failSafe: {},
    step: ({ inputs, state }: StepContext): StepResult => {
      seen.push((inputs as { error: { value: number; age: number } }).error.age);
      return { outputs: {}, state, reason: "x" };
    },
  };
  const site = await controlSite(t, { taker: use(taker), inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  assert.equal(site.controllers.get("taker")?.mode, "automatic");
  assert.deepEqual(new Set(seen), new Set([0]), "whoever publishes steps first");
  site.table.values.delete("inlet/temperature");
  await site.clock.advance(6000);
  assert.match(site.controllers.get("taker")?.last?.reason ?? "", /controller inlet is fail-safe/);
});

test("whoever takes what another controller declares, and does not publish, says so", async (t) => {
  const step: typeof zone.step = (context) => ({ ...zone.step(context), published: {} });
  const taker: Definition = {
    ...plain,
    name: "taker",
    inputs: { error: from("inlet", "error").max() },
    outputs: {},
    failSafe: {},
    step: ({ state }): StepResult => ({ outputs: {}, state, reason: "x" }),
  };
  const site = await controlSite(
    t,
    { taker: use(taker), inlet: use({ ...zone, step } as typeof zone) },
    { table: warm() },
  );
  await site.clock.advance(60_000);
  assert.equal(site.controllers.get("inlet")?.mode, "automatic");
  assert.match(site.controllers.get("taker")?.last?.reason ?? "", /controller inlet does not say `error`/);
});

test("what cannot be bound is told with its place and remedy", async (t) => {
  const odd: Definition = {
    ...plain,
    inputs: { inlet: select("type:humidity").max(), other: from("nobody", "x").max() },
    outputs: {
      fans: select("type:fan").action("speed", { unit: "rpm" }),
      valve: select("type:valve").action("open"),
    },
    failSafe: { fans: 1, valve: null },
  };
  const config = {
    odd: use(odd, { outputs: { vent: ["x:y"] } }),
    one: use(zone),
    two: use(zone),
  };
  const site = await controlSite(t, config, { table: warm() });
  await site.clock.advance(6000);
  const told = site.controllers.list().flatMap(({ bindingFaults }) => bindingFaults);
  const faults = told.map(({ controller, path, message }) => `${controller}.${path.join(".")}: ${message}`);
  assert.deepEqual(faults, [
    "odd.outputs.vent: zone has no output `vent`",
    "odd.inputs.inlet: nothing is bound: no device has type:humidity",
    "odd.inputs.other: there is no controller nobody",
    "odd.outputs.fans: fan-a speed takes %, not rpm",
    "odd.outputs.fans: fan-b speed takes %, not rpm",
    "odd.outputs.valve: nothing is bound: no device has type:valve",
    "two.outputs.fans: fan-a speed has a fail-safe value of one already",
    "two.outputs.fans: fan-b speed has a fail-safe value of one already",
  ]);
  assert.ok(told.every(({ remedy }) => remedy !== ""));
  assert.ok(
    site.controllers.alarms().some(({ controller, id }) => controller === "two" && id.startsWith("write:")),
  );
});

test("controllers that wait for each other are told, and are in fail-safe", async (t) => {
  const ring = (name: string, other: string): Definition => ({
    ...plain,
    name,
    inputs: { error: from(other, "error").max() },
    outputs: {},
    failSafe: {},
  });
  const site = await controlSite(t, { a: use(ring("a", "b")), b: use(ring("b", "a")) });
  await site.clock.advance(6000);
  const faults = site.controllers.list().flatMap(({ bindingFaults }) => bindingFaults);
  assert.equal(faults[0]?.message, "controllers wait for each other: a ← b ← a");
  assert.deepEqual(
    site.controllers.list().map(({ mode }) => mode),
    ["fail-safe", "fail-safe"],
  );
});

test("devices come and go: what is bound follows, and says so", async (t) => {
  const logged: string[] = [];
  const keep = (_: unknown, text: string): void => void logged.push(text);
  const log = { ...silentLog, info: keep, warn: keep };
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm(), log });
  await site.clock.advance(60_000);
  const fan = site.registry.get("fan-b");
  assert.ok(fan);
  site.registry.replace([fan], []);
  await site.clock.advance(5000);
  assert.deepEqual(
    site.controllers.get("inlet")?.outputs.map(({ name }) => name),
    ["fan-a"],
  );
  site.registry.replace([], [{ ...fan, tags: fan.tags.filter((tag) => !tag.startsWith("system/type")) }]);
  await site.clock.advance(5000);
  assert.deepEqual(site.slots("fan-b"), [], "what is not bound any more is given up");
  site.registry.replace([site.registry.get("fan-b")!], [fan]);
  await site.clock.advance(5000);
  const changes = site.events.flatMap((one) => (one.kind === "bindings" ? [one.why] : []));
  assert.deepEqual(changes, [
    "bound to 1 value and 2 actions",
    "bound to 1 value and 1 action; gone: fans fan-b speed",
    "bound to 1 value and 2 actions; new: fans fan-b speed",
  ]);
  const lines = logged.filter((line) => line.includes("is bound to"));
  assert.deepEqual(
    lines,
    changes.map((text) => `inlet is ${text}`),
  );
});

test("a fail-safe value a device does not take is told before it is needed", async (t) => {
  const site = await controlSite(
    t,
    { inlet: use({ ...plain, failSafe: { fans: "on" } }) },
    { table: warm() },
  );
  const [fault, ...others] = site.controllers.get("inlet")?.bindingFaults ?? [];
  assert.match(fault?.message ?? "", /^fan-a speed does not take the fail-safe value "on"/);
  assert.equal(others.length, 1, "and the other fan");
  await site.clock.advance(6000);
  const texts = site.controllers.alarms().map(({ text }) => text);
  assert.ok(
    texts.some((text) => text.includes("does not take the fail-safe value")),
    texts.join("\n"),
  );
});
