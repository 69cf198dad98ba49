import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { allowed, type Block, type BlockLimits, planBlocks, type Range, type RequestCost } from "./batch.ts";
import { readCost } from "./wire-cost.ts";

const free: BlockLimits = { max: 125, bridge: true, cuts: [] };
const line = { name: "a", transport: "serial", baudRate: 9600, parity: "none", stopBits: 1 } as const;
const cost = readCost(line, "holding", 5, 0);
const at = (from: number, count = 1): Range => ({ from, to: from + count });
const shape = (blocks: readonly Block[]): string =>
  blocks.map(({ from, to }) => `${from}+${to - from}`).join(" ");

test("neighbours share a request, in whatever order they are given", () => {
  assert.equal(shape(planBlocks([at(2), at(0), at(1)], free, cost)), "0+3");
});

test("a gap is read through while that is cheaper than another request", () => {
  // At 9600 8N1 a request costs 13 characters, two gaps and the turnaround: 25.8 ms, or 12 registers of 2.08 ms.
  assert.equal(shape(planBlocks([at(0), at(13)], free, cost)), "0+14");
  assert.equal(shape(planBlocks([at(0), at(14)], free, cost)), "0+1 14+1");
});

test("a slow unit makes longer gaps worth while", () => {
  assert.equal(shape(planBlocks([at(0), at(60)], free, readCost(line, "holding", 150, 0))), "0+61");
});

test("bits are nearly free to read through, requests over TCP are the only cost", () => {
  assert.equal(
    shape(planBlocks([at(0), at(150)], { ...free, max: 2000 }, readCost(line, "coil", 5, 0))),
    "0+151",
  );
  const tcp = readCost({ name: "b", transport: "tcp" }, "holding", 1, 0);
  assert.equal(shape(planBlocks([at(0), at(100)], free, tcp)), "0+101");
});

test("no request is longer than the unit allows, and no value is split", () => {
  assert.equal(shape(planBlocks([at(0, 2), at(2, 2), at(4, 2)], { ...free, max: 5 }, cost)), "0+4 4+2");
  assert.equal(
    shape(planBlocks([at(0, 8), at(8)], { ...free, max: 4 }, cost)),
    "0+8 8+1",
    "a value longer than that stands alone",
  );
});

test("gaps are not crossed when that is forbidden or was learnt not to work", () => {
  assert.equal(shape(planBlocks([at(0), at(2)], { ...free, bridge: false }, cost)), "0+1 2+1");
  assert.equal(
    shape(planBlocks([at(0), at(2), at(4)], { ...free, cuts: [{ from: 1, to: 2 }] }, cost)),
    "0+1 2+3",
  );
  assert.equal(shape(planBlocks([at(0), at(1)], { ...free, cuts: [{ from: 1, to: 1 }] }, cost)), "0+1 1+1");
});

test("what overlaps is read together", () => {
  assert.equal(shape(planBlocks([at(5), at(5), at(4, 2)], { ...free, bridge: false }, cost)), "4+2");
});

test("a gap that a longer value covers is none", () => {
  const all = [at(6, 3), at(7), at(9)];
  assert.equal(shape(planBlocks(all, { max: 4, bridge: false, cuts: [] }, cost)), "6+4");
});

const ranges = (most: number) =>
  fc.array(
    fc
      .record({ from: fc.oneof(fc.nat(60), fc.nat(12)), count: fc.integer({ min: 1, max: 6 }) })
      .map(({ from, count }) => at(from, count)),
    { maxLength: most },
  );
const limitsOf = fc.record({
  max: fc.integer({ min: 2, max: 40 }),
  bridge: fc.boolean(),
  cuts: fc.array(
    fc.record({ from: fc.nat(60), length: fc.nat(5) }).map(({ from, length }) => at(from, length)),
    {
      maxLength: 3,
    },
  ),
});
const costs = fc.record({ fixed: fc.nat(40), each: fc.nat(5), table: fc.constantFrom<1 | 8>(1, 8) }).map(
  ({ fixed, each, table }): RequestCost =>
    (count) =>
      fixed + each * Math.ceil(count / table),
);

test("every range is covered once, inside its block, and no block breaks the limits", () => {
  fc.assert(
    fc.property(ranges(40), limitsOf, costs, (all, limits, price) => {
      const blocks = planBlocks(all, limits, price);
      assert.deepEqual(
        blocks.flatMap(({ covers }) => covers).sort((a, b) => a - b),
        all.map((_, index) => index),
      );
      for (const block of blocks) {
        const inside = block.covers.map((index) => all[index]!);
        assert.ok(inside.every(({ from, to }) => from >= block.from && to <= block.to));
        assert.ok(allowed(block, inside, limits));
        const length = block.to - block.from;
        assert.ok(length <= limits.max || inside.some(({ from, to }) => to - from === length));
      }
    }),
  );
});

function* partitions<T>(items: readonly T[]): Generator<T[][]> {
  const [first, ...rest] = items;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const partition of partitions(rest)) {
    yield [[first], ...partition];
    for (const [index, group] of partition.entries()) {
      yield partition.map((other, place) => (place === index ? [first, ...group] : other));
    }
  }
}

function cheapest(all: readonly Range[], limits: BlockLimits, price: RequestCost): number {
  let found = Number.POSITIVE_INFINITY;
  for (const partition of partitions(all)) {
    const blocks = partition.map((group) => {
      const sorted = [...group].sort((a, b) => a.from - b.from || a.to - b.to);
      return { sorted, from: sorted[0]!.from, to: Math.max(...sorted.map(({ to }) => to)) };
    });
    if (!blocks.every((block) => allowed(block, block.sorted, limits))) continue;
    found = Math.min(
      found,
      blocks.reduce((sum, { from, to }) => sum + price(to - from), 0),
    );
  }
  return found;
}

test("no other way to group them is cheaper", () => {
  fc.assert(
    fc.property(ranges(6), limitsOf, costs, (all, limits, price) => {
      const total = planBlocks(all, limits, price).reduce((sum, { from, to }) => sum + price(to - from), 0);
      assert.equal(total, cheapest(all, limits, price));
    }),
    { numRuns: 500 },
  );
});
