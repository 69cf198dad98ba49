import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import { ampleAirSettings, ampleAirStep, type AmpleAirInput, initialAmpleAir } from "./ample-air.ts";

const settings = { ...Value.Create(ampleAirSettings), leastRise: 8 };
const racks = { inlet: 25, outlet: 30, duty: 100, asked: 100, warm: true, closed: true };

/** The ceiling once nothing changes any more. */
function ceilingOf(input: AmpleAirInput, of = settings): number | undefined {
  let last = ampleAirStep(initialAmpleAir, input, of, 5);
  for (let i = 0; i < 200; i++) last = ampleAirStep(last.state, input, of, 5);
  return last.ceiling;
}

test("the limit is where the air warms by the least rise, wherever the fans are", () => {
  assert.equal(ceilingOf(racks), 62.5);
  // The same racks with less air: twice the rise.
  assert.equal(ceilingOf({ ...racks, outlet: 35, duty: 50 }), 62.5);
  assert.equal(ceilingOf({ ...racks, outlet: 45 }), 100);
});

test("it holds once more air has not helped for ten minutes, and until it has not been too warm for five", () => {
  let { state, ceiling } = { ceiling: undefined as number | undefined, state: initialAmpleAir };
  const run = (seconds: number, warm: boolean): boolean => {
    for (let t = 0; t < seconds; t += 5)
      ({ state, ceiling } = { ceiling: undefined, ...ampleAirStep(state, { ...racks, warm }, settings, 5) });
    return ceiling !== undefined;
  };
  assert.deepEqual([run(590, true), run(10, true)], [false, true]);
  assert.deepEqual([run(290, false), run(10, false)], [true, false]);
  assert.equal(ceilingOf({ ...racks, asked: 40 }), undefined);
});

test("it follows a new load in minutes, and leaves enough air however small the rise", () => {
  let last = ampleAirStep(initialAmpleAir, racks, { ...settings, ampleAfter: 0 }, 5);
  last = ampleAirStep(last.state, { ...racks, outlet: 33 }, { ...settings, ampleAfter: 0 }, 5);
  const { ceiling = 0 } = last;
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
