import assert from "node:assert/strict";
import { test } from "node:test";
import { conversion, knownUnits } from "./units.ts";

function convert(value: number, from: string, to: string): number {
  const found = conversion(from, to);
  assert.ok(found, `${from} to ${to}`);
  return value * found.factor + found.offset;
}
const near = (got: number, wanted: number): void =>
  assert.ok(Math.abs(got - wanted) <= Math.abs(wanted) * 1e-9 + 1e-9, `${got} is not ${wanted}`);

test("known pairs convert as every table says", () => {
  const cases: [number, string, string, number][] = [
    [32, "\u00b0F", "C", 0],
    [212, "F", "\u00b0C", 100],
    [-40, "C", "F", -40],
    [1, "kWh", "Wh", 1000],
    [1, "kWh", "kJ", 3600],
    [1, "psi", "Pa", 6894.757293168],
    [1, "bar", "hPa", 1000],
    [3600, "m\u00b3/h", "m\u00b3/s", 1],
    [1, "h", "s", 3600],
    [5, "\u2030", "%", 0.5],
    [230_000, "mV", "V", 230],
    [7, "", "", 7],
  ];
  for (const [value, from, to, wanted] of cases) near(convert(value, from, to), wanted);
});

test("every conversion has one back that undoes it", () => {
  for (const from of knownUnits) {
    near(convert(12.5, from, from), 12.5);
    for (const to of knownUnits) {
      if (conversion(from, to) === undefined) assert.equal(conversion(to, from), undefined);
      else near(convert(convert(12.5, from, to), to, from), 12.5);
    }
  }
});

test("different things do not convert, nor do unknown units", () => {
  for (const [from, to] of [
    ["W", "Wh"],
    ["K", "C"],
    ["VA", "W"],
    ["furlong", "m"],
    ["", "V"],
    ["constructor", "toString"],
  ] as const)
    assert.equal(conversion(from, to), undefined, `${from} to ${to}`);
});
