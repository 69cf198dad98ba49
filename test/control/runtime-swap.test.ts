import assert from "node:assert/strict";
import test from "node:test";
import type { Alarm, Definition, StepContext, StepResult } from "../../controllers/contract.ts";
import { defineController, from, seconds, Type } from "../../controllers/index.ts";
import type { SwapOptions } from "../../controllers/runtime/api.ts";
import type { Source } from "../../controllers/runtime/source.ts";
import { controlSite } from "../support/control-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { by, plain, stepsOf, use, version, warm, zone } from "./zone-site.ts";

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

test("a version that began with a state of its own does not leave it to the one before", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  const steps = stepsOf(site.controllers.get("inlet")?.last?.state);
  let calls = 0;
  const other = version("2.0.0", {
    name: "another",
    init: () => ({ heard: "nothing" }),
    step: ({ state }) => {
      if (++calls > 3) throw new Error("later");
      return { outputs: { fans: 60 }, state, reason: "so" };
    },
  });
  const source: Source = { kind: "definition", definition: other };
  await site.controllers.swap("inlet", source, { ...by, handover: "fresh" });
  await site.clock.advance(30_000);
  const { definition, mode, last } = site.controllers.get("inlet") ?? {};
  assert.deepEqual([definition?.name, mode], ["zone", "automatic"]);
  assert.ok(stepsOf(last?.state) > steps, "it goes on from where it was");
});

const raising = (name: string, made: (context: StepContext) => readonly Alarm[]): Source => {
  const step: Definition["step"] = (context) => ({ ...plain.step(context), alarms: made(context) });
  return { kind: "definition", definition: version(name, { step }) };
};
const when =
  (alarm: Partial<Alarm>) =>
  ({ inputs }: StepContext): readonly Alarm[] =>
    (inputs["inlet"] as { value: number }).value >= 30
      ? [{ id: "too-hot", severity: "major", text: "it is too hot", ...alarm }]
      : [];

for (const [what, alarm, taken] of [
  ["a major alarm", {}, true],
  ["a critical alarm", { severity: "critical" }, true],
  ["an oscillation", { id: "oscillation", severity: "warning" }, true],
  ["a warning", { severity: "warning" }, false],
  ["what is wrong with a device", { device: "fan-a" }, false],
] as const)
  test(`on probation: ${what} that the one before had not ${taken ? "takes it back" : "does not"}`, async (t) => {
    const table = warm();
    const site = await controlSite(t, { inlet: use(zone) }, { table });
    await site.clock.advance(60_000);
    await site.controllers.swap("inlet", raising("2.0.0", when(alarm)), by);
    await site.clock.advance(60_000);
    const from = site.traces.length;
    table.values.set("inlet/temperature", 31);
    await site.clock.advance(10_000);
    const { definition, alarms = [] } = site.controllers.get("inlet") ?? {};
    assert.equal(definition?.version, taken ? "1.0.0" : "2.0.0");
    assert.deepEqual(new Set(site.traces.slice(from).map(({ mode }) => mode)), new Set(["automatic"]));
    if (taken) assert.match(alarms[0]?.text ?? "", /zone 2\.0\.0: it is too hot \(alarm/);
  });

test("on probation: what was so with the one before, or comes after it, does not take it back", async (t) => {
  const table = warm();
  const site = await controlSite(t, { inlet: use(zone) }, { table });
  await site.clock.advance(60_000);
  await site.controllers.swap("inlet", raising("2.0.0", when({})), { ...by, probation: 60_000 });
  await site.clock.advance(70_000);
  table.values.set("inlet/temperature", 31);
  await site.clock.advance(10_000);
  table.values.set("inlet/temperature", 27);
  await site.clock.advance(10_000);
  await site.controllers.swap("inlet", raising("2.1.0", when({ id: "far-too-hot" })), by);
  table.values.set("inlet/temperature", 31);
  await site.clock.advance(10_000);
  assert.equal(site.controllers.get("inlet")?.definition?.version, "2.1.0");
  assert.equal(site.controllers.alarms()[0]?.id, "far-too-hot");
});

test("that a version was taken back is an alarm until somebody has seen it or another takes over", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await site.clock.advance(60_000);
  let bad = false;
  const spoilt = (name: string): Source => {
    const step: Definition["step"] = (context) => (bad ? (undefined as never) : plain.step(context));
    return { kind: "definition", definition: version(name, { step }) };
  };
  const takenBack = async (name: string): Promise<void> => {
    bad = false;
    await site.controllers.swap("inlet", spoilt(name), by);
    await site.clock.advance(5000);
    assert.deepEqual(site.controllers.alarms(), [], "a new version, a new chance");
    bad = true;
    await site.clock.advance(5000);
    const [alarm, ...others] = site.controllers.alarms();
    assert.deepEqual([alarm?.id, alarm?.severity, others], ["taken-back", "warning", []]);
    assert.match(
      alarm?.text ?? "",
      new RegExp(`zone 1.0.0 is in force again, because of zone ${name}: .*gave nothing`),
    );
  };
  await takenBack("2.0.0");
  await takenBack("2.0.1");
  await site.clock.advance(3_600_000);
  assert.deepEqual(
    site.controllers.alarms().map(({ id, latch }) => [id, latch?.over]),
    [["taken-back", true]],
  );
  site.controllers.acknowledge("inlet", "taken-back", by);
  assert.deepEqual(site.controllers.alarms(), []);
  await takenBack("2.0.2");
  await site.controllers.swap("inlet", { kind: "definition", definition: version("3.0.0", {}) }, by);
  assert.deepEqual(site.controllers.alarms(), []);
});

test("that a version was taken back is an alarm after a restart too", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  await first.clock.advance(60_000);
  let bad = false;
  const step: Definition["step"] = (context) => (bad ? (undefined as never) : plain.step(context));
  await first.controllers.swap("inlet", { kind: "definition", definition: version("2.0.0", { step }) }, by);
  await first.clock.advance(5000);
  bad = true;
  await first.clock.advance(5000);
  first.kill();
  const { clock } = first;
  const second = await controlSite(t, { inlet: use(zone) }, { table, clock, keeper: keeper.crash() });
  await second.clock.advance(60_000);
  const [alarm, ...others] = second.controllers.alarms();
  assert.deepEqual([alarm?.id, others], ["taken-back", []]);
  assert.match(alarm?.text ?? "", /zone 1\.0\.0 is in force again, because of zone 2\.0\.0/u);
});

test("a program that dies right after a swap goes on with what was set, also of another controller", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  await first.clock.advance(60_000);
  await first.controllers.setSettings("inlet", { setpoint: 22 }, by);
  const other: Source = { kind: "definition", definition: { ...version("2.0.0", {}), name: "another" } };
  await first.controllers.swap("inlet", other, { ...by, handover: "fresh" });
  const disk = keeper.crash();
  first.kill();
  const next = await controlSite(t, { inlet: { use: other } }, { table, keeper: disk, clock: first.clock });
  const { settings, definition } = next.controllers.get("inlet") ?? {};
  assert.deepEqual([definition?.name, settings?.["setpoint"]], ["another", 22]);
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
