import assert from "node:assert/strict";
import test from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import { minutes, seconds } from "../../devices/clock.ts";
import { controlSite } from "../support/control-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { by, plain, use, warm, zone } from "./zone-site.ts";

const forHalfAnHour = { ...by, holdFor: minutes(30) };

test("a setting for a while is in force at once and until its time is over, said in every step; then the one before", async (t) => {
  const site = await controlSite(t, { inlet: use(zone, { settings: { setpoint: 26 } }) }, { table: warm() });
  const { controllers, clock, traces, events } = site;
  await clock.advance(seconds(30));
  await controllers.setSettings("inlet", { setpoint: 24 }, by);
  const all = await controllers.setSettings("inlet", { setpoint: 22 }, forHalfAnHour);
  assert.deepEqual(all, { setpoint: 22, failSafe: 90 });
  assert.deepEqual(controllers.get("inlet")?.temporary, {
    setpoint: { value: 22, until: clock.now() + minutes(30), then: 24, ...by },
  });
  await clock.advance(minutes(30) - seconds(10));
  assert.equal(traces.at(-1)?.reason, "5 K too warm");
  assert.match(traces.at(-1)?.limits.join() ?? "", /setpoint is 22 until \d{4}-.*Z: ann, to see/);
  await clock.advance(seconds(20));
  assert.equal(traces.at(-1)?.reason, "3 K too warm");
  assert.deepEqual(
    traces.at(-1)?.limits.filter((text) => text.includes("until")),
    [],
  );
  assert.deepEqual(controllers.get("inlet")?.settings, { setpoint: 24, failSafe: 90 });
  assert.deepEqual(controllers.get("inlet")?.temporary, {});
  const last = events.filter((event) => event.kind === "settings").at(-1);
  assert.deepEqual(last?.by, { who: "bothy", why: "the time of setpoint is over" });
});

test("what breaks a limit, or lasts too long, is refused with it: settings and times before stay", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  const { controllers, clock } = site;
  await controllers.setSettings("inlet", { setpoint: 22 }, forHalfAnHour);
  const before = controllers.get("inlet")?.temporary;
  for (const [patch, span, fault] of [
    [{ setpoint: 50 }, minutes(5), /setpoint: 50 °C is above its maximum 35 °C/],
    [{ setpont: 20 }, minutes(5), /no setting `setpont`/],
    [{ setpoint: 20 }, minutes(24 * 60 + 1), /at most 24 h/],
    [{ setpoint: 20 }, 0, /longer than 0 s/],
  ] as const)
    await assert.rejects(controllers.setSettings("inlet", patch, { ...by, holdFor: span }), fault);
  assert.deepEqual(controllers.get("inlet")?.temporary, before);
  assert.equal(controllers.get("inlet")?.settings["setpoint"], 22);
  await clock.advance(minutes(31));
  assert.equal(controllers.get("inlet")?.settings["setpoint"], 25);
});

test("a change for good ends one for a while, and several end each at its time", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  const { controllers, clock } = site;
  await controllers.setSettings("inlet", { setpoint: 22, failSafe: 70 }, forHalfAnHour);
  await controllers.setSettings("inlet", { failSafe: 80 }, { ...by, holdFor: minutes(60) });
  await controllers.setSettings("inlet", { setpoint: 23 }, by);
  assert.deepEqual(Object.keys(controllers.get("inlet")?.temporary ?? {}), ["failSafe"]);
  await clock.advance(minutes(31));
  assert.deepEqual(controllers.get("inlet")?.settings, { setpoint: 23, failSafe: 80 });
  await clock.advance(minutes(30));
  assert.deepEqual(controllers.get("inlet")?.settings, { setpoint: 23, failSafe: 90 });
});

