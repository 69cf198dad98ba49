import assert from "node:assert/strict";
import { test } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import type { Outcome } from "../../controllers/runtime/host.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import { frameOf } from "../../controllers/trace/recorded.ts";
import { Shadow } from "../../controllers/versions/shadow.ts";
import { minutes, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { TestClock } from "../support/test-clock.ts";
import { recordedRun, simple, wider } from "./second-version.ts";

/** Those in fail-safe, and the one whose state it begins with. */
const notComputed = recordedRun(simple(), 10).filter(({ mode }) => mode === "fail-safe").length + 1;
const by = { who: "somebody", why: "to see" };

async function shadowOf(
  definition: Definition,
  clock = new TestClock(),
  host = new InlineHost(definition),
): Promise<Shadow> {
  return await Shadow.open(
    host,
    { settings: { setpoint: 24, other: 7 }, stateVersion: 1 },
    { clock, id: "x", by, wanted: minutes(5) },
  );
}

async function followed(shadow: Shadow, clock: TestClock, count: number): Promise<void> {
  const settings = { setpoint: 24, gain: 8 };
  for (const step of recordedRun(simple(), notComputed + count)) {
    shadow.follow(step, frameOf(step), settings);
    await clock.advance(seconds(5));
  }
}

test("the same version in shadow goes on from the state of the other, and does not differ", async () => {
  const clock = new TestClock();
  const shadow = await shadowOf(simple(), clock);
  assert.match(shadow.status().notYet ?? "", /0 of 300 s/);
  await followed(shadow, clock, 100);
  const { steps, comparison, failures, missed, notYet } = shadow.status();
  assert.deepEqual(
    { steps, failures, missed, notYet },
    { steps: 100, failures: 0, missed: 0, notYet: undefined },
  );
  assert.equal(comparison.compared, 100);
  assert.equal(comparison.differing, 0, JSON.stringify(comparison.examples[0]));
});

test("one with a setting, an input and an output more steps in shadow as where there is nothing of the kind", async () => {
  const clock = new TestClock();
  const shadow = await shadowOf(wider(), clock);
  await followed(shadow, clock, 100);
  const { failures, lastFailure, comparison, notYet } = shadow.status();
  assert.deepEqual([failures, comparison.differing, notYet], [0, 0, undefined], lastFailure?.text);
});

test("one that is too far off, or throws, cannot be promoted", async () => {
  const clock = new TestClock();
  const far = await shadowOf(
    simple("1.1.0", (value) => Math.max(0, value - 15)),
    clock,
  );
  const throws = await shadowOf(
    simple("1.2.0", () => {
      throw new Error("no");
    }),
    clock,
  );
  await Promise.all([followed(far, clock, 100)]);
  await followed(throws, clock, 100);
  assert.match(far.status().notYet ?? "", /100 of 100 steps were more than 10 % apart/);
  assert.match(throws.status().notYet ?? "", /failed in 100 steps: the step threw: no/);
});

test("one that is busy is passed by, and that is counted", async () => {
  const clock = new TestClock();
  const host = new InlineHost(simple());
  const waiting: (() => void)[] = [];
  const slow = Object.assign(Object.create(host) as InlineHost, {
    shape: host.shape,
    configure: (given: Readonly<Record<string, unknown>>) => host.configure(given),
    migrate: () => host.init(),
    init: () => host.init(),
    close: () => Promise.resolve(),
    step: (call: Parameters<InlineHost["step"]>[0]) =>
      new Promise<Outcome>((resolve) => waiting.push(() => resolve(host.step(call)))),
  });
  const shadow = await shadowOf(simple(), clock, slow);
  await followed(shadow, clock, 3);
  assert.deepEqual([shadow.status().steps, shadow.status().missed], [0, 2]);
  waiting.shift()?.();
  await clock.advance(1);
  assert.equal(shadow.status().steps, 1);
  assert.match(shadow.status().notYet ?? "", /missed 2 steps/);
});

test("settings it does not take refuse it, and its host is closed", async () => {
  const host = new InlineHost(simple());
  let closed = 0;
  host.close = () => {
    closed++;
    return Promise.resolve();
  };
  const opening = Shadow.open(
    host,
    { settings: { setpoint: 99 } },
    { clock: new TestClock(), id: "x", by, wanted: 1 },
  );
  await assert.rejects(opening, (error) => error instanceof BothyError && error.code === "BAD_INPUT");
  assert.equal(closed, 1);
});

test("one that was closed follows no more", async () => {
  const clock = new TestClock();
  const shadow = await shadowOf(simple(), clock);
  await shadow.close();
  await shadow.close();
  await followed(shadow, clock, 3);
  assert.equal(shadow.status().steps, 0);
});
