import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllersConfig } from "../../controllers/runtime/api.ts";
import { select } from "../../controllers/index.ts";
import type { Definition } from "../../controllers/contract.ts";
import { hours, minutes } from "../../devices/clock.ts";
import { slots } from "../../devices/transaction.ts";
import { controlSite } from "../support/control-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { dayAndQuiet, holders, modes, profiles, sited, watched } from "./profile-site.ts";
import { by, plain, use, version, warm, zone } from "./zone-site.ts";

test("a change of the profile moves nothing at once; whoever comes goes on from there as fast as rates allow", async (t) => {
  const site = await sited(t);
  await site.clock.advance(60_000);
  assert.deepEqual(modes(site), [
    ["day", "automatic"],
    ["quiet", "resting"],
  ]);
  assert.deepEqual(holders(site), [["controller day", slots.controller, 70]]);
  await site.clock.advance(2300);
  const status = await site.controllers.setProfile({ profile: "quiet", ...by });
  assert.equal(status.profile, "quiet");
  assert.deepEqual(holders(site), [["controller quiet", slots.controller, 70]], "at once, where it was");
  assert.deepEqual(modes(site), [
    ["day", "resting"],
    ["quiet", "automatic"],
  ]);
  const seen = await watched(site, 70_000);
  assert.deepEqual([seen[0], seen.at(-1)], [68, 20], "2.7 s later its own deadline, at 1 %/s");
  assert.deepEqual(
    site.events.filter(({ kind }) => kind === "profile"),
    [
      { kind: "profile", controller: "quiet", by, profile: "quiet", before: "day" },
      { kind: "profile", controller: "day", by, profile: "quiet", before: "day" },
    ],
  );
  assert.equal(
    site.controllers.get("day")?.rests,
    "it rests: profile quiet is in force, and it works in day",
  );
  await site.controllers.setProfile({ profile: "day", ...by });
  const back = await watched(site, 60_000);
  assert.equal(back.at(-1), 70);
  assert.ok(
    site.traces.every(({ mode }) => mode !== "resting"),
    "who rests makes no steps for the record",
  );
});

test("also one whose outputs know no rates begins with what is in force, and its step follows that first", async (t) => {
  const seen: string[] = [];
  const abrupt = version("2.0.0", {
    outputs: { fans: select("type:fan").action("speed", { unit: "%" }) },
    step: ({ mode }) => {
      seen.push(mode);
      return { outputs: { fans: 20 }, state: { steps: 0 }, reason: "quiet" };
    },
  });
  const quiet = use(abrupt, { profiles: ["quiet"] });
  const site = await sited(t, { day: use(zone, { profiles: ["day"] }), quiet });
  await site.clock.advance(60_000);
  seen.length = 0;
  await site.controllers.setProfile({ profile: "quiet", ...by });
  await site.clock.advance(5000);
  assert.deepEqual(seen, ["manual", "automatic"]);
  const sent = site.traces.flatMap(({ controller, outputs: [first] }) =>
    controller === "quiet" ? [first?.sent] : [],
  );
  assert.deepEqual(sent, [70, 20]);
});

test("who rests raises no alarms and needs no inputs; who comes without them is in fail-safe at once", async (t) => {
  const config: ControllersConfig = {
    day: use(zone, { profiles: ["day"] }),
    quiet: use(zone, { profiles: ["quiet"], inputs: { inlet: ["type:none"] }, settings: { failSafe: 60 } }),
  };
  const site = await sited(t, config);
  await site.clock.advance(60_000);
  assert.deepEqual(site.controllers.alarms(), []);
  await site.controllers.setProfile({ profile: "quiet", ...by });
  assert.deepEqual(holders(site), [["controller quiet", slots.failSafe, 60]]);
  assert.ok(
    site.controllers.alarms().some(({ id, controller }) => id === "fail-safe" && controller === "quiet"),
  );
  await site.controllers.setProfile({ profile: "day", ...by });
  assert.deepEqual(holders(site), [["controller day", slots.controller, 60]], "from where fail-safe was");
  assert.equal((await watched(site, 20_000)).at(-1), 70);
  assert.deepEqual(site.controllers.alarms(), []);
});

/** Looks after nothing: it has no fail-safe value for what it may command. */
const lender = version("1.0.0", {
  name: "lender",
  failSafe: { fans: null },
  step: () => ({ outputs: {}, state: { steps: 0 }, reason: "all is well" }),
});

