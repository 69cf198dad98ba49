import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as others } from "node:timers/promises";
import { Rounds } from "./rounds.ts";

/** A clock on which every turn takes 2 ms, and what has happened. */
function bench() {
  const at = { now: 0 };
  const happened: string[] = [];
  const rounds = new Rounds({ monotonic: () => at.now });
  const turn = (name: string, times = 1): (() => void) => {
    let left = times;
    const run = (): void => {
      at.now += 2;
      happened.push(name);
      if (--left > 0) rounds.join(run);
    };
    return run;
  };
  return { rounds, happened, turn };
}

test("whoever joins is served later, once, in order", async () => {
  const { rounds, happened, turn } = bench();
  const [a, b] = [turn("a"), turn("b")];
  for (const one of [a, b, a]) rounds.join(one);
  assert.deepEqual(happened, []);
  await others();
  assert.deepEqual(happened, ["a", "b"]);
  await others();
  assert.equal(happened.length, 2);
  rounds.join(a);
  await others();
  assert.deepEqual(happened, ["a", "b", "a"]);
});

test("one that has more goes behind the others, and one that has left is not served", async () => {
  const { rounds, happened, turn } = bench();
  const gone = turn("gone");
  for (const one of [turn("a", 3), turn("b", 2), gone]) rounds.join(one);
  rounds.leave(gone);
  for (let i = 0; i < 5; i++) await others();
  assert.deepEqual(happened, ["a", "b", "a", "b", "a"]);
});

test("after a stretch everything else has its turn, however much there is to send", async () => {
  const { rounds, happened, turn } = bench();
  for (let i = 0; i < 30; i++) rounds.join(turn(`${i}`));
  const served: number[] = [];
  while (happened.length < 30) {
    const before = happened.length;
    await others();
    served.push(happened.length - before);
  }
  assert.ok(Math.max(...served) <= 6, served.join());
  assert.deepEqual(
    happened,
    Array.from({ length: 30 }, (_, i) => `${i}`),
  );
});
