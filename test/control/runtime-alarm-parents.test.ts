import assert from "node:assert/strict";
import test from "node:test";
import type { Alarm, Definition } from "../../controllers/contract.ts";
import { from, select } from "../../controllers/index.ts";
import { counts } from "../../server/cli/controller/counted.ts";
import {
  type ControlSite,
  controlSite,
  type ControlSiteOptions,
  zoneDevices,
} from "../support/control-site.ts";
import type { Table, TableDevice } from "../support/table-plugin.ts";
import { plain, use, warm } from "./zone-site.ts";

/** Commands nothing, and can do nothing without its probe. */
const needs: Definition = {
  ...plain,
  name: "needs",
  outputs: {},
  failSafe: {},
  publishes: { inlet: { text: "What it sees." } },
  step: ({ inputs, state }) => {
    const { value } = inputs["inlet"] as { readonly value: number };
    const alarms: readonly Alarm[] =
      value < 30 ? [] : [{ id: "hot", severity: "major", text: "it is hot", device: "fan-a" }];
    return { outputs: {}, state, reason: "looked", alarms, published: { inlet: value } };
  },
};
/** The same for what another one publishes. */
const follows: Definition = {
  ...needs,
  name: "follows",
  inputs: { inlet: from("outer", "inlet").max() },
  publishes: {},
  step: ({ state }) => ({ outputs: {}, state, reason: "followed" }),
};
const outdoor: TableDevice = { alias: "outdoor", type: "temperature", outputs: [["temperature"]] };

const standing = (site: ControlSite): readonly string[] =>
  site.controllers
    .alarms()
    .map(({ controller, id, partOf = "" }) => `${controller} ${id}${partOf === "" ? "" : ` < ${partOf}`}`)
    .toSorted();
const counted = (site: ControlSite): readonly string[] =>
  site.controllers
    .alarms()
    .filter((alarm) => counts({ ...alarm, since: "", asOf: "", latch: undefined } as never))
    .map(({ controller, id }) => `${controller} ${id}`)
    .toSorted();
const told = (site: ControlSite): readonly string[] =>
  site.events.flatMap((event) =>
    event.kind === "raised" || event.kind === "cleared"
      ? [`${event.kind} ${event.controller} ${event.alarm.id}`]
      : [],
  );

/** Nothing on a bus answers any more; @returns what mends it. */
function cut(table: Table, ...aliases: readonly string[]): () => void {
  const before = [...table.values].filter(
    ([key]) => aliases.length === 0 || aliases.some((alias) => key.startsWith(`${alias}/`)),
  );
  for (const [key] of before) table.values.delete(key);
  return () => {
    for (const [key, value] of before) table.values.set(key, value);
  };
}

const started = async (
  t: Parameters<typeof controlSite>[0],
  config: Parameters<typeof controlSite>[1],
  options: ControlSiteOptions = {},
): Promise<ControlSite> => {
  const site = await controlSite(t, config, { table: warm(), ...options });
  await site.clock.advance(30_000);
  assert.deepEqual(standing(site), []);
  site.events.length = 0;
  return site;
};

const three = { a: use(needs), b: use(needs), c: use(needs) };

test("a cut line is one alarm and one message: fail-safe of whoever has nothing else missing is part of it", async (t) => {
  const site = await started(t, three);
  const mend = cut(site.table);
  await site.clock.advance(30_000);
  for (const name of ["a", "b", "c"]) assert.equal(site.controllers.get(name)?.mode, "fail-safe");
  assert.deepEqual(standing(site), [
    "a bus:t",
    "a fail-safe < bus t",
    "b bus:t < controller a",
    "b fail-safe < bus t",
    "c bus:t < controller a",
    "c fail-safe < bus t",
  ]);
  assert.deepEqual(counted(site), ["a bus:t"]);
  assert.deepEqual(told(site), ["raised a bus:t"]);
  mend();
  await site.clock.advance(60_000);
  assert.equal(site.controllers.get("a")?.mode, "automatic");
  assert.deepEqual(standing(site), []);
  assert.deepEqual(told(site), ["raised a bus:t", "cleared a bus:t"], "none of them on the way back either");
});

test("what remains when the bus is back is told then, and counts also when the bus is lost again", async (t) => {
  const site = await started(t, three);
  cut(site.table, "inlet");
  const mend = cut(site.table);
  await site.clock.advance(30_000);
  assert.deepEqual(counted(site), ["a bus:t"]);
  mend();
  await site.clock.advance(30_000);
  assert.deepEqual(counted(site), ["a fail-safe", "b fail-safe", "c fail-safe"]);
  assert.deepEqual(told(site).slice(1).toSorted(), [
    "cleared a bus:t",
    ...["a", "b", "c"].map((name) => `raised ${name} fail-safe`),
  ]);
  cut(site.table);
  await site.clock.advance(30_000);
  assert.deepEqual(counted(site), ["a bus:t", "a fail-safe", "b fail-safe", "c fail-safe"]);
});

