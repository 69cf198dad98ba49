import assert from "node:assert/strict";
import { test } from "node:test";
import { exchangeMs, shortestCycle, type Wire } from "./shortest.ts";

const wire: Wire = {
  baudRate: 9600,
  bitsPerCharacter: 10,
  turnaroundMs: () => 5,
  maxRegisters: () => 125,
  bridgesGaps: () => true,
};
const holding = (address: number, width = 1) => ({ unit: 1, table: "holding" as const, address, width });

test("one register at 9,600 baud 8N1 takes 8 + 7 characters, two silences and the turnaround", () => {
  const character = 10 / 9.6;
  assert.ok(Math.abs(exchangeMs(wire, 1, 2) - (15 * character + 7 * character + 5)) < 1e-9);
});

test("neighbours share one request, far ones do not", () => {
  assert.equal(shortestCycle(wire, [holding(0), holding(1), holding(5)]).requests, 1);
  assert.equal(shortestCycle(wire, [holding(0), holding(1), holding(500)]).requests, 2);
});

test("a gap is bridged exactly while that is shorter than another exchange", () => {
  // A second exchange costs 13 characters, two silences and 5 ms beside its data: 24.8 characters, 12.4 registers.
  assert.equal(shortestCycle(wire, [holding(0), holding(13)]).requests, 1);
  assert.equal(shortestCycle(wire, [holding(0), holding(14)]).requests, 2);
});

test("where gaps cannot be bridged every island is its own request", () => {
  const strict = { ...wire, bridgesGaps: () => false };
  assert.equal(shortestCycle(strict, [holding(0), holding(2), holding(3, 2)]).requests, 2);
});
