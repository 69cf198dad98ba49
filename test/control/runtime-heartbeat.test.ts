import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import type { Action } from "../../devices/device.ts";
import { controlSite, zoneDevices } from "../support/control-site.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { plain, use, warm, zone } from "./zone-site.ts";

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
