import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import type { KeptAlarm } from "../../controllers/runtime/alarm-rules.ts";
import type { KeptController } from "../../controllers/runtime/kept.ts";
import { silentLog } from "../../devices/plugin.ts";
import { slots } from "../../devices/transaction.ts";
import { controlSite, zoneDevices } from "../support/control-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { speed, Table, type TableDevice } from "../support/table-plugin.ts";
import { simple } from "./second-version.ts";
import { by, plain, stepsOf, use, warm, zone } from "./zone-site.ts";

/** A site with a controller that has run for a minute. */
async function begun(t: TestContext) {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  await first.clock.advance(60_000);
  return { first, table, keeper };
}

/** The same after its program was killed: its hardware, its clock, and what the next program finds on the disk. */
async function killed(t: TestContext) {
  const { first, table, keeper } = await begun(t);
  const disk = keeper.crash();
  first.kill();
  return { table, disk, clock: first.clock };
}

test("at the end fail-safe values are in place, and a new program goes on without fail-safe", async (t) => {
  const { first, table, keeper } = await begun(t);
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
  const { table, disk, clock } = await killed(t);
  const next = await controlSite(t, { inlet: use(zone) }, { table, keeper: disk, clock });
  await next.clock.advance(30_000);
  assert.equal(next.duty(), 70);
  assert.deepEqual(new Set(next.traces.map(({ mode }) => mode)), new Set(["automatic"]));
  const later = disk.crash();
  next.kill();
  await next.clock.advance(100_000);
  const last = await controlSite(t, { inlet: use(zone) }, { table, keeper: later, clock });
  assert.deepEqual(last.slots()[0], [slots.failSafe, 90]);
  await last.clock.advance(20_000);
  assert.equal(last.controllers.get("inlet")?.mode, "automatic");
  assert.ok(stepsOf(last.controllers.get("inlet")?.last?.state) > 10);
});

const twoZones = ["a", "b"].flatMap((name) => [
  {
    ...{ alias: `fan-${name}`, type: "fan", outputs: [["duty"]], actions: [speed] },
    tags: [`zone:${name}`],
  },
  {
    ...{ alias: `probe-${name}`, type: "temperature", outputs: [["temperature"]] },
    tags: [`zone:${name}`, "point:inlet"],
  },
]) as readonly TableDevice[];

test("two controllers that change places begin anew: what one knows of its fans says nothing of others", async (t) => {
  const table = new Table();
  table.values.set("probe-a/temperature", 24.3).set("probe-b/temperature", 27.8);
  const keeper = new MemoryKeeper();
  const of = (place: string) => use(simple(), { where: [`zone:${place}`] });
  const parts = { table, devices: twoZones };
  const first = await controlSite(t, { one: of("a"), two: of("b") }, { ...parts, keeper });
  const { clock } = first;
  await clock.advance(180_000);
  await first.controllers.setSettings("two", { setpoint: 23 }, by);
  await clock.advance(20_000);
  const integralOf = (site: typeof first, name: string): number =>
    (site.controllers.get(name)?.last?.state as { integral: number }).integral;
  const learnt = integralOf(first, "two");
  assert.ok(learnt > 35);
  const disk = keeper.crash();
  first.kill();
  const next = await controlSite(t, { one: of("b"), two: of("a") }, { ...parts, keeper: disk, clock });
  await clock.advance(500);
  assert.deepEqual(next.slots("fan-b")[0], [slots.failSafe, 100], "the warm one is not slowed down");
  assert.ok(integralOf(next, "two") < 31);
  assert.equal(next.controllers.get("two")?.settings["setpoint"], 23, "what people set has its name");
  await clock.advance(30_000);
  assert.deepEqual([next.slots("fan-a").length, next.slots("fan-b").length], [1, 1]);
  const same = disk.crash();
  next.kill();
  const last = await controlSite(t, { one: of("b"), two: of("a") }, { ...parts, keeper: same, clock });
  await clock.advance(500);
  assert.equal(last.controllers.get("one")?.mode, "automatic", "in its place it goes on");
});

test("one that cannot be loaded leaves its outputs in fail-safe as they were known", async (t) => {
  const { table, disk, clock } = await killed(t);
  const broken = { ...plain, step: undefined } as unknown as Definition;
  const next = await controlSite(t, { inlet: use(broken) }, { table, keeper: disk, clock });
  const since = clock.now();
  await next.clock.advance(2000);
  const status = next.controllers.get("inlet");
  assert.deepEqual(
    status?.alarms.map(({ id, since: at }) => [id, at]),
    [["cannot-run", since]],
  );
  assert.equal(status.standing, "failed to load");
  assert.match(status.fault ?? "", /`step` is no function/);
  assert.equal(next.duty(), 90);
});

