import assert from "node:assert/strict";
import test from "node:test";
import { Value } from "typebox/value";
import { type EaseInput, easeSettings, type EaseState, easeStep, initialEase } from "./ease.ts";

const settings = { ...Value.Create(easeSettings), restColdest: 16 };
const ending: EaseInput = { variable: true, least: false, over: true, temperature: 20 };

/** Whether it goes on after each step of 30 s. */
function run(inputs: readonly Partial<EaseInput>[], limits = settings): readonly boolean[] {
  let state: EaseState = initialEase;
  return inputs.map((input) => {
    const result = easeStep(state, { ...ending, ...input }, limits, 30);
    ({ state } = result);
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
    return result.goesOn;
  });
}
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);

test("a compressor that nothing asks for any more is at its least for three minutes before it ends", () => {
  assert.deepEqual(run(times(7, {})), [true, true, true, true, true, false, false]);
});

test("what it has been at its least before counts; a break of that begins anew", () => {
  const least = { least: true, over: false };
  assert.deepEqual(run([...times(5, least), {}]).at(-1), false);
  assert.deepEqual(run([...times(5, least), { over: false }, {}]).at(-1), true);
});

test("while the inlet rises it goes on, and ends when that is over", () => {
  const rising = Array.from({ length: 10 }, (_, i) => ({ temperature: 20 + i / 2 }));
  assert.ok(run(rising).every(Boolean));
  assert.equal(run([...rising, ...times(10, { temperature: 24.5 })]).at(-1), false);
});

test("one that is only on or off, a cold inlet and a time of 0 end it at once", () => {
  assert.deepEqual(run([{ variable: false }]), [false]);
  assert.deepEqual(run([{ temperature: 16 }]), [false]);
  assert.deepEqual(run([{}], { ...settings, easeFor: 0 }), [false]);
});
