import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Source } from "../../controllers/runtime/source.ts";
import { VersionStore } from "../../controllers/versions/store.ts";
import { minutes, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import type { TestClock } from "../support/test-clock.ts";
import {
  bundleOf,
  by,
  configured,
  configuredId,
  versionedSite,
  type VersionedSite,
} from "./versioned-site.ts";

const own = bundleOf("1.1.0");

async function driven<T>({ clock }: VersionedSite, work: Promise<T>): Promise<T> {
  const progress = { done: false };
  const end = (): void => void (progress.done = true);
  work.then(end, end);
  for (let i = 0; i < 60 && !progress.done; i++) await clock.advance(seconds(1));
  return await work;
}

/** A site that another version was put in force at. */
async function swapped(t: TestContext, folder: string, bundle = own): Promise<VersionedSite> {
  const site = await versionedSite(t, folder);
  await site.clock.advance(seconds(30));
  const { id } = await site.versions.add("zone", bundle, by);
  await driven(site, site.versions.swap("zone", id, by));
  return site;
}

/** What a program that starts on the folder now would begin with. */
const again = async (
  t: TestContext,
  folder: string,
  clock: TestClock,
  use: Source = configured,
): Promise<VersionedSite> => await versionedSite(t, folder, { clock, configured: use });

const idOf = (source: Source): string => (source.kind === "bundle" ? source.hash : configuredId);

test("what was put in force last is in force after a restart", async (t) => {
  const folder = temporaryFolder(t);
  const first = await swapped(t, folder);
  await first.clock.advance(minutes(20));
  first.kill();
  const second = await again(t, folder, first.clock);
  assert.equal(idOf(second.source), own.hash);
  await second.clock.advance(seconds(10));
  const { inForce, configured: named, by: whose } = second.versions.status("zone");
  assert.deepEqual([inForce, named, whose], [own.hash, configuredId, by]);
  assert.equal(second.controllers.get("zone")?.definition?.version, "1.1.0");
});

test("what the configuration names anew goes before what was put in force", async (t) => {
  const folder = temporaryFolder(t);
  const first = await swapped(t, folder);
  await first.clock.advance(minutes(20));
  first.kill();
  const named = bundleOf("1.5.0");
  const second = await again(t, folder, first.clock, named);
  assert.equal(idOf(second.source), named.hash);
  assert.deepEqual(
    second.versions
      .status("zone")
      .history.slice(0, 2)
      .map(({ what, id, from }) => [what, id, from]),
    [
      ["configured", named.hash, own.hash],
      ["added", named.hash, undefined],
    ],
  );
  second.kill();
  const third = await again(t, folder, first.clock, named);
  assert.equal(third.versions.status("zone").history[0]?.what, "configured");
  assert.equal(
    third.versions.status("zone").history.filter(({ what }) => what === "configured").length,
    2,
    "the same configuration says nothing anew",
  );
  third.kill();
  const fourth = await again(t, folder, first.clock);
  assert.equal(idOf(fourth.source), configuredId);
});

test("what a program starts three times with while it is on probation is taken back", async (t) => {
  const folder = temporaryFolder(t);
  const first = await swapped(t, folder);
  first.kill();
  const sources: string[] = [];
  const alarms: (readonly string[])[] = [];
  for (let i = 0; i < 4; i++) {
    const site = await again(t, folder, first.clock);
    sources.push(idOf(site.source));
    alarms.push(site.controllers.alarms().map(({ id, text }) => `${id}: ${text}`));
    site.kill();
  }
  assert.deepEqual(sources, [own.hash, own.hash, configuredId, configuredId]);
  const told =
    "taken-back: simple 1.0.0 is in force again, because of simple 1.1.0: the program started 3 times while it was on probation; mend it, then swap or promote it anew";
  assert.deepEqual(alarms, [[], [], [told], []], "told once: from then on the controller's state has it");
  const store = new VersionStore({ clock: first.clock, log: silentLog, folder });
  const [newest] = store.history("zone");
  assert.ok(newest !== undefined);
  assert.deepEqual([newest.what, newest.id, newest.from], ["rolled back", configuredId, own.hash]);
  assert.equal(newest.by.who, "runtime");
  assert.match(newest.by.why, /3 times/);
});

test("rolling back goes further back each time, and never to what was gone back from", async (t) => {
  const site = await swapped(t, temporaryFolder(t));
  const [one, two] = [bundleOf("1.2.0"), bundleOf("1.3.0")];
  for (const bundle of [one, two]) {
    await site.versions.add("zone", bundle, by);
    await site.versions.swap("zone", bundle.hash, by);
  }
  const steps: string[] = [];
  for (let i = 0; i < 3; i++) {
    await site.versions.rollback("zone", by);
    steps.push(site.versions.status("zone").inForce);
  }
  assert.deepEqual(steps, [one.hash, own.hash, configuredId]);
  await assert.rejects(site.versions.rollback("zone", by), { code: "NOT_FOUND" });
});

test("starts after its probation do not count", async (t) => {
  const folder = temporaryFolder(t);
  const first = await swapped(t, folder);
  await first.clock.advance(minutes(16));
  assert.equal(first.versions.status("zone").probation, undefined);
  first.kill();
  for (let i = 0; i < 4; i++) {
    const site = await again(t, folder, first.clock);
    assert.equal(idOf(site.source), own.hash);
    site.kill();
  }
});

test("a version that fails on probation is taken back by itself, also for after a restart", async (t) => {
  const folder = temporaryFolder(t);
  const site = await swapped(t, folder, bundleOf("1.1.0", 10));
  const failing = site.versions.status("zone").inForce;
  assert.equal(failing, bundleOf("1.1.0", 10).hash);
  assert.equal(site.versions.status("zone").probation?.previous, configuredId);
  await site.clock.advance(minutes(2));
  const { inForce, history, probation } = site.versions.status("zone");
  assert.deepEqual([inForce, probation], [configuredId, undefined]);
  assert.deepEqual([history[0]?.what, history[0]?.from], ["rolled back", failing]);
  assert.match(history[0]?.by.why ?? "", /no more/);
  assert.equal(site.controllers.get("zone")?.mode, "automatic");
  site.kill();
  const store = new VersionStore({ clock: site.clock, log: silentLog, folder });
  assert.equal(store.inForce("zone")?.id, configuredId);
  const second = await again(t, folder, site.clock);
  assert.equal(idOf(second.source), configuredId);
});

test("a version that fails on probation is taken back also when the program was started anew meanwhile", async (t) => {
  const folder = temporaryFolder(t);
  const bad = bundleOf("1.1.0", 40);
  const first = await swapped(t, folder, bad);
  await first.clock.advance(seconds(30));
  first.kill();
  const second = await again(t, folder, first.clock);
  assert.equal(idOf(second.source), bad.hash);
  await second.clock.advance(minutes(5));
  const { inForce, history } = second.versions.status("zone");
  assert.equal(inForce, configuredId);
  assert.deepEqual(
    [history[0]?.what, history[0]?.from, history[0]?.by.who],
    ["rolled back", bad.hash, "runtime"],
  );
  assert.match(history[0]?.by.why ?? "", /no more/);
  const { mode, failures, probation, alarms = [] } = second.controllers.get("zone") ?? {};
  assert.deepEqual([mode, failures, probation], ["automatic", 1, undefined]);
  const told = alarms.find(({ id }) => id === "taken-back");
  assert.match(told?.text ?? "", /simple 1\.0\.0 is in force again, because of simple 1\.1\.0: .*no more/u);
  second.kill();
  assert.equal(idOf((await again(t, folder, second.clock)).source), configuredId);
});

test("after its probation a version that fails stays, also when the program was started anew", async (t) => {
  const folder = temporaryFolder(t);
  const bad = bundleOf("1.1.0", 40);
  const first = await swapped(t, folder, bad);
  await first.clock.advance(seconds(30));
  first.kill();
  await first.clock.advance(minutes(15));
  const second = await again(t, folder, first.clock);
  await second.clock.advance(minutes(5));
  assert.equal(second.versions.status("zone").inForce, bad.hash);
  assert.match(second.controllers.get("zone")?.lastFailure?.text ?? "", /no more/);
});

test("the wall clock is set: a probation lasts no longer and no shorter, also when the program was started anew", async (t) => {
  const year = minutes(365 * 24 * 60);
  const bad = bundleOf("1.1.0", 40);
  for (const span of [year, -year]) {
    const folder = temporaryFolder(t);
    const first = await swapped(t, folder, bad);
    first.clock.setWall(span);
    await first.clock.advance(seconds(30));
    const { until = 0 } = first.versions.status("zone").probation ?? {};
    assert.ok(
      Math.abs(until - first.clock.now() - minutes(14.5)) <= seconds(1),
      "told by the clock as it is",
    );
    first.kill();
    const second = await again(t, folder, first.clock);
    await second.clock.advance(minutes(5));
    // Set forward before it was kept anew, it is over: nobody can know how long the program was away.
    assert.equal(second.versions.status("zone").inForce, span < 0 ? configuredId : bad.hash);
    second.kill();
  }
});

test("a probation is over when its time is, although the wall clock was set back: starts after it do not count", async (t) => {
  const folder = temporaryFolder(t);
  const first = await swapped(t, folder);
  first.kill();
  first.clock.setWall(-minutes(365 * 24 * 60));
  let site = await again(t, folder, first.clock);
  await site.clock.advance(minutes(16));
  for (let i = 0; i < 4; i++) {
    site.kill();
    site = await again(t, folder, first.clock);
    assert.equal(idOf(site.source), own.hash);
  }
});

test("a version that is lost is not in force after a restart: the configured one is", async (t) => {
  const folder = temporaryFolder(t);
  const first = await swapped(t, folder);
  first.kill();
  const store = new VersionStore({ clock: first.clock, log: silentLog, folder });
  store.put("zone", "swapped", { id: "nothing-of-that-name", configured: configuredId, by });
  const second = await again(t, folder, first.clock);
  assert.equal(idOf(second.source), configuredId);
  await second.clock.advance(seconds(30));
  assert.equal(second.versions.status("zone").inForce, configuredId);
});

test("of two changes at once the second is refused, and the first is done", async (t) => {
  const site = await versionedSite(t, temporaryFolder(t));
  await site.clock.advance(seconds(30));
  const { id } = await site.versions.add("zone", own, by);
  const first = site.versions.swap("zone", id, by);
  await assert.rejects(
    site.versions.startShadow("zone", configuredId, by),
    (error) => error instanceof BothyError && error.code === "BUSY",
  );
  await driven(site, first);
  assert.equal(site.versions.status("zone").inForce, id);
});

test("what throws at its first step is refused, and nothing on the disk has changed", async (t) => {
  const folder = temporaryFolder(t);
  const site = await versionedSite(t, folder);
  await site.clock.advance(seconds(30));
  const { id } = await site.versions.add("zone", bundleOf("1.1.0", 0), by);
  await assert.rejects(driven(site, site.versions.swap("zone", id, by)), /no more/);
  const store = new VersionStore({ clock: site.clock, log: silentLog, folder });
  assert.equal(store.inForce("zone")?.id, configuredId);
  assert.equal(site.versions.status("zone").inForce, configuredId);
});
