import assert from "node:assert/strict";
import test from "node:test";
import { bench, missing, modes, plain, proportional, sample } from "../../test/control/engine-bench.ts";
import { slots } from "../../devices/transaction.ts";
import type { Definition, StepContext, StepResult } from "../contract.ts";
import { from, optional, select } from "../select.ts";
import type { Frame, Observed } from "./frame.ts";
import { createEngine, type Engine } from "./inline-engine.ts";

test("it is in fail-safe first, and automatic with the third step with everything there", () => {
  const { step, engine, duty } = bench();
  const first = step();
  assert.deepEqual(
    first.orders.map((order) => order.kind === "fill" && [order.slot, order.value, order.device]),
    [
      [slots.failSafe, 100, "a"],
      [slots.failSafe, 100, "b"],
    ],
  );
  assert.deepEqual(first.trace.alarms, [], "to begin is no fault");
  assert.equal(first.published, undefined, "nobody is to rely on it");
  assert.deepEqual(modes(2, step), ["fail-safe", "automatic"]);
  assert.deepEqual(engine.state, { steps: 3, modes: "mma" }, "it follows what is applied until then");
  assert.equal(duty(), 98, "from the value in force, at the declared rate");
});

test("what replaces a value is in force before it is given up", () => {
  const { step, settle } = bench();
  step();
  step();
  const left = step();
  assert.deepEqual(
    left.orders.map(({ kind, slot }) => [kind, slot]),
    [
      ["fill", slots.controller],
      ["fill", slots.controller],
      ["release", slots.failSafe],
      ["release", slots.failSafe],
    ],
  );
  settle();
  const entered = step(missing);
  assert.deepEqual(
    entered.orders.map(({ kind, slot }) => [kind, slot]),
    [
      ["fill", slots.failSafe],
      ["fill", slots.failSafe],
      ["release", slots.controller],
      ["release", slots.controller],
    ],
  );
  assert.match(entered.trace.reason, /^fail-safe: inlet: probe did not answer$/);
  assert.deepEqual(entered.trace.alarms, [
    { id: "fail-safe", severity: "major", text: "fail-safe: inlet: probe did not answer" },
  ]);
});

test("good steps count in a row only", () => {
  const { step, settle } = bench();
  settle();
  assert.equal(step(missing).mode, "fail-safe");
  assert.deepEqual(modes(2, step), ["fail-safe", "fail-safe"]);
  assert.equal(step(missing).mode, "fail-safe");
  assert.deepEqual(modes(3, step), ["fail-safe", "fail-safe", "automatic"]);
});

test("a missing input is held as long as configured, then fail-safe", () => {
  const { step, settle, duty } = bench(proportional, {}, { holdFor: 3000 });
  settle();
  const held = step(missing);
  assert.deepEqual([held.mode, held.orders, held.published], ["automatic", [], undefined]);
  assert.equal(held.trace.alarms[0]?.id, "held");
  assert.equal(duty(), 70);
  assert.deepEqual(
    modes(2, () => step(missing)),
    ["automatic", "automatic"],
  );
  assert.equal(step().mode, "automatic");
  assert.deepEqual(
    modes(4, () => step(missing)),
    ["automatic", "automatic", "automatic", "fail-safe"],
  );
});

test("a step that says what is missing is in fail-safe, with the values it gives, until three did not say so", () => {
  let unknown: string | undefined;
  const { step, settle, duty } = bench({
    ...plain,
    step: (context) => ({
      ...plain.step(context),
      failSafe: { fans: 40 },
      alarms: [{ id: "unknown", severity: "warning", text: "nothing is known" }],
      ...(unknown === undefined ? {} : { missing: unknown }),
    }),
  });
  settle();
  unknown = "neither of two is known";
  const entered = step();
  assert.deepEqual([entered.mode, entered.published], ["fail-safe", undefined]);
  assert.equal(duty(), 40);
  assert.deepEqual(
    entered.trace.alarms.map(({ id, text, asOf }) => [id, text, asOf]),
    [
      ["unknown", "nothing is known", undefined],
      ["fail-safe", "fail-safe: neither of two is known", undefined],
    ],
  );
  unknown = undefined;
  assert.deepEqual(modes(3, step), ["fail-safe", "fail-safe", "automatic"]);
});

test("an optional input is undefined when it is not there", () => {
  const { step, settle } = bench();
  settle();
  const { mode, trace } = step(sample(27), { inputs: { inlet: [sample(27)], outdoor: [missing] } });
  assert.equal(mode, "automatic");
  assert.deepEqual(Object.keys(trace.picked), ["inlet"]);
});

