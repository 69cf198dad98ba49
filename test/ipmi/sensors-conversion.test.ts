import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { outputs } from "../../devices/output.ts";
import type { AnalogFormat, UnitCodes } from "../../plugins/ipmi/sdr/index.ts";
import {
  accuracyPercent,
  countsOf,
  differenceOf,
  type Formula,
  isFalling,
  rawOfValue,
  toleranceOf,
  valueOfRaw,
} from "../../plugins/ipmi/sensors/conversion.ts";
import { inOutput } from "../../plugins/ipmi/sensors/analog.ts";
import { unitRow } from "../../plugins/ipmi/sensors/unit-table.ts";
import { quantityOf } from "../../plugins/ipmi/sensors/units.ts";
import { conversionVectors, nearly } from "./vectors/sensors.ts";

const formats: readonly AnalogFormat[] = ["unsigned", "ones-complement", "twos-complement", "none"];

type Numbers = Partial<
  Record<"m" | "b" | "bExp" | "rExp" | "tolerance" | "linearization" | "analogFormat", number>
>;

const formula = (n: Numbers): Formula => ({
  format: formats[n.analogFormat ?? 0]!,
  linearization: n.linearization ?? 0,
  factors: {
    m: n.m ?? 1,
    b: n.b ?? 0,
    bExponent: n.bExp ?? 0,
    rExponent: n.rExp ?? 0,
    tolerance: n.tolerance ?? 0,
    accuracy: 0,
    accuracyExponent: 0,
  },
});

for (const vector of conversionVectors) {
  const { m, b, bExp, rExp, analogFormat, linearization, raw, value } = vector;
  const text = `raw ${raw}, M ${m}, B ${b}, K1 ${bExp}, K2 ${rExp}, format ${analogFormat}, curve ${linearization}`;
  test(`${text} is ${value}, and back`, () => {
    const conversion = formula(vector);
    nearly(valueOfRaw(conversion, raw), value);
    const back = rawOfValue(conversion, value);
    assert.ok(back !== undefined);
    nearly(valueOfRaw(conversion, back), value);
  });
}

test("decimals come out exact", () => {
  assert.equal(valueOfRaw(formula({ m: 26, rExp: -3 }), 192), 4.992);
  assert.equal(valueOfRaw(formula({ m: 5, rExp: -2 }), 6), 0.3);
  assert.equal(valueOfRaw(formula({ m: 7, b: -512, rExp: -2 }), 200), 8.88);
  assert.equal(valueOfRaw(formula({ m: 25, b: -5, bExp: -1, rExp: -2 }), 99), 24.745);
  assert.ok(Object.is(valueOfRaw(formula({ analogFormat: 1 }), 255), 0), "no −0 in ones' complement");
});

test("no value rather than a wrong one", () => {
  assert.equal(valueOfRaw(formula({ analogFormat: 3 }), 5), undefined, "no number at all");
  assert.equal(valueOfRaw(formula({ linearization: 7 }), 0), undefined, "1/0");
  assert.equal(valueOfRaw(formula({ linearization: 1 }), 0), undefined, "ln 0");
  assert.equal(valueOfRaw(formula({ linearization: 10, m: -1 }), 4), undefined, "root of −4");
  assert.equal(valueOfRaw(formula({ linearization: 12 }), 4), undefined, "a curve nobody has defined");
  assert.equal(rawOfValue(formula({ linearization: 10 }), -3), undefined);
  assert.equal(rawOfValue(formula({ linearization: 4 }), -3), undefined);
  assert.equal(rawOfValue(formula({ m: 0, b: 3 }), 3), undefined);
  assert.equal(rawOfValue(formula({ analogFormat: 3 }), 3), undefined);
});

test("values beyond the range become its end", () => {
  assert.equal(rawOfValue(formula({}), 300), 255);
  assert.equal(rawOfValue(formula({}), -3), 0);
  assert.equal(rawOfValue(formula({ analogFormat: 2 }), -300), 0x80);
  assert.equal(rawOfValue(formula({ analogFormat: 2 }), 300), 0x7f);
  assert.equal(rawOfValue(formula({ analogFormat: 1 }), -300), 0x80);
  assert.equal(rawOfValue(formula({ m: 5, rExp: -1 }), 80.2), 160);
  assert.equal(rawOfValue(formula({ m: 5, rExp: -1 }), 80.3), 161);
});

