import assert from "node:assert/strict";
import { test } from "node:test";
import type { TappedFrame } from "../../devices/plugin.ts";
import { watchLine } from "../../plugins/modbus/sniffer.ts";
import { memoryLine } from "../../plugins/transport/memory-line.ts";
import { framed } from "../support/rtu-units.ts";
import { TestClock } from "../support/test-clock.ts";

test("a line where others talk is told frame by frame, and nothing is ever sent on it", async () => {
  const clock = new TestClock();
  const sent: Uint8Array[] = [];
  const line = memoryLine((bytes) => sent.push(bytes));
  const frames: TappedFrame[] = [];
  const bus = { name: "line", transport: "serial", baudRate: 9600 } as const;
  const stop = watchLine(line, bus, clock, (frame) => frames.push(frame));
  line.arrive(framed([3, 3, 0, 0, 0, 1]));
  await clock.advance(30);
  line.arrive(framed([3, 3, 2, 0, 215]));
  await clock.advance(30);
  line.arrive(Uint8Array.of(3, 3, 2, 0));
  await clock.advance(60);
  stop();
  line.arrive(framed([3, 3, 0, 0, 0, 1]));
  await clock.advance(60);
  assert.deepEqual(
    frames.map(({ direction, text, took, fault }) => [direction, text, took, fault]),
    [
      ["sent", "unit 3 read holding 0x0000 ×1", undefined, undefined],
      ["received", "unit 3 read holding: 215", 30, undefined],
      ["received", "4 bytes", undefined, "no frame"],
    ],
  );
  assert.equal(sent.length, 0);
  assert.equal(clock.waiting, 0);
});
