import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { minutes, seconds } from "../../devices/clock.ts";
import type { Reading } from "../../devices/reading.ts";
import { ReadingStore } from "../../devices/store.ts";
import { HttpError } from "../../server/faults.ts";
import { type BoundTexts, readBounds, ReadingCache } from "../../server/synse/reading-cache.ts";
import { testDevice } from "../support/device.ts";
import { TestClock } from "../support/test-clock.ts";

const always = { start: -Infinity, end: Infinity };

function cacheOf(limits: { keepFor: number; most: number }) {
  const clock = new TestClock();
  const store = new ReadingStore({ clock });
  const device = testDevice("fan", ["duty"]);
  store.declare(device);
  const cache = new ReadingCache({ clock, store }, limits);
  const publish = (value: number): void => {
    const id = { device: device.id, output: "duty" };
    store.publish([{ id, at: clock.now(), quality: "good", value }]);
  };
  const kept = (bounds = always): unknown[] => [...cache.between(bounds)].map(valueOf);
  return { clock, cache, publish, kept };
}
const valueOf = (reading: Reading): unknown => (reading.quality === "bad" ? null : reading.value);

test("readings are kept for a while, in the order they came in", async () => {
  const { clock, cache, publish, kept } = cacheOf({ keepFor: seconds(10), most: 100 });
  for (const value of [1, 2, 3]) {
    publish(value);
    await clock.advance(seconds(4));
  }
  assert.deepEqual(kept(), [2, 3]);
  assert.equal(cache.size, 2);
  await clock.advance(seconds(60));
  assert.deepEqual(kept(), []);
});

test("a clock set back or forward keeps as much", async () => {
  const { clock, publish, kept } = cacheOf({ keepFor: seconds(10), most: 100 });
  publish(1);
  clock.setWall(minutes(-60));
  publish(2);
  clock.setWall(minutes(600));
  await clock.advance(seconds(5));
  assert.deepEqual(kept(), [1, 2]);
});

test("no more than so many are kept, the newest", () => {
  const { publish, kept, cache } = cacheOf({ keepFor: minutes(3), most: 5 });
  for (let value = 0; value < 20_000; value++) publish(value);
  assert.deepEqual(kept(), [19_995, 19_996, 19_997, 19_998, 19_999]);
  assert.equal(cache.size, 5);
});

test("nothing is kept where nothing shall be", () => {
  for (const limits of [
    { keepFor: 0, most: 5 },
    { keepFor: 1000, most: 0 },
  ]) {
    const { publish, kept } = cacheOf(limits);
    publish(1);
    assert.deepEqual(kept(), []);
  }
});

test("bounds belong to what they bound; an end without fraction is its whole second", async () => {
  const { clock, publish, kept } = cacheOf({ keepFor: minutes(3), most: 100 });
  for (let value = 0; value < 6; value++) {
    publish(value);
    await clock.advance(500);
  }
  const bounded = (bounds: BoundTexts) => kept(readBounds(bounds));
  const day = "2031-05-06T";
  assert.deepEqual(bounded({}), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(bounded({ start: `${day}07:08:10Z` }), [2, 3, 4, 5]);
  assert.deepEqual(bounded({ start: `${day}07:08:10.001Z`, end: "" }), [3, 4, 5]);
  assert.deepEqual(bounded({ start: "", end: `${day}07:08:10Z` }), [0, 1, 2, 3]);
  assert.deepEqual(bounded({ end: `${day}07:08:10.0Z` }), [0, 1, 2]);
  assert.deepEqual(bounded({ start: `${day}09:08:10+02:00`, end: `${day}09:08:10 02:00` }), [2, 3]);
  assert.deepEqual(bounded({ start: `${day}07:08:10.5z`, end: `${day}07:08:10z` }), [3]);
});

test("what is no time is refused", () => {
  const bad = [
    "now",
    "5m",
    "2031-05-06",
    "2031-05-06 07:08:09Z",
    "2031-05-06T07:08:09",
    "1931-02-29T00:00:00Z",
  ];
  const worse = [
    "2031-13-01T00:00:00Z",
    "2031-01-01T24:00:00Z",
    "2031-01-01T00:00:60Z",
    "2031-01-01T00:00:00+99:00",
  ];
  for (const text of [...bad, ...worse]) {
    assert.throws(() => readBounds({ start: text }), /^HttpError: start is no time/, text);
    assert.throws(() => readBounds({ end: text }), /^HttpError: end is no time/, text);
  }
  const swapped = { start: "2031-05-06T07:08:10Z", end: "2031-05-06T07:08:09Z" };
  assert.throws(() => readBounds(swapped), /is before start/);
});

test("bounds are times or a 400, whatever they are", () => {
  const text = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  fc.assert(
    fc.property(text, text, (start, end) => {
      try {
        const bounds = readBounds({ start, end });
        assert.ok(bounds.start <= bounds.end);
      } catch (error) {
        assert.ok(error instanceof HttpError && error.status === 400, String(error));
      }
    }),
  );
});

test("a reader that is overtaken goes on with what is still there, and ends where it would have", () => {
  const { publish, cache } = cacheOf({ keepFor: minutes(3), most: 10 });
  for (let value = 0; value < 10; value++) publish(value);
  const reader = cache.between(always);
  assert.equal(valueOf(reader.next().value ?? assert.fail()), 0);
  for (let value = 10; value < 14; value++) publish(value);
  assert.deepEqual([...reader].map(valueOf), [4, 5, 6, 7, 8, 9]);
  const late = cache.between(always);
  late.next();
  for (let value = 14; value < 20_000; value++) publish(value);
  assert.deepEqual([...late].map(valueOf), []);
});
