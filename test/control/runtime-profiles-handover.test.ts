import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ControllersConfig } from "../../controllers/runtime/api.ts";
import { openHere } from "../../controllers/runtime/hosts.ts";
import type { OpenHost } from "../../controllers/runtime/version.ts";
import { hours, minutes, type Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { slots } from "../../devices/transaction.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { TestClock } from "../support/test-clock.ts";
import { dayAndQuiet, entryOf, holders, sited, watched } from "./profile-site.ts";
import { by, use, version, warm, zone } from "./zone-site.ts";

/** Steps answer so much later. */
const late =
  (clock: Clock, delay: (definition: string) => number): OpenHost =>
  async (source, options) => {
    const host = await openHere([], clock)(source, options);
    return {
      shape: host.shape,
      configure: (settings) => host.configure(settings),
      init: () => host.init(),
      migrate: (state, from) => host.migrate(state, from),
      close: () => host.close(),
      step: async (call) => {
        await clock.sleepUntil(clock.monotonic() + delay(options.name));
        return host.step(call);
      },
    };
  };

test("nobody lets go before whoever comes has begun, however long that takes, and no late step undoes it", async (t) => {
  const clock = new TestClock();
  const open = late(clock, (name) => (name === "quiet" ? 1500 : 700));
  const site = await sited(t, dayAndQuiet, { clock, parts: { open } });
  await clock.advance(60_000);
  // A step of `day` is under way, and one of `quiet` as it rests.
  await clock.advance(200);
  const changing = site.controllers.setProfile({ profile: "quiet", ...by });
  assert.deepEqual(holders(site)[0]?.[0], "controller day");
  await clock.advance(800);
  assert.deepEqual(holders(site)[0]?.[0], "controller day", "what it wanted before does not count");
  await clock.advance(1400);
  assert.deepEqual(holders(site), [["controller quiet", slots.controller, 70]]);
  await clock.advance(2000);
  await changing;
  assert.equal((await watched(site, 70_000)).at(-1), 20);
});

test("a swap and a change of the profile that meet both come about, and somebody is in force all the while", async (t) => {
  for (const name of ["day", "quiet"])
    for (const swapFirst of [true, false]) {
      const clock = new TestClock();
      const site = await sited(t, dayAndQuiet, { clock, parts: { open: late(clock, () => 700) } });
      await clock.advance(62_300);
      const next = { kind: "definition", definition: version("1.1.0", {}) } as const;
      const swap = () => site.controllers.swap(name, next, { ...by, probation: 1000 });
      const change = () => site.controllers.setProfile({ profile: "quiet", ...by });
      const both = swapFirst ? [swap(), change()] : [change(), swap()];
      const seen = await watched(site, 80_000);
      await Promise.all(both);
      assert.equal(seen.at(-1), 20);
      assert.equal(site.controllers.get(name)?.definition?.version, "1.1.0");
      assert.deepEqual(holders(site), [["controller quiet", slots.controller, 20]]);
    }
});

/** Missing inputs are waited for. */
const patient: ControllersConfig = {
  day: use(zone, { profiles: ["day"] }),
  quiet: use(zone, { profiles: ["quiet"], settings: { setpoint: 30, failSafe: 60 }, holdFor: 60_000 }),
};

test("who comes and waits for an input takes over what is in force meanwhile", async (t) => {
  const table = warm();
  const site = await sited(t, patient, { table });
  await site.clock.advance(61_000);
  table.values.delete("inlet/temperature");
  await site.clock.advance(2000);
  await site.controllers.setProfile({ profile: "quiet", ...by });
  assert.deepEqual(holders(site), [["controller quiet", slots.controller, 70]]);
  await site.clock.advance(30_000);
  assert.deepEqual(holders(site), [["controller quiet", slots.controller, 70]], "held");
  await site.clock.advance(60_000);
  assert.deepEqual(holders(site)[0], ["controller quiet", slots.failSafe, 60], "too long");
});

test("killed before whoever comes has begun, the next program leaves nobody without", async (t) => {
  const [table, keeper] = [warm(), new MemoryKeeper()];
  const clock = new TestClock();
  const first = await sited(t, patient, { table, keeper, clock, parts: { open: late(clock, () => 100) } });
  await clock.advance(61_000);
  void first.controllers.setProfile({ profile: "quiet", ...by });
  const disk = keeper.crash();
  assert.deepEqual(holders(first), [["controller day", slots.controller, 70]]);
  first.kill();
  table.values.delete("inlet/temperature");
  const next = await sited(t, patient, { table, keeper: disk, clock });
  assert.deepEqual(holders(next), [["controller quiet", slots.controller, 70]]);
  await clock.advance(20_000);
  table.values.set("inlet/temperature", 27);
  assert.equal((await watched(next, 90_000)).at(-1), 20);
});

test("an operator's override stays in force over a change", async (t) => {
  const site = await sited(t);
  await site.clock.advance(60_000);
  site.writer.submit({ device: "fan-a", action: "speed", data: "55", slot: slots.operator, ...by });
  for (const profile of ["quiet", "away", "day"]) {
    await site.controllers.setProfile({ profile, ...by });
    await site.clock.advance(20_000);
    assert.deepEqual(holders(site)[0], ["ann", slots.operator, 55]);
  }
});

test("nobody goes while holding something for the safety of life; a profile for a while waits for that", async (t) => {
  let fire = false;
  const saving = version("2.0.0", {
    step: () => ({
      outputs: { fans: fire ? { want: 0, rank: "lifeSafety" } : 40 },
      state: { steps: 0 },
      reason: fire ? "fire" : "all is well",
    }),
  });
  const site = await sited(t, {
    day: use(zone, { profiles: ["day"] }),
    quiet: use(saving, { profiles: ["quiet"] }),
  });
  await site.clock.advance(30_000);
  await site.controllers.setProfile({ profile: "quiet", holdFor: minutes(1), ...by });
  await site.clock.advance(30_000);
  fire = true;
  await site.clock.advance(10_000);
  assert.deepEqual(holders(site)[0], ["controller quiet", slots.lifeSafety, 0]);
  await assert.rejects(site.controllers.setProfile({ profile: "day", ...by }), { code: "BUSY" });
  await site.clock.advance(60_000);
  assert.equal(site.controllers.profile()?.profile, "quiet");
  fire = false;
  await site.clock.advance(30_000);
  assert.equal(site.controllers.profile()?.profile, "day");
});

test("manual ends when its profile comes: nobody would command what it has", async (t) => {
  const site = await sited(t);
  await site.clock.advance(60_000);
  site.controllers.setMode("quiet", { mode: "manual", holdFor: hours(2), ...by });
  await site.clock.advance(20_000);
  await site.controllers.setProfile({ profile: "quiet", ...by });
  assert.deepEqual(holders(site), [["controller quiet", slots.controller, 70]]);
  assert.equal((await watched(site, 70_000)).at(-1), 20);
  const { wantedMode, modeBy } = site.controllers.get("quiet") ?? {};
  assert.equal(wantedMode, "automatic");
  assert.match(modeBy?.why ?? "", /nobody else commands/);
});

test("what nobody else has and cannot be told what it should be is told of, also of one that rests", async (t) => {
  const table = warm();
  const site = await sited(t, dayAndQuiet, { table });
  await site.clock.advance(60_000);
  table.refusals.set("fan-a", new BothyError("NO_ANSWER", { source: "fan-a", timeout: 500 }));
  await site.controllers.setProfile({ profile: "away", ...by });
  await site.clock.advance(180_000);
  assert.match(
    site.controllers
      .alarms()
      .map(({ controller, id }) => `${controller} ${id}`)
      .join(),
    /^day unheld:fan-a\.speed$/,
  );
  table.refusals.clear();
  await site.clock.advance(120_000);
  assert.deepEqual(site.controllers.alarms(), []);
});

test("off lasts over a change of the profile and back", async (t) => {
  const site = await sited(t);
  await site.clock.advance(30_000);
  site.controllers.setMode("day", { mode: "off", holdFor: hours(2), ...by });
  await site.controllers.setProfile({ profile: "quiet", ...by });
  await site.controllers.setProfile({ profile: "day", ...by });
  await site.clock.advance(30_000);
  assert.deepEqual(holders(site), []);
  assert.equal(site.controllers.get("day")?.mode, "off");
});

test("whatever is asked for and whenever the program dies, somebody is in force and nothing jumps", async (t) => {
  const act = fc.oneof(
    fc.record({
      do: fc.constantFrom("day", "quiet", "away"),
      for: fc.option(fc.integer({ min: 1, max: 60 })),
    }),
    fc.record({ do: fc.constant("die"), for: fc.constant(null) }),
  );
  const acts = fc.array(fc.tuple(fc.integer({ min: 0, max: 24_000 }), act), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(acts, async (all) => {
      const table = warm();
      let keeper = new MemoryKeeper();
      let site = await sited(t, dayAndQuiet, { table, keeper });
      const { clock } = site;
      await clock.advance(30_000);
      for (const [span, { do: what, for: time }] of all) {
        await watched(site, span);
        if (what === "die") {
          keeper = keeper.crash();
          site.kill();
          site = await sited(t, dayAndQuiet, { table, keeper, clock });
        } else {
          const before = entryOf(site)?.value;
          const changed = site.controllers.profile()?.profile !== what;
          const holds = time === null ? {} : { holdFor: time * 1000 };
          await site.controllers.setProfile({ profile: what, ...holds, ...by });
          if (changed && what !== "away") assert.equal(entryOf(site)?.value, before, "nothing moves at once");
        }
      }
      const { profile } = site.controllers.profile() ?? assert.fail();
      const working = site.controllers.list().filter(({ rests }) => rests === undefined);
      assert.deepEqual(
        working.map(({ name }) => name),
        profile === "away" ? [] : [profile],
      );
      await watched(site, 150_000, 1000);
      const now = site.controllers.profile()?.profile ?? "";
      // In `away` it is the fail-safe value of whoever had it last.
      const ends = { day: [70], quiet: [20], away: [60, 90] }[now] ?? [];
      assert.ok(ends.includes(Number(entryOf(site)?.value)), `${String(entryOf(site)?.value)} in ${now}`);
      site.kill();
    }),
    { numRuns: 25 },
  );
});