test("one that cannot be loaded leaves to others what they look after now, also when that changes", async (t) => {
  const { table, disk, clock } = await killed(t);
  const broken = { ...plain, step: undefined } as unknown as Definition;
  const next = await controlSite(
    t,
    { inlet: use(broken), other: use(zone, { outputs: { fans: ["mine:yes"] }, settings: { failSafe: 60 } }) },
    {
      ...{ table, keeper: disk, clock },
      devices: zoneDevices.map((one) => (one.alias === "fan-a" ? { ...one, tags: ["mine:yes"] } : one)),
    },
  );
  await next.clock.advance(2000);
  assert.deepEqual(
    [next.slots("fan-a"), next.slots("fan-b")],
    [[[slots.failSafe, 60]], [[slots.failSafe, 90]]],
  );
  await next.clock.advance(60_000);
  assert.deepEqual(next.slots("fan-a"), [[slots.controller, 70]]);
  const fan = next.registry.get("fan-b") ?? assert.fail();
  next.registry.replace([fan], [{ ...fan, tags: [...fan.tags, "default/mine:yes"] }]);
  await next.clock.advance(60_000);
  assert.deepEqual(next.slots("fan-b"), [[slots.controller, 70]], "given up to whoever is bound to it now");
  assert.deepEqual(
    next.controllers.alarms().map(({ id }) => id),
    ["cannot-run"],
  );
});

const anAlarm: KeptAlarm = {
  alarm: { id: "taken-back", severity: "warning", text: "back" },
  since: 5,
  always: true,
};

/** What a program of another version may have kept, what is said of it, and whether its own state goes on. */
const ofOthers: readonly (readonly [
  change: (kept: KeptController) => object,
  said: RegExp,
  goesOn: boolean,
])[] = [
  [(kept) => ({ ...kept, later: { known: 1 }, mode: { ...kept.mode, also: 2 } }), /^$/, true],
  [
    (kept) => ({ ...kept, mode: { wanted: "eco" } }),
    /no sense to this program and is left out: the mode$/,
    true,
  ],
  [(kept) => ({ ...kept, mode: { wanted: "manual", until: "noon" } }), /is left out: the mode$/, true],
  [(kept) => ({ ...kept, temporary: { setpoint: 3 } }), /is left out: settings for a while$/, true],
  [(kept) => ({ ...kept, alarms: { none: true } }), /is left out: alarms that latch$/, true],
  [
    (kept) => ({ ...kept, alarms: [{ ...anAlarm, acknowledged: { who: "ann" } }] }),
    /is left out: alarms that latch$/,
    true,
  ],
  [
    (kept) => ({ ...kept, alarms: [{ ...anAlarm, alarm: { ...anAlarm.alarm, severity: "dire" } }] }),
    /is left out: alarms that latch$/,
    true,
  ],
  [
    (kept) => ({ ...kept, overrides: { setpoint: 900 } }),
    /what was kept of its settings is of no use: .*above/,
    true,
  ],
  [
    (kept) => ({ ...kept, memory: { ...kept.memory, stateVersion: 7 } }),
    /inlet begins anew: its state is of stateVersion 7, and zone 1.0.0 takes 1$/,
    false,
  ],
  [(kept) => ({ ...kept, name: "fan-zone" }), /begins anew: it was fan-zone before, and is zone now/, false],
  [(kept) => ({ ...kept, memory: { later: "shape" } }), /is left out: all of it$/, false],
  [() => ["a", "list"], /is left out: all of it$/, false],
];

test("what another version of the program kept costs what it hit, and is said", async (t) => {
  const { table, disk, clock } = await killed(t);
  for (const [change, expected, goesOn] of ofOthers) {
    const keeper = disk.crash();
    const kept = keeper.load("controller").get("inlet") as KeptController;
    const begun = stepsOf(kept.memory.state);
    keeper.put("controller", "inlet", change({ ...kept, at: clock.now(), alarms: [anAlarm] }));
    const said: string[] = [];
    const log = { ...silentLog, warn: (_: object, text: string): void => void said.push(text) };
    const site = await controlSite(t, { inlet: use(zone) }, { table, keeper, clock, log });
    const about = said.filter((text) => /kept|anew/.test(text)).join("; ");
    assert.match(about, expected);
    await clock.advance(20_000);
    const { mode, last, alarms = [] } = site.controllers.get("inlet") ?? {};
    assert.equal(mode, "automatic", about);
    assert.equal(stepsOf(last?.state) > begun, goesOn, about);
    const latched = alarms.some(({ id }) => id === "taken-back");
    assert.equal(latched, !/alarms|all of it|before, and/.test(about), about);
    site.kill();
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
