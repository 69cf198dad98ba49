import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { good, testDevice, valueId } from "../test/support/device.ts";
import { TestClock } from "../test/support/test-clock.ts";
import { BothyError } from "./errors.ts";
import { silentLog } from "./plugin.ts";
import type { Reading } from "./reading.ts";
import { badReading, ReadingStore } from "./store.ts";

const inlet = valueId("probe");
const humidity = valueId("probe", "humidity");
const probe = testDevice("probe", ["temperature", "humidity", "temperature:return"]);

function declared(): { clock: TestClock; store: ReadingStore } {
  const clock = new TestClock();
  const store = new ReadingStore({ clock });
  store.declare(probe);
  return { clock, store };
}

const codes = (readings: readonly Reading[]): readonly string[] =>
  readings.map((reading) => (reading.quality === "bad" ? reading.reason.code : String(reading.value)));

test("every output of a declared device has a reading, in order, and says that it was not read yet", () => {
  const { store } = declared();
  assert.deepEqual(
    store.latest("probe").map(({ id }) => id),
    [inlet, humidity, valueId("probe", "temperature", "return")],
  );
  assert.deepEqual(codes(store.latest("probe")), ["NOT_READ_YET", "NOT_READ_YET", "NOT_READ_YET"]);
  assert.deepEqual(store.latest("nobody"), []);
  assert.equal(store.get(valueId("nobody")), undefined);
});

test("readings come back in the order of outputs, whatever the order they came in", () => {
  const { clock, store } = declared();
  const version = store.version("probe");
  const before = store.latest("probe");
  assert.equal(store.latest("probe"), before);
  store.publish([
    good(valueId("probe", "temperature", "return"), clock.now(), 31),
    good(inlet, clock.now(), 21),
  ]);
  assert.deepEqual(codes(store.latest("probe")), ["21", "NOT_READ_YET", "31"]);
  assert.deepEqual(codes(before), ["NOT_READ_YET", "NOT_READ_YET", "NOT_READ_YET"]);
  assert.ok(store.version("probe") > version);
});

test("the stored reading of a value is the newest published, in whatever order they arrive", async () => {
  const clock = new TestClock();
  await clock.advance(1000);
  fc.assert(
    fc.property(fc.array(fc.nat(500), { minLength: 1, maxLength: 30 }), (offsets) => {
      const store = new ReadingStore({ clock });
      store.declare(probe);
      const told: number[] = [];
      store.subscribe((readings) => told.push(...readings.map(({ at }) => at)));
      const start = clock.now() - 500;
      for (const [n, offset] of offsets.entries()) store.publish([good(inlet, start + offset, n)]);
      const newest = Math.max(...offsets);
      const stored = store.get(inlet);
      assert.equal(stored?.at, start + newest);
      assert.equal(stored.quality === "good" && stored.value, offsets.lastIndexOf(newest));
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
      );
    }),
  );
});

test("after the wall clock was set back, new readings still replace the old", () => {
  const clock = new TestClock();
  let offset = 0;
  const store = new ReadingStore({
    clock: {
      now: () => clock.now() + offset,
      monotonic: clock.monotonic,
      at: clock.at,
      sleepUntil: clock.sleepUntil,
    },
  });
  store.declare(probe);
  store.publish([good(inlet, clock.now(), 1)]);
  offset = -3_600_000;
  store.publish([good(inlet, clock.now() + offset, 2)]);
  assert.deepEqual(codes(store.latest("probe"))[0], "2");
});

test("readings of values nobody declared are dropped and counted", () => {
  const { clock, store } = declared();
  const told: (readonly Reading[])[] = [];
  store.subscribe((readings) => told.push(readings));
  store.publish([good(valueId("nobody"), clock.now(), 1), good(inlet, clock.now(), 2)]);
  store.publish([good(valueId("nobody"), clock.now(), 1)]);
  assert.deepEqual(told.map(codes), [["2"]]);
  assert.deepEqual(store.stats(), { values: 3, unknown: 2, outdated: 0 });
});

test("a forgotten device has no readings, and declaring it again starts afresh under a new version", () => {
  const { clock, store } = declared();
  store.publish([good(inlet, clock.now(), 2)]);
  const version = store.version("probe");
  store.forget(probe);
  assert.deepEqual(store.latest("probe"), []);
  assert.equal(store.version("probe"), 0);
  store.declare(probe);
  assert.equal(codes(store.latest("probe"))[0], "NOT_READ_YET");
  assert.ok(store.version("probe") > version);
});

