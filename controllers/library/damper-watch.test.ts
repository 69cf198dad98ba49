import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Value } from "typebox/value";
import {
  type DamperWatchInput,
  type DamperWatchResult,
  damperWatchSettings,
  damperWatchStep,
  initialDamperWatch,
} from "./damper-watch.ts";

const settings = Value.Create(damperWatchSettings);

/** Steps of 5 s with the same input. */
function watch(
  input: (t: number, before: DamperWatchResult | undefined) => DamperWatchInput,
  seconds: number,
  from = initialDamperWatch,
): { readonly last: DamperWatchResult; readonly stuckAt: number; readonly noAirAt: number } {
  let state = from;
  let last: DamperWatchResult | undefined;
  let [stuckAt, noAirAt] = [Infinity, Infinity];
  for (let t = 0; t < seconds; t += 5) {
    last = damperWatchStep(state, input(t, last), settings, 5);
    state = last.state;
    if (last.stuck) stuckAt = Math.min(stuckAt, t);
    if (last.noAir) noAirAt = Math.min(noAirAt, t);
  }
  assert.ok(last !== undefined);
  return { last, stuckAt, noAirAt };
}

test("damper watch: one that does not move is stuck within two minutes, and says where it is", () => {
  const { last, stuckAt } = watch(() => ({ commanded: 100, reported: 5, resting: true }), 300);
  assert.ok(stuckAt >= 60 && stuckAt <= 120, `${stuckAt} s`);
  assert.deepEqual(last.against, ["the damper is at 5 % and not at 100 %"]);
});

test("damper watch: a damper that travels its full stroke is never stuck, whatever it is told", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 40 }), (orders) => {
      let position = 0;
      const { stuckAt } = watch((t) => {
        const commanded = orders[Math.floor(t / 20) % orders.length] ?? 0;
        const way = (100 * 5) / 90;
        position += Math.max(-way, Math.min(way, commanded - position));
        return { commanded, reported: position, resting: false };
      }, 1200);
      assert.equal(stuckAt, Infinity);
    }),
  );
});

test("damper watch: a stuck damper is trusted again when it has moved along, or a day later", () => {
  const stuck = watch(() => ({ commanded: 100, reported: 5, resting: true }), 300).last.state;
  const still = watch(() => ({ commanded: 0, reported: 5, resting: true }), 3600, stuck);
  assert.equal(still.last.stuck, true, "where it happens to be is no proof");
  assert.deepEqual(still.last.against, ["the damper is at 5 %; it did not go where it was sent"]);
  const later = watch(() => ({ commanded: 0, reported: 5, resting: true }), 24 * 3600, stuck);
  assert.equal(later.last.stuck, false);
  let position = 0;
  const moves = watch(
    () => {
      position = Math.min(50, position + 5);
      return { commanded: 50, reported: position, resting: true };
    },
    120,
    watch(() => ({ commanded: 0, reported: 5, resting: true }), 200, stuck).last.state,
  );
  assert.equal(moves.last.stuck, false);
});

test("damper watch: a linkage that slipped is found by the air, in five minutes, but only where air can tell", () => {
  const slipped = { commanded: 100, reported: 100, supply: 33, back: 35, outdoor: 18, resting: true };
  const found = watch(() => slipped, 600);
  assert.ok(found.noAirAt >= 120 && found.noAirAt <= 300, `${found.noAirAt} s`);
  assert.equal(found.stuckAt, Infinity);
  for (const silent of [
    { ...slipped, supply: 20 },
    { ...slipped, resting: false },
    { ...slipped, outdoor: 31 },
    { ...slipped, commanded: 20 },
  ])
    assert.equal(watch(() => silent, 600).noAirAt, Infinity, JSON.stringify(silent));
});

test("damper watch: an inlet far above what is let in is found in five minutes, with compressors at work too", () => {
  const lies = { commanded: 100, reported: 100, inlet: 25, outdoor: 12, resting: false };
  const found = watch(() => lies, 1200);
  assert.ok(found.noAirAt >= 270 && found.noAirAt <= 305, `${found.noAirAt} s`);
  const { noAirAt } = watch(() => ({ ...lies, inlet: 36 }), 1200);
  assert.ok(noAirAt >= 140 && noAirAt <= 155, `${noAirAt} s`);
  assert.equal(found.last.against.length, 1);
  for (const silent of [
    { ...lies, inlet: 24 },
    { ...lies, commanded: 75 },
    { ...lies, commanded: 80, inlet: 29, back: 40 },
    { ...lies, reported: 60 },
    { ...lies, setpoint: 24 },
    { ...lies, outdoor: undefined },
    { ...lies, inlet: undefined },
  ])
    assert.equal(watch(() => silent, 1200).noAirAt, Infinity, JSON.stringify(silent));
  const later = watch(() => ({ ...lies, commanded: 0, reported: 0 }), 24 * 3600, found.last.state);
  assert.equal(later.last.noAir, false, "a day later it is tried again");
});

test("damper watch: without a reported position nothing is stuck", () => {
  assert.equal(watch(() => ({ commanded: 100, resting: true }), 600).stuckAt, Infinity);
});
