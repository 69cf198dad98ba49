import assert from "node:assert/strict";
import test from "node:test";
import { defaults } from "../../test/control/given.ts";
import { type EmergencyInput, emergencySettings, emergencyStep, initialEmergency } from "./emergency.ts";

const settings = defaults(emergencySettings);

/** In a step of 10 s each: whether there is emergency ventilation. Outdoors it is 36 °C. */
function course(all: readonly (Partial<EmergencyInput> & { readonly inlet: number })[]): readonly boolean[] {
  let state = initialEmergency;
  return all.map((input) => {
    const usual = { return: input.inlet + 8, outdoor: 36, coolingLost: false };
    const result = emergencyStep(state, { ...usual, ...input }, settings, 10);
    ({ state } = result);
    return result.active;
  });
}

const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);
const hot = { inlet: 37, power: 1000 };

test("once loads are gone, cooling that works is tried alone: outdoor air would keep the inlet hot for ever", () => {
  const end = [{ inlet: 37, power: 940 }, { inlet: 34, power: 940 }, { inlet: 29 }];
  assert.deepEqual(course([...times(30, hot), ...end]), [...times(30, true), false, false, false]);
  const noLess = course([...times(20, hot), ...times(30, { inlet: 37, power: 960 })]);
  assert.ok(noLess.every(Boolean));
});

test("cooling that does not hold alone gets no second try soon, unless there is less to cool again", () => {
  const fewer = { inlet: 37, power: 940 };
  const active = course([
    ...[hot, fewer, { inlet: 39.1, power: 940 }],
    ...times(100, fewer),
    { inlet: 37, power: 890 },
  ]);
  assert.deepEqual(active, [true, false, true, ...times(100, true), false]);
});

test("it is tried after ten minutes in any case, and after twice as long each time", () => {
  const active = course(times(2100, { inlet: 37 }));
  const began = active.flatMap((on, i) => (!on && active[i - 1] === true ? [i * 10] : []));
  const [first = 0, ...further] = began;
  assert.ok(Math.abs(first - settings.retryEvery) <= 10, `${first}`);
  assert.equal(further.length, 4);
  for (const [i, at] of further.entries()) {
    const wait = settings.retryEvery * 2 ** (i + 1);
    const waited = at - (began[i] ?? 0) - settings.retryFor;
    assert.ok(Math.abs(waited - wait) <= 20, `${waited} s, not ${wait} s`);
  }
  const off = active.filter((on) => !on).length * 10;
  assert.ok(
    Math.abs(off - began.length * settings.retryFor) <= 10 * began.length,
    "a try that changes nothing ends with its time",
  );
});

test("lost cooling is not tried", () => {
  const lost = { inlet: 37, coolingLost: true };
  assert.ok(course([{ ...lost, power: 1000 }, ...times(500, { ...lost, power: 100 })]).every(Boolean));
});

test("it says why it goes on although nothing calls for it any more, and for how long", () => {
  const usual = { return: 45, outdoor: 20, coolingLost: false };
  const { state } = emergencyStep(initialEmergency, { ...usual, inlet: 37 }, settings, 10);
  const { active, reason } = emergencyStep(state, { ...usual, inlet: 27 }, settings, 10);
  assert.deepEqual(
    [active, reason],
    [
      true,
      "Emergency ventilation: nothing calls for it any more; once begun it goes on for 2 min, 2 min more",
    ],
  );
});
