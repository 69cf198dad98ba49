// What somebody on call does with a site's controllers, with the real program against a served site.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Tuning } from "../../client/index.ts";
import { hours, minutes, seconds } from "../../devices/clock.ts";
import { slots } from "../../devices/transaction.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import type { Loader } from "../../server/controllers/loader.ts";
import type { SiteDeps } from "../../server/site.ts";
import { socketLimits } from "../../server/websocket/limits.ts";
import { plantOf } from "../control/plants.ts";
import { hostOf, shipped } from "../control/versioned-site.ts";
import { homeIn, runProgram, scratch } from "../support/program.ts";
import { portOf } from "../support/sockets.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const timeout = 400_000;
const probes = Array.from({ length: 20 }, (_, i) => `probe-${i}`);
const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed] },
  ...probes.map((alias) => ({
    ...{ alias, type: "temperature", tags: ["point:inlet"] },
    outputs: [["temperature"]] as [string][],
  })),
];

const loader: Loader = {
  bundle: () => Promise.reject(new Error("no files here")),
  // A text stands for a version: its number, and how many steps it makes.
  bundleText: (file, text) =>
    Promise.resolve({ kind: "bundle", file, text, hash: `hash-of-${text}`, map: "{}" }),
  open: (source) => Promise.resolve(hostOf(source)),
};

/** A served site with a controller `zone` that sees twenty probes; time passes by hand. */
async function controlled(
  t: TestContext,
  use = "simple",
  deps: SiteDeps["controllers"] = { shipped, loader },
) {
  const values = Object.fromEntries(probes.map((alias) => [`${alias}/temperature`, 25]));
  const site = await tableSite(
    t,
    devices,
    { ...values, "fan-1/duty": 40 },
    { controllers: { zone: { use } } },
    { sockets: { ...socketLimits, ping: hours(10_000) } },
    { controllers: deps },
  );
  await site.site.controllers.started();
  await site.clock.advance(seconds(30));
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const env = { ...homeIn(scratch(t)), BOTHY_HOST: `http://127.0.0.1:${portOf(site.http)}` };
  const bothy = (...args: string[]) => runProgram(t, ["controller", ...args], env);
  const narrow = (...args: string[]) => runProgram(t, ["controller", ...args], { ...env, COLUMNS: "80" });
  return { ...site, bothy, narrow };
}

/** Time passes, step by step, until exactly these alarms stand; whatever threads, files and requests have yet to do is done meanwhile. */
async function passing(
  { clock, site }: Pick<Awaited<ReturnType<typeof controlled>>, "clock" | "site">,
  ...wanted: readonly string[]
): Promise<void> {
  const standing = (): string =>
    site.controllers.runtime
      .alarms()
      .map(({ id }) => id)
      .join(", ");
  const end = clock.monotonic() + minutes(30);
  while (standing() !== wanted.join(", ")) {
    assert.ok(
      clock.monotonic() < end,
      `these stand: ${standing() || "none"}, not ${wanted.join(", ") || "none"}`,
    );
    await clock.advance(seconds(5));
    await turn();
  }
}

test("list and why say what controls the site; why is one screen of 80 columns", { timeout }, async (t) => {
  const { bothy, narrow, clock, table } = await controlled(t);
  const [list, json, why] = await Promise.all([
    bothy("list"),
    bothy("list", "--json"),
    narrow("why", "zone"),
  ]);
  assert.deepEqual([list.code, list.err], [0, ""]);
  assert.match(list.out, /^zone +automatic +fans \d+.*1\.0 K too warm/m);
  assert.equal((JSON.parse(json.out) as { name: string }[])[0]?.name, "zone");
  assert.deepEqual([why.code, why.err], [0, ""]);
  const lines = why.out.trimEnd().split("\n");
  assert.ok(lines.length <= 23, why.out);
  assert.ok(
    lines.every((line) => line.length <= 80),
    why.out,
  );
  assert.match(why.out, /^zone: automatic +simple 1\.0\.0\nbecause +the inlet is 1\.0 K too warm/);
  assert.match(why.out, /… and 17 more/);
  const inputs = lines.filter((line) => /\binlet\b.*s old/.test(line));
  assert.equal(inputs.length, 3, why.out);
  const whole = await bothy("why", "zone");
  assert.equal(whole.out.split("\n").filter((line) => /\binlet\b.*s old/.test(line)).length, 20);
  // What is bad is told of before what is well.
  table.values.delete("probe-13/temperature");
  await clock.advance(seconds(30));
  assert.match((await narrow("why", "zone")).out, /inputs +inlet +bad: .*\n/);
  const none = await bothy("why", "zome");
  assert.equal(none.code, 2);
  assert.match(none.err, /^bothy: .*zome/);
});