test("a restart changes neither what is in force nor when it ends; a clock set back makes it no longer", async (t) => {
  const table = warm();
  const keeper = new MemoryKeeper();
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  await first.controllers.setSettings("inlet", { setpoint: 22 }, forHalfAnHour);
  await first.clock.advance(minutes(10));
  const disk = keeper.crash();
  first.kill();
  await first.clock.advance(minutes(5));
  const next = await controlSite(t, { inlet: use(zone) }, { table, keeper: disk, clock: first.clock });
  assert.equal(next.controllers.get("inlet")?.settings["setpoint"], 22);
  await next.clock.advance(minutes(14));
  assert.equal(next.controllers.get("inlet")?.settings["setpoint"], 22);
  const later = disk.crash();
  await next.clock.advance(minutes(2));
  assert.equal(next.controllers.get("inlet")?.settings["setpoint"], 25);
  next.kill();
  const kept = later.load("controller").get("inlet") as { temporary: { setpoint: { until: number } } };
  kept.temporary.setpoint.until += minutes(600);
  later.put("controller", "inlet", kept);
  const back = await controlSite(t, { inlet: use(zone) }, { table, keeper: later, clock: first.clock });
  assert.equal(back.controllers.get("inlet")?.settings["setpoint"], 22);
  await back.clock.advance(seconds(70));
  assert.equal(
    back.controllers.get("inlet")?.settings["setpoint"],
    25,
    "one minute was left when it was kept",
  );
});

const ordered: Definition = {
  ...plain,
  check: ({ setpoint, failSafe }) =>
    Number(setpoint) * 3 > Number(failSafe) ? "failSafe is at least three times the setpoint" : undefined,
};

test("what does not fit what is in force afterwards is refused now, and the fan goes on as it was", async (t) => {
  const site = await controlSite(t, { inlet: use(ordered) }, { table: warm() });
  const { controllers, clock } = site;
  await controllers.setSettings("inlet", { setpoint: 20 }, forHalfAnHour);
  await assert.rejects(controllers.setSettings("inlet", { failSafe: 65 }, by), /three times/);
  assert.deepEqual(controllers.get("inlet")?.settings, { setpoint: 20, failSafe: 90 });
  await clock.advance(minutes(1));
  assert.equal(controllers.get("inlet")?.failSafe?.["fans"], 90);
  await clock.advance(minutes(30));
  assert.deepEqual(controllers.get("inlet")?.settings, { setpoint: 25, failSafe: 90 });
});

test("when another version does not take what was before, an alarm says so until somebody sets it", async (t) => {
  const site = await controlSite(t, { inlet: use(zone, { settings: { failSafe: 65 } }) }, { table: warm() });
  const { controllers, clock } = site;
  await controllers.setSettings("inlet", { setpoint: 20 }, forHalfAnHour);
  await clock.advance(minutes(1));
  const next: Definition = { ...ordered, version: "1.1.0" };
  await controllers.swap("inlet", { kind: "definition", definition: next }, { ...by, probation: minutes(1) });
  await clock.advance(minutes(31));
  assert.equal(controllers.get("inlet")?.settings["setpoint"], 20);
  const [alarm] = controllers.alarms();
  assert.equal(alarm?.id, "settings-expired");
  assert.match(alarm.text, /three times the setpoint/);
  await controllers.setSettings("inlet", { setpoint: 21 }, by);
  await clock.advance(seconds(10));
  assert.deepEqual(controllers.get("inlet")?.alarms, []);
});

test("invariants hold of a setting for a while as of any other: fail-safe, and back when it is over", async (t) => {
  const guarded: Definition = {
    ...plain,
    invariants: [{ text: "never below 40 %", holds: (_, { outputs }) => Number(outputs["fans"]) >= 40 }],
  };
  const site = await controlSite(t, { inlet: use(guarded) }, { table: warm() });
  const { controllers, clock, duty } = site;
  await clock.advance(seconds(60));
  await controllers.setSettings("inlet", { setpoint: 35 }, { ...by, holdFor: seconds(12) });
  await clock.advance(seconds(10));
  assert.equal(controllers.get("inlet")?.mode, "fail-safe");
  await clock.advance(seconds(60));
  assert.equal(controllers.get("inlet")?.mode, "automatic");
  assert.equal(duty(), 70);
});
