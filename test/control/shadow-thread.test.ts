// A version in shadow in a thread of its own, which never comes back from its step.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openInThreads } from "../../controllers/runtime/hosts.ts";
import { loadText } from "../../controllers/runtime/load.ts";
import type { Recorded } from "../../controllers/trace/recorded.ts";
import { recordSteps } from "../../controllers/trace/recorder.ts";
import { Trace } from "../../controllers/trace/trace.ts";
import { VersionStore } from "../../controllers/versions/store.ts";
import { Versions } from "../../controllers/versions/versions.ts";
import { seconds, sleep, systemClock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { controlSite } from "../support/control-site.ts";
import { Table } from "../support/table-plugin.ts";
import { settle, TestClock } from "../support/test-clock.ts";

const period = seconds(2);
const by = { who: "ann", why: "to see" };

const text = (version: string, body: string): string => `
import { defineController, seconds, select, Type } from "bothy/controllers";
export default defineController({
  name: "mine",
  version: "${version}",
  summary: "for tests",
  period: seconds(${period / 1000}),
  budget: 1000,
  settings: Type.Object({}),
  inputs: { inlet: select("type:temperature").max() },
  outputs: { fans: select("type:fan").action("speed") },
  failSafe: { fans: 95 },
  init: () => ({ steps: 0 }),
  step: ({ inputs, state }) => {
    ${body}
    return { outputs: { fans: 25 + inputs.inlet.value }, state: { steps: state.steps + 1 }, reason: "so" };
  },
});
`;

/** A site whose one controller runs in a thread; the site's time is the test's, the threads' is real. */
async function threaded(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "bothy-shadow-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = silentLog;
  const clock = new TestClock();
  const open = openInThreads([], { clock: systemClock, log });
  const store = new VersionStore({ clock, log, folder });
  const trace = new Trace<Recorded>({ clock, log }, {});
  const versions = new Versions({
    ...{ clock, log, store, trace, shipped: [] },
    openHost: (source) => open(source, { name: "mine" }),
  });
  const table = new Table();
  table.values.set("inlet/temperature", 27);
  const use = await loadText("mine.ts", text("1.0.0", ""));
  const site = await controlSite(t, { mine: { use } }, { table, clock, parts: { open } });
  recordSteps(site.controllers, trace);
  versions.follow(site.controllers);
  t.after(() => versions.close());
  /** One step of the version in force, however long it takes. */
  const step = async (): Promise<void> => {
    const before = site.traces.length;
    await clock.advance(period);
    while (site.traces.length === before) await sleep(systemClock, 1);
    await settle();
  };
  return { ...site, versions, step };
}

test("a shadow that never ends its step delays nobody, is told of, and cannot come in force", async (t) => {
  const { versions, controllers, traces, step, duty } = await threaded(t);
  for (let i = 0; i < 5; i++) await step();
  assert.equal(controllers.get("mine")?.mode, "automatic");
  const endless = await loadText("mine.ts", text("1.1.0", "for (;;);"));
  const { id } = await versions.add("mine", endless, by);
  await versions.startShadow("mine", id, by, seconds(10));
  const before = traces.length;
  // Its own thread had to be started first.
  const missedBefore = controllers.get("mine")?.missed;
  const shadow = () => versions.status("mine").shadow ?? assert.fail("it is not in shadow");
  // Until its thread has been ended, and is started anew.
  while (shadow().failures < 1) await step();
  const first = shadow().lastFailure;
  while (shadow().failures < 2) await step();
  const meanwhile = traces.slice(before);
  assert.ok(meanwhile.length >= 3, `${meanwhile.length} steps`);
  assert.deepEqual(
    new Set(meanwhile.map(({ mode, reason }) => `${mode} ${reason}`)),
    new Set(["automatic so"]),
  );
  assert.deepEqual(
    meanwhile.slice(1).map(({ at }, i) => at - (meanwhile[i]?.at ?? 0)),
    meanwhile.slice(1).map(() => period),
    "not a step is missing",
  );
  const { missed, failures, alarms, definition } = controllers.get("mine") ?? assert.fail();
  assert.deepEqual([missed, failures, alarms, definition?.version], [missedBefore, 0, [], "1.0.0"]);
  assert.equal(duty(), 52);
  const { missed: passed, notYet } = shadow();
  assert.equal(first?.kind, "overran");
  assert.match(first.text, /it took longer than 1100 ms and was ended/);
  assert.ok(passed > 0, "steps passed it by");
  assert.match(notYet ?? "", /^it failed in \d+ steps: /);
  await assert.rejects(versions.promote("mine", by), /it failed in \d+ steps/);
  await versions.endShadow("mine");
  assert.equal(versions.status("mine").shadow, undefined);
  await step();
  assert.equal(controllers.get("mine")?.mode, "automatic");
});
