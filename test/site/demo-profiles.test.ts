// Profiles of the demonstration, chosen with the real program over real wires, and after its process was killed.
import assert from "node:assert/strict";
import { it } from "node:test";
import { seconds, systemClock } from "../../devices/clock.ts";
import { slots } from "../../devices/transaction.ts";
import { demoFile, startDemoProgram } from "../support/live-demo.ts";
import type { LiveSite } from "../support/live-site.ts";
import { homeIn, runProgram, scratch } from "../support/program.ts";

const timeout = 300_000;

interface Profile {
  readonly profile: string;
  readonly until?: string;
  readonly rests: readonly string[];
}

/** Until fans are commanded by whoever works. */
const commanded = (site: LiveSite, name: string): Promise<unknown> =>
  site.until(
    `${name} is trusted`,
    async () => (await site.controllers())[name]?.mode === "automatic",
    seconds(120),
  );

it("quiet fans take over where the fans are, and do so again in the next program", { timeout }, async (t) => {
  const config = demoFile(t, (demo) => {
    const { "fan-zone": fans } = demo.controllers;
    assert.ok(fans);
    demo.controllers["fan-quiet"] = {
      ...{ use: "fan-zone", profiles: ["quiet"] },
      settings: { setpoint: 28, maxDuty: 55 },
    };
    fans["profiles"] = ["day"];
    Object.assign(demo, { profiles: { names: ["day", "quiet"] } });
  });
  const site = await startDemoProgram(t, config);
  await commanded(site, "fan-zone");
  const profile = async (...args: string[]): Promise<string> => {
    const env = { ...homeIn(scratch(t)), BOTHY_HOST: site.url };
    const { code, out, err } = await runProgram(t, ["controller", "profile", ...args], env);
    assert.deepEqual([code, err], [0, ""], out);
    return out;
  };
  assert.match(await profile(), /^day \(of day, quiet\)\n.*\nrest: fan-quiet\n$/s);

  const began = systemClock.now();
  const told = await profile("quiet", "--for", "1h", "--why", "people sleep");
  assert.match(
    told,
    /^quiet \(of day, quiet\), until .*, then day; .*: people sleep\n.*\nrest: fan-zone\n$/s,
  );
  const [first] = await site.steps("fan-quiet", began);
  assert.equal(first?.mode, "automatic");
  assert.ok(first.outputs.length > 0);
  for (const { name, applied, appliedSlot, sent } of first.outputs)
    assert.deepEqual([sent, appliedSlot], [applied, slots.controller], `${name} stays as it was`);
  const { "fan-zone": before } = await site.controllers();
  assert.deepEqual(
    [before?.mode, before?.reason],
    ["resting", "it rests: profile quiet is in force, and it works in day"],
  );

  const since = systemClock.now();
  const { until } = (await site.get("/api/profile")) as Profile;
  await site.kill();
  const next = await startDemoProgram(t, config);
  await commanded(next, "fan-quiet");
  const after = (await next.get("/api/profile")) as Profile;
  assert.deepEqual([after.profile, after.until, after.rests], ["quiet", until, ["fan-zone"]]);
  assert.deepEqual(await next.steps("fan-zone", since), [], "who rests leaves no steps");
});
