import assert from "node:assert/strict";
import test from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import { select } from "../../controllers/index.ts";
import { slots } from "../../devices/transaction.ts";
import { controlSite } from "../support/control-site.ts";
import { by, plain, use, warm, zone } from "./zone-site.ts";

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

test("settings changed by two at once are both in force", async (t) => {
  const site = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  await Promise.all([
    site.controllers.setSettings("inlet", { setpoint: 22 }, by),
    site.controllers.setSettings("inlet", { failSafe: 70 }, by),
  ]);
  assert.deepEqual(site.controllers.get("inlet")?.settings, { setpoint: 22, failSafe: 70 });
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
