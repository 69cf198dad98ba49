import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { readParameters } from "./parameters.ts";
import { ParameterError } from "./schema.ts";

const sites = ["cabinet", "container", "demo"] as const;
const textOf = (name: string): string => readFileSync(new URL(`sites/${name}.yaml`, import.meta.url), "utf8");
const cabinet = textOf("cabinet");
const refused = (text: string, ...messages: readonly RegExp[]): void => {
  let error: unknown;
  try {
    readParameters(text, "hut.yaml");
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof ParameterError, `refused: ${String(error)}`);
  for (const message of messages) assert.match(error.message, message);
};

test("the shipped sites are read, defaults filled in", () => {
  for (const name of sites) assert.equal(readParameters(textOf(name)).name, name);
  const read = readParameters(cabinet);
  assert.equal(read.economiser.strokeSeconds, 90);
  assert.equal(read.dx.minimumOff, 180);
  assert.equal(read.ups, undefined);
});

test("unknown names, wrong kinds, values out of range and missing ones are named with line and remedy", () => {
  refused(
    cabinet.replace("coldToWall: 25", "coldToWal: 25"),
    /hut\.yaml:\d+: enclosure\.coldToWal is unknown; known are/,
    /enclosure\.coldToWall is missing; give a number/,
  );
  refused(cabinet.replace("count: 4", "count: 4.5"), /fans\.count is 4\.5; give a whole number from 1 to 64/);
  refused(cabinet.replace("massToHot: 120", "massToHot: warm"), /enclosure\.massToHot is "warm"/);
  refused(
    cabinet.replace("chemistry: vrla", "chemistry: nimh"),
    /battery\.chemistry is "nimh"; give one of vrla, lfp/,
  );
  refused(
    cabinet.replace("heater: { stages: 2, wattsPerStage: 500 }", "heater: hot"),
    /heater is "hot"; give a group/,
  );
  refused("", /name is missing/);
  refused("- 1", /the file is a list/);
  refused(`${cabinet}\nname: twice\n`, /unique|duplicate/i);
});

test("every fault is listed at once", () => {
  refused(
    cabinet.replace("units: 1", "units: -1").replace("count: 4", "count: 0").replace("cells: 24", "cells: x"),
    /dx\.units is -1/,
    /fans\.count is 0/,
    /battery\.cells is "x"/,
  );
});

test("values that do not fit each other are refused", () => {
  refused(cabinet.replace("supply: dc", "supply: ups"), /servers\.supply is ups; describe it under ups/);
  refused(cabinet.replace("pdu: { outlets: 8 }", "pdu: { outlets: 4 }"), /every server needs an outlet/);
  refused(
    cabinet.replace("reconnectVolts: 48.5", "reconnectVolts: 40"),
    /plant\.reconnectVolts is not above/,
  );
});

test("any text at all is either read or refused with a ParameterError", () => {
  const lines = cabinet.split("\n");
  const mangled = fc
    .tuple(fc.nat(lines.length - 1), fc.string(), fc.nat(3))
    .map(([at, text, how]) => [...lines.slice(0, at), text, ...lines.slice(at + how)].join("\n"));
  fc.assert(
    fc.property(fc.oneof(fc.string(), mangled), (text) => {
      try {
        assert.equal(typeof readParameters(text).name, "string");
      } catch (error) {
        assert.ok(error instanceof ParameterError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
