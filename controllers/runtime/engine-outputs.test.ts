import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { seconds } from "../../devices/clock.ts";
import { bench, missing, plain, sample } from "../../test/control/engine-bench.ts";
import { slots } from "../../devices/transaction.ts";
import type { StepContext, StepResult } from "../contract.ts";
import { select } from "../select.ts";
import type { EngineResult } from "./engine.ts";

test("a number beyond the range is limited, and that is said", () => {
  const { step, settle, duty } = bench();
  settle();
  for (let i = 0; i < 5; i++) step(sample(60));
  const { trace } = step(sample(60));
  assert.equal(duty(), 100);
  assert.deepEqual(trace.limits, [
    "a: 400 % limited to its maximum 100 %",
    "b: 400 % limited to its maximum 100 %",
  ]);
  assert.equal(trace.outputs[0]?.wanted, 400);
});

test("changes below the dead band are not sent, but add up; a limit is always reached", () => {
  const { step, settle, duty } = bench({
    ...plain,
    outputs: { fans: select("type:fan").action("speed", { deadband: 5 }) },
  });
  settle();
  assert.equal(duty(), 70);
  assert.deepEqual(step(sample(27.4)).orders, []);
  assert.equal(step(sample(27.5)).orders.length, 2);
  assert.equal(duty(), 75);
  step(sample(29.8));
  assert.equal(duty(), 98);
  step(sample(30));
  assert.equal(duty(), 100);
});

test("a rate slower than the device's own step is kept", () => {
  const { step, duty } = bench({
    ...plain,
    outputs: { fans: select("type:fan").action("speed", { fall: 0.25 }) },
  });
  step();
  step();
  const seen = Array.from({ length: 9 }, () => (step(), duty()));
  assert.deepEqual(seen, [100, 100, 100, 99, 99, 99, 99, 98, 98]);
});

test("an unchanged value is sent anew as often as declared, in fail-safe and while it is held too", () => {
  const refreshing = {
    ...plain,
    outputs: { fans: select("type:fan").action("speed", { refresh: seconds(3) }) },
  };
  const { step, settle } = bench(refreshing, {}, { holdFor: 60_000 });
  settle();
  const sends = (run: () => EngineResult): number =>
    Array.from({ length: 9 }, run).filter(({ orders }) => orders.length > 0).length;
  assert.equal(
    sends(() => step()),
    3,
  );
  assert.equal(
    sends(() => step(missing)),
    3,
  );
  assert.equal(
    sends(() => step(sample(27), { wanted: "manual" })),
    3,
  );
  const unsafe = bench(refreshing);
  unsafe.step(missing);
  assert.equal(
    sends(() => unsafe.step(missing)),
    3,
  );
});

test("a stronger rank replaces the weaker, does not wait for rates, and stays for the safety of life", () => {
  let rank: "lifeSafety" | "minimumOnOff" | "controller" = "controller";
  const { step, settle, duty, targets } = bench({
    ...plain,
    step: (context) => {
      const result = plain.step(context);
      return rank === "controller"
        ? result
        : { ...result, outputs: { fans: { want: 0, rank, why: "smoke" } } };
    },
  });
  settle();
  rank = "minimumOnOff";
  assert.deepEqual(
    step()
      .orders.map(({ kind, slot, why }) => [kind, slot, why])
      .filter((_, i) => i % 2 === 0),
    [
      ["fill", slots.minimumOnOff, "smoke"],
      ["release", slots.controller, "smoke"],
    ],
  );
  assert.equal(duty(), 0);
  rank = "lifeSafety";
  step();
  step(missing);
  assert.equal(duty(), 0, "a missing input does not end what was done for the safety of life");
  const held = targets.frame()["fans"]?.[0]?.held;
  assert.deepEqual(held, [
    { slot: slots.lifeSafety, value: 0 },
    { slot: slots.failSafe, value: 100 },
  ]);
  rank = "controller";
  step();
  assert.equal(duty(), 100, "a step that runs says itself that it is over");
});

test("each device of an output may have a rank and a why of its own; those not named have the default", () => {
  const wish = {
    want: 30,
    rank: { each: { a: "minimumOnOff" } },
    why: { each: { a: "it has to rest" } },
  } as const;
  const { step } = bench({
    ...plain,
    invariants: [],
    step: (context) => ({ ...plain.step(context), outputs: { fans: wish } }),
  });
  step();
  step();
  const { orders } = step();
  assert.deepEqual(
    orders.flatMap(({ kind, device, slot, why }) =>
      kind === "fill" ? [[device, slot, why === "it has to rest"]] : [],
    ),
    [
      ["a", slots.minimumOnOff, true],
      ["b", slots.controller, false],
    ],
  );
});

/** One whose step names each device. */
const toldEach = (want: () => object) =>
  bench({
    ...plain,
    outputs: { fans: select("type:fan").action("speed") },
    invariants: [],
    step: () => ({ outputs: { fans: { each: want() } }, state: 1, reason: "x" }) as StepResult,
  });

test("each device may be told something else; those not named are given up", () => {
  let want: object = { a: 10, b: 20 };
  const { settle, step, targets } = toldEach(() => want);
  settle();
  assert.deepEqual([targets.value("fans", "a"), targets.value("fans", "b")], [10, 20]);
  want = { b: null, a: 11 };
  step();
  assert.deepEqual([targets.value("fans", "a"), targets.value("fans", "b")], [11, undefined]);
});

test("a device that is meant by name and not bound is told of, and the others get what they should", () => {
  let want: object = { a: 10, b: 20, "fan-a": 30, "fan-b": 40 };
  const { settle, step, targets } = toldEach(() => want);
  settle();
  assert.deepEqual(step().trace.alarms, [
    {
      id: "unknown-device",
      severity: "warning",
      text: "its step commands what it is not bound to: fans fan-a and 1 more; `each` names devices by their id",
    },
  ]);
  assert.deepEqual([targets.value("fans", "a"), targets.value("fans", "b")], [10, 20]);
  want = { a: 10 };
  assert.deepEqual(step().trace.alarms, []);
});

test("fail-safe values a step gives are in place of the definition's", () => {
  const { settle, step, duty, engine } = bench({
    ...plain,
    step: (context: StepContext) => ({
      ...plain.step(context),
      failSafe: { fans: 75 },
    }),
  });
  settle();
  step(missing);
  assert.equal(duty(), 75);
  engine.configure({ failSafe: 80 });
  step(missing);
  assert.equal(duty(), 80);
});

test("whatever a step wants and whoever else commands: within range, within rates, never two slots too few", () => {
  const want = fc.oneof(fc.double({ min: -50, max: 150, noNaN: true }), fc.constant(null));
  const event = fc.record({
    want,
    there: fc.boolean(),
    operator: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let wanted: number | null = null;
      const { step, targets, duty } = bench({
        ...plain,
        invariants: [],
        step: () => ({ outputs: { fans: wanted }, state: 1, reason: "x" }),
      });
      for (const one of events) {
        wanted = one.want;
        targets.hold("fans", "a", slots.operator, one.operator);
        const before = duty();
        const { mode } = step(one.there ? sample(20) : missing);
        const after = duty();
        if (mode === "fail-safe") assert.equal(after, 100);
        if (typeof after === "number") assert.ok(after >= 0 && after <= 100);
        if (
          mode === "automatic" &&
          one.operator === undefined &&
          typeof before === "number" &&
          typeof after === "number"
        ) {
          assert.ok(after <= before + 10 + 1e-6 && after >= before - 2 - 1e-6, `${before} → ${after}`);
        }
      }
    }),
  );
});
