import assert from "node:assert/strict";
import { test } from "node:test";
import { damperClosingStep, initialShutFor } from "./damper-closing.ts";

const settings = { damperCloseAfter: 15, returnHold: 180 };

/** Which seconds after outdoor air is shut out something holds, in steps of 5 s. */
function during(atOnce: boolean, what: "waits" | "returnOpen"): readonly number[] {
  let { shutFor } = damperClosingStep(initialShutFor, { shut: false, atOnce: false }, settings, 5);
  const seconds: number[] = [];
  for (let t = 0; t < 600; t += 5) {
    const one = damperClosingStep(shutFor, { shut: true, atOnce }, settings, 5);
    if (one[what]) seconds.push(t);
    shutFor = one.shutFor;
  }
  return seconds;
}

test("the damper waits for 15 s, and the way back stays open for 180 s", () => {
  assert.deepEqual(during(false, "waits"), [0, 5, 10]);
  assert.equal(during(false, "returnOpen").length, 36);
});

test("a protection shuts it at once", () => {
  assert.deepEqual(during(true, "waits"), []);
});

test("what has been shut for long, or is let in, waits for nothing", () => {
  for (const shut of [true, false]) {
    const { waits, returnOpen } = damperClosingStep(initialShutFor, { shut, atOnce: false }, settings, 5);
    assert.deepEqual({ waits, returnOpen }, { waits: false, returnOpen: false });
  }
});
