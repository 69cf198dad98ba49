import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { faultOfData, mostOfResult } from "./plain-data.ts";

test("what JSON holds is fine, whatever it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      assert.equal(faultOfData(value, "state"), undefined);
    }),
  );
  assert.equal(faultOfData({ a: undefined, b: [null, true, -1.5, "x"] }, "state"), undefined);
  assert.equal(faultOfData(undefined, "state"), undefined);
});

test("what JSON has no words for is told with its place", () => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [{ integral: NaN }, /^`state\.integral` is NaN, from which no step could go on/],
    [{ all: [1, { x: Infinity }] }, /^`state\.all\[1\]\.x` is Infinity/],
    [5n, /^`state` is a bigint: write numbers/],
    [{ then: () => 1 }, /^`state\.then` is a function/],
    [{ seen: new Map() }, /^`state\.seen` is an object of the class Map: write/],
    [{ at: new Date(0) }, /^`state\.at` is an object of the class Date/],
    [Promise.resolve(1), /^`state` is a promise, but a step waits for nothing/],
    [new URL("a:b"), /^`state` is an object of the class URL/],
  ];
  for (const [value, told] of rows) assert.match(faultOfData(value, "state") ?? "nothing", told);
  assert.equal(faultOfData({ terms: { error: NaN } }, "result", false), undefined);
});

test("what is too long, too deep or goes in a circle is not looked at for long", () => {
  assert.match(faultOfData({ a: "x".repeat(mostOfResult) }, "state") ?? "", /^`state` is longer than 262144/);
  assert.match(faultOfData(new Array(1e7).fill(0), "state") ?? "", /^`state` is longer than/);
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  assert.match(faultOfData(circle, "state") ?? "", /^`state` goes round in a circle/);
});
