import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LatestQueue } from "./latest-queue.ts";

const mark = Symbol("mark");
type Step =
  { readonly kind: "put"; readonly key: string } | { readonly kind: "mark" } | { readonly kind: "take" };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("put" as const), key: fc.constantFrom("a", "b", "c", "d") }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "mark" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "take" as const }) },
);

test("whatever is put and taken: nothing is lost unsaid, nothing goes back in time or past a mark", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (steps, limit) => {
        const queue = new LatestQueue<number>(limit);
        let at = 0;
        let put = 0;
        let accounted = 0;
        const marks: number[] = [];
        const taken: { value: number; isMark: boolean; when: number }[] = [];
        const take = async (): Promise<void> => {
          const got = await queue.take();
          assert.ok(got !== undefined);
          const isMark = marks.includes(got.value);
          if (!isMark) accounted += 1 + got.superseded;
          taken.push({ value: got.value, isMark, when: at });
        };
        for (const one of steps) {
          at++;
          if (one.kind === "mark") {
            marks.push(at);
            queue.mark(mark, at);
          } else if (one.kind === "put") {
            put++;
            queue.put(one.key, at);
          } else if (queue.size > 0) await take();
          accounted += queue.takeDropped();
          // Marks are not outputs that wait.
          assert.ok(queue.size <= limit + 1);
        }
        while (queue.size > 0) await take();
        assert.equal(accounted, put);
        for (const [i, { value, isMark }] of taken.entries())
          if (isMark)
            for (const later of taken.slice(i + 1))
              assert.ok(later.value > value, "from before the mark, after it");
        queue.end();
        assert.equal(await queue.take(), undefined);
      },
    ),
    { numRuns: 500 },
  );
});

test("a consumer that waits is woken by a value, a mark, the end and an error", async () => {
  const queue = new LatestQueue<number>(10);
  const first = queue.take();
  queue.put("a", 1);
  assert.deepEqual(await first, { value: 1, superseded: 0 });
  const second = queue.take();
  queue.mark(mark, 2);
  assert.deepEqual(await second, { value: 2, superseded: 0 });
  const third = queue.take();
  queue.end();
  queue.put("a", 3);
  assert.equal(await third, undefined);
  const failing = new LatestQueue<number>(10);
  failing.put("a", 1);
  failing.end(new Error("over"));
  await assert.rejects(failing.take(), /over/);
});
