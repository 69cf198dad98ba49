import assert from "node:assert/strict";
import test from "node:test";
import type { Alarm, Definition } from "../../controllers/contract.ts";
import { select } from "../../controllers/index.ts";
import type { Observation } from "../../controllers/sample.ts";
import { type ControlSite, controlSite, zoneDevices } from "../support/control-site.ts";
import { BothyError } from "../../devices/errors.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { plain, use, warm, zone } from "./zone-site.ts";

/** Minds when its probe gives nothing, or is at 30 °C or more. */
const watch: Definition = {
  ...plain,
  name: "watch",
  inputs: { inlet: select("type:temperature").any() },
  outputs: {},
  failSafe: {},
  publishes: {},
  step: ({ inputs, state }) => {
    const alarms = (inputs["inlet"] as readonly Observation[]).flatMap((one): readonly Alarm[] => {
      const device = one.device ?? "";
      if (one.quality === "bad") return [{ id: "silent", severity: "major", text: "it is silent", device }];
      if (one.value < 30) return [];
      return [{ id: `hot:${one.value}`, severity: "warning", text: `it is at ${one.value} °C`, device }];
    });
    return { outputs: {}, state, reason: "looked", alarms };
  },
};

const standing = (site: ControlSite): readonly string[] =>
  site.controllers
    .alarms()
    .map(({ controller, id, partOf = "" }) => `${controller} ${id}${partOf === "" ? "" : ` < ${partOf}`}`)
    .toSorted();
const told = (site: ControlSite): readonly string[] =>
  site.events.flatMap((event) =>
    event.kind === "raised" || event.kind === "cleared"
      ? [`${event.kind} ${event.controller} ${event.alarm.id}`]
      : [],
  );

const three = { a: use(watch), b: use(watch), c: use(watch) };

test("what three controllers have against one probe is told of once, by the next one when the first is off", async (t) => {
  const site = await controlSite(t, three, { table: warm() });
  await site.clock.advance(30_000);
  site.table.values.delete("inlet/temperature");
  await site.clock.advance(10_000);
  assert.deepEqual(standing(site), ["a silent", "b silent < controller a", "c silent < controller a"]);
  assert.deepEqual(told(site), ["raised a silent"]);
  site.controllers.setMode("a", { mode: "off", who: "ann", why: "to see" });
  await site.clock.advance(10_000);
  assert.deepEqual(standing(site), ["b silent", "c silent < controller b"]);
  assert.deepEqual(told(site).slice(1), ["cleared a silent", "raised b silent"]);
  site.table.values.set("inlet/temperature", 25);
  await site.clock.advance(10_000);
  assert.deepEqual(standing(site), []);
  assert.deepEqual(told(site).slice(3), ["cleared b silent"]);
});

test("an alarm that latches stands after its condition and after a crash, until somebody acknowledges it", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const config = { a: use(watch, { alarms: { silent: { latch: true, onDelay: 8000 } } }) };
  const first = await controlSite(t, config, { table, keeper });
  await first.clock.advance(30_000);
  table.values.delete("inlet/temperature");
  await first.clock.advance(6000);
  assert.deepEqual(standing(first), []);
  assert.equal(first.traces.at(-1)?.alarms[0]?.id, "silent", "the trace has what the step says");
  await first.clock.advance(10_000);
  assert.deepEqual(standing(first), ["a silent"]);
  const [{ since } = assert.fail()] = first.controllers.alarms();
  table.values.set("inlet/temperature", 25);
  await first.clock.advance(20_000);
  assert.deepEqual(first.controllers.alarms()[0]?.latch, { over: true });
  const disk = keeper.crash();
  first.kill();
  const next = await controlSite(t, config, { table, keeper: disk, clock: first.clock });
  const by = { who: "ann", why: "the plug was loose" };
  await next.clock.advance(10_000);
  assert.deepEqual(
    next.controllers.alarms().map((one) => [one.id, one.since, one.latch]),
    [["silent", since, { over: true }]],
  );
  assert.throws(() => next.controllers.acknowledge("a", "hot:9", by), /not found.*silent|silent.*not found/s);
  next.controllers.acknowledge("a", "silent", by);
  assert.deepEqual(standing(next), []);
  assert.deepEqual(
    next.events
      .map(({ kind }) => kind)
      .filter((kind) => ["raised", "acknowledged", "cleared"].includes(kind)),
    ["raised", "acknowledged", "cleared"],
  );
  const after = await controlSite(t, config, { table, keeper: disk.crash(), clock: first.clock });
  await after.clock.advance(10_000);
  assert.deepEqual(standing(after), []);
});

