import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import type { Definition, StepContext, StepResult } from "../../controllers/contract.ts";
import { defineController, from, percent, seconds, select, celsius, Type } from "../../controllers/index.ts";
import type { ControllerConfig, SwapOptions } from "../../controllers/runtime/api.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import type { Action } from "../../devices/device.ts";
import { slots } from "../../devices/transaction.ts";
import { controlSite, zoneDevices } from "../support/control-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { speed, Table, type TableDevice } from "../support/table-plugin.ts";

const by = { who: "ann", why: "to see" };

/** Ten percent per kelvin above the setpoint, from 50 %; counts its steps. */
const zone = defineController({
  name: "zone",
  version: "1.0.0",
  summary: "for tests",
  period: seconds(5),
  settings: Type.Object({
    setpoint: celsius({ default: 25, minimum: 15, maximum: 35, description: "Wanted." }),
    failSafe: percent({ default: 90, description: "When it is not trusted." }),
  }),
  inputs: { inlet: select("type:temperature").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: 2, fall: 1 }) },
  publishes: { error: { unit: "K", text: "How much too warm." } },
  failSafe: ({ failSafe }) => ({ fans: failSafe }),
  init: () => ({ steps: 0 }),
  step: ({ inputs, settings, state }) => {
    const error = inputs.inlet.value - settings.setpoint;
    return {
      outputs: { fans: 50 + 10 * error },
      state: { steps: state.steps + 1 },
      reason: `${error} K too warm`,
      published: { error },
    };
  },
});
const plain: Definition = zone;

const use = (definition: Definition, rest: Omit<ControllerConfig, "use"> = {}): ControllerConfig => ({
  use: { kind: "definition", definition },
  ...rest,
});

const warm = (celsius = 27): Table => {
  const table = new Table();
  table.values.set("inlet/temperature", celsius);
  table.values.set("fan-a/duty", 30);
  table.values.set("fan-b/duty", 30);
  return table;
};

const stepsOf = (state: unknown): number => (state as { steps: number }).steps;

test("fail-safe first, then automatic with three good steps, from the fail-safe value at the declared rate", async (t) => {
  const site = await controlSite(t, { inlet: use(zone, { where: ["zone:cold"] }) }, { table: warm() });
  assert.deepEqual(site.slots(), [[slots.failSafe, 90]], "before anything was read");
  await site.clock.advance(100);
  assert.equal(site.duty(), 90);
  await site.clock.advance(5000);
  assert.equal(site.controllers.get("inlet")?.mode, "fail-safe");
  await site.clock.advance(5000);
  assert.equal(site.controllers.get("inlet")?.mode, "automatic");
  assert.deepEqual(site.slots(), [[slots.controller, 85]]);
  await site.clock.advance(60_000);
  assert.equal(site.duty(), 70);
  const writes = site.table.commands.length;
  await site.clock.advance(600_000);
  assert.equal(site.table.commands.length, writes, "an unchanged value is not written again");
});

test("whatever a step gives back or throws, its outputs are in fail-safe and the others step on", async (t) => {
  const thrower = (thrown: unknown) => (): never => {
    throw thrown;
  };
  const message = { get: thrower(null) };
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const rows: readonly (() => unknown)[] = [
    () => ({ outputs: { fans: 5n }, state: {}, reason: "x" }),
    () => ({ outputs: { fans: circle }, state: {}, reason: "x" }),
    () => ({ outputs: { fans: 50 }, reason: "x" }),
    () => Object.defineProperty({ outputs: { fans: 50 }, reason: "x" }, "state", message),
    () => ({
      outputs: Object.defineProperty({}, "fans", { ...message, enumerable: true }),
      state: {},
      reason: "x",
    }),
    () => new Proxy({}, { get: thrower(new Error("trap")) }),
    thrower(Object.create(null)),
    thrower(Object.defineProperty(new Error("x"), "message", message)),
    thrower(Symbol("x")),
  ];
  for (const give of rows) {
    let bad = false;
    const step = (context: StepContext): StepResult => (bad ? (give() as StepResult) : plain.step(context));
    const site = await controlSite(
      t,
      {
        bad: use({ ...plain, step }, { outputs: { fans: ["alias:fan-a"] } }),
        good: use({ ...plain, name: "other" }, { outputs: { fans: ["alias:fan-b"] } }),
      },
      { table: warm() },
    );
    await site.clock.advance(60_000);
    bad = true;
    const { steps = 0 } = site.controllers.get("good") ?? {};
    await site.clock.advance(10_000);
    assert.deepEqual([site.controllers.get("bad")?.mode, site.duty()], ["fail-safe", 90], give.toString());
    assert.equal(site.controllers.get("bad")?.failures, 2);
    assert.equal(site.controllers.get("good")?.steps, steps + 2);
  }
});

