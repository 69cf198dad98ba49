// A state folder that cannot be written: control goes on, it is said, and who starts again knows less, not worse.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { minutes, seconds } from "../../devices/clock.ts";
import { type Log, silentLog } from "../../devices/plugin.ts";
import { slots } from "../../devices/transaction.ts";
import type { Disk, Opened } from "../../server/state/disk.ts";
import { DiskKeeper } from "../../server/state/disk-keeper.ts";
import { openState } from "../../server/state/state.ts";
import { controlSite } from "../support/control-site.ts";
import { TestClock } from "../support/test-clock.ts";
import { by, stepsOf, use, warm, zone } from "./zone-site.ts";

const config = { inlet: use(zone) };
const unkept = /^what happens now is lost when the program ends: the state folder cannot be written/;

/** A log, and the texts of its warnings and errors. */
function heard(): { readonly log: Log; readonly said: readonly string[] } {
  const said: string[] = [];
  const hear = (_: object, text: string): void => void said.push(text);
  return { log: { ...silentLog, warn: hear, error: hear }, said };
}

/** A disk that takes what it is given, until it is full. */
class Filling {
  readonly records = new Map<string, string>();
  full = false;
  readonly disk: Disk = {
    write: (changes) => {
      if (this.full) return Promise.reject(new Error("IO error: No space left on device"));
      for (const [key, json] of changes)
        if (json === undefined) this.records.delete(key);
        else this.records.set(key, json);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };

  open(): Opened {
    const entries = [...this.records].map(([key, json]) => [key, JSON.parse(json) as unknown] as const);
    return { disk: this.disk, records: new Map(entries) };
  }

  keeper(clock: TestClock, log: Log): DiskKeeper {
    const reopen = (): Promise<Opened> =>
      this.full ? Promise.reject(new Error("No space left on device")) : Promise.resolve(this.open());
    return new DiskKeeper({ clock, log, folder: "/state", reopen }, this.open());
  }
}

test("a disk that fills up while controllers run: they go on, and start again from what it last took", async (t) => {
  const { log, said } = heard();
  const clock = new TestClock();
  const disk = new Filling();
  const keeper = disk.keeper(clock, log);
  const first = await controlSite(t, config, { table: warm(), keeper, clock });
  await clock.advance(minutes(1));
  assert.equal(keeper.status().kept, true);
  disk.full = true;
  // Neither what it does by itself nor what somebody asks of it waits for the disk.
  await first.controllers.setSettings("inlet", { setpoint: 24 }, by);
  await clock.advance(minutes(10));
  assert.equal(keeper.status().kept, false);
  assert.match(keeper.status().fault ?? "", /No space left/);
  assert.ok(
    said.some((text) => unkept.test(text)),
    said.join("\n"),
  );
  const running = first.controllers.get("inlet");
  assert.deepEqual([running?.mode, running?.missed, running?.failures], ["automatic", 0, 0]);
  assert.equal(first.duty(), 80, "with the settings it was given meanwhile");
  const steps = stepsOf(running?.last?.state);
  first.kill();

  disk.full = false;
  const again = disk.keeper(clock, log);
  const next = await controlSite(t, config, { table: first.table, keeper: again, clock });
  assert.deepEqual(next.slots()[0], [slots.failSafe, 90]);
  assert.equal(next.controllers.get("inlet")?.mode, "fail-safe");
  assert.match(next.controllers.get("inlet")?.last?.reason ?? "", /^fail-safe: it has just begun/);
  await clock.advance(minutes(2));
  const after = next.controllers.get("inlet");
  assert.deepEqual([after?.mode, next.duty()], ["automatic", 70], "the setting never reached the disk");
  const [since] = next.traces.map(({ state }) => stepsOf(state));
  assert.ok(since !== undefined && since > 0 && since < steps, "from the state that did");
});

/** A place below a file, where no folder can be. */
function noFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-state-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), "in the way\n");
  return join(folder, "file", "state");
}

test("a folder that was never there: each start is a fresh one, in fail-safe first, and says so", async (t) => {
  const { log, said } = heard();
  const clock = new TestClock();
  const folder = noFolder(t);
  const keeper = await openState(folder, { clock, log });
  t.after(() => keeper.close());
  assert.deepEqual([keeper.status().kept, keeper.load("controller").size], [false, 0]);
  assert.ok(
    said.some((text) => unkept.test(text)),
    said.join("\n"),
  );
  const first = await controlSite(t, config, { table: warm(), keeper, clock });
  await clock.advance(minutes(5));
  assert.deepEqual([first.controllers.get("inlet")?.mode, first.duty()], ["automatic", 70]);
  first.kill();
  await keeper.close();

  const again = await openState(folder, { clock, log });
  t.after(() => again.close());
  const next = await controlSite(t, config, { table: first.table, keeper: again, clock });
  assert.deepEqual(next.slots(), [[slots.failSafe, 90]]);
  await clock.advance(seconds(1));
  assert.match(next.controllers.get("inlet")?.last?.reason ?? "", /^fail-safe: it has just begun/);
  assert.equal(stepsOf(next.traces[0]?.state), 1, "nothing is left of the one before");
  await clock.advance(minutes(1));
  assert.deepEqual([next.controllers.get("inlet")?.mode, next.duty()], ["automatic", 70]);
});
