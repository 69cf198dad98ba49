import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../devices/clock.ts";
import { type SeenFrame, Taps } from "./tap.ts";

test("the silence before the first frame somebody sees is not counted from one they did not", () => {
  const clock = { now: () => 0, monotonic: () => 0 } as Partial<Clock> as Clock;
  const taps = new Taps(clock);
  const frame = (began: number): (() => SeenFrame) => {
    const bytes = Uint8Array.of(1);
    return () => ({ direction: "sent", bytes, text: "", began, ended: began + 1 });
  };
  const gaps: number[] = [];
  const watch = (): (() => void) => taps.add(({ gap }) => gaps.push(gap));
  const stop = watch();
  taps.saw(frame(10));
  taps.saw(frame(15));
  stop();
  taps.saw(frame(20));
  watch();
  taps.saw(frame(60_000));
  taps.saw(frame(60_003));
  assert.deepEqual(gaps, [0, 4, 0, 2]);
});
