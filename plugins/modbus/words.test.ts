import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { type Field, fieldOf, rawRange } from "./field.ts";
import type { ValueType } from "./product-schema.ts";
import { rawFromWords, wordsFromRaw } from "./words.ts";

const high = { wordOrder: "high-first", byteOrder: "high-first" } as const;
const field = (type: ValueType, more: object = {}): Field =>
  fieldOf({ table: "holding", address: 0, type, ...more }, 0, high);
const raw = (type: ValueType, words: readonly number[], more: object = {}): unknown =>
  rawFromWords(field(type, more), words);

test("each type, worked out by hand", () => {
  assert.equal(raw("uint16", [65_486]), 65_486);
  assert.equal(raw("int16", [65_486]), -50);
  assert.equal(raw("uint32", [0x0001, 0x0002]), 65_538);
  assert.equal(raw("int32", [0xffff, 0xfffe]), -2);
  assert.equal(raw("uint64", [0, 0, 0, 7]), 7);
  assert.equal(raw("uint64", [0xffff, 0xffff, 0xffff, 0xffff]), 18_446_744_073_709_551_615n);
  assert.equal(raw("int64", [0xffff, 0xffff, 0xffff, 0xffff]), -1);
  assert.equal(raw("int64", [0x8000, 0, 0, 0]), -9_223_372_036_854_775_808n);
  assert.equal(
    raw("uint64", [0x0020, 0, 0, 0]),
    9_007_199_254_740_992n,
    "2^53 is where numbers stop being exact",
  );
  assert.equal(raw("float32", [0x4366, 0x199a]), 230.1);
  assert.equal(raw("float64", [0x4066, 0x8000, 0, 0]), 180);
  assert.equal(raw("bcd16", [0x1234]), 1234);
  assert.equal(raw("bcd32", [0x0012, 0x3456]), 123_456);
  assert.equal(raw("bcd16", [0x12a4]), undefined);
  assert.equal(raw("bit", [0b1000], { bit: 3 }), true);
  assert.equal(raw("bits", [0b0110_0000], { bit: 4, width: 3 }), 6);
  assert.equal(raw("bits", [0xffff], { bit: 0, width: 16 }), 65_535);
});

test("word and byte order", () => {
  assert.equal(raw("uint32", [0x0002, 0x0001], { wordOrder: "low-first" }), 65_538);
  assert.equal(raw("uint16", [0x3412], { byteOrder: "low-first" }), 0x1234);
  assert.equal(raw("uint32", [0x0200, 0x0100], { wordOrder: "low-first", byteOrder: "low-first" }), 65_538);
});

test("texts", () => {
  assert.equal(raw("string", [0x5058, 0x3300], { length: 2 }), "PX3");
  assert.equal(raw("string", [0x5850, 0x0033], { length: 2, byteOrder: "low-first" }), "PX3");
  assert.equal(raw("string", [0x4120, 0x2020], { length: 2 }), "A");
  assert.equal(raw("string", [0xc3a9, 0x0000], { length: 2, encoding: "utf8" }), "é");
  assert.equal(
    raw("string", [0x411b, 0x5b00], { length: 2 }),
    "A\ufffd[",
    "no escape sequences for terminals",
  );
});

const orders = fc.constantFrom("high-first" as const, "low-first" as const);
const words = fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 });
const types = fc.constantFrom<ValueType>(
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "float64",
  "bcd16",
  "bcd32",
  "uint64",
  "int64",
  "bit",
  "bits",
  "string",
);

test("any registers are read without throwing, integers inside the range of their type", () => {
  fc.assert(
    fc.property(types, words, orders, orders, (type, row, wordOrder, byteOrder) => {
      const found = field(type, { wordOrder, byteOrder, bit: 2, width: 5, length: 3 });
      const value = rawFromWords(found, row.slice(0, found.count));
      const range = rawRange(found);
      if (range === undefined || typeof value === "boolean" || value === undefined) return;
      assert.ok(typeof value === "number" || typeof value === "bigint");
      assert.ok(BigInt(value) >= range[0] && BigInt(value) <= range[1]);
    }),
  );
});

test("what is written is read back, in every order", () => {
  const writable = fc.constantFrom<ValueType>("uint16", "int16", "uint32", "int32", "bcd16", "bcd32");
  fc.assert(
    fc.property(
      writable,
      fc.double({ min: 0, max: 1, noNaN: true }),
      orders,
      orders,
      (type, share, wordOrder, byteOrder) => {
        const found = field(type, { wordOrder, byteOrder });
        const [min, max] = rawRange(found)!.map(Number) as [number, number];
        const value = Math.round(min + share * (max - min));
        const written = wordsFromRaw(found, value);
        assert.equal(written.length, found.count);
        assert.equal(rawFromWords(found, written), value);
      },
    ),
  );
  fc.assert(
    fc.property(fc.float({ noNaN: true }), orders, orders, (value, wordOrder, byteOrder) => {
      const found = field("float32", { wordOrder, byteOrder });
      const back = rawFromWords(found, wordsFromRaw(found, value));
      assert.ok(typeof back === "number");
      assert.equal(Math.fround(back) + 0, value + 0);
    }),
  );
});
