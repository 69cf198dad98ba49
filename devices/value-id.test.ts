import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseValueKey, type ValueId, valueKey } from "./value-id.ts";

const part = fc.string({ minLength: 1, unit: "grapheme" });
const plain = { noNullPrototype: true } as const;
const id: fc.Arbitrary<ValueId> = fc.oneof(
  fc.record({ device: part, output: part }, plain),
  fc.record({ device: part, output: part, channel: part }, plain),
);

test("a key reads as in the documentation", () => {
  assert.equal(valueKey({ device: "fan-7", output: "rpm" }), "fan-7/rpm");
  assert.equal(valueKey({ device: "a/b", output: "rpm", channel: "l 1" }), "a%2Fb/rpm/l%201");
});

test("every id survives being written and read, and different ids have different keys", () => {
  fc.assert(
    fc.property(id, id, (one, other) => {
      assert.deepEqual(parseValueKey(valueKey(one)), one);
      assert.equal(valueKey(one) === valueKey(other), JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

test("any text is a key or is not, without harm", () => {
  for (const text of ["", "a", "/", "a/", "/b", "a/b/", "a/b/c/d", "a/%", "a/%ff"])
    assert.equal(parseValueKey(text), undefined, text);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseValueKey(text);
      if (parsed !== undefined) assert.deepEqual(parseValueKey(valueKey(parsed)), parsed);
    }),
  );
});
