import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { celsius, Type } from "../../controllers/index.ts";
import type { Definition } from "../../controllers/contract.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import type { Recorded } from "../../controllers/trace/recorded.ts";
import { Trace } from "../../controllers/trace/trace.ts";
import type { Numbered } from "../../controllers/trace/traced.ts";
import { replay, type ReplayOptions } from "../../controllers/versions/replay.ts";
import { silentLog } from "../../devices/plugin.ts";
import { TestClock } from "../support/test-clock.ts";
import { recordedRun, simple, wider } from "./second-version.ts";

const options = (more: Partial<ReplayOptions> = {}): ReplayOptions => ({
  signal: new AbortController().signal,
  clock: new TestClock(),
  most: 1e6,
  ...more,
});
const inFailSafe = recordedRun(simple(), 10).filter(({ mode }) => mode === "fail-safe").length;
const hostOf = (definition: Definition) => () => Promise.resolve(new InlineHost(definition));

async function* each(steps: readonly Numbered<Recorded>[]): AsyncGenerator<Numbered<Recorded>> {
  await Promise.resolve();
  yield* steps;
}

/** What comes back from a disk: numbers, moments, and a state every 64 steps. */
async function throughDisk(t: TestContext, steps: readonly Numbered<Recorded>[]): Promise<Trace<Recorded>> {
  const folder = mkdtempSync(join(tmpdir(), "bothy-replay-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new TestClock();
  const trace = new Trace<Recorded>({ clock, log: silentLog }, { folder });
  steps.forEach((step, i) => trace.add("fans", step, step.mode !== steps[i - 1]?.mode));
  trace.close();
  await Promise.resolve();
  return new Trace<Recorded>({ clock, log: silentLog }, { folder });
}

test("the version that was in force makes of its own history what it made then", async (t) => {
  const trace = await throughDisk(t, recordedRun(simple(), 1000));
  const report = await replay(trace.range("fans"), hostOf(simple()), options());
  assert.ok(report.skipped <= inFailSafe + 2);
  assert.equal(report.steps, 1000 - report.skipped);
  assert.equal(report.failures, 0);
  assert.equal(report.comparison.differing, 0, JSON.stringify(report.comparison.examples[0]));
  assert.ok(report.comparison.compared > 990);
  assert.deepEqual(report.recorded, ["simple@1.0.0"]);
});

test("it can start anywhere, from the next state that was kept", async (t) => {
  const steps = recordedRun(simple(), 1000);
  const trace = await throughDisk(t, steps);
  for (const start of [1, 17, 64, 65, 500, 930]) {
    const report = await replay(
      trace.range("fans", { from: steps[start]?.at ?? 0 }),
      hostOf(simple()),
      options(),
    );
    assert.ok(report.skipped <= 64);
    assert.equal(report.steps + report.skipped, 1000 - start);
    assert.equal(report.comparison.differing, 0);
  }
});

test("another version is told apart, by how much and where", async () => {
  const warmer = simple("1.1.0", (value, error) => (error > 3 ? Math.min(100, value + 15) : value));
  const report = await replay(each(recordedRun(simple(), 500)), hostOf(warmer), options());
  const { comparison } = report;
  assert.equal(report.version, "1.1.0");
  assert.ok(comparison.large > 10 && comparison.differing < comparison.compared);
  assert.ok(comparison.outputs[0]!.largest <= 15.001 && comparison.outputs[0]!.largest > 14);
  assert.ok(comparison.examples.every(({ first, second }) => first !== second));
});

test("other settings show what would have been", async () => {
  const steps = recordedRun(simple(), 300);
  const same = await replay(each(steps), hostOf(simple()), options({ settings: { setpoint: 24 } }));
  const cooler = await replay(each(steps), hostOf(simple()), options({ settings: { setpoint: 20 } }));
  assert.equal(same.comparison.differing, 0);
  assert.ok(cooler.comparison.differing > 200);
});

/** A version whose range for the setpoint is another, or that takes no such gain with it. */
const narrower = (maximum: number, check?: Definition["check"]): Definition => {
  const before = simple("2.0.0");
  return {
    ...before,
    settings: Type.Object({
      setpoint: celsius({ default: 21, minimum: 15, maximum, description: "Wanted at the inlet." }),
      gain: Type.Union([Type.Literal(3), Type.Literal(4)], { default: 4, description: "% per K." }),
    }),
    ...(check === undefined ? {} : { check }),
  };
};

test("recorded settings a version does not take are taken as near as it does, which is said", async () => {
  const steps = recordedRun(simple(), 300);
  const report = await replay(each(steps), hostOf(narrower(23)), options());
  assert.ok(report.steps > 280);
  assert.equal(report.failures, 0);
  assert.deepEqual(report.fitted, [
    { name: "setpoint", was: 24, taken: 23, why: "setpoint: 24 °C is above its maximum 23 °C" },
    { name: "gain", was: 8, taken: 4, why: report.fitted[1]?.why },
  ]);
  assert.ok(report.comparison.differing > 0);
  const same = await replay(each(steps), hostOf(narrower(30)), options({ settings: { gain: 3 } }));
  assert.deepEqual(same.fitted, [], "what is given in their place fits");
  await assert.rejects(
    replay(each(steps), hostOf(narrower(23)), options({ settings: { setpoint: 24 } })),
    /setpoint: 24 °C is above its maximum 23 °C/,
    "what is asked for is refused",
  );
});

test("recorded settings a version takes one by one but not together are replaced by its own, which is said", async () => {
  const check: Definition["check"] = ({ setpoint }) =>
    setpoint === 21 ? undefined : `setpoint: ${String(setpoint)} does not go with the gain`;
  const report = await replay(each(recordedRun(simple(), 300)), hostOf(narrower(30, check)), options());
  assert.ok(report.steps > 280);
  assert.deepEqual(
    report.fitted.map(({ name, was }) => [name, was]),
    [
      ["gain", 8],
      ["all", { setpoint: 24, gain: 4 }],
    ],
  );
  assert.match(
    report.fitted[1]?.why ?? "",
    /not taken together, so it has its own: .*does not go with the gain/,
  );
});

test("missing steps and restarts begin anew from a kept state; what cannot is counted", async () => {
  const steps = recordedRun(simple(), 400);
  const holes = [
    ...steps.slice(0, 100),
    ...steps.slice(150, 200),
    ...steps.slice(200).map((step, i) => (i === 50 ? { ...step, begins: true as const } : step)),
  ];
  const report = await replay(each(holes), hostOf(simple()), options());
  assert.equal(report.begun, 3);
  assert.equal(report.skipped, inFailSafe + 1 + 1);
  assert.equal(report.comparison.differing, 0);
});

test("one that throws is counted and says why; the rest is compared", async () => {
  const bad = simple("2.0.0", (value, error) => {
    if (error > 3.9) throw new Error("too hot for me");
    return value;
  });
  const report = await replay(each(recordedRun(simple(), 500)), hostOf(bad), options());
  assert.ok(report.failures > 0);
  assert.match(report.lastFailure?.text ?? "", /too hot for me/);
  assert.ok(report.comparison.otherMode >= report.failures);
});

test("history from before it had a setting, an input and an output more is no failure of a version", async () => {
  const steps = recordedRun(simple(), 300);
  const report = await replay(each(steps), hostOf(wider()), options());
  assert.equal(report.failures, 0, report.lastFailure?.text);
  assert.equal(report.comparison.differing, 0, "as where there is nothing of the kind");
  assert.ok(report.comparison.compared > 290);
  const back = await replay(each(recordedRun(wider(), 300)), hostOf(simple()), options());
  assert.deepEqual([back.failures, back.comparison.differing], [0, 0], "nor is one that has them no more");
});

test("no more steps than asked for, and an end when nobody waits any more", async () => {
  const steps = recordedRun(simple(), 300);
  const some = await replay(each(steps), hostOf(simple()), options({ most: 100 }));
  assert.deepEqual([some.steps, some.cut], [100, true]);
  const aborted = await replay(each(steps), hostOf(simple()), options({ signal: AbortSignal.abort() }));
  assert.equal(aborted.steps, 0);
});
