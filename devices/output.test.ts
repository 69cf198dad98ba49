import assert from "node:assert/strict";
import { test } from "node:test";
import { outputNamed, outputs } from "./output.ts";

/** Synse's own: name, type, precision, unit, symbol. */
const synse: readonly (readonly [string, string, number, string?, string?])[] = [
  ["color", "color", 0],
  ["count", "count", 0],
  ["direction", "direction", 0],
  ["electric-current", "current", 3, "ampere", "A"],
  ["electric-resistance", "resistance", 2, "ohm", "Ω"],
  ["frequency", "frequency", 2, "hertz", "Hz"],
  ["humidity", "humidity", 2, "percent humidity", "%"],
  ["kilojoule", "energy", 3, "kilojoule", "kJ"],
  ["kilowatt-hour", "energy", 3, "kilowatt-hour", "kWh"],
  ["microseconds", "duration", 6, "microseconds", "µs"],
  ["milliseconds", "duration", 6, "milliseconds", "ms"],
  ["minutes", "duration", 6, "minutes", "min"],
  ["nanoseconds", "duration", 6, "nanoseconds", "ns"],
  ["number", "number", 2],
  ["pascal", "pressure", 3, "pascal", "Pa"],
  ["percentage", "percentage", 0, "percent", "%"],
  ["psi", "pressure", 3, "pounds per square inch", "psi"],
  ["rpm", "frequency", 2, "revolutions per minute", "RPM"],
  ["seconds", "duration", 3, "seconds", "s"],
  ["state", "state", 0],
  ["status", "status", 0],
  ["string", "string", 0],
  ["switch", "state", 1],
  ["temperature", "temperature", 2, "celsius", "C"],
  ["timestamp", "timestamp", 0],
  ["velocity", "velocity", 3, "meters per second", "m/s"],
  ["voltage", "voltage", 5, "volt", "V"],
  ["volt-second", "flux", 3, "volt second", "Vs"],
  ["watt", "power", 3, "watt", "W"],
  ["weber", "flux", 3, "weber", "Wb"],
];

test("the outputs of Synse's SDK are here with its types, precisions and units", () => {
  assert.equal(synse.length, 30);
  for (const [name, type, precision, unit, symbol] of synse) {
    const wanted = { name, type, precision };
    assert.deepEqual(
      outputNamed(name),
      unit === undefined ? wanted : { ...wanted, unit: { name: unit, symbol } },
    );
  }
});

test("names are unique and can stand in a key and an address", () => {
  assert.ok(outputs.size > synse.length);
  for (const [name, output] of outputs) {
    assert.equal(output.name, name);
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(Number.isInteger(output.precision) && output.precision >= 0);
  }
});

test("what this field needs and Synse lacks is here too", () => {
  const added = [
    "duty",
    "dew-point",
    "specific-humidity",
    "differential-pressure",
    "state-of-charge",
    "watt-hour",
  ];
  for (const name of [...added, "volt-ampere", "var", "power-factor", "run-hours"])
    assert.ok(outputs.has(name), name);
});

test("a name that is not in the catalogue is a mistake in code", () => {
  assert.throws(() => outputNamed("tempreature"), RangeError);
});