test("a listener that throws hurts neither the publisher nor the others, and is logged once", () => {
  const clock = new TestClock();
  const said: string[] = [];
  const log = { ...silentLog, error: (_: object, text: string) => said.push(text) };
  const store = new ReadingStore({ clock, log });
  store.declare(probe);
  store.subscribe(() => {
    throw new Error("broken");
  });
  let told = 0;
  store.subscribe(() => told++);
  store.publish([good(inlet, clock.now(), 1)]);
  store.publish([good(inlet, clock.now(), 2)]);
  assert.equal(told, 2);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /broken/);
});

test("a listener that publishes is heard by all after what it was told of, and may leave while being told", () => {
  const { clock, store } = declared();
  const told: string[] = [];
  const stop = store.subscribe((readings) => {
    stop();
    store.publish([good(humidity, clock.now(), 50)]);
    told.push(`first ${codes(readings).join()}`);
  });
  store.subscribe((readings) => told.push(`second ${codes(readings).join()}`));
  store.publish([good(inlet, clock.now(), 1)]);
  assert.deepEqual(told, ["first 1", "second 1", "second 50"]);
});

test("a value that is not renewed turns stale when its time is over, and heals", async () => {
  const { clock, store } = declared();
  store.expect([inlet], 5000);
  const told: string[] = [];
  store.subscribe((readings) => told.push(...codes(readings)));
  store.publish([good(inlet, clock.now(), 20), good(humidity, clock.now(), 40)]);
  await clock.advance(4000);
  store.publish([good(inlet, clock.now(), 21)]);
  await clock.advance(4900);
  assert.deepEqual(codes(store.latest("probe")), ["21", "40", "NOT_READ_YET"]);
  await clock.advance(200);
  assert.deepEqual(codes(store.latest("probe")), ["STALE", "40", "NOT_READ_YET"]);
  const stale = store.get(inlet);
  assert.match(
    stale?.quality === "bad" ? stale.reason.text : "",
    /last read 5\d{3} ms ago; its limit is 5000 ms/,
  );
  store.publish([good(inlet, clock.now(), 22)]);
  assert.deepEqual(told, ["20", "40", "21", "STALE", "22"]);
  await clock.advance(5200);
  assert.equal(codes(store.latest("probe"))[0], "STALE");
  assert.equal(clock.waiting, 0);
});

test("a reading that arrives older than it may become is stored as stale", async () => {
  const { clock, store } = declared();
  store.expect([inlet], 5000);
  const measured = clock.now();
  await clock.advance(6000);
  store.publish([good(inlet, measured, 20)]);
  assert.equal(codes(store.latest("probe"))[0], "STALE");
});

test("many values of different ages each turn stale within a tenth of a second of their limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 }),
      async (ages) => {
        const clock = new TestClock();
        const store = new ReadingStore({ clock });
        const turned = new Map<string, number>();
        store.subscribe((readings) => {
          for (const { id, quality } of readings)
            if (quality === "bad") turned.set(id.device, clock.monotonic());
        });
        for (const [n, age] of ages.entries()) {
          store.declare(testDevice(`d${n}`));
          store.publish([good(valueId(`d${n}`), clock.now(), n)]);
          store.expect([valueId(`d${n}`)], age);
        }
        await clock.advance(4000);
        for (const [n, age] of ages.entries()) {
          const at = turned.get(`d${n}`) ?? Infinity;
          assert.ok(at >= age && at <= age + 100, `limit ${age}, stale at ${at}`);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a bad reading stays as it is, however old", async () => {
  const { clock, store } = declared();
  store.expect([inlet], 1000);
  store.publish([
    badReading(inlet, clock.now(), new BothyError("NO_ANSWER", { source: "unit 1", timeout: 200 })),
  ]);
  await clock.advance(10_000);
  assert.equal(codes(store.latest("probe"))[0], "NO_ANSWER");
});

test("a slow reader of a stream gets the newest of each value", async () => {
  const { clock, store } = declared();
  const stop = new AbortController();
  const stream = store.stream(({ output }) => output === "temperature", stop.signal);
  for (let n = 0; n < 100; n++) store.publish([good(inlet, clock.now(), n), good(humidity, clock.now(), n)]);
  store.publish([good(valueId("probe", "temperature", "return"), clock.now(), 30)]);
  const seen: string[] = [];
  for await (const reading of stream) {
    seen.push(...codes([reading]));
    if (seen.length === 2) stop.abort();
  }
  assert.deepEqual(seen, ["99", "30"]);
});

test("an ended stream no longer listens", async () => {
  const { clock, store } = declared();
  const stop = new AbortController();
  let asked = 0;
  const stream = store.stream(() => ++asked > 0, stop.signal);
  store.publish([good(inlet, clock.now(), 1)]);
  stop.abort();
  store.publish([good(inlet, clock.now(), 2)]);
  assert.equal(asked, 1);
  for await (const reading of stream) assert.fail(`a stopped stream gave ${reading.at}`);
});