test("of two roots the one that is there", () => {
  assert.equal(rawOfValue(formula({ m: 3, b: -10, analogFormat: 2, linearization: 8 }), 256), 254);
  assert.equal(rawOfValue(formula({ linearization: 8 }), 144), 12);
  assert.equal(rawOfValue(formula({ m: -1, linearization: 8 }), 144), 12);
});

test("hysteresis, tolerance and accuracy", () => {
  assert.equal(differenceOf(formula({ m: -26, b: 500, rExp: -3 }), 2), 0.052);
  assert.equal(differenceOf(formula({ linearization: 8 }), 2), undefined);
  assert.equal(countsOf(formula({ m: -26, rExp: -3 }), 0.052), 2);
  assert.equal(countsOf(formula({}), 1000), 255);
  assert.equal(countsOf(formula({ linearization: 8 }), 2), undefined);
  assert.equal(toleranceOf(formula({ m: 4, tolerance: 3 }), 10), 6);
  assert.equal(toleranceOf(formula({ linearization: 8, tolerance: 2 }), 10), 21);
  assert.equal(toleranceOf(formula({ linearization: 7, tolerance: 2 }), 0), undefined);
  assert.equal(accuracyPercent({ ...formula({}).factors, accuracy: 25, accuracyExponent: 1 }), 2.5);
});

test("which sensors fall while their raw byte rises", () => {
  assert.equal(isFalling(formula({})), false);
  assert.equal(isFalling(formula({ m: -1 })), true);
  assert.equal(isFalling(formula({ linearization: 7 })), true);
  assert.equal(isFalling(formula({ m: -1, linearization: 7 })), false);
});

const anyFormula = fc.record({
  m: fc.integer({ min: -512, max: 511 }),
  b: fc.integer({ min: -512, max: 511 }),
  bExp: fc.integer({ min: -8, max: 7 }),
  rExp: fc.integer({ min: -8, max: 7 }),
  tolerance: fc.nat(63),
  linearization: fc.nat(0x7f),
  analogFormat: fc.nat(3),
});

test("whatever the factors: finite or none, and every value leads back to itself", () => {
  fc.assert(
    fc.property(anyFormula, fc.nat(255), (numbers, raw) => {
      const conversion = formula(numbers);
      const value = valueOfRaw(conversion, raw);
      assert.ok(value === undefined || Number.isFinite(value));
      if (value === undefined || numbers.m === 0) return;
      const back = rawOfValue(conversion, value);
      // A curve may flatten so much that neighbours are one number, or run out of numbers.
      if (back === undefined) {
        assert.ok(value === 0 || Math.abs(value) > 1e12 || value < 1e-6);
        return;
      }
      const again = valueOfRaw(conversion, back) ?? NaN;
      assert.ok(
        Math.abs(again - value) <= 1e-6 * Math.max(1e-6, Math.abs(value), again),
        `${value}: ${again}`,
      );
    }),
    { numRuns: 5000 },
  );
});

test("linear sensors: each raw byte is its own inverse", () => {
  const linear = anyFormula.filter(({ m }) => m !== 0).map((n) => ({ ...n, linearization: 0 }));
  fc.assert(
    fc.property(linear, fc.nat(255), (numbers, raw) => {
      fc.pre(numbers.analogFormat !== 3 && !(numbers.analogFormat === 1 && raw === 0xff));
      const conversion = formula(numbers);
      assert.equal(rawOfValue(conversion, valueOfRaw(conversion, raw) ?? NaN), raw);
    }),
    { numRuns: 5000 },
  );
});

const codes = (base: number, more: Partial<UnitCodes> = {}): UnitCodes => ({
  ...{ percent: false, base, join: "none", modifier: 0, rate: 0 },
  ...more,
});

/** Output, and what 100 of the sensor's unit are in it. */
function of(unit: UnitCodes, name?: string): readonly [output: string, hundred: number, symbol: string] {
  const quantity = quantityOf(unit, name);
  const hundred = 100 * quantity.factor + quantity.offset;
  return [quantity.output, Math.round(hundred * 1e4) / 1e4, quantity.unit.symbol];
}