test("a silent probe puts its outputs in fail-safe, and back without a bump", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  site.table.values.delete("inlet/temperature");
  await site.clock.advance(6000);
  assert.deepEqual([site.controllers.get("inlet")?.mode, site.duty()], ["fail-safe", 90]);
  const [alarm] = site.controllers.alarms();
  assert.deepEqual([alarm?.controller, alarm?.id, alarm?.severity], ["inlet", "fail-safe", "major"]);
  assert.match(alarm?.text ?? "", /inlet: the table has no value/);
  site.table.values.set("inlet/temperature", 27);
  await site.clock.advance(16_000);
  assert.equal(site.controllers.get("inlet")?.mode, "automatic");
  assert.deepEqual(site.controllers.alarms(), []);
  const kinds = site.events
    .filter(({ kind }) => kind === "raised" || kind === "cleared")
    .map(({ kind }) => kind);
  assert.deepEqual(kinds, ["raised", "cleared"]);
  assert.equal(site.duty(), 85);
});

test("an operator goes before it, and afterwards it goes on from their value", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  for (const device of ["fan-a", "fan-b"])
    site.writer.submit({ device, action: "speed", data: "40", slot: slots.operator, holdFor: 60_000, ...by });
  await site.clock.advance(59_000);
  assert.equal(site.duty(), 40);
  await site.clock.advance(1500);
  const back = Number(site.duty());
  assert.ok(back >= 40 && back <= 50, `${back}: one step of 2 %/s at most`);
  await site.clock.advance(60_000);
  assert.equal(site.duty(), 70);
});

test("modes end by themselves", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  site.controllers.setMode("inlet", { mode: "manual", holdFor: 30_000, ...by });
  site.table.values.set("inlet/temperature", 29);
  await site.clock.advance(25_000);
  assert.deepEqual([site.controllers.get("inlet")?.mode, site.duty()], ["manual", 70]);
  await site.clock.advance(10_000);
  assert.equal(site.controllers.get("inlet")?.mode, "automatic");
  site.controllers.setMode("inlet", { mode: "off", ...by });
  await site.clock.advance(5000);
  assert.deepEqual([site.controllers.get("inlet")?.mode, site.slots()], ["off", []]);
  assert.throws(() => site.controllers.setMode("inlet", { mode: "off", holdFor: 1e12, ...by }), {
    code: "BAD_INPUT",
  });
  assert.throws(() => site.controllers.setMode("x", { mode: "off", ...by }), { code: "NOT_FOUND" });
});

test("settings change while it runs, or not at all", async (t) => {
  const site = await controlSite(t, { inlet: use(zone, { settings: { setpoint: 26 } }) }, { table: warm() });
  await site.clock.advance(60_000);
  assert.equal(site.duty(), 60);
  await site.controllers.setSettings("inlet", { setpoint: 24 }, by);
  await site.clock.advance(60_000);
  assert.equal(site.duty(), 80);
  await assert.rejects(site.controllers.setSettings("inlet", { setpoint: 50 }, by), {
    code: "BAD_INPUT",
    message: /setpoint: 50 °C is above its maximum 35 °C/,
  });
  assert.deepEqual(site.controllers.get("inlet")?.settings, { setpoint: 24, failSafe: 90 });
});