test(
  "mode, set and override do what they say, and what breaks a limit is refused",
  { timeout },
  async (t) => {
    const { bothy, clock, table, site } = await controlled(t);
    const zone = () => site.controllers.runtime.get("zone");
    const set = await bothy("set", "zone", "setpoint=23", "gain=4", "--why", "warm day");
    assert.deepEqual([set.code, set.err, set.out], [0, "", "setpoint 23\ngain 4\n"]);
    assert.deepEqual(zone()?.settings, { setpoint: 23, gain: 4 });
    const bad = await bothy("set", "zone", "setpoint=99");
    assert.equal(bad.code, 2);
    assert.match(bad.err, /99 °C is above its maximum 35 °C/);
    assert.deepEqual(zone()?.settings, { setpoint: 23, gain: 4 });
    const held = await bothy("set", "zone", "setpoint=21", "--for", "30m", "--why", "tuning");
    assert.equal(held.code, 0, held.err);
    assert.match(held.out, /^setpoint 21, until .*, then 23\n$/);
    assert.match((await bothy("show", "zone")).out, /setpoint +21 .*, until .*, then 23$/m);
    await clock.advance(minutes(31));
    assert.deepEqual(zone()?.settings, { setpoint: 23, gain: 4 });
    const override = await bothy("override", "zone", "77", "--for", "10m", "--why", "noise test");
    assert.deepEqual([override.code, override.err], [0, ""]);
    await clock.advance(seconds(20));
    assert.equal(table.values.get("fan-1/duty"), 77);
    assert.match((await bothy("why", "zone")).out, /→ +8 operator 77 .*noise test/);
    assert.equal((await bothy("override", "zone", "fans=78")).code, 0);
    await clock.advance(seconds(20));
    assert.equal(table.values.get("fan-1/duty"), 78);
    const bare = await bothy("override", "zone", "79", "--force");
    assert.deepEqual([bare.code, /say the reason with --why/u.test(bare.err)], [2, true], bare.err);
    const fan = site.registry.all().find(({ alias }) => alias === "fan-1")?.id ?? "";
    const guard = { action: "speed", slot: slots.minimumOnOff, who: "controller guard" };
    site.writer.submit({ device: fan, ...guard, data: "5", why: "it has to rest" });
    const behind = await bothy("override", "zone", "79");
    assert.match(
      behind.out,
      /fan-1 speed: 79 for 30m; waits for 6 \(minimum on\/off\) of controller guard: it has to rest/u,
    );
    const forced = await bothy("override", "zone", "79", "--force", "--why", "the rack burns");
    assert.match(forced.out, /fan-1 speed: 79 for 30m, past its guards\n/u);
    await clock.advance(seconds(20));
    assert.equal(table.values.get("fan-1/duty"), 79);
    assert.match(
      (await bothy("why", "zone")).out,
      /→ +8 operator, past minimum on\/off 79 .*the rack burns/u,
    );
    site.writer.relinquish({ device: fan, ...guard, why: "it has rested" });
    assert.match(
      (await bothy("override", "zone", "lamps=1")).err,
      /output lamps of controller zone \(it has fans\) not found/,
    );
    assert.match(
      (await bothy("override", "zone", "50", "--only", "fan-9")).err,
      /device fan-9 of controller zone \(it commands fan-1.*\) not found/,
    );
    assert.equal((await bothy("override", "zone")).code, 0);
    await clock.advance(seconds(30));
    assert.notEqual(table.values.get("fan-1/duty"), 77);
    const mode = await bothy("mode", "zone", "manual", "--for", "30m");
    assert.deepEqual([mode.code, mode.err], [0, ""]);
    assert.match(mode.out, /^zone: manual, until /);
    await clock.advance(seconds(10));
    assert.equal(zone()?.mode, "manual");
    assert.equal((await bothy("mode", "zone", "sideways")).code, 2);
  },
);

test("swap puts a file in force, versions tells of it, rollback undoes it", { timeout }, async (t) => {
  const { bothy, clock, site } = await controlled(t);
  const file = join(scratch(t), "mine.ts");
  writeFileSync(file, 'export default "1.1.0 Infinity";\n');
  const version = () => site.controllers.runtime.get("zone")?.definition?.version;
  const swap = await bothy("swap", "zone", file, "--why", "it is better");
  assert.deepEqual([swap.code, swap.err], [0, ""]);
  await clock.advance(seconds(10));
  assert.equal(version(), "1.1.0");
  const told = await bothy("versions", "zone");
  assert.deepEqual([told.code, told.err], [0, ""]);
  assert.match(told.out, /1\.1\.0/);
  assert.match(told.out, /swapped .*it is better/);
  const back = await bothy("rollback", "zone", "--why", "it was not");
  assert.deepEqual([back.code, back.err], [0, ""]);
  assert.equal(version(), "1.0.0");
  writeFileSync(file, "export default 7 +;\n");
  const broken = await bothy("swap", "zone", file);
  assert.equal(broken.code, 2);
  assert.match(broken.err, /^bothy: \S*mine\.ts cannot be loaded: mine\.ts:1:19: /);
  const none = await bothy("swap", "zone", "9.9.9");
  assert.equal(none.code, 2);
  assert.match(none.err, /9\.9\.9/);
});