test("an output nobody has in a profile goes to the fail-safe value of who had it, as fast as rates allow", async (t) => {
  const site = await sited(t, { lender: use(lender), ...dayAndQuiet });
  await site.clock.advance(60_000);
  await site.controllers.setProfile({ profile: "away", ...by });
  const seen = await watched(site, 30_000);
  assert.equal(seen.at(-1), 90);
  assert.ok(seen.length > 1);
  assert.deepEqual(holders(site), [["controller day", slots.controller, 90]]);
  assert.deepEqual(
    modes(site).map(([, mode]) => mode),
    ["automatic", "resting", "resting"],
  );
  await site.controllers.setProfile({ profile: "quiet", ...by });
  assert.deepEqual(holders(site), [["controller quiet", slots.controller, 90]]);
  assert.equal((await watched(site, 90_000)).at(-1), 20);
});

test("a profile for a while ends by itself, also after a restart, and the one before is in force again", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await sited(t, dayAndQuiet, { table, keeper });
  await first.clock.advance(60_000);
  const { clock } = first;
  const until = clock.now() + minutes(10);
  const status = await first.controllers.setProfile({ profile: "quiet", holdFor: minutes(10), ...by });
  assert.deepEqual(status, {
    ...{ profile: "quiet", profiles: profiles.names, default: "day" },
    ...{ until, then: "day", by },
  });
  const disk = keeper.crash();
  first.kill();
  await clock.advance(20_000);
  const next = await sited(t, dayAndQuiet, { table, keeper: disk, clock });
  assert.equal(next.controllers.profile()?.until, until);
  assert.deepEqual(holders(next), [["controller quiet", slots.controller, 65]], "as far as one step goes");
  assert.equal((await watched(next, 120_000)).at(-1), 20);
  await clock.advance(until - clock.now() - 1000);
  assert.equal(next.controllers.profile()?.profile, "quiet");
  const seen = await watched(next, 60_000);
  assert.deepEqual([next.controllers.profile()?.profile, seen.at(-1)], ["day", 70]);
  assert.equal(next.controllers.profile()?.until, undefined);
  assert.deepEqual(next.events.flatMap((event) => (event.kind === "profile" ? [event.by] : []))[0], {
    who: "bothy",
    why: "the time of profile quiet is over",
  });
});

test("one that ran out while the program was down is over; a default that was changed is in force", async (t) => {
  const keeper = new MemoryKeeper();
  const table = warm();
  const first = await sited(t, dayAndQuiet, { table, keeper });
  await first.clock.advance(60_000);
  await first.controllers.setProfile({ profile: "quiet", ...by });
  await first.controllers.setProfile({ profile: "day", holdFor: minutes(1), ...by });
  const [clock, disk] = [first.clock, keeper.crash()];
  first.kill();
  await clock.advance(minutes(2));
  const next = await sited(t, dayAndQuiet, { table, keeper: disk, clock });
  assert.equal(next.controllers.profile()?.profile, "quiet");
  const last = disk.crash();
  next.kill();
  const parts = { profiles: { names: profiles.names, default: "away" } };
  const other = await sited(t, dayAndQuiet, { table, keeper: last, clock, parts });
  assert.equal(other.controllers.profile()?.profile, "away");
});

test("a profile there is not is refused with those there are, and the one before stays", async (t) => {
  const site = await sited(t);
  await assert.rejects(site.controllers.setProfile({ profile: "nights", ...by }), {
    code: "BAD_INPUT",
    message: /there are day, quiet, away/,
  });
  await assert.rejects(site.controllers.setProfile({ profile: "quiet", holdFor: hours(1000), ...by }), {
    code: "BAD_INPUT",
    message: /at most 30 days/,
  });
  assert.equal(site.controllers.profile()?.profile, "day");
  const without = await controlSite(t, { inlet: use(zone) }, { table: warm() });
  assert.equal(without.controllers.profile(), undefined);
  await assert.rejects(without.controllers.setProfile({ profile: "day", ...by }), { code: "BAD_INPUT" });
});

test("one that cannot be loaded leaves its outputs in fail-safe while its profile is in force, and tells", async (t) => {
  const broken: Definition = {
    ...plain,
    init: () => {
      throw new Error("no");
    },
  };
  const site = await sited(t, {
    day: use(zone, { profiles: ["day"] }),
    quiet: use(broken, { profiles: ["quiet"], settings: { failSafe: 60 } }),
  });
  await site.clock.advance(60_000);
  assert.deepEqual(site.controllers.alarms(), []);
  assert.equal(site.controllers.get("quiet")?.mode, "resting");
  await site.controllers.setProfile({ profile: "quiet", ...by });
  assert.deepEqual(holders(site), [["controller quiet", slots.failSafe, 60]]);
  assert.deepEqual(
    site.controllers.alarms().map(({ id }) => id),
    ["cannot-run"],
  );
  await site.controllers.setProfile({ profile: "day", ...by });
  assert.deepEqual(holders(site), [["controller day", slots.controller, 60]]);
  assert.equal((await watched(site, 30_000)).at(-1), 70);
});
