import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import { ampleAirSettings, ampleAirStep, type AmpleAirInput } from "./ample-air.ts";

const settings = { ...Value.Create(ampleAirSettings), leastRise: 8 };
const racks = { inlet: 25, outlet: 30, duty: 100, closed: true };

/** The ceiling once nothing changes any more. */
function ceilingOf(input: AmpleAirInput, of = settings): number | undefined {
  let state: number | null = null;
  let ceiling: number | undefined;
  for (let i = 0; i < 200; i++)
    ({ state, ceiling } = { ceiling: undefined, ...ampleAirStep(state, input, of, 5) });
  return ceiling;
}

test("the limit is where the air warms by the least rise, wherever the fans are", () => {
  assert.equal(ceilingOf(racks), 62.5);
  // The same racks with less air: twice the rise.
  assert.equal(ceilingOf({ ...racks, outlet: 35, duty: 50 }), 62.5);
  assert.equal(ceilingOf({ ...racks, outlet: 45 }), 100);
});

test("it follows a new load in minutes, and leaves enough air however small the rise", () => {
  const settled = ampleAirStep(null, racks, settings, 5).state;
  const { ceiling = 0 } = ampleAirStep(settled, { ...racks, outlet: 33 }, settings, 5);
  assert.ok(ceiling > 62.5 && ceiling < 65, `${ceiling}`);
  assert.equal(ceilingOf({ ...racks, outlet: 25.2 }), 50);
  assert.equal(ceilingOf({ ...racks, outlet: 20 }), 50);
});

test("there is no limit with outdoor air, without it being wanted, or when something is not known", () => {
  assert.equal(ceilingOf({ ...racks, closed: false }), undefined);
  assert.equal(ceilingOf(racks, { ...settings, leastRise: 0 }), undefined);
  for (const lost of ["inlet", "outlet", "duty"] as const) {
    assert.equal(ceilingOf({ ...racks, [lost]: undefined }), undefined);
    assert.equal(ceilingOf({ ...racks, [lost]: NaN }), undefined);
  }
});