test("shadow begins one, says how it does, and ends it", { timeout }, async (t) => {
  const { bothy, clock } = await controlled(t);
  const nothing = await bothy("shadow", "zone");
  assert.deepEqual([nothing.code, /nothing is in shadow of zone/u.test(nothing.err)], [2, true]);
  const file = join(scratch(t), "mine.ts");
  writeFileSync(file, 'export default "1.1.0 Infinity";\n');
  assert.match((await bothy("shadow", "zone", file)).out, /^in shadow: 1\.1\.0, 0 steps/u);
  await clock.advance(seconds(30));
  assert.match((await bothy("shadow", "zone")).out, /^in shadow: 1\.1\.0, [1-9]\d* steps/u);
  assert.equal((await bothy("shadow", "zone", file, "--end")).code, 2);
  assert.match((await bothy("shadow", "zone", "--end")).out, /^in shadow: 1\.1\.0, [1-9]\d* steps/u);
  assert.equal((await bothy("shadow", "zone")).code, 2);
});

test("the help names the columns of listings, and they can be chosen", { timeout }, async (t) => {
  const { bothy } = await controlled(t);
  for (const listing of ["list", "alarms"]) {
    const help = (await bothy(listing, "--help")).out.replaceAll(/\s+/gu, " ");
    const columns = /in this order: (\S+(?: of,\S+)?)/u.exec(help)?.[1] ?? "";
    const told = await bothy(listing, "--csv", "--columns", columns);
    assert.equal(told.err, "", columns);
    assert.equal((await bothy(listing, "--csv")).out.split("\r\n")[0], columns);
  }
});

test("ack ends an alarm that latches: that a version was taken back by itself", { timeout }, async (t) => {
  const of = await controlled(t);
  const { bothy } = of;
  const file = join(scratch(t), "mine.ts");
  writeFileSync(file, 'export default "1.1.0 12";\n');
  const swapped = await bothy("swap", "zone", file, "--why", "to see");
  assert.deepEqual([swapped.code, swapped.err], [0, ""]);
  await passing(of, "taken-back");
  const told = await bothy("alarms", "zone");
  assert.equal(told.code, 1, told.out + told.err);
  assert.match(
    told.out,
    /taken-back.*simple 1\.0\.0 is in force again, because of simple 1\.1\.0: .*no more/u,
  );
  assert.match((await bothy("why", "zone")).out, /alarms +warning: simple 1\.0\.0 is in force again/u);
  const none = await bothy("ack", "zone", "hot");
  assert.equal(none.code, 2);
  assert.match(none.err, /alarm hot of controller zone, of which these stand: taken-back/u);
  const done = await bothy("ack", "zone", "taken-back", "--why", "it is mended");
  assert.deepEqual([done.code, done.out], [0, "zone taken-back: acknowledged, and over\n"], done.err);
  await passing(of);
  const after = await bothy("alarms", "zone");
  assert.equal(after.code, 0, after.out + after.err);
});

test(
  "tune finds gains of a loop that answers as a plant does, and puts them in force",
  { timeout },
  async (t) => {
    const of = await controlled(t, "fan-zone", {
      shipped: [fanZone],
      loader: { ...loader, open: () => Promise.resolve(new InlineHost(fanZone)) },
    });
    const { bothy, clock, table, site } = of;
    const zone = () => site.controllers.runtime.get("zone");
    const period = seconds(1);
    const plant = plantOf({ type: "fopdt", K: -0.25, tau: 120, theta: 20, base: 41 }, period / 1000, 25, 40);
    const over = { now: false };
    const passing = (async () => {
      while (!over.now) {
        plant.hold(Number(table.values.get("fan-1/duty")));
        for (const alias of probes) table.values.set(`${alias}/temperature`, plant.y());
        await clock.advance(period);
        await turn();
      }
    })();
    t.after(() => (over.now = true));
    const asked = ["--centre", "60", "--height", "8"];
    const dry = await bothy("tune", "zone", ...asked);
    assert.deepEqual([dry.code, dry.err], [0, ""], dry.out);
    assert.match(dry.out, /^zone: moves fans around 60 % by 8 %, within 25\.\.100 %/);
    assert.match(dry.out, /^gain +4 → [\d.]+ %\/K +\(0\.\.100\)$/m);
    assert.match(dry.out, /^not in force: `bothy controller set zone gain=[\d.]+ integralTime=\d+ /m);
    assert.deepEqual([zone()?.settings["gain"], zone()?.settings["integralTime"]], [4, 240]);
    const set = await bothy("tune", "zone", ...asked, "--method", "step", "--apply", "--json");
    assert.deepEqual([set.code, set.err], [0, ""]);
    const { phase, plant: found, proposal } = JSON.parse(set.out) as Tuning;
    assert.equal(phase, "done");
    assert.ok(Math.abs((found?.gain ?? 0) + 0.25) < 0.02, set.out);
    assert.ok(Math.abs((found?.tau ?? 0) - 120) < 15, set.out);
    for (const { name, value } of proposal ?? []) assert.equal(zone()?.settings[name], value, name);
    assert.notEqual(zone()?.settings["gain"], 4);
    over.now = true;
    await passing;
  },
);