test("in manual the rank of a controller stays as it is, and the step follows", () => {
  const { step, settle, engine, duty } = bench();
  settle();
  const { mode, orders } = step(sample(30), { wanted: "manual" });
  assert.deepEqual([mode, orders, duty()], ["manual", [], 70]);
  assert.match((engine.state as { modes: string }).modes, /am$/);
  step(sample(27.2));
  assert.equal(duty(), 72);
});

test("while somebody else holds everything it follows, and goes on from there", () => {
  const { step, settle, engine, targets, duty } = bench();
  settle();
  targets.hold("fans", "a", slots.operator, 30);
  step();
  assert.match((engine.state as { modes: string }).modes, /a$/, "the other one is still its own");
  targets.hold("fans", "b", slots.operator, 30);
  step();
  assert.match((engine.state as { modes: string }).modes, /m$/);
  for (let i = 0; i < 10; i++) step();
  assert.equal(duty(), 30);
  targets.hold("fans", "a", slots.operator);
  assert.equal(duty(), 30, "what its slot holds follows what is in force, so that nothing jumps");
  step();
  assert.equal(duty(), 40);
});

test("off gives everything up; on again it is entered as at the beginning", () => {
  const { step, settle, duty } = bench();
  settle();
  const off = step(missing, { wanted: "off" });
  assert.deepEqual([off.mode, off.trace.alarms, duty()], ["off", [], undefined]);
  assert.deepEqual(modes(3, step), ["fail-safe", "fail-safe", "automatic"]);
});

test("a step that throws counts for nothing", () => {
  const throwing = { ...plain };
  let fault = false;
  throwing.step = (context) => {
    if (fault) throw new Error("no such luck");
    return plain.step(context);
  };
  const { step, settle, engine } = bench(throwing);
  settle();
  const before = engine.state;
  fault = true;
  const { mode, failure, trace } = step();
  assert.deepEqual([mode, failure?.kind, engine.state], ["fail-safe", "threw", before]);
  assert.match(trace.reason, /the step threw: no such luck/);
  fault = false;
  assert.deepEqual(modes(3, step), ["fail-safe", "fail-safe", "automatic"]);
});

test("an invariant that does not hold, and a step that takes too long, fail it", () => {
  const { step, settle } = bench();
  settle();
  assert.deepEqual(step(sample(150)).failure, {
    kind: "invariant",
    text: "an invariant does not hold: never above 1000 %",
  });
  let now = 0;
  const slow = bench(proportional, {}, { timer: () => (now += 600) });
  assert.deepEqual(slow.step().failure, {
    kind: "overran",
    text: "the step took 600 ms; its limit is 500 ms",
  });
});

const results: readonly (readonly [name: string, result: unknown, fault: RegExp])[] = [
  ["nothing", undefined, /gave nothing/],
  ["no outputs", { state: 1, reason: "x" }, /no `outputs`/],
  ["no reason", { outputs: {}, state: 1 }, /no `reason`/],
  ["an unknown output", { outputs: { fan: 1 }, reason: "x" }, /`fan` is no output.*it has: fans/],
  ["not a number", { outputs: { fans: NaN }, reason: "x" }, /fans: NaN is no finite number/],
  ["infinite", { outputs: { fans: Infinity }, reason: "x" }, /Infinity is no finite/],
  [
    "a word for a number",
    { outputs: { fans: "fast" }, reason: "x" },
    /takes a number from 0 to 100 %, not "fast"/,
  ],
  ["a list", { outputs: { fans: [1] }, reason: "x" }, /\[1\] is neither a number nor a text/],
  [
    "a wrong rank of one device",
    { outputs: { fans: { want: 1, rank: { each: { "fan-1": "boss" } } } }, reason: "x" },
    /no rank "boss"/,
  ],
  ["a wrong rank", { outputs: { fans: { want: 1, rank: "operator" } }, reason: "x" }, /no rank "operator"/],
  ["each", { outputs: { fans: { each: { a: "x" } } }, reason: "x" }, /a takes a number/],
  ["terms", { outputs: {}, reason: "x", terms: { p: "1" } }, /`terms.p`/],
  ["alarms", { outputs: {}, reason: "x", alarms: [{ id: "x" }] }, /`alarms`/],
  ["published", { outputs: {}, reason: "x", published: { a: {} } }, /`published.a`/],
  ["published, not declared", { outputs: {}, reason: "x", published: { a: 1 } }, /`published.a` is not decl/],
  [
    "a slip of the pen",
    { outputs: {}, reason: "x", publish: { a: 1 } },
    /has no `publish`; it has: .*published/,
  ],
  ["fail-safe", { outputs: {}, reason: "x", failSafe: { fans: "x" } }, /failSafe.fans/],
];
for (const [name, result, fault] of results)
  test(`a result that makes no sense fails the step: ${name}`, () => {
    const { step } = bench({ ...plain, invariants: [], step: () => result as StepResult });
    const { failure } = step();
    assert.equal(failure?.kind, "invalid");
    assert.match(failure.text, fault);
  });

