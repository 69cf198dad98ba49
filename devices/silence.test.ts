import assert from "node:assert/strict";
import { test } from "node:test";
import { Silence } from "./silence.ts";

const unit = (...names: string[]): Silence<string> =>
  new Silence(names.map((member) => ({ member, unit: "u", period: 1000 })));

test("one failure says nothing, the second in a row makes the unit silent", () => {
  const silence = unit("a", "b");
  assert.deepEqual(silence.heed("a", 0, "NO_ANSWER"), { kind: "fine" });
  assert.deepEqual(silence.heed("b", 1, undefined), { kind: "fine" });
  assert.deepEqual(silence.heed("b", 2, "LATE_ANSWER"), { kind: "fine" });
  assert.deepEqual(silence.units(), []);
  const verdict = silence.heed("b", 3, "NO_PATH");
  assert.deepEqual(verdict, { kind: "silent", entered: true, members: ["a", "b"], probe: "a", delay: 1000 });
  assert.deepEqual(silence.units(), ["u"]);
});

test("members take turns in trying, after delays that double up to ten seconds", () => {
  const silence = unit("a", "b");
  silence.heed("a", 0, "NO_ANSWER");
  silence.heed("b", 0, "NO_ANSWER");
  const seen: unknown[] = [];
  for (const probe of ["a", "b", "a", "b", "a"]) {
    const verdict = silence.heed(probe, 0, "NO_ANSWER");
    assert.equal(verdict.kind, "silent");
    seen.push(verdict.probe, verdict.delay, verdict.entered);
  }
  assert.deepEqual(seen, [
    "b",
    2000,
    false,
    "a",
    4000,
    false,
    "b",
    8000,
    false,
    "a",
    10_000,
    false,
    "b",
    10_000,
    false,
  ]);
  assert.deepEqual(silence.heed("b", 0, undefined), { kind: "awake", members: ["a", "b"] });
  assert.deepEqual(silence.units(), []);
});

test("a long period is never exceeded by the delay", () => {
  const silence = new Silence([{ member: "a", unit: "u", period: 60_000 }]);
  silence.heed("a", 0, "NO_ANSWER");
  for (let n = 0; n < 3; n++) {
    const verdict = silence.heed("a", 0, "NO_ANSWER");
    assert.equal(verdict.kind === "silent" && verdict.delay, 60_000);
  }
});

test("a unit is tried as soon as its quickest member wants, whoever has to try", () => {
  const silence = new Silence([
    { member: "fast", unit: "u", period: 2000 },
    { member: "slow", unit: "u", period: 60_000 },
  ]);
  silence.heed("fast", 0, "NO_ANSWER");
  const verdict = silence.heed("fast", 2000, "NO_ANSWER");
  assert.deepEqual(verdict.kind === "silent" && [verdict.probe, verdict.delay], ["slow", 2000]);
  const next = silence.heed("slow", 4000, "NO_ANSWER");
  assert.deepEqual(next.kind === "silent" && [next.probe, next.delay], ["fast", 4000]);
});

test("a refusal is an answer, and a line that is down says nothing of the unit", () => {
  const silence = unit("a");
  silence.heed("a", 0, "NO_ANSWER");
  assert.equal(silence.heed("a", 1, "LINE_DOWN").kind, "fine");
  assert.equal(silence.heed("a", 2, "REFUSED").kind, "fine");
  assert.equal(silence.heed("a", 3, "NO_ANSWER").kind, "fine");
  assert.equal(silence.heed("a", 4, "STOPPED").kind, "fine");
  assert.equal(silence.heed("a", 5, "GATEWAY_NO_ANSWER").kind, "silent");
});

test("polls that a living unit never answers do not silence it, and are tried less and less", () => {
  const silence = unit("good", "mute 1", "mute 2");
  silence.heed("mute 1", 0, "NO_ANSWER");
  assert.equal(silence.heed("mute 2", 1, "NO_ANSWER").kind, "silent");
  assert.equal(silence.heed("good", 2, undefined).kind, "awake");
  assert.deepEqual(silence.heed("mute 1", 3, "NO_ANSWER"), { kind: "alone", delay: 1000 });
  assert.deepEqual(silence.heed("mute 2", 4, "NO_ANSWER"), { kind: "alone", delay: 1000 });
  assert.deepEqual(silence.heed("mute 1", 5, "NO_ANSWER"), { kind: "alone", delay: 2000 });
  assert.deepEqual(silence.units(), []);
  silence.heed("good", 6, "NO_ANSWER");
  assert.equal(silence.heed("good", 7, "NO_ANSWER").kind, "silent");
});

test("members of no unit are never silent", () => {
  const silence = new Silence([{ member: "a", unit: "", period: 1000 }]);
  for (let n = 0; n < 5; n++) assert.deepEqual(silence.heed("a", n, "NO_ANSWER"), { kind: "fine" });
});
