import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  airOf,
  dewPoint,
  dewPointOf,
  enthalpy,
  humidityAt,
  humidityRatio,
  saturationPressure,
  saturationPressureIce,
} from "./psychrometrics.ts";

const near = (value: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} ± ${tolerance}`);

test("check values", () => {
  near(saturationPressure(20), 23.33, 0.005);
  near(saturationPressure(40), 73.67, 0.005);
  near(saturationPressureIce(-10), 2.599, 0.0005);
  near(saturationPressure(-10), 2.87, 0.0005);
  const dews = [
    [25, 50, 13.85],
    [27, 60, 18.57],
    [30, 70, 23.93],
    [35, 40, 19.38],
    [10, 90, 8.434],
  ] as const;
  for (const [t, rh, expected] of dews) near(dewPoint(t, rh), expected, 0.005);
  near(airOf(10, 90).humidityRatio, 0.006848, 5e-7);
  near(humidityAt(22, dewPoint(10, 90)), 41.84, 0.005);
  near(airOf(5, 80).humidityRatio, 0.00431, 5e-7);
  near(humidityAt(22, dewPoint(5, 80)), 26.44, 0.005);
  near(humidityAt(33.2, dewPoint(5, 80)), 13.74, 0.005);
  const enthalpies = [
    [33, 30, 57.24],
    [24, 90, 67.14],
    [24, 40, 42.97],
    [30, 70, 78.09],
    [10, 90, 27.31],
  ] as const;
  for (const [t, rh, expected] of enthalpies) near(airOf(t, rh).enthalpy, expected, 0.005);
  near(enthalpy(0, 0), 0, 1e-12);
});

test("the dew point is never above the temperature, rises with humidity, and goes there and back", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -45, max: 60, noNaN: true }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      fc.double({ min: 700, max: 1050, noNaN: true }),
      (t, rh, pressure) => {
        const dew = dewPoint(t, rh);
        assert.ok(dew <= t + 1e-9);
        assert.ok(dewPoint(t, Math.min(100, rh + 1)) >= dew);
        near(humidityAt(t, dew), rh, 1e-6);
        near(dewPointOf(humidityRatio(dew, pressure), pressure), dew, 1e-6);
      },
    ),
  );
});

test("a humidity no air has is taken as the nearest it can have", () => {
  assert.equal(dewPoint(20, 104), dewPoint(20, 100));
  near(dewPoint(20, 100), 20, 1e-9);
  assert.equal(dewPoint(20, 0), dewPoint(20, 0.1));
});
