import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parseExpression } from "./compute.ts";

function run(text: string, scope: Record<string, number> = {}): number {
  const found = parseExpression(text);
  assert.ok(typeof found !== "string", text);
  return found.evaluate(new Map(Object.entries(scope)));
}

function faultOf(text: string): string {
  const found = parseExpression(text);
  assert.ok(typeof found === "string", text);
  return found;
}

test("arithmetic as people write it", () => {
  assert.equal(run("1 + 2 * 3"), 7);
  assert.equal(run("(1 + 2) * 3"), 9);
  assert.equal(run("10 - 4 - 3"), 3);
  assert.equal(run("100 / 10 / 2"), 5);
  assert.equal(run("2 ** 3 ** 2"), 512);
  assert.equal(run("-2 ** 2"), -4);
  assert.equal(run("2 ** -1"), 0.5);
  assert.equal(run("--3"), 3);
  assert.equal(run("1.5e3 + .5"), 1500.5);
  assert.equal(run("abs(-3) + min(1, 2) + max(1, 2)"), 6);
});

test("a register with a scale-factor register, SunSpec style", () => {
  assert.equal(run("raw * 10 ** sf", { raw: 25, sf: -1 }), 2.5);
});

test("names are told once each, in order; a missing one gives NaN", () => {
  const found = parseExpression("b * a + b");
  assert.ok(typeof found !== "string");
  assert.deepEqual(found.names, ["b", "a"]);
  assert.ok(Number.isNaN(found.evaluate(new Map([["a", 1]]))));
});

test("what is no expression is told in words", () => {
  assert.match(faultOf(""), /missing at the end/);
  assert.match(faultOf("1 +"), /missing at the end/);
  assert.match(faultOf("* 2"), /missing before "\*"/);
  assert.match(faultOf("(1"), /"\)" is missing before the end/);
  assert.match(faultOf("1 2"), /nothing for "2" to do/);
  assert.match(faultOf("a; b"), /";" means nothing/);
  assert.match(faultOf("sqrt(2)"), /no function sqrt/);
  assert.match(faultOf("constructor(2)"), /no function constructor/);
  assert.match(faultOf("min(2)"), /"," is missing/);
});

interface Tree {
  readonly text: string;
  readonly value: number;
}
const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
};
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.nat(99).map((n) => ({ text: String(n), value: n })),
    tie("tree").map((a) => ({ text: `(-${a.text})`, value: -a.value })),
    fc.tuple(fc.constantFrom(...Object.keys(operators)), tie("tree"), tie("tree")).map(([op, a, b]) => ({
      text: `(${a.text} ${op} ${b.text})`,
      value: operators[op]!(a.value, b.value),
    })),
  ),
}));

test("any nesting has the value that its parts have", () => {
  fc.assert(fc.property(tree, ({ text, value }) => assert.equal(run(text), value)));
});

test("any text is an expression or is explained, never thrown at", () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[-+*/()a-c0-9 .,]{0,30}$/));
  fc.assert(
    fc.property(texts, (text) => {
      const found = parseExpression(text);
      assert.ok(typeof found === "string" ? found.length > 0 : typeof found.evaluate(new Map()) === "number");
    }),
  );
});