test("deadlines that pass are counted, never caught up", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  const before = site.traces.length;
  await site.clock.suspend(23_000);
  assert.equal(site.traces.length, before + 1);
  const status = site.controllers.get("inlet");
  assert.equal(status?.missed, 3);
  assert.equal(status.last?.dt, 23);
  assert.ok(status.alarms.some(({ id }) => id === "deadlines"));
  await site.clock.advance(2000);
  assert.equal(site.traces.length, before + 2, "the next deadline is where it always was");
  await site.clock.advance(60_000);
  assert.deepEqual(site.controllers.alarms(), []);
});

test("at the end fail-safe values are in place, and a new program goes on without fail-safe", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  await first.clock.advance(60_000);
  const steps = stepsOf(first.controllers.get("inlet")?.last?.state);
  const stopping = first.stop();
  await first.clock.advance(1500);
  assert.deepEqual(await stopping, { undone: [] });
  assert.equal(table.values.get("fan-a/duty"), 90);
  await first.clock.advance(20_000);
  const next = await controlSite(t, { inlet: use(zone) }, { table, keeper, clock: first.clock });
  await next.clock.advance(500);
  assert.equal(next.controllers.get("inlet")?.mode, "automatic");
  assert.ok(stepsOf(next.controllers.get("inlet")?.last?.state) > steps);
  assert.deepEqual(next.slots(), [[slots.controller, 85]], "from the value in force");
});

test("killed and started again at once nothing moves; later it is fail-safe first, with its state", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  await first.clock.advance(60_000);
  const disk = keeper.crash();
  first.kill();
  const next = await controlSite(t, { inlet: use(zone) }, { table, keeper: disk, clock: first.clock });
  await next.clock.advance(30_000);
  assert.equal(next.duty(), 70);
  assert.deepEqual(new Set(next.traces.map(({ mode }) => mode)), new Set(["automatic"]));
  const later = disk.crash();
  next.kill();
  await next.clock.advance(100_000);
  const last = await controlSite(t, { inlet: use(zone) }, { table, keeper: later, clock: first.clock });
  assert.deepEqual(last.slots()[0], [slots.failSafe, 90]);
  await last.clock.advance(20_000);
  assert.equal(last.controllers.get("inlet")?.mode, "automatic");
  assert.ok(stepsOf(last.controllers.get("inlet")?.last?.state) > 10);
});

test("one that throws again and again stays in fail-safe, and is tried again after an hour", async (t) => {
  let fault = false;
  const throwing: Definition = {
    ...plain,
    step: (context) => {
      if (fault) throw new Error("no such luck");
      return plain.step(context);
    },
  };
  const site = await controlSite(t, { inlet: use(throwing) }, { table: warm() });
  await site.clock.advance(60_000);
  fault = true;
  await site.clock.advance(60_000);
  const broken = site.controllers.get("inlet");
  assert.deepEqual([broken?.standing, broken?.mode, site.duty()], ["broken", "fail-safe", 90]);
  assert.ok(broken?.alarms.some(({ id, severity }) => id === "broken" && severity === "critical"));
  fault = false;
  await site.clock.advance(3_700_000);
  assert.deepEqual([site.controllers.get("inlet")?.standing, site.duty()], ["running", 70]);
});

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
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
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
  assert.equal(site.events.filter(({ kind }) => kind === "bindings").length, 2);
});

