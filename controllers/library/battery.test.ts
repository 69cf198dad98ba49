import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  ageing,
  autonomy,
  autonomyRange,
  type Battery,
  capacityAt,
  chargeCurrent,
  currentFor,
  floatVolts,
  openCircuitVolts,
} from "./battery.ts";

const lfp: Battery = { chemistry: "lfp", cells: 16, ampereHours: 200, ohms: 0.02, peukert: 1 };
const lead: Battery = { chemistry: "vrla", cells: 24, ampereHours: 200, ohms: 0, peukert: 1 };
const new25 = { leastVolts: 0, health: 1, temperature: 25 };
const near = (value: number, expected: number, relative: number): void =>
  assert.ok(Math.abs(value / expected - 1) <= relative, `${value} is not ${expected}`);

test("current at constant power", () => {
  near(currentFor(1265, 49.32, 0.03) ?? 0, 26.06, 2e-4);
  near(currentFor(1200, 52.56, 0.02) ?? 0, 23.03, 2e-4);
  assert.equal(currentFor(30_000, 49, 0.03), undefined);
});

test("autonomy: worked examples", () => {
  const hours = (watts: number, charge: number, least: number): number =>
    autonomy(lfp, { ...new25, charge, least, watts }) / 3600;
  near(hours(1265, 1, 0.1), 7.407, 1e-3);
  near(hours(1265, 1, 0.6) + hours(800, 0.6, 0.3) + hours(350, 0.3, 0.1), 13.11, 1e-3);
  near(autonomy(lead, { ...new25, charge: 1, least: 0.2, watts: 1265 }), 22_643, 1e-3);
});

test("voltages, capacities and charging currents by temperature", () => {
  near(openCircuitVolts(lead, 1), 51.36, 1e-9);
  near(openCircuitVolts(lead, 0), 47.28, 1e-9);
  near(openCircuitVolts(lfp, 0.55), 16 * 3.29, 1e-9);
  assert.deepEqual(
    [25, 0, -20].map((t) => capacityAt("lfp", t)),
    [1, 0.88, 0.65],
  );
  near(capacityAt("vrla", 25), 1, 1e-9);
  near(capacityAt("vrla", 15), 0.92, 1e-9);
  assert.deepEqual(
    [-1, 3, 8, 25, 55, 61].map((t) => chargeCurrent(lfp, t) / 200),
    [0, 0.1, 0.2, 0.5, 0.1, 0],
  );
  assert.deepEqual(
    [-21, 0, 51].map((t) => chargeCurrent(lead, t) / 200),
    [0, 0.2, 0],
  );
  near(floatVolts(lead, 54.48, 40), 53.4, 1e-9);
  near(ageing(35), 2, 1e-9);
});

test("more load, less charge, more age and more cold never last longer; the worst is below the best", () => {
  const value = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  fc.assert(
    fc.property(
      fc.constantFrom(lfp, { ...lead, ohms: 0.03, peukert: 1.15 }),
      fc.record({
        charge: value(0, 1),
        watts: value(1, 4000),
        health: value(0.3, 1),
        temperature: value(-30, 40),
      }),
      (battery, rest) => {
        const input = { ...rest, least: 0.1, leastVolts: 43.2 };
        const { optimistic, pessimistic } = autonomyRange(battery, input);
        assert.ok(pessimistic >= 0 && pessimistic <= optimistic + 1e-6);
        const base = autonomy(battery, input);
        assert.ok(autonomy(battery, { ...input, watts: input.watts * 1.2 }) <= base + 1e-6);
        assert.ok(autonomy(battery, { ...input, health: input.health * 0.9 }) <= base + 1e-6);
        assert.ok(autonomy(battery, { ...input, temperature: input.temperature - 5 }) <= base + 1e-6);
      },
    ),
  );
});
