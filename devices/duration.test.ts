import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { durationPattern, formatDuration, parseDuration } from "./duration.ts";

test("durations carry their unit", () => {
  assert.equal(parseDuration("200ms"), 200);
  assert.equal(parseDuration("1.5s"), 1500);
  assert.equal(parseDuration("5m"), 300_000);
  assert.equal(parseDuration("2h"), 7_200_000);
  assert.equal(parseDuration("1d"), 86_400_000);
  assert.equal(parseDuration("0s"), 0);
});

test("anything else is no duration", () => {
  for (const text of [
    "",
    "5",
    "ms",
    "-1s",
    "1 s",
    "1e3s",
    "1.s",
    ".5s",
    "5min",
    "5S",
    "1s2ms",
    `${"9".repeat(400)}d`,
  ]) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

test("what is written is read back", () => {
  fc.assert(
    fc.property(fc.nat(10_000_000_000), (span) => {
      const text = formatDuration(span);
      assert.match(text, new RegExp(durationPattern));
      assert.equal(parseDuration(text), span);
    }),
  );
});

test("the pattern and the reader agree on any text", () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[\d.]{0,6}[mshd]{0,3}$/));
  fc.assert(
    fc.property(texts, (text) => {
      assert.equal(parseDuration(text) !== undefined, new RegExp(durationPattern).test(text));
    }),
  );
});