/** A controller that can be struck dead, and a watchdog it feeds every so often. */
async function fedSite(t: TestContext, every: number, dead: boolean) {
  const feed: Action = { ...speed, name: "feed" };
  const watchdog: TableDevice = {
    alias: "watchdog",
    type: "watchdog",
    outputs: [["duty"]],
    actions: [feed],
  };
  const state = { dead };
  const mortal: Definition = {
    ...plain,
    step: (context) => {
      if (state.dead) throw new Error("dead");
      return plain.step(context);
    },
  };
  const heartbeat = [{ tags: ["type:watchdog"], action: "feed", value: "toggle", every }];
  const site = await controlSite(
    t,
    { inlet: use(mortal, { heartbeat }) },
    { table: warm(), devices: [...zoneDevices, watchdog] },
  );
  const fed = (): number => site.table.commands.filter(({ action }) => action.name === "feed").length;
  return { ...site, state, fed };
}

test("a watchdog that is fed seldom does not wait for its turn after the controller was not well", async (t) => {
  const { clock, state, fed } = await fedSite(t, 600_000, true);
  await clock.advance(9000);
  assert.equal(fed(), 0);
  state.dead = false;
  await clock.advance(7000);
  assert.equal(fed(), 1);
  await clock.advance(500_000);
  assert.equal(fed(), 1);
});

test("a heartbeat is fed while the controller lives, and starves with it", async (t) => {
  const { clock, state, fed } = await fedSite(t, 2000, false);
  await clock.advance(20_000);
  assert.ok(fed() >= 9);
  state.dead = true;
  await clock.advance(6000);
  const before = fed();
  await clock.advance(20_000);
  assert.equal(fed(), before);
});

const version = (name: string, rest: Partial<Definition>): Definition => ({
  ...plain,
  version: name,
  ...rest,
});

test("another version takes over between two steps, with the state of the one before and without a bump", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  const steps = stepsOf(site.controllers.get("inlet")?.last?.state);
  const next = version("1.1.0", {
    step: (context) => ({ ...plain.step(context), outputs: { fans: 20 } }),
  });
  const report = await site.controllers.swap("inlet", { kind: "definition", definition: next }, by);
  assert.deepEqual(report, { from: "zone 1.0.0", to: "zone 1.1.0", state: "handed over", pause: 0 });
  await site.clock.advance(5000);
  assert.equal(stepsOf(site.controllers.get("inlet")?.last?.state), steps + 1);
  assert.equal(site.duty(), 65, "the rate limit holds across");
  assert.equal(site.controllers.get("inlet")?.probation?.previous, "zone 1.0.0");
  await site.clock.advance(900_000);
  assert.equal(site.controllers.get("inlet")?.probation, undefined);
});

test("a version that fails gives way to the one before, in the same step and without fail-safe", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  let calls = 0;
  const bad = version("2.0.0", {
    step: (context) => {
      if (++calls > 3) throw new Error("later");
      return plain.step(context);
    },
  });
  await site.controllers.swap("inlet", { kind: "definition", definition: bad }, by);
  const from = site.traces.length;
  await site.clock.advance(30_000);
  const status = site.controllers.get("inlet");
  assert.equal(status?.definition?.version, "1.0.0");
  assert.deepEqual(new Set(site.traces.slice(from).map(({ mode }) => mode)), new Set(["automatic"]));
  assert.equal(site.traces.length - from, 6, "no step is lost");
  const back = site.events.find(({ kind }) => kind === "rolled back");
  assert.ok(back?.kind === "rolled back" && back.why.includes("the step threw: later"));
});

test("a version that does not fit does not take over", async (t) => {
  const site = await controlSite(t, { inlet: use(zone, { settings: { setpoint: 26 } }) }, { table: warm() });
  await site.clock.advance(60_000);
  const refused = async (
    rest: Partial<Definition>,
    message: RegExp,
    options: Partial<SwapOptions> = {},
  ): Promise<void> => {
    const definition = version("2.0.0", rest);
    await assert.rejects(
      site.controllers.swap("inlet", { kind: "definition", definition }, { ...by, ...options }),
      { message },
    );
  };
  await refused(
    {
      step: () => {
        throw new Error("at once");
      },
    },
    /it was tried, and the step threw: at once/,
  );
  await refused({}, /there is no setting `gain`/, { settings: { gain: 1 } });
  await refused(
    { outputs: {}, failSafe: {}, step: ({ state }) => ({ outputs: {}, state, reason: "x" }) },
    /none of the outputs/,
  );
  await refused(
    {
      stateVersion: 2,
      migrate: () => {
        throw new Error("no way");
      },
    },
    /migrate: unexpected: no way/,
  );
  assert.equal(site.controllers.get("inlet")?.definition?.version, "1.0.0");
  assert.equal(site.controllers.get("inlet")?.mode, "automatic");
});

