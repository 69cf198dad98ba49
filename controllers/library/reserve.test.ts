import assert from "node:assert/strict";
import { test } from "node:test";
import { aboveReserve, type ReserveInput, type ReserveState, reserveStep } from "./reserve.ts";

/** A battery of 1000 Wh that is drawn with so many W, a step a minute, until the charge is so low. */
function drain(all: number, least: number, rest: Partial<ReserveInput> = {}, lastFor = 8) {
  let charge = 100;
  const first = { onBattery: true, charge, all, lasting: 50, ...rest };
  let { state }: { state: ReserveState | undefined } = reserveStep(undefined, first, { lastFor }, 0);
  let kept = 0;
  const said: number[] = [];
  while (charge > least) {
    charge -= all / 600;
    const step = reserveStep(state, { onBattery: true, charge, all, lasting: 50, ...rest }, { lastFor }, 60);
    [kept, state] = [step.charge, step.state];
    said.push(kept);
  }
  return { kept, state, said };
}

test("what a percent gives is seen in the outage, and so much is kept as those that are to last need", () => {
  // 50 W for the rest of 8 h are 400 Wh, 40 %, and a little to spare.
  const { kept, said } = drain(1000, 90);
  assert.deepEqual(said[0], 0, "nothing is known before 3 % were drawn");
  assert.ok(kept > 40 && kept < 55, `${kept} %`);
  assert.ok(Math.abs(drain(500, 90).kept - kept) < 5, "whatever the others draw");
});

test("the reserve goes with the time that is left, and is no more than all there is", () => {
  const early = drain(100, 90).kept;
  const late = drain(100, 50).kept;
  assert.ok(late < early - 10, `${early} to ${late} %`);
  assert.equal(drain(1000, 90, { lasting: 900 }).kept, 100);
  assert.equal(drain(5, 50).kept, 0, "the time is over");
});

test("nothing is kept without an outage, without a goal, or for nobody", () => {
  assert.equal(drain(1000, 90, {}, 0).kept, 0);
  assert.equal(drain(1000, 90, { lasting: 0 }).kept, 0);
  const over = reserveStep(
    drain(1000, 90).state,
    { onBattery: false, charge: 90, all: 9, lasting: 9 },
    { lastFor: 8 },
    60,
  );
  assert.deepEqual(over, { charge: 0, state: undefined });
});

test("an outlet that does not say what it draws is taken to draw what it did", () => {
  const { state, kept } = drain(1000, 90);
  const silent = reserveStep(
    state,
    { onBattery: true, charge: 90, all: 950, lasting: undefined },
    { lastFor: 8 },
    1,
  );
  assert.ok(Math.abs(silent.charge - kept) < 3, `${silent.charge} %`);
  assert.equal(
    reserveStep(state, { onBattery: true, charge: undefined, all: 0, lasting: 0 }, { lastFor: 8 }, 60).state,
    state,
  );
});

test("thresholds are shares of what is above the reserve", () => {
  assert.deepEqual(
    [aboveReserve(60, 0), aboveReserve(60, 50), aboveReserve(0, 40), aboveReserve(60, 100)],
    [60, 80, 40, 100],
  );
});
