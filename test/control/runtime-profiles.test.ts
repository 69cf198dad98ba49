import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { ControllersConfig } from "../../controllers/runtime/api.ts";
import { select } from "../../controllers/index.ts";
import type { Definition } from "../../controllers/contract.ts";
import { openHere } from "../../controllers/runtime/hosts.ts";
import type { OpenHost } from "../../controllers/runtime/version.ts";
import { hours, minutes, type Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { slots } from "../../devices/transaction.ts";
import { controlSite, type ControlSite, type ControlSiteOptions } from "../support/control-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { TestClock } from "../support/test-clock.ts";
import { by, plain, use, version, warm, zone } from "./zone-site.ts";

const profiles = { names: ["day", "quiet", "away"], default: "day" };

/** At 27 °C `day` wants 70 % and `quiet` 20 %; nobody works in `away`. */
const dayAndQuiet: ControllersConfig = {
  day: use(zone, { profiles: ["day"], settings: { failSafe: 90 } }),
  quiet: use(zone, { profiles: ["quiet"], settings: { setpoint: 30, failSafe: 60 } }),
};

const sited = (
  t: Pick<TestContext, "after">,
  config: ControllersConfig = dayAndQuiet,
  { parts, ...options }: ControlSiteOptions = {},
): Promise<ControlSite> =>
  controlSite(t, config, { table: warm(), ...options, parts: { profiles, ...parts } });

const modes = (site: ControlSite) => site.controllers.list().map(({ name, mode }) => [name, mode]);

/** Who holds an output, the strongest first. */
const holders = (site: ControlSite, alias = "fan-a") =>
  (site.writer.array(alias)[0]?.entries ?? []).map(({ who, slot, value }) => [who, slot, value]);

const entryOf = (site: ControlSite) => site.writer.array("fan-a")[0]?.inForce;

/**
 * Lets time pass, and looks all the while: somebody is in force at every moment, and nothing changes faster than rates
 * allow (2 %/s up, 1 %/s down).
 */
async function watched(site: ControlSite, span: number, every = 500): Promise<readonly number[]> {
  const seen: number[] = [];
  let last = { at: site.clock.monotonic(), value: Number(entryOf(site)?.value) };
  for (let passed = 0; passed < span; passed += every) {
    await site.clock.advance(every);
    const entry = entryOf(site);
    assert.ok(entry !== undefined, "somebody is in force");
    const value = Number(entry.value);
    if (value === last.value) continue;
    const seconds = (site.clock.monotonic() - last.at) / 1000;
    const most = (value > last.value ? 2 : 1) * Math.max(5, seconds);
    assert.ok(Math.abs(value - last.value) <= most + 1e-9, `${last.value} to ${value} in ${seconds} s`);
    last = { at: site.clock.monotonic(), value };
    seen.push(value);
  }
  return seen;
}

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
  const gate = Promise.reject(new BothyError("NO_ANSWER", { source: "fan-a", timeout: 500 }));
  gate.catch(() => undefined);
  table.gates.set("fan-a", gate);
  await site.controllers.setProfile({ profile: "away", ...by });
  await site.clock.advance(180_000);
  assert.match(
    site.controllers
      .alarms()
      .map(({ controller, id }) => `${controller} ${id}`)
      .join(),
    /^day unheld:fan-a\.speed$/,
  );
  table.gates.clear();
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