test("state of another shape is migrated, or begun anew", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  const migrated = await site.controllers.swap(
    "inlet",
    {
      kind: "definition",
      definition: version("2.0.0", {
        stateVersion: 2,
        migrate: (state, from) => ({ steps: stepsOf(state) + 1000 * from }),
      }),
    },
    by,
  );
  assert.equal(migrated.state, "migrated");
  await site.clock.advance(5000);
  assert.ok(stepsOf(site.controllers.get("inlet")?.last?.state) > 1000);
  const fresh = await site.controllers.swap(
    "inlet",
    { kind: "definition", definition: version("3.0.0", { stateVersion: 3 }) },
    by,
  );
  assert.equal(fresh.state, "fresh");
  await site.clock.advance(5000);
  assert.ok(stepsOf(site.controllers.get("inlet")?.last?.state) < 5);
});

test("a thousand swaps lose no step", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  const from = site.traces.length;
  for (let i = 0; i < 1000; i++) {
    await site.controllers.swap("inlet", { kind: "definition", definition: version(`1.0.${i}`, {}) }, by);
    await site.clock.advance(5000);
  }
  assert.equal(site.traces.length - from, 1000);
  assert.ok(site.traces.slice(from).every(({ mode }) => mode === "automatic"));
  assert.equal(site.duty(), 70);
});

test("one that cannot be loaded leaves its outputs in fail-safe as they were known", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  await first.clock.advance(60_000);
  const disk = keeper.crash();
  first.kill();
  const broken = { ...plain, step: undefined } as unknown as Definition;
  const next = await controlSite(t, { inlet: use(broken) }, { table, keeper: disk, clock: first.clock });
  await next.clock.advance(2000);
  const status = next.controllers.get("inlet");
  assert.equal(status?.standing, "failed to load");
  assert.match(status.fault ?? "", /`step` is no function/);
  assert.equal(next.duty(), 90);
});

test("settings changed by two at once are both in force", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await Promise.all([
    site.controllers.setSettings("inlet", { setpoint: 22 }, by),
    site.controllers.setSettings("inlet", { failSafe: 70 }, by),
  ]);
  assert.deepEqual(site.controllers.get("inlet")?.settings, { setpoint: 22, failSafe: 70 });
});

test("a version without a setting takes the others over; they can be changed, and go back with it", async (t) => {
  const site = await controlSite(t, { inlet: use(zone, { settings: { failSafe: 80 } }) }, { table: warm() });
  await site.clock.advance(30_000);
  await site.controllers.setSettings("inlet", { setpoint: 24 }, by);
  let broken = false;
  const { setpoint } = zone.settings.properties;
  const next = version("2.0.0", {
    settings: Type.Object({ setpoint: { ...setpoint, default: 30 } }),
    failSafe: { fans: 60 },
    step: (context) => (broken ? (undefined as never) : plain.step(context)),
  });
  await site.controllers.swap("inlet", { kind: "definition", definition: next }, by);
  assert.deepEqual(site.controllers.get("inlet")?.settings, { setpoint: 24 });
  await site.controllers.setSettings("inlet", { setpoint: 23 }, by);
  await assert.rejects(site.controllers.setSettings("inlet", { failSafe: 70 }, by), /no setting `failSafe`/);
  assert.deepEqual(site.controllers.get("inlet")?.settings, { setpoint: 23 });
  broken = true;
  await site.clock.advance(5000);
  const back = site.controllers.get("inlet");
  assert.deepEqual([back?.definition?.version, back?.mode], ["1.0.0", "automatic"]);
  assert.deepEqual(back?.settings, { setpoint: 23, failSafe: 80 }, "also what was set meanwhile");
});

