import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { seconds } from "../../devices/clock.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import { bundleOf, by, configuredId, versionedSite } from "./versioned-site.ts";

const childFile = fileURLToPath(new URL("versions-child.ts", import.meta.url));
const timeout = 900_000;
const other = bundleOf("1.1.0").hash;

/** What is in force after so many times that this was written, by what the child does. */
const inForceAfter: Readonly<Record<string, readonly string[]>> = {
  swap: [configuredId, other],
  promote: [configuredId, other],
  rollback: [configuredId, other, configuredId],
};

/** Lets a child run to a phase, kills it there, and says which it went through; without one: to its end. */
async function phasesOf(
  t: TestContext,
  folder: string,
  what: string,
  last?: number,
): Promise<readonly string[]> {
  const args = ["--import", "tsx", childFile, folder, what, ...(last === undefined ? [] : [String(last)])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const closed = once(child, "close");
  const phases: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    phases.push(line);
    if (last !== undefined && phases.length > last) child.kill("SIGKILL");
  }
  assert.deepEqual(await closed, last === undefined ? [0, null] : [null, "SIGKILL"], phases.join(", "));
  return phases;
}

/** Begins anew on what a killed program left behind. */
async function checked(t: TestContext, folder: string, expected: string, place: string): Promise<void> {
  const site = await versionedSite(t, folder);
  await site.clock.advance(seconds(30));
  const running = site.controllers.list();
  assert.equal(running.length, 1, place);
  const { mode, standing, source } = running[0]!;
  assert.deepEqual([mode, standing], ["automatic", "running"], place);
  const { inForce, history } = site.versions.status("zone");
  assert.equal(inForce, expected, place);
  assert.equal(source.kind === "bundle" ? source.hash : configuredId, expected, place);
  assert.ok(history.filter(({ what }) => what === "added").length <= 1, place);
  // And it can be changed again.
  const next = await site.versions.add("zone", bundleOf("1.2.0"), by);
  const swapped = site.versions.swap("zone", next.id, by);
  await site.clock.advance(seconds(10));
  await swapped;
  assert.equal(site.versions.status("zone").inForce, next.id, place);
}

for (const [what, inForce] of Object.entries(inForceAfter))
  test(
    `a program killed in any phase of a ${what} leaves exactly one version in force, one of the two`,
    { timeout },
    async (t) => {
      const all = await phasesOf(t, temporaryFolder(t), what);
      for (const phase of ["load", "before text", "written in force", "after in force", "before history"])
        assert.ok(all.includes(phase), `${phase} is among ${all.join(", ")}`);
      assert.equal(all.filter((phase) => phase === "after in force").length, inForce.length - 1);
      // What comes before a roll-back is a swap.
      const first = what === "rollback" ? all.indexOf("after in force") : 0;
      for (let last = first; last < all.length; last++) {
        const folder = temporaryFolder(t);
        const phases = await phasesOf(t, folder, what, last);
        assert.deepEqual(phases, all.slice(0, last + 1));
        const written = phases.filter((phase) => phase === "after in force").length;
        await checked(t, folder, inForce[written]!, `${what}, killed in phase ${last}: ${phases.at(-1)}`);
      }
    },
  );
