import assert from "node:assert/strict";
import test from "node:test";
import { Type } from "typebox";
import { select, unless } from "../select.ts";
import { faultsOfShape } from "./shape-check.ts";

const fans = select("type:fan");
const fine = {
  name: "mine",
  version: "1.0.0",
  summary: "for tests",
  period: 1000,
  settings: Type.Object({}),
  inputs: { inlet: select("type:temperature").max({ maxAge: 5000 }) },
  outputs: { fans: fans.action("speed", { rise: 1, fall: 2, deadband: 0, refresh: 1000 }) },
  failSafe: { fans: 100 },
  init: () => 0,
  step: () => undefined,
};

test("what makes sense has no faults", () => {
  assert.deepEqual(faultsOfShape(fine), []);
});

test("limits that would be others in another thread, where there is only JSON, are refused", () => {
  const inlet = select("type:temperature");
  const rows: readonly (readonly [change: object, fault: RegExp])[] = [
    [
      { outputs: { fans: fans.action("speed", { refresh: Infinity }) } },
      /`refresh` is no number above 0; leave it out/,
    ],
    [{ outputs: { fans: fans.action("speed", { rise: NaN }) } }, /`rise` is no number above 0/],
    [{ outputs: { fans: { ...fans.action("speed"), fall: "2" } } }, /`fall` is no number above 0/],
    [{ outputs: { fans: fans.action("speed", { deadband: -1 }) } }, /`deadband` is no number from 0/],
    [{ inputs: { inlet: inlet.max({ maxAge: Infinity }) } }, /`maxAge` is no time above 0 ms; leave it out/],
    [{ inputs: { inlet: inlet.max({ minGood: Infinity }) } }, /`minGood` is no number from 0/],
    [
      { inputs: { inlet: unless("host", "off", inlet.max()) } },
      /while `host` has a value, but there is no such/,
    ],
    [{ period: Infinity }, /`period` is not 100 ms or more/],
  ];
  for (const [change, fault] of rows) assert.match(faultsOfShape({ ...fine, ...change }).join("; "), fault);
});

test("what nobody would read is a slip, and is told with what there is", () => {
  const inlet = select("type:temperature");
  const rows: readonly (readonly [change: object, fault: RegExp])[] = [
    [{ publish: {} }, /a controller has no `publish`; it has: name, .*publishes/],
    [{ outputs: { fans: fans.action("speed", { rises: 1 } as object) } }, /output `fans` has no `rises`/],
    [
      { inputs: { inlet: inlet.max({ maxage: 5000 } as object) } },
      /has no `maxage`; it has: minGood, maxAge/,
    ],
  ];
  for (const [change, fault] of rows) {
    const faults = faultsOfShape({ ...fine, ...change });
    assert.equal(faults.length, 1);
    assert.match(faults.join("; "), fault);
  }
});