test("what stood while its bus still answered has another cause, and is part of nothing", async (t) => {
  const fan: Definition = {
    ...needs,
    name: "fan",
    inputs: { duty: select("type:fan").any() },
    step: ({ inputs, state }) => {
      const [first] = inputs["duty"] as readonly { readonly device: string; readonly value?: number }[];
      const alarms: readonly Alarm[] =
        first?.value === 99 ? [{ id: "fast", severity: "critical", text: "fast", device: first.device }] : [];
      return { outputs: {}, state, reason: "looked", alarms, published: { inlet: 0 } };
    },
    invariants: [],
  };
  const keeps: Definition = {
    ...fan,
    step: (context) => {
      const step = fan.step(context);
      const before = (context.state as { alarms?: readonly Alarm[] }).alarms ?? [];
      const alarms = before.length > 0 ? before : (step.alarms ?? []);
      return { ...step, alarms, state: { alarms } };
    },
  };
  const site = await started(t, { a: use(keeps) });
  site.table.values.set("fan-a/duty", 99);
  await site.clock.advance(10_000);
  assert.deepEqual(counted(site), ["a fast"]);
  cut(site.table);
  await site.clock.advance(30_000);
  assert.deepEqual(counted(site), ["a bus:t", "a fast"], "whatever was seen was seen");
});

test("with a probe of another bus missing too fail-safe counts, unless that bus is silent as well", async (t) => {
  const both: Definition = { ...needs, inputs: { inlet: select("type:temperature").max({ minGood: 2 }) } };
  const table = warm();
  for (const alias of ["outdoor", "spare"]) table.values.set(`${alias}/temperature`, 10);
  const spare: TableDevice = { ...outdoor, alias: "spare", type: "spare" };
  const site = await started(t, { a: use(both) }, { table, others: [outdoor, spare] });
  const mend = cut(table);
  for (const alias of ["outdoor", "spare"]) table.values.set(`${alias}/temperature`, 10);
  await site.clock.advance(30_000);
  assert.deepEqual(standing(site), ["a bus:t", "a fail-safe < bus t"], "the other probe is there");
  table.values.delete("outdoor/temperature");
  await site.clock.advance(30_000);
  assert.deepEqual(counted(site), ["a bus:t", "a fail-safe"]);
  mend();
  table.values.set("outdoor/temperature", 10);
  await site.clock.advance(60_000);
  assert.deepEqual(standing(site), []);
  cut(table);
  await site.clock.advance(30_000);
  assert.deepEqual(standing(site), ["a bus:t", "a bus:u", "a fail-safe < bus t, bus u"]);
});

test("who lacks what a controller publishes is part of what that one is part of, or of it", async (t) => {
  let broken = false;
  const outer: Definition = {
    ...needs,
    step: (context) => {
      if (broken) throw new Error("not today");
      return needs.step(context);
    },
  };
  const site = await started(t, { outer: use(outer), inner: use(follows), last: use(follows) });
  const mend = cut(site.table);
  await site.clock.advance(30_000);
  assert.deepEqual(standing(site), [
    "inner fail-safe < bus t",
    "last fail-safe < bus t",
    "outer bus:t",
    "outer fail-safe < bus t",
  ]);
  mend();
  await site.clock.advance(60_000);
  assert.deepEqual(told(site), ["raised outer bus:t", "cleared outer bus:t"]);
  broken = true;
  await site.clock.advance(15_000);
  assert.deepEqual(standing(site), [
    "inner fail-safe < controller outer",
    "last fail-safe < controller outer",
    "outer fail-safe",
  ]);
  site.controllers.setMode("outer", { mode: "off", who: "ann", why: "to see" });
  await site.clock.advance(10_000);
  assert.deepEqual(counted(site), ["inner fail-safe", "last fail-safe"], "nobody else tells of it");
});

test("a failure of its own is told beside a silent bus", async (t) => {
  let broken = false;
  const throws: Definition = {
    ...needs,
    inputs: { inlet: select("type:temperature").any() },
    step: ({ state }) => {
      if (broken) throw new Error("not today");
      return { outputs: {}, state, reason: "looked", published: { inlet: 0 } };
    },
  };
  const site = await started(t, { a: use(needs), b: use(throws) });
  cut(site.table);
  broken = true;
  await site.clock.advance(15_000);
  assert.deepEqual(counted(site), ["a bus:t", "b fail-safe"]);
  assert.ok(told(site).includes("raised b fail-safe"));
});

test("a step that lacks something itself names the inputs, or its fail-safe counts", async (t) => {
  const says = (lacks: readonly string[] | undefined): Definition => ({
    ...needs,
    inputs: { inlet: select("type:temperature").any() },
    step: ({ inputs, state }) => {
      const bad = (inputs["inlet"] as readonly { readonly quality: string }[]).every(
        ({ quality }) => quality === "bad",
      );
      return {
        ...{ outputs: {}, state, reason: "looked", published: { inlet: 0 } },
        ...(bad ? { missing: "no inlet is known", ...(lacks === undefined ? {} : { lacks }) } : {}),
      };
    },
  });
  const config = { a: use(says(["inlet"])), b: use(says(undefined)), c: use(says(["inlte"])) };
  const site = await started(t, config);
  cut(site.table);
  await site.clock.advance(15_000);
  assert.deepEqual(counted(site), ["a bus:t", "b fail-safe", "c fail-safe"]);
  assert.match(site.controllers.get("c")?.last?.failure?.text ?? "", /`lacks` is no list.*inlet/);
});

test("one device that is silent alone is told, a moment later", async (t) => {
  const site = await started(t, { a: use(needs) }, { devices: zoneDevices });
  cut(site.table, "inlet");
  await site.clock.advance(15_000);
  assert.deepEqual(counted(site), ["a fail-safe"]);
  assert.deepEqual(told(site), ["raised a fail-safe"]);
});
