import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatGoDuration, parseGoDuration, parseGoSetting } from "./go-duration.ts";

test("durations as Go writes them", () => {
  const texts = [
    "30s",
    "1m30s",
    "1h0m0s",
    "500ms",
    "1.5s",
    ".5s",
    "1.s",
    "2\u00b5s",
    "2\u03bcs",
    "2us",
    "0s",
  ];
  assert.deepEqual(
    texts.map(parseGoDuration),
    [30_000, 90_000, 3_600_000, 500, 1500, 500, 1000, 0.002, 0.002, 0.002, 0],
  );
  for (const wrong of [
    "",
    "30",
    "s",
    "-1s",
    "1 s",
    ".s",
    "1d",
    "soon",
    `${"9".repeat(400)}h`,
    `${"9".repeat(300)}h`,
  ])
    assert.equal(parseGoDuration(wrong), undefined, wrong);
});

test("a bare number in a configuration is nanoseconds", () => {
  assert.deepEqual(["250000000", "0", "1m", "-1", "1e3", ""].map(parseGoSetting), [
    250,
    0,
    60_000,
    undefined,
    undefined,
    undefined,
  ]);
});

test("whatever the text, a duration is a number of milliseconds or nothing", () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[\d.]{0,6}(ns|us|ms|s|m|h)?[\d.]{0,3}[smh]?$/));
  fc.assert(
    fc.property(texts, (text) => {
      const span = parseGoDuration(text);
      assert.ok(span === undefined || (Number.isFinite(span) && span >= 0));
    }),
  );
});

test("what is written is read back", () => {
  assert.deepEqual([0, 500, 30_000, 90_000, 3_600_000, 61_500].map(formatGoDuration), [
    "0s",
    "500ms",
    "30s",
    "1m30s",
    "1h0m0s",
    "1m1.5s",
  ]);
  fc.assert(fc.property(fc.nat(), (span) => assert.equal(parseGoDuration(formatGoDuration(span)), span)));
});
