import assert from "node:assert/strict";
import { test } from "node:test";
import { oncePer } from "./once-per.ts";

void test("what an object comes to is computed once, also when it comes to nothing", () => {
  const seen: unknown[] = [];
  const sizeOf = oncePer((list: readonly number[]) => {
    seen.push(list);
    return list.length === 0 ? undefined : list.length;
  });
  const [none, two] = [[], [1, 2]];
  assert.deepEqual([sizeOf(none), sizeOf(two), sizeOf(none), sizeOf(two)], [undefined, 2, undefined, 2]);
  assert.deepEqual(seen, [none, two]);
});

void test("each object counts for itself, however alike they are", () => {
  let count = 0;
  const next = oncePer((_: object) => ++count);
  assert.deepEqual([next({}), next({})], [1, 2]);
});