test("units become outputs, in the output's unit", () => {
  assert.deepEqual(of(codes(1)), ["temperature", 100, "\u00b0C"]);
  assert.deepEqual(of(codes(2)), ["temperature", 37.7778, "\u00b0F"]);
  assert.deepEqual(of(codes(3)), ["temperature", -173.15, "K"]);
  assert.deepEqual(of(codes(4)), ["voltage", 100, "V"]);
  assert.deepEqual(of(codes(5)), ["electric-current", 100, "A"]);
  assert.deepEqual(of(codes(6)), ["watt", 100, "W"]);
  assert.deepEqual(of(codes(7)), ["kilojoule", 0.1, "J"]);
  assert.deepEqual(of(codes(14)), ["pascal", 100_000, "kPa"]);
  assert.deepEqual(of(codes(17)), ["airflow", 0.0472, "CFM"]);
  assert.deepEqual(of(codes(18)), ["rpm", 100, "RPM"]);
  assert.deepEqual(of(codes(19)), ["frequency", 100, "Hz"]);
  assert.deepEqual(of(codes(25)), ["run-hours", 2400, "d"]);
  assert.deepEqual(of(codes(54)), ["electric-resistance", 100, "\u03a9"]);
  assert.deepEqual(of(codes(78)), ["count", 100, "hits"]);
  assert.deepEqual(of(codes(90)), ["count", 100, "uncorrectable errors"]);
  assert.deepEqual(of(codes(92)), ["number", 100, "g"]);
  assert.deepEqual(of(codes(0)), ["number", 100, ""]);
  assert.deepEqual(of(codes(200)), ["number", 100, "unit 200"]);
});

test("what was converted has no more digits than it can have", () => {
  const cfm = quantityOf(codes(17));
  assert.equal(inOutput(cfm, 48), 0.0226535);
  assert.equal(
    inOutput({ ...cfm, factor: 1, offset: 0 }, 0.1 + 0.2),
    0.1 + 0.2,
    "what was not is as it came",
  );
  const fahrenheit = quantityOf(codes(2));
  assert.equal(inOutput(fahrenheit, 71), 21.6667);
});

test("percentages, rates and modifiers", () => {
  assert.deepEqual(of(codes(0, { percent: true })), ["percentage", 100, "%"]);
  assert.deepEqual(of(codes(0, { percent: true }), "Inlet Humidity"), ["humidity", 100, "%"]);
  assert.deepEqual(of(codes(18, { percent: true }), "Fan 1"), ["percentage", 100, "% RPM"]);
  assert.deepEqual(of(codes(88, { rate: 3 })), ["rate", 100, "errors/s"]);
  assert.deepEqual(of(codes(88, { rate: 4 })), ["rate", 1.6667, "errors/min"]);
  assert.deepEqual(of(codes(7, { rate: 3 })), ["watt", 100, "J/s"]);
  assert.deepEqual(of(codes(34, { rate: 3 })), ["velocity", 100, "m/s"]);
  assert.deepEqual(of(codes(36, { join: "divided", modifier: 24 })), ["airflow", 0.0278, "m\u00b3/h"]);
  assert.deepEqual(of(codes(6, { join: "multiplied", modifier: 24 })), ["watt-hour", 100, "W\u00b7h"]);
  assert.deepEqual(of(codes(5, { join: "multiplied", modifier: 23 })), ["amp-hour", 1.6667, "A\u00b7min"]);
  assert.deepEqual(of(codes(46, { join: "divided", modifier: 43 })), ["number", 100, "ft\u00b7lb/g"]);
  assert.deepEqual(of(codes(1, { rate: 4 })), ["number", 100, "\u00b0C/min"]);
  assert.deepEqual(of(codes(0, { join: "divided", modifier: 6 })), ["number", 100, ""], "Dell C6220");
  assert.deepEqual(of(codes(6, { join: "multiplied", modifier: 0 })), ["watt", 100, "W"]);
  assert.equal(
    quantityOf(codes(2, { percent: true, rate: 5 })).unit.name,
    "percent of degrees Fahrenheit per hour",
  );
});

test("every output there is, and every code where it belongs", () => {
  for (let base = 0; base < 256; base++)
    for (const join of ["none", "divided", "multiplied"] as const)
      for (let rate = 0; rate < 8; rate++) {
        const quantity = quantityOf(codes(base, { join, modifier: 22, rate }));
        assert.ok(outputs.has(quantity.output), quantity.output);
        assert.ok(Number.isFinite(quantity.factor) && quantity.factor > 0);
      }
  assert.deepEqual(
    [17, 30, 43, 54, 60, 65, 73, 80, 92].map((code) => unitRow(code).symbol),
    ["CFM", "in\u00b3", "g", "\u03a9", "dB", "K", "GB", "retries", "g"],
  );
});