test("whoever takes what a version publishes does so again once that version is back", async (t) => {
  const taker = defineController({
    name: "taker",
    version: "1.0.0",
    summary: "for tests",
    period: seconds(5),
    settings: Type.Object({}),
    inputs: { error: from("inlet", "error").max() },
    outputs: {},
    failSafe: {},
    init: () => ({}),
    step: ({ inputs, state }) => ({ outputs: {}, state, reason: `${inputs.error.value} K` }),
  });
  const site = await controlSite(t, { inlet: use(zone), taker: use(taker) }, { table: warm() });
  await site.clock.advance(30_000);
  assert.equal(site.controllers.get("taker")?.mode, "automatic");
  let broken = false;
  const step = ({ state }: StepContext): StepResult =>
    broken ? (undefined as never) : { outputs: {}, state, reason: "nothing is published" };
  const next = version("2.0.0", { publishes: {}, step });
  await site.controllers.swap("inlet", { kind: "definition", definition: next }, by);
  await site.clock.advance(10_000);
  assert.equal(site.controllers.get("taker")?.mode, "fail-safe");
  broken = true;
  await site.clock.advance(30_000);
  assert.equal(site.controllers.get("inlet")?.definition?.version, "1.0.0");
  assert.equal(site.controllers.get("taker")?.mode, "automatic");
});

test("a step that ends after the end does not take back the fail-safe value", async (t) => {
  const gates: (() => void)[] = [];
  let slow = false;
  const site = await controlSite(
    t,
    { inlet: use(zone) },
    {
      table: warm(),
      parts: {
        open: () => {
          const host = new InlineHost(plain);
          const step: InlineHost["step"] = host.step.bind(host);
          const late = async (call: Parameters<typeof step>[0]) => {
            if (slow) await new Promise<void>((go) => gates.push(go));
            return step(call);
          };
          return Promise.resolve(Object.assign(host, { step: late }));
        },
      },
    },
  );
  await site.clock.advance(60_000);
  assert.deepEqual(site.slots(), [[slots.controller, 70]]);
  slow = true;
  await site.clock.advance(5000);
  const stopping = site.controllers.stop();
  await site.clock.advance(1100);
  assert.deepEqual(site.slots(), [[slots.failSafe, 90]]);
  for (const go of gates) go();
  await stopping;
  await site.clock.advance(1000);
  assert.deepEqual([site.slots(), site.duty()], [[[slots.failSafe, 90]], 90]);
});

test("a fault of the program itself around a step ends in fail-safe, and the others step on", async (t) => {
  let broken = false;
  const site = await controlSite(
    t,
    {
      inlet: use(zone, { outputs: { fans: ["alias:fan-a"] } }),
      other: use(zone, { outputs: { fans: ["alias:fan-b"] } }),
    },
    {
      table: warm(),
      parts: {
        localHour: () => {
          if (broken) throw new RangeError("no such time zone");
          return 12;
        },
      },
    },
  );
  await site.clock.advance(60_000);
  broken = true;
  await site.clock.advance(5000);
  for (const name of ["inlet", "other"]) {
    const status = site.controllers.get(name);
    assert.equal(status?.mode, "fail-safe");
    assert.match(status.alarms[0]?.text ?? "", /^fail-safe: .*no such time zone/);
  }
  await site.clock.advance(100);
  assert.deepEqual([site.duty("fan-a"), site.duty("fan-b")], [90, 90]);
  broken = false;
  await site.clock.advance(30_000);
  assert.equal(site.controllers.get("inlet")?.mode, "automatic");
});