test("one acknowledged while it lasts ends with its condition, one that does not latch cannot be acknowledged", async (t) => {
  const config = { a: use(watch, { alarms: { silent: { latch: true } } }) };
  const site = await controlSite(t, config, { table: warm(31) });
  const by = { who: "ann", why: "seen" };
  await site.clock.advance(30_000);
  assert.throws(() => site.controllers.acknowledge("a", "hot:31", by), /does not latch/);
  site.table.values.delete("inlet/temperature");
  await site.clock.advance(10_000);
  site.controllers.acknowledge("a", "silent", by);
  assert.deepEqual(standing(site), ["a silent"]);
  assert.deepEqual(site.controllers.alarms()[0]?.latch?.acknowledged?.who, "ann");
  site.table.values.set("inlet/temperature", 25);
  await site.clock.advance(10_000);
  assert.deepEqual(standing(site), []);
});

test("a silent bus is one alarm: those of its devices are part of it", async (t) => {
  const site = await controlSite(t, three, { table: warm() });
  await site.clock.advance(30_000);
  site.table.values.clear();
  await site.clock.advance(15_000);
  assert.deepEqual(standing(site), [
    "a bus:t",
    "a silent < bus t",
    "b bus:t < controller a",
    "b silent < bus t",
    "c bus:t < controller a",
    "c silent < bus t",
  ]);
  assert.ok(!told(site).includes("raised b silent"));
  // The bus is back, the probe is not.
  for (const alias of ["fan-a", "fan-b"]) site.table.values.set(`${alias}/duty`, 30);
  await site.clock.advance(15_000);
  assert.deepEqual(standing(site), ["a silent", "b silent < controller a", "c silent < controller a"]);
});

test("what is counted of a bus itself does not keep it from being silent", async (t) => {
  const statistics: TableDevice = { alias: "t", type: "bus", outputs: [["utilisation"]] };
  const devices = [...zoneDevices, statistics];
  const site = await controlSite(t, { a: use(watch) }, { table: warm(), devices });
  site.table.values.set("t/utilisation", 97);
  await site.clock.advance(30_000);
  site.table.values.clear();
  site.table.values.set("t/utilisation", 2);
  await site.clock.advance(15_000);
  assert.deepEqual(standing(site), ["a bus:t", "a silent < bus t"]);
});

test("a value in an id makes one alarm, not one per step", async (t) => {
  const site = await controlSite(t, { a: use(watch) }, { table: warm() });
  await site.clock.advance(30_000);
  for (let i = 0; i < 40; i++) {
    site.table.values.set("inlet/temperature", 31 + i / 10);
    await site.clock.advance(5000);
  }
  assert.deepEqual(standing(site), ["a hot:#"]);
  const raised = told(site).filter((one) => one.startsWith("raised"));
  assert.ok(raised.length <= 5, raised.join(", "));
});

test("of a flood ten alarms reach the log, and all of them stand", async (t) => {
  const devices = Array.from({ length: 15 }, (_, i) => ({
    ...{ alias: `probe-${i}`, type: "temperature", outputs: [["temperature"]] as const },
  }));
  const many: Definition = {
    ...watch,
    step: (context) => {
      const { alarms = [], ...rest } = watch.step(context);
      return { ...rest, alarms: alarms.map((one) => ({ ...one, id: `${one.id}:${one.device}` })) };
    },
  };
  const table = warm();
  for (const { alias } of devices) table.values.set(`${alias}/temperature`, 25);
  const lines: string[] = [];
  const keep = (_: object, text: string): void => void lines.push(text);
  const log = { debug: () => undefined, info: keep, warn: keep, error: keep };
  const site = await controlSite(t, { a: use(many) }, { table, devices: [...zoneDevices, ...devices], log });
  await site.clock.advance(30_000);
  for (const { alias } of devices) site.table.values.delete(`${alias}/temperature`);
  await site.clock.advance(15_000);
  assert.equal(site.controllers.alarms().length, 15);
  assert.equal(lines.filter((line) => line === "a: it is silent").length, 10);
  assert.equal(lines.filter((line) => line.includes("more than 10 alarms")).length, 1);
});

