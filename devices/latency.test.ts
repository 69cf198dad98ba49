import assert from "node:assert/strict";
import { test } from "node:test";
import { Latency, latencyBounds } from "./latency.ts";

test("durations are counted in every class they are within, bounds included", () => {
  const latency = new Latency();
  for (const took of [5, 5.1, 99, 10_000, 10_001]) latency.add(took);
  const { count, seconds, within } = latency.durations();
  assert.equal(count, 5);
  assert.equal(Math.round(seconds * 1e6), 20_110_100);
  const at = (bound: number): number | undefined => within[latencyBounds.findIndex((one) => one === bound)];
  assert.deepEqual([0.005, 0.01, 0.075, 0.1, 7.5, 10].map(at), [1, 2, 2, 3, 3, 4]);
});
