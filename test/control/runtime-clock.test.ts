import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { hours, minutes, seconds } from "../../devices/clock.ts";
import { controlSite } from "../support/control-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { by, use, warm, zone } from "./zone-site.ts";

const year = hours(365 * 24);
const holdFor = minutes(10);

/** A site that runs, and the same once more as after its program was killed. */
async function site(t: TestContext) {
  const [table, keeper] = [warm(), new MemoryKeeper()];
  const first = await controlSite(t, { inlet: use(zone) }, { table, keeper });
  const { clock } = first;
  await clock.advance(seconds(30));
  let [disk, kill] = [keeper, first.kill];
  const again = async () => {
    kill();
    disk = disk.crash();
    const next = await controlSite(t, { inlet: use(zone) }, { table, keeper: disk, clock });
    kill = next.kill;
    return next.controllers;
  };
  return { controllers: first.controllers, clock, again };
}

for (const [way, span] of [
  ["back", -year],
  ["forward", year],
] as const) {
  test(`the wall clock is set ${way} by a year: a mode and a setting for a while last as long as they were to`, async (t) => {
    const { controllers, clock } = await site(t);
    controllers.setMode("inlet", { mode: "off", holdFor, ...by });
    await controllers.setSettings("inlet", { setpoint: 22 }, { holdFor, ...by });
    clock.setWall(span);
    await clock.advance(minutes(9));
    const { wantedMode, modeUntil, settings, temporary } = controllers.get("inlet") ?? assert.fail();
    assert.deepEqual([wantedMode, settings["setpoint"]], ["off", 22]);
    for (const until of [modeUntil, temporary["setpoint"]?.until])
      assert.ok(
        Math.abs((until ?? 0) - clock.now() - minutes(1)) <= seconds(1),
        "told by the clock as it is",
      );
    await clock.advance(minutes(2));
    const after = controllers.get("inlet");
    assert.deepEqual([after?.wantedMode, after?.settings["setpoint"]], ["automatic", 25]);
  });

  test(`… and the program starts anew after ${way === "back" ? "that" : "that was kept"}: neither lasts any longer`, async (t) => {
    const { controllers, clock, again } = await site(t);
    controllers.setMode("inlet", { mode: "off", holdFor, ...by });
    await controllers.setSettings("inlet", { setpoint: 22 }, { holdFor, ...by });
    await clock.advance(minutes(4));
    clock.setWall(span);
    // Forward: what is kept next says so.
    await clock.advance(seconds(10));
    const next = await again();
    assert.deepEqual([next.get("inlet")?.wantedMode, next.get("inlet")?.settings["setpoint"]], ["off", 22]);
    await clock.advance(minutes(5));
    assert.equal(next.get("inlet")?.wantedMode, "off");
    await clock.advance(minutes(1));
    const after = next.get("inlet");
    assert.deepEqual([after?.wantedMode, after?.settings["setpoint"]], ["automatic", 25]);
  });
}

test("a clock that is set back between two programs, again and again, gives a mode no time anew", async (t) => {
  const { controllers, clock, again } = await site(t);
  controllers.setMode("inlet", { mode: "manual", holdFor, ...by });
  let next = controllers;
  for (let i = 0; i < 3; i++) {
    await clock.advance(minutes(3));
    clock.setWall(-year);
    next = await again();
    assert.equal(next.get("inlet")?.wantedMode, "manual");
  }
  await clock.advance(minutes(1) + seconds(10));
  assert.equal(next.get("inlet")?.wantedMode, "automatic");
});