test("settings that do not fit are refused with the limit, and those before stay", () => {
  const { engine } = bench();
  assert.throws(() => engine.configure({ setpoint: 60, fan: 1 }), {
    code: "BAD_INPUT",
    message:
      "settings of controller proportional: there is no setting `fan`; there are: setpoint, failSafe; setpoint: 60 °C is above its maximum 35 °C",
  });
  assert.throws(() => engine.configure({ setpiont: 20 }), {
    message: /`setpiont`; did you mean `setpoint`\?/,
  });
  assert.throws(() => engine.configure({ failSafe: 10 }), {
    code: "BAD_INPUT",
    message: /failSafe: below the setpoint/,
  });
  assert.deepEqual(engine.settings, { setpoint: 25, failSafe: 100 });
});

test("a definition that makes no sense is refused with everything that is wrong", () => {
  const bad = { ...plain, name: "a b", period: 10, version: "1", init: 1 } as unknown as Definition;
  assert.throws(() => createEngine(bad), {
    code: "BAD_CONFIG",
    message: /`name`.*`version`.*`period`.*`init`/,
  });
});

test("an engine goes on where another ended, and the rate limit holds across", () => {
  const { settle, engine, targets, step } = bench();
  settle();
  const memory = JSON.parse(JSON.stringify(engine.memory)) as Engine["memory"];
  const next = createEngine(proportional, { setpoint: 35 });
  next.resume(memory);
  const result = next.step({
    inputs: { inlet: [sample(27)] },
    outputs: targets.frame(),
    ...{ dt: 1, at: 0, localHour: 1, wanted: "automatic" },
  });
  assert.equal(result.mode, "automatic");
  assert.deepEqual(
    result.orders.map((order) => order.kind === "fill" && order.value),
    [68, 68],
  );
  assert.equal(step().mode, "automatic");
});

test("after a restart missing inputs are held for a while", () => {
  const { settle, engine, targets } = bench();
  settle();
  const next = createEngine(proportional);
  next.resume(engine.memory, engine.state, 2);
  const frame: Frame = {
    inputs: { inlet: [missing] },
    outputs: targets.frame(),
    ...{ dt: 1, at: 0, localHour: 1, wanted: "automatic" },
  };
  assert.deepEqual(
    modes(3, () => next.step(frame)),
    ["automatic", "automatic", "fail-safe"],
  );
});

test("inputs are picked from those that are there", () => {
  const pick = (input: object, bound: readonly Observed[]): unknown => {
    let seen: unknown;
    const engine = createEngine({
      ...plain,
      inputs: { inlet: input },
      invariants: [],
      step: ({ inputs }: StepContext) => {
        seen = (inputs as { inlet: unknown }).inlet;
        return { outputs: {}, state: 1, reason: "x" };
      },
    } as unknown as Definition);
    const { trace } = engine.step({
      inputs: { inlet: bound },
      outputs: { fans: [] },
      ...{ dt: 1, at: 0, localHour: 1, wanted: "automatic" },
    });
    if (trace.missing.length > 0) return trace.missing[0];
    return Array.isArray(seen) ? seen.length : (seen as { value?: unknown } | undefined)?.value;
  };
  const { t } = { t: select("type:temperature") };
  const three = [sample(20), sample(30), missing, sample(26, { quality: "uncertain", age: 900 })];
  assert.equal(pick(t.max(), three), 30);
  assert.equal(pick(t.min(), three), 20);
  assert.equal(pick(t.mean(), three), 76 / 3);
  assert.equal(pick(t.median(), three), 26);
  assert.equal(pick(t.median(), three.slice(0, 2)), 25);
  assert.equal(pick(t.sum(), three), 76);
  assert.equal(pick(t.each(), three), 4);
  assert.equal(pick(t.any(), []), 0);
  assert.equal(pick(t.word(), [sample("open")]), "open");
  assert.equal(pick(optional(t.max()), [missing]), undefined);
  assert.equal(pick(t.max({ maxAge: 500 }), three), 30);
  assert.equal(pick(t.max({ minGood: 4 }), three), "inlet: 3 of 4 there, 4 needed; probe did not answer");
  assert.match(String(pick(t.max({ maxAge: 50 }), three)), /was last read 100 ms ago; its limit is 50 ms/);
  assert.match(String(pick(t.max(), [sample("open")])), /gives open, not a number/);
  assert.equal(pick(t.max(), []), "inlet: nothing is bound");
  assert.equal(pick(t.max(), [sample(NaN)]), "inlet: probe gives NaN, not a number");
  assert.match(String(pick(from("other", "x").max(), [missing])), /did not answer/);
});
