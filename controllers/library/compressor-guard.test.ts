import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { type GuardInput, type GuardState, guardStep, initialGuard, spreadOf } from "./compressor-guard.ts";

const settings = {
  minimumOn: 240,
  minimumOff: 300,
  startsPerHour: 6,
  powerUpDelay: 0,
  tripsToLockOut: 3,
};

function run(inputs: readonly (readonly [seconds: number, input: GuardInput])[], from?: GuardState) {
  let state = from ?? initialGuard(settings);
  return inputs.map(([seconds, input]) => {
    const result = guardStep(state, input, settings, seconds);
    ({ state } = result);
    return result;
  });
}

test("it rests after power-up, plus its share of the spread", () => {
  const slow = { ...settings, powerUpDelay: 300 };
  let state = initialGuard(slow, spreadOf(1, 3));
  const at = (dt: number) => {
    const result = guardStep(state, { request: true }, slow, dt);
    ({ state } = result);
    return result;
  };
  assert.equal(at(329).on, false);
  assert.equal(at(0.5).holds?.by, "power-up");
  assert.equal(at(0.5).on, true);
  assert.deepEqual([spreadOf(0, 1), spreadOf(0, 3), spreadOf(2, 3)], [0, 0, 60]);
});

test("power that comes back begins the delay anew", () => {
  const results = run([
    [300, { request: true }],
    [10, { request: true, poweredUp: true }],
    [299, { request: true }],
    [1, { request: true }],
  ]);
  assert.deepEqual(
    results.map(({ on }) => on),
    [true, false, false, true],
  );
});

test("power that comes back to several does not start them together", () => {
  const slow = { ...settings, powerUpDelay: 300 };
  const starts = [0, 1, 2].map((unit) => {
    let { state } = guardStep(initialGuard(slow), { request: false }, slow, 1000);
    for (let t = 0; t < 1000; t += 5) {
      const came = { request: true, poweredUp: t === 0, spread: spreadOf(unit, 3) };
      const result = guardStep(state, came, slow, 5);
      ({ state } = result);
      if (result.on) return t;
    }
    return NaN;
  });
  assert.deepEqual(starts, [300, 330, 360]);
});

test("a trip stops it at once, whatever its minimum time on; then it rests", () => {
  const [started, tripped, waits, again] = run([
    [300, { request: true }],
    [10, { request: true, trip: true }],
    [299, { request: true }],
    [1, { request: true }],
  ]);
  assert.deepEqual([started?.on, tripped?.on, waits?.on, again?.on], [true, false, false, true]);
  assert.equal(tripped?.holds?.by, "trip");
  assert.equal(waits?.holds?.by, "minimum off");
});

test("three trips within a day lock it out until somebody resets it; a trip that stands counts once", () => {
  const trip: readonly (readonly [number, GuardInput])[] = [
    [300, { request: true }],
    [10, { request: true, trip: true }],
    [10, { request: true, trip: true }],
    [10, { request: true }],
  ];
  const results = run([...trip, ...trip, ...trip, [3600, { request: true }]]);
  assert.equal(results[10]?.state.trips.length, 3);
  assert.equal(results.at(-1)?.on, false);
  assert.equal(results.at(-1)?.holds?.by, "lock-out");
  assert.match(results.at(-1)?.holds?.text ?? "", /3 trips in 24 h.*reset/u);
  const [after] = run([[1, { request: true, reset: true }]], results.at(-1)?.state);
  assert.equal(after?.on, true);
});

test("trips a day apart do not lock it out", () => {
  const day: readonly (readonly [number, GuardInput])[] = [
    [43_300, { request: true }],
    [10, { request: true, trip: true }],
    [10, { request: true }],
  ];
  const results = run([...day, ...day, ...day, ...day]);
  assert.equal(results.at(-1)?.state.lockedOut, false);
  assert.ok((results.at(-1)?.state.trips.length ?? 9) <= 2);
});

test("a compressor that starts by itself has started, and one that stops by itself rests", () => {
  const [seen, held, stopped, waits] = run([
    [400, { request: false, observed: true }],
    [100, { request: false, observed: true }],
    [10, { request: true, observed: false }],
    [10, { request: true, observed: false }],
  ]);
  assert.equal(seen?.startsLastHour, 1);
  assert.equal(held?.holds?.by, "minimum on");
  assert.equal(stopped?.on, false);
  assert.equal(waits?.holds?.by, "minimum off");
});

test("it starts too often: ten times within an hour, or for two hours more often than it may", () => {
  /** A unit that runs by itself for 200 s, or half, of each `every` seconds. */
  const told = (every: number, hours: number): readonly number[] => {
    let state = initialGuard(settings);
    const at: number[] = [];
    for (let t = 0; t < hours * 3600; t += 10) {
      const observed = t >= 600 && t % every < Math.min(200, every / 2);
      const result = guardStep(state, { request: false, observed }, settings, 10);
      state = result.state;
      if (result.shortCycles) at.push(t / 60);
    }
    return at;
  };
  assert.ok((told(300, 2)[0] ?? 0) < 70, "twelve an hour");
  const seven = told(510, 5);
  assert.ok((seven[0] ?? 0) > 170 && (seven[0] ?? 0) < 200, `${seven[0]} min`);
  assert.equal(seven.at(-1), 5 * 60 - 10 / 60);
  assert.deepEqual(told(660, 5), [], "not more than it may");
});

test("a start that has yet to show is not taken for a stop", () => {
  const results = run([
    [300, { request: true, observed: false }],
    [5, { request: true, observed: false }],
    [5, { request: true, observed: true }],
  ]);
  assert.deepEqual(
    results.map(({ on }) => on),
    [true, true, true],
  );
  assert.equal(results[2]?.startsLastHour, 1);
});

const steps = fc.array(
  fc.record({
    dt: fc.integer({ min: 1, max: 400 }),
    request: fc.boolean(),
    trip: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  { minLength: 1, maxLength: 200 },
);

test("whatever is asked: no short run but after a trip, no short rest, never too many starts, state is JSON", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 6 }), (asked, startsPerHour) => {
      const limits = { ...settings, startsPerHour, tripsToLockOut: 20 };
      let state = initialGuard(limits);
      let [on, since, t] = [false, 0, 0];
      const starts: number[] = [];
      for (const { dt, ...input } of asked) {
        t += dt;
        const result = guardStep(state, input, limits, dt);
        if (result.on !== on) {
          if (on && !input.trip) assert.ok(t - since >= limits.minimumOn);
          if (!on) {
            assert.ok(t - since >= limits.minimumOff && !input.trip);
            starts.push(t);
          }
          [on, since] = [result.on, t];
        }
        assert.ok(starts.filter((start) => start > t - 3600).length <= startsPerHour);
        state = JSON.parse(JSON.stringify(result.state)) as GuardState;
        assert.deepEqual(state, result.state);
      }
    }),
  );
});

test("a request that stands is met in the end", () => {
  fc.assert(
    fc.property(steps, (asked) => {
      let state = initialGuard(settings);
      for (const { dt, request } of asked) ({ state } = guardStep(state, { request }, settings, dt));
      let on = false;
      for (let t = 0; t <= 3600 && !on; t += 10) {
        ({ state, on } = guardStep(state, { request: true }, settings, 10));
      }
      assert.equal(on, true);
    }),
  );
});
