import assert from "node:assert/strict";
import test from "node:test";
import type { Alarm } from "../contract.ts";
import { AlarmRules } from "./alarm-rules.ts";

const alarm = (id: string, text = id): Alarm => ({ id, severity: "major", text });
const by = { who: "ann", why: "seen", at: 5 };

/** Ids that stand, with what latches marked: `!` not acknowledged, `-` acknowledged, and `.` when its condition is over. */
const stands = (rules: AlarmRules, now: number, ...ids: readonly string[]): string =>
  rules
    .step(
      now,
      ids.map((id) => alarm(id)),
    )
    .map(({ alarm: { id }, latch }) => {
      if (latch === undefined) return id;
      return `${id}${latch.acknowledged === undefined ? "!" : "-"}${latch.over ? "." : ""}`;
    })
    .join(" ");

test("one begins only when its condition has lasted, and ends only when it has been over for a while", () => {
  const rules = new AlarmRules({ hot: { onDelay: 60, offDelay: 30 } });
  assert.equal(stands(rules, 0, "hot", "door"), "door");
  assert.equal(stands(rules, 59, "hot"), "");
  assert.equal(stands(rules, 60, "hot"), "hot");
  assert.equal(stands(rules, 70), "hot");
  assert.equal(stands(rules, 99, "hot"), "hot", "it came back within the delay");
  assert.equal(stands(rules, 100), "hot");
  assert.equal(stands(rules, 129), "hot");
  assert.equal(stands(rules, 130), "");
  assert.equal(stands(rules, 140, "hot"), "");
  assert.equal(stands(rules, 150), "", "a short one never begins");
  assert.equal(stands(rules, 160, "hot"), "", "and the wait begins anew");
  assert.equal(stands(rules, 219, "hot"), "");
  assert.equal(stands(rules, 220, "hot"), "hot");
});

test("one that latches stands until it is acknowledged and over, in either order", () => {
  const rules = new AlarmRules({ hot: { latch: true } });
  assert.equal(rules.acknowledge("hot", by), false, "it does not stand");
  assert.equal(stands(rules, 0, "hot"), "hot!");
  assert.equal(stands(rules, 1), "hot!.");
  assert.equal(stands(rules, 1000), "hot!.");
  assert.equal(rules.acknowledge("hot", by), true);
  assert.equal(stands(rules, 1001), "");
  assert.equal(stands(rules, 1002, "hot"), "hot!", "again is not acknowledged");
  rules.acknowledge("hot", by);
  assert.equal(stands(rules, 1003, "hot"), "hot-");
  assert.equal(stands(rules, 1004), "");
  assert.equal(rules.latchedIds, "");
});

test("what happened stands until it is acknowledged or released, whatever rules there are, also after a restart", () => {
  const happened = alarm("taken-back");
  for (const config of [{}, { "*": { onDelay: 60 } }]) {
    const rules = new AlarmRules(config);
    rules.latch(0, happened);
    assert.equal(stands(rules, 1), "taken-back!.");
    const after = new AlarmRules(config);
    after.resume(
      0,
      rules.kept(() => 7),
    );
    assert.equal(stands(after, 100_000), "taken-back!.");
    assert.equal(after.acknowledge("taken-back", by), true);
    assert.equal(stands(after, 100_001), "");
    rules.release("taken-back");
    assert.equal(stands(rules, 2), "");
  }
});

test("patterns: an id itself before any, then the first; what only looks like one is none", () => {
  const rules = new AlarmRules({
    "fan-*": { onDelay: 100 },
    "fan-failed:*": { latch: true },
    "fan-failed:a.b": { onDelay: 5 },
  });
  assert.equal(
    stands(rules, 0, "fan-failed:a.b", "fan-failed:axb", "a-fan-failed:x", "fan-"),
    "a-fan-failed:x",
  );
  assert.equal(stands(rules, 5, "fan-failed:a.b", "fan-failed:axb"), "fan-failed:a.b");
  assert.equal(stands(rules, 99, "fan-failed:axb"), "");
  assert.equal(stands(rules, 105, "fan-failed:axb"), "fan-failed:axb", "the first that matches: no latch");
  assert.equal(stands(new AlarmRules({ "*": { latch: true } }), 0, "any:thing"), "any:thing!");
  assert.equal(stands(new AlarmRules({ "a(b": { latch: true } }), 0, "a(b", "ab"), "ab a(b!");
});

test("latched ones go on after a restart, with when they began; but not without their rule", () => {
  const before = new AlarmRules({ "*": { latch: true } });
  assert.equal(stands(before, 0, "hot", "wet"), "hot! wet!");
  before.acknowledge("wet", by);
  const kept = before.kept((id) => (id === "hot" ? 3 : 4));
  assert.deepEqual(kept, [
    { alarm: alarm("hot"), since: 3 },
    { alarm: alarm("wet"), since: 4, acknowledged: by },
  ]);
  const after = new AlarmRules({ "*": { latch: true } });
  after.resume(1000, kept);
  assert.equal(stands(after, 1000), "hot!.");
  const others = new AlarmRules({ hot: { onDelay: 10 } });
  others.resume(1000, kept);
  assert.equal(stands(others, 1000), "");
});

test("a controller that invents ids latches no more than 500", () => {
  const rules = new AlarmRules({ "*": { latch: true } });
  for (let i = 0; i < 2000; i++) stands(rules, i, `odd:${i}`, "hot");
  const [all, hot] = [rules.step(3000, []), rules.kept(() => 0).find((one) => one.alarm.id === "hot")];
  assert.equal(all.length, 500);
  assert.notEqual(hot, undefined, "what latched first still does");
});
