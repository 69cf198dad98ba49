import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame, StepTrace, Target } from "../runtime/frame.ts";
import { Comparing } from "./difference.ts";

const target = (device: string): Target => ({
  device,
  name: device,
  tags: [],
  mine: true,
  accepts: { kind: "number", min: 20, max: 100, step: 1, unit: "%" },
  held: [],
});
const targets: Frame["outputs"] = { fans: [target("a"), target("b")] };

const side = (
  at: number,
  wanted: Readonly<Record<string, number | string | undefined>>,
  mode: StepTrace["mode"] = "automatic",
): Pick<StepTrace, "at" | "mode" | "outputs" | "reason"> => ({
  at,
  mode,
  reason: `at ${at}`,
  outputs: Object.entries(wanted).map(([device, value]) => ({
    output: "fans",
    device,
    name: device,
    ...(value === undefined ? {} : { wanted: value }),
  })),
});

test("what is the same has no difference", () => {
  const comparing = new Comparing();
  for (let at = 0; at < 5; at++)
    comparing.add(side(at, { a: 40, b: "low" }), side(at, { a: 40, b: "low" }), targets);
  const { compared, differing, large, otherMode, examples } = comparing.result;
  assert.deepEqual(
    { compared, differing, large, otherMode, examples },
    { compared: 5, differing: 0, large: 0, otherMode: 0, examples: [] },
  );
});

test("differences are counted per output and per step, the large ones by the share of the range", () => {
  const comparing = new Comparing();
  comparing.add(side(1, { a: 40, b: 50 }), side(1, { a: 44, b: 50 }), targets);
  comparing.add(side(2, { a: 40, b: 50 }), side(2, { a: 52, b: 50 }), targets);
  comparing.add(side(3, { a: 40, b: 50 }), side(3, { a: 40, b: undefined }), targets);
  comparing.add(side(4, { a: 40 }), side(4, { a: 40 }, "fail-safe"), targets);
  const { outputs, examples, ...result } = comparing.result;
  assert.deepEqual(result, { compared: 4, differing: 3, otherMode: 1, large: 2, largePercent: 50 });
  const [a, b] = outputs;
  assert.deepEqual(a, {
    output: "fans",
    device: "a",
    name: "a",
    compared: 4,
    differing: 2,
    largest: 12,
    large: 1,
    mean: 4,
  });
  assert.deepEqual([b?.differing, b?.large], [1, 1]);
  assert.deepEqual(
    examples.map(({ at, first, second }) => [at, first, second]),
    [
      [1, 40, 44],
      [2, 40, 52],
      [3, 50, null],
    ],
  );
});

test("an output only one of the two has differs; words differ or do not", () => {
  const comparing = new Comparing();
  comparing.add(side(1, {}), side(1, { c: 40 }), targets);
  comparing.add(side(2, { a: "on" }), side(2, { a: "off" }), targets);
  assert.equal(comparing.result.large, 2);
});

test("examples are few: the first ones, then the largest", () => {
  const comparing = new Comparing();
  for (let at = 0; at < 1000; at++)
    comparing.add(side(at, { a: 20 }), side(at, { a: 20 + ((at * 37) % 80) }), targets);
  const { examples } = comparing.result;
  assert.equal(examples.length, 20);
  assert.equal(examples[0]?.at, 1);
  assert.ok(examples.some(({ second }) => second === 99));
});