test("one that is broken by its own state is tried again without it", async (t) => {
  let spoil = false;
  const spoilt: Definition = {
    ...plain,
    step: (context) => {
      if (Number.isNaN(stepsOf(context.state))) throw new Error("it cannot go on from here");
      const result = plain.step(context);
      return spoil ? { ...result, state: { steps: NaN } } : result;
    },
  };
  const site = await controlSite(t, { inlet: use(spoilt) }, { table: warm() });
  await site.clock.advance(60_000);
  spoil = true;
  await site.clock.advance(5000);
  spoil = false;
  await site.clock.advance(60_000);
  assert.equal(site.controllers.get("inlet")?.standing, "broken");
  await site.clock.advance(3_600_000);
  const { standing, mode } = site.controllers.get("inlet") ?? {};
  assert.deepEqual([standing, mode], ["running", "automatic"]);
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

test("a wall clock that is set makes no reading older, and none younger", async (t) => {
  const aged: Definition = {
    ...plain,
    inputs: { inlet: select("type:temperature").max({ maxAge: 11_000 }) },
  };
  const site = await controlSite(t, { inlet: use(aged) }, { table: warm() });
  await site.clock.advance(59_900);
  for (const jump of [3_600_000, -7_200_000]) {
    const before = site.traces.length;
    site.clock.setWall(jump);
    await site.clock.advance(10_000);
    assert.deepEqual(
      site.traces.slice(before).map(({ mode }) => mode),
      ["automatic", "automatic"],
    );
  }
});

test("what was kept makes no sense: it begins anew, and so does nobody else", async (t) => {
  const memory = { state: { steps: 9 }, stateVersion: 1, failSafe: false, goods: 0, why: "" };
  const rest = { values: {}, targets: {}, alarms: [] };
  const whole = {
    ...{
      at: 0,
      name: "zone",
      version: "1.0.0",
      memory: { ...memory, ...rest },
      mode: { wanted: "automatic" },
    },
    ...{ overrides: {}, configured: {}, failSafe: { fans: 90 }, outputs: [] },
  };
  const rows: readonly object[] = [
    { ...whole, outputs: [null] },
    { ...whole, failSafe: { fans: {} } },
    { ...whole, memory: { ...whole.memory, values: { fans: [] } } },
    { ...whole, memory: { ...whole.memory, targets: { "fans fan-a": null } } },
    { ...whole, memory: { ...whole.memory, alarms: [7] } },
  ];
  for (const kept of rows) {
    const keeper = new MemoryKeeper();
    for (const name of ["inlet", "gone"]) keeper.put("controller", name, kept);
    const config = { inlet: use(zone, { outputs: { fans: ["alias:fan-a"] } }) };
    const site = await controlSite(t, config, { table: warm(), keeper });
    assert.deepEqual(site.slots(), [[slots.failSafe, 90]], JSON.stringify(kept));
    await site.clock.advance(30_000);
    assert.equal(site.controllers.get("inlet")?.mode, "automatic");
  }
});

test("a heartbeat nobody takes is an alarm", async (t) => {
  const heartbeat = (tags: readonly string[]) => [{ tags, action: "speed", value: 1, every: 10_000 }];
  const watchdog: TableDevice = {
    alias: "beat",
    type: "timer",
    outputs: [],
    actions: [speed],
    tags: ["beat:b"],
  };
  const site = await controlSite(
    t,
    {
      lost: use(zone, { heartbeat: heartbeat(["type:watchdog"]), outputs: { fans: ["alias:fan-a"] } }),
      fed: use(
        { ...plain, outputs: {}, failSafe: {}, step: ({ state }) => ({ outputs: {}, state, reason: "x" }) },
        { heartbeat: heartbeat(["beat:b"]) },
      ),
    },
    { table: warm(), devices: [...zoneDevices, watchdog] },
  );
  await site.clock.advance(60_000);
  assert.deepEqual(
    site.controllers.alarms().map(({ controller, text }) => [controller, text]),
    [["lost", "no watchdog is fed: no device has the action speed, of type:watchdog"]],
  );
});
