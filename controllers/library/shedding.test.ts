import assert from "node:assert/strict";
import test from "node:test";
import { Value } from "typebox/value";
import { sheddingSettings } from "./shedding-settings.ts";
import { initialShedding, sheddingStep } from "./shedding.ts";

test("an outlet that was opened stays open for its rest, however soon power is good again", () => {
  const settings = { ...Value.Create(sheddingSettings), restoreAfter: 0, restoreGap: 1, outletRest: 10 };
  const loads = [{ id: "test-load", priority: 9, graceful: false, on: true }];
  let { state } = sheddingStep(initialShedding, { loads, out: true }, settings, 2);
  assert.equal(state.loads["test-load"]?.phase, "off");
  const phases: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    ({ state } = sheddingStep(state, { loads, out: false, charge: 100 }, settings, 2));
    phases.push(state.loads["test-load"]?.phase);
  }
  assert.deepEqual(phases, ["off", "off", "off", "off", "back", "back"]);
});
