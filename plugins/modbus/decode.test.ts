import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { decode, type Point } from "./decode.ts";
import { encode, type Order } from "./encode.ts";
import type { PointEntry, Product } from "./product-schema.ts";
import { expandProduct } from "./product.ts";
import { modelDevice } from "./model.ts";

function pointOf(entry: Omit<PointEntry, "table" | "address">): Point {
  const outputs = [{ table: "holding" as const, address: 0, ...entry }];
  const product: Product = {
    product: "p",
    title: "P",
    manual: "m",
    certainty: "S",
    devices: [{ name: "", type: "t", info: "T", outputs }],
  };
  const found = modelDevice(expandProduct(product)[0]!, true).points[0];
  assert.ok(found !== undefined);
  return found;
}
const read = (point: Point, ...words: readonly number[]): unknown => {
  const found = decode(point, { kind: "words", words }, new Map());
  return found.quality === "good" ? found.value : [found.quality, found.why.code];
};

test("scales leave no noise, units become the output's", () => {
  assert.equal(read(pointOf({ output: "temperature", type: "int16", scale: 0.1 }), 3), 0.3);
  assert.equal(read(pointOf({ output: "temperature", type: "int16", unit: "F" }), 77), 25);
  assert.equal(read(pointOf({ output: "watt", type: "uint16", scale: 0.1, unit: "kW" }), 15), 1500);
  assert.equal(
    read(pointOf({ output: "temperature", type: "int16", scale: 0.01, offset: -40 }), 6512),
    25.12,
  );
  assert.equal(read(pointOf({ output: "temperature", type: "int16", scale: 0.01, decimals: 1 }), 2349), 23.5);
  assert.equal(Object.is(read(pointOf({ output: "temperature", type: "int16", scale: -0.1 }), 0), 0), true);
});

test("markers for no value, as bits or as numbers", () => {
  const point = pointOf({ output: "temperature", type: "int16", scale: 0.1, absent: [0x8000, 999] });
  assert.deepEqual(read(point, 0x8000), ["bad", "ABSENT"]);
  assert.deepEqual(read(pointOf({ output: "temperature", type: "int16", absent: [-32_768] }), 0x8000), [
    "bad",
    "ABSENT",
  ]);
  assert.deepEqual(read(point, 999), ["bad", "ABSENT"]);
  assert.equal(read(point, 998), 99.8);
  assert.deepEqual(
    read(pointOf({ output: "number", type: "uint32", absent: [0xffff_ffff] }), 0xffff, 0xffff),
    ["bad", "ABSENT"],
  );
  assert.deepEqual(read(pointOf({ output: "number", type: "float32", absent: [999.9] }), 0x4479, 0xf99a), [
    "bad",
    "ABSENT",
  ]);
  assert.deepEqual(read(pointOf({ output: "string", type: "string", length: 1 }), 0), ["bad", "ABSENT"]);
});

test("what is no number", () => {
  const float = pointOf({ output: "number", type: "float32" });
  assert.deepEqual(read(float, 0x7fc0, 0), ["bad", "NOT_A_NUMBER"]);
  assert.deepEqual(read(float, 0x7f80, 0), ["bad", "NOT_A_NUMBER"]);
  assert.deepEqual(read(float, 0x0000, 0x4248), ["bad", "NOT_A_NUMBER"], "a float in the wrong word order");
  assert.equal(read(float, 0, 0), 0);
  assert.deepEqual(read(pointOf({ output: "number", type: "float32", nanIsAbsent: true }), 0x7fc0, 0), [
    "bad",
    "ABSENT",
  ]);
  assert.deepEqual(read(pointOf({ output: "number", type: "bcd16" }), 0x00fa), ["bad", "NOT_A_NUMBER"]);
  assert.deepEqual(read(pointOf({ output: "number", type: "uint16", compute: "1 / raw" }), 0), [
    "bad",
    "NOT_A_NUMBER",
  ]);
});

test("states, and numbers that are none of them", () => {
  const point = pointOf({ output: "state", type: "uint16", states: { 0: "off", 1: "on" } });
  assert.equal(read(point, 1), "on");
  assert.deepEqual(read(point, 2), ["bad", "UNKNOWN_STATE"]);
  assert.equal(read(pointOf({ output: "state", type: "bit", bit: 1 }), 2), true);
  assert.equal(read(pointOf({ output: "state", type: "bit", bit: 1, invert: true }), 2), false);
});

test("implausible values are kept and marked", () => {
  const found = decode(
    pointOf({ output: "humidity", type: "uint16", valid: { min: 0, max: 100 } }),
    { kind: "words", words: [101] },
    new Map(),
  );
  assert.equal(found.quality, "uncertain");
  assert.equal(found.value, 101);
});

test("counters beyond 2^53 stay exact", () => {
  assert.equal(read(pointOf({ output: "number", type: "uint64" }), 0x0020, 0, 0, 1), 9_007_199_254_740_993n);
  assert.equal(read(pointOf({ output: "number", type: "uint64", scale: 0.5 }), 0x0020, 0, 0, 0), 2 ** 52);
});

test("what is written within range is read back to within half a step", () => {
  const scales = fc.constantFrom(0.1, 0.01, 1, 10, -0.5, 1 / 512);
  fc.assert(
    fc.property(
      scales,
      fc.integer({ min: -100, max: 100 }),
      fc.double({ min: -32_000, max: 32_000, noNaN: true }),
      (scale, offset, raw) => {
        const point = pointOf({ output: "temperature", type: "int16", scale, offset });
        const order: Order = {
          action: { name: "a", kind: "level", accepts: { kind: "none" }, storage: "ram" },
          field: point.field,
          conversion: point.conversion,
          multiple: false,
        };
        const value = raw * scale + offset;
        const encoded = encode(order, value, "test");
        assert.ok(encoded.kind === "words");
        const back = read(point, ...encoded.words);
        assert.ok(typeof back === "number" && Math.abs(back - value) <= Math.abs(scale) / 2 + 1e-9);
      },
    ),
  );
});
