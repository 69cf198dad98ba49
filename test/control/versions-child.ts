/**
 * A site that changes the version of its controller, for tests that kill it meanwhile. Arguments: its folder, what it
 * does, and the phase it stops in for good (none: it goes to the end). Prints each phase as it comes to it.
 */
import { writeSync } from "node:fs";
import { seconds } from "../../devices/clock.ts";
import { TestClock } from "../support/test-clock.ts";
import { bundleOf, by, versionedSite } from "./versioned-site.ts";

const [folder = "", what = "", last = ""] = process.argv.slice(2);
let count = 0;
let armed = false;

function phase(name: string): void {
  if (!armed) return;
  writeSync(1, `${name}\n`);
  if (count++ === Number(last || -1)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const clock = new TestClock();
const { versions } = await versionedSite({ after: () => undefined }, folder, { clock, phase });
await clock.advance(seconds(30));

async function changed(): Promise<void> {
  const { id } = await versions.add("zone", bundleOf("1.1.0"), by);
  if (what === "promote") {
    await versions.startShadow("zone", id, by, seconds(10));
    await clock.advance(seconds(60));
    await versions.promote("zone", by);
    return;
  }
  await versions.swap("zone", id, by);
  if (what === "rollback") await versions.rollback("zone", by);
}

armed = true;
let done = false;
const work = changed().finally(() => (done = true));
const drive = async (): Promise<void> => {
  while (!done) await clock.advance(seconds(1));
};
await (what === "promote" ? work : Promise.all([work, drive()]));
phase("end");
process.exit(0);