/** One that needs its probe, and minds when it is warm. */
const needs: Definition = {
  ...plain,
  step: (context) => {
    const { value } = context.inputs["inlet"] as { readonly value: number };
    const alarms: readonly Alarm[] =
      value < 30 ? [] : [{ id: "hot", severity: "major", text: `it is at ${value} °C` }];
    return { ...plain.step(context), alarms };
  },
};

test("while no step is made, its alarms are those of the last one, with its time; then as they are", async (t) => {
  const site = await controlSite(t, { a: use(needs) }, { table: warm() });
  const hot = () => site.controllers.alarms().find(({ id }) => id === "hot");
  site.table.values.set("inlet/temperature", 31);
  await site.clock.advance(30_000);
  assert.deepEqual([hot()?.text, hot()?.asOf], ["it is at 31 °C", undefined]);
  const { last } = site.controllers.get("a") ?? {};
  site.table.values.delete("inlet/temperature");
  await site.clock.advance(60_000);
  assert.equal(site.controllers.get("a")?.mode, "fail-safe");
  const asOf = hot()?.asOf ?? 0;
  assert.ok(asOf >= (last?.at ?? Infinity) && asOf <= site.clock.now() - 50_000, String(asOf));
  await site.clock.advance(60_000);
  assert.equal(hot()?.asOf, asOf, "no younger with time");
  site.table.values.set("inlet/temperature", 32);
  await site.clock.advance(5000);
  assert.deepEqual([hot()?.text, hot()?.asOf], ["it is at 32 °C", undefined]);
  site.table.values.set("inlet/temperature", 25);
  await site.clock.advance(5000);
  assert.equal(hot(), undefined);
});

test("alarms of before a restart have their time too, until a step is made", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  table.values.set("inlet/temperature", 31);
  const first = await controlSite(t, { a: use(needs) }, { table, keeper });
  await first.clock.advance(60_000);
  first.kill();
  table.values.delete("inlet/temperature");
  const { clock } = first;
  await clock.advance(600_000);
  const second = await controlSite(t, { a: use(needs) }, { table, keeper: keeper.crash(), clock });
  await clock.advance(30_000);
  const alarm = second.controllers.alarms().find(({ id }) => id === "hot");
  assert.equal(alarm?.text, "it is at 31 °C");
  assert.ok((alarm.asOf ?? Infinity) <= clock.now() - 600_000, String(alarm.asOf));
});

test("rules of the configuration are for silent buses too; until one stands, its devices speak for themselves", async (t) => {
  const alarms = { "bus:*": { onDelay: 60_000, latch: true } };
  const site = await controlSite(
    t,
    { a: use(watch, { alarms }) },
    { table: warm(), devices: [zoneDevices[0]!] },
  );
  await site.clock.advance(30_000);
  site.table.values.delete("inlet/temperature");
  await site.clock.advance(30_000);
  assert.deepEqual(standing(site), ["a silent"]);
  await site.clock.advance(60_000);
  const [bus = "", silent = ""] = standing(site);
  assert.match(bus, /^a bus:\S+$/u);
  assert.match(silent, /^a silent < bus \S+$/u);
  site.table.values.set("inlet/temperature", 25);
  await site.clock.advance(30_000);
  assert.deepEqual(standing(site), [bus], "it latches");
  site.controllers.acknowledge("a", bus.slice(2), { who: "ann", why: "seen" });
  assert.deepEqual(standing(site), []);
});

test("a value that hardware is not told, to spare its memory, is an alarm until it is", async (t) => {
  const table = warm();
  const eeprom = zoneDevices.map((one) =>
    one.alias === "fan-a" ? { ...one, actions: [{ ...speed, storage: "eeprom" as const }] } : one,
  );
  const site = await controlSite(t, { a: use(zone) }, { table, devices: eeprom });
  await site.clock.advance(60_000);
  assert.deepEqual(standing(site), []);
  const fault = "its memory wears out with writing and takes 10 a day; the next in 90 min";
  table.refusals.set("fan-a", new BothyError("TOO_MANY", { source: "whoever writes", fault }));
  table.values.set("inlet/temperature", 29);
  await site.clock.advance(120_000);
  assert.deepEqual(standing(site), ["a held-write:fan-a.speed"]);
  const [alarm] = site.controllers.alarms();
  assert.equal(alarm?.severity, "warning");
  assert.match(alarm.text, /^fan-a speed: \d+ waits: .*takes 10 a day; the next in 90 min/u);
  table.refusals.delete("fan-a");
  await site.clock.advance(120_000);
  assert.deepEqual(standing(site), []);
});
