import assert from "node:assert/strict";
import { test } from "node:test";
import { Learnt } from "./learnt.ts";

const reason = { code: "NO_SUCH_POINT", text: "nothing there" } as const;
const range = { from: 4, to: 6 };

function fresh(): { learnt: Learnt; again: () => Learnt } {
  let kept: unknown;
  const memory = {
    get: () => kept,
    set: (_: string, value: unknown) => void (kept = JSON.parse(JSON.stringify(value))),
  };
  return { learnt: new Learnt(memory, "unit"), again: () => new Learnt(memory, "unit") };
}

test("an address that was never read and is refused is left alone for longer each time, up to five minutes", () => {
  const { learnt } = fresh();
  let now = 0;
  for (const delay of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    learnt.refuse("holding", range, reason, now);
    assert.equal(learnt.refusal("holding", range, now + delay - 1)?.code, "NO_SUCH_POINT");
    now += delay;
    assert.equal(learnt.refusal("holding", range, now), undefined);
    // Others do not make it forgotten.
    learnt.refuse("holding", { from: 20, to: 21 }, reason, now);
  }
  learnt.fine("holding", { from: 0, to: 10 });
  for (let i = 0; i < 3; i++) learnt.refuse("holding", range, reason, now);
  assert.equal(learnt.refusal("holding", range, now + 10_000), undefined, "once it was read, it counts anew");
});

test("a wall clock that is set back leaves nothing alone for longer than planned", () => {
  const { learnt } = fresh();
  const hour = 3_600_000;
  learnt.refuse("holding", range, reason, hour);
  assert.notEqual(learnt.refusal("holding", range, hour), undefined);
  assert.equal(learnt.refusal("holding", range, 0), undefined);
  learnt.fine("input", { from: 0, to: 30 });
  for (let i = 0; i < 3; i++) learnt.cut("input", { from: 8, to: 20 }, hour);
  assert.equal(learnt.cuts("input").length, 1);
  learnt.expire(0);
  assert.equal(learnt.cuts("input").length, 0);
});

test("an address that was read before is asked again at once, until it was refused three times in a row", () => {
  const { learnt } = fresh();
  learnt.fine("holding", { from: 0, to: 10 });
  learnt.refuse("holding", range, reason, 0);
  learnt.refuse("holding", range, reason, 0);
  assert.equal(learnt.refusal("holding", range, 1), undefined);
  learnt.refuse("holding", range, reason, 0);
  assert.notEqual(learnt.refusal("holding", range, 9999), undefined);
  assert.equal(learnt.refusal("holding", range, 10_000), undefined);
});

test("a good read between two refusals begins the count anew", () => {
  const { learnt } = fresh();
  learnt.fine("holding", { from: 0, to: 10 });
  for (let i = 0; i < 5; i++) {
    learnt.refuse("holding", range, reason, 0);
    learnt.refuse("holding", range, reason, 0);
    learnt.fine("holding", { from: 0, to: 10 });
  }
  assert.equal(learnt.refusal("holding", range, 1), undefined);
});

test("a gap that was never bridged is not tried again; one that was is after ten minutes", () => {
  const { learnt } = fresh();
  learnt.cut("input", { from: 8, to: 20 }, 0);
  learnt.fine("holding", { from: 0, to: 30 });
  for (let i = 0; i < 3; i++) learnt.cut("holding", { from: 8, to: 20 }, 0);
  learnt.expire(599_999);
  assert.equal(learnt.cuts("holding").length, 1);
  const before = learnt.version;
  learnt.expire(600_000);
  assert.equal(learnt.cuts("holding").length, 0);
  assert.equal(learnt.cuts("input").length, 1);
  assert.ok(learnt.version > before, "plans are made anew");
});

test("a length that was read before is not too long because of one refusal", () => {
  const { learnt } = fresh();
  learnt.fine("holding", { from: 0, to: 40 });
  learnt.tooLong("holding", 20, 40);
  assert.equal(learnt.longest("holding", 125), 125);
  learnt.tooLong("holding", 40, 80);
  assert.equal(learnt.longest("holding", 125), 60);
});

test("what was learnt and proven outlives the connection", () => {
  const { learnt, again } = fresh();
  learnt.fine("holding", { from: 0, to: 10 });
  const next = again();
  next.refuse("holding", range, reason, 0);
  assert.equal(next.refusal("holding", range, 1), undefined, "proven before the line was opened again");
});
