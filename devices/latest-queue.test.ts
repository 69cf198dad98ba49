import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "./errors.ts";
import { LatestQueue } from "./latest-queue.ts";

test("a newer value takes the place of an older one, and keys keep their turn", () => {
  const queue = new LatestQueue<number>();
  queue.put("a", 1);
  queue.put("b", 2);
  queue.put("a", 3);
  assert.equal(queue.size, 2);
  assert.deepEqual([queue.take(), queue.take(), queue.take()], [3, 2, undefined]);
});

test("the newest value of every key is taken after it was put, whatever the order of events", () => {
  const event = fc.oneof(
    { weight: 3, arbitrary: fc.record({ put: fc.constantFrom("a", "b", "c", "d") }) },
    { weight: 1, arbitrary: fc.constant("take" as const) },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const queue = new LatestQueue<{ key: string; n: number }>();
      const newest = new Map<string, number>();
      const seen = new Map<string, number>();
      const take = (): boolean => {
        const taken = queue.take();
        if (taken === undefined) return false;
        assert.ok(taken.n > (seen.get(taken.key) ?? -1), "a value came twice or out of order");
        seen.set(taken.key, taken.n);
        return true;
      };
      events.forEach((event, n) => {
        if (event === "take") {
          take();
          return;
        }
        newest.set(event.put, n);
        queue.put(event.put, { key: event.put, n });
        assert.ok(queue.size <= 4);
      });
      while (take());
      assert.deepEqual(seen, newest);
    }),
  );
});

test("many thousand keys pass through in order", () => {
  const queue = new LatestQueue<number>();
  const taken: (number | undefined)[] = [];
  for (let n = 0; n < 5000; n++) {
    queue.put(`k${n}`, n);
    if (n % 3 === 0) taken.push(queue.take());
  }
  while (queue.size > 0) taken.push(queue.take());
  assert.deepEqual(
    taken,
    Array.from({ length: 5000 }, (_, n) => n),
  );
});

test("draining waits for values and ends with the signal", async () => {
  const queue = new LatestQueue<number>();
  const stop = new AbortController();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const value of queue.drain(stop.signal)) {
      seen.push(value);
      if (seen.length === 1) queue.put("b", 2);
      if (seen.length === 2) stop.abort();
    }
  })();
  await Promise.resolve();
  queue.put("a", 1);
  await reading;
  assert.deepEqual(seen, [1, 2]);
});

test("a reader that lets more keys wait than allowed is told so", async () => {
  const queue = new LatestQueue<number>({ limit: 2 });
  for (const key of ["a", "b", "a", "c", "d"]) queue.put(key, 1);
  await assert.rejects(
    queue.drain(new AbortController().signal).next(),
    (error) => error instanceof BothyError && error.code === "BUSY",
  );
  assert.equal(queue.size, 0);
});
