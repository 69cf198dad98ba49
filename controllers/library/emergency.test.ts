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
  const active = course([
    ...times(30, hot),
    { inlet: 37, power: 940 },
    { inlet: 34, power: 940 },
    { inlet: 29 },
  ]);
  assert.deepEqual(active, [...times(30, true), false, false, false]);
  const noLess = course([...times(60, hot), ...times(60, { inlet: 37, power: 960 })]);
  assert.ok(noLess.every(Boolean));
});

test("cooling that does not hold alone gets no second try before there is less to cool again", () => {
  const fewer = { inlet: 37, power: 940 };
  const active = course([
    hot,
    fewer,
    { inlet: 39.1, power: 940 },
    ...times(200, fewer),
    { inlet: 37, power: 890 },
  ]);
  assert.deepEqual(active, [true, false, true, ...times(200, true), false]);
});

test("a try that changes nothing ends with its time", () => {
  const active = course([hot, ...times(60, { inlet: 37, power: 940 })]);
  assert.equal(active.indexOf(false), 1);
  assert.equal(active.indexOf(true, 1), 1 + settings.retryFor / 10);
});

test("lost cooling is not tried, and neither is any whose load nobody knows", () => {
  const lost = { inlet: 37, coolingLost: true };
  assert.ok(course([{ ...lost, power: 1000 }, ...times(100, { ...lost, power: 100 })]).every(Boolean));
  assert.ok(course(times(100, { inlet: 37 })).every(Boolean));
});
