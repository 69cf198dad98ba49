import assert from "node:assert/strict";
import test from "node:test";
import type { Definition, StepContext, StepResult } from "../../controllers/contract.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import { slots } from "../../devices/transaction.ts";
import { type Log, silentLog } from "../../devices/plugin.ts";
import { controlSite } from "../support/control-site.ts";
import { by, plain, stepsOf, use, warm, zone } from "./zone-site.ts";

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
  const overdue = (): number | undefined => site.controllers.get("inlet")?.late;
  assert.equal(overdue(), undefined);
  slow = true;
  await site.clock.advance(5000);
  assert.equal(overdue(), undefined, "one that has just begun");
  await site.clock.advance(60_000);
  const { period = 0 } = site.controllers.get("inlet") ?? {};
  assert.equal(overdue(), 60_000 - 2 * period);
  const stopping = site.controllers.stop();
  await site.clock.advance(1100);
  assert.deepEqual(site.slots(), [[slots.failSafe, 90]]);
  for (const go of gates) go();
  await stopping;
  await site.clock.advance(1000);
  assert.deepEqual([site.slots(), site.duty()], [[[slots.failSafe, 90]], 90]);
  assert.equal(overdue(), undefined, "none is to begin");
});

test("one that cannot even begin anew says why, once, until it can", async (t) => {
  let [broken, stuck] = [false, false];
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (_fields, text) => void lines.push(text) };
  const stubborn: Definition = {
    ...plain,
    init: (settings) => {
      if (stuck) throw new Error("no paper");
      return plain.init(settings);
    },
    step: (context) => {
      if (broken) throw new Error("no luck");
      return plain.step(context);
    },
  };
  const site = await controlSite(t, { inlet: use(stubborn) }, { table: warm(), log });
  await site.clock.advance(60_000);
  [broken, stuck] = [true, true];
  await site.clock.advance(120_000);
  const alarm = site.controllers.alarms().find(({ id }) => id === "fresh-start");
  assert.match(alarm?.text ?? "", /it still has the state .* cannot begin anew: .*no paper/);
  const told = lines.filter((line) => line.includes("cannot begin anew"));
  assert.deepEqual([told.length, told[0]?.includes("no paper")], [1, true]);
  stuck = false;
  await site.clock.advance(10_000);
  assert.ok(!site.controllers.alarms().some(({ id }) => id === "fresh-start"));
});

test("one with five failures is broken until somebody restarts it, and goes on from a state of its own", async (t) => {
  let bad = false;
  const step: Definition["step"] = (context) => (bad ? (undefined as never) : plain.step(context));
  const site = await controlSite(t, { inlet: use({ ...plain, step }) }, { table: warm() });
  await site.clock.advance(60_000);
  bad = true;
  await site.clock.advance(20_000);
  assert.deepEqual(
    [site.controllers.get("inlet")?.failures, site.controllers.get("inlet")?.standing],
    [4, "running"],
  );
  await site.clock.advance(5000);
  assert.equal(site.controllers.get("inlet")?.standing, "broken");
  bad = false;
  await site.clock.advance(60_000);
  assert.deepEqual([site.controllers.get("inlet")?.standing, site.duty()], ["broken", 90]);
  await site.controllers.restart("inlet", { who: "ann", why: "mended" });
  await site.clock.advance(20_000);
  const { standing, mode, alarms = [], last } = site.controllers.get("inlet") ?? {};
  assert.deepEqual([standing, mode, alarms], ["running", "automatic", []]);
  assert.ok(stepsOf(last?.state) <= 5, `${stepsOf(last?.state)} steps`);
});

test("one that never ran, and whose `init` throws, has its outputs in fail-safe until it begins after all", async (t) => {
  let mended = false;
  const init: typeof zone.init = (settings) => {
    if (!mended) throw new Error("not yet");
    return zone.init(settings);
  };
  const source = use({ ...zone, init } as typeof zone, { settings: { failSafe: 60 } });
  const site = await controlSite(t, { inlet: source }, { table: warm() });
  await site.clock.advance(2000);
  assert.equal(site.controllers.get("inlet")?.standing, "failed to load");
  assert.deepEqual(
    [site.slots("fan-a"), site.slots("fan-b")],
    [[[slots.failSafe, 60]], [[slots.failSafe, 60]]],
  );
  const fan = site.registry.get("fan-b") ?? assert.fail();
  site.registry.replace([fan], [{ ...fan, tags: [] }]);
  mended = true;
  await site.controllers.restart("inlet", by);
  await site.clock.advance(60_000);
  assert.deepEqual([site.slots("fan-a"), site.slots("fan-b")], [[[slots.controller, 70]], []]);
});
