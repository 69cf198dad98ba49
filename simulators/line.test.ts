import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClock } from "../test/support/test-clock.ts";
import { type Answer, characterTime, createLine, frameGap, type Line, type LineOptions } from "./line.ts";
import { createMemoryWire, type Wire } from "./wire.ts";

const timing = { baudRate: 9600 };
const char = 10_000 / 9600;
const gap = 3.5 * char;

interface Rig {
  readonly clock: TestClock;
  readonly client: Wire;
  readonly line: Line;
  readonly frames: Uint8Array[];
  /** When each piece arrived at the client, ms, and how many bytes there were by then. */
  readonly arrivals: (readonly [number, number])[];
  readonly got: number[];
}

function rig(answers: readonly Answer[], options: Partial<LineOptions> = {}): Rig {
  const clock = new TestClock();
  const [client, wire] = createMemoryWire();
  const frames: Uint8Array[] = [];
  const got: number[] = [];
  const arrivals: (readonly [number, number])[] = [];
  client.onData((bytes) => {
    got.push(...bytes);
    arrivals.push([clock.monotonic(), got.length]);
  });
  const receive = (frame: Uint8Array): readonly Answer[] => {
    frames.push(frame);
    return answers;
  };
  return {
    clock,
    client,
    frames,
    got,
    arrivals,
    line: createLine({ clock, wire, timing, receive, ...options }),
  };
}

const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i);
const near = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-6, `${actual} should be ${expected}`);

test("character time and gap", () => {
  near(characterTime({ baudRate: 9600 }), 1.0416666666666667);
  near(characterTime({ baudRate: 19_200, parity: "even" }), 11_000 / 19_200);
  near(characterTime({ baudRate: 1200, dataBits: 7, parity: "odd", stopBits: 2 }), 11_000 / 1200);
  near(frameGap({ baudRate: 19_200 }), 35_000 / 19_200);
  near(frameGap({ baudRate: 115_200 }), 1.75);
});

test("the last byte of an answer arrives when it would on the wire", async () => {
  const { clock, client, arrivals, got } = rig([{ bytes: bytes(25), after: 7, from: "1" }]);
  client.write(bytes(8));
  await clock.advance(200);
  const begins = 8 * char + gap + 7;
  assert.deepEqual(got, [...bytes(25)]);
  assert.deepEqual(
    arrivals.map(([, count]) => count),
    [16, 25],
  );
  near(arrivals[0]?.[0], begins + 16 * char);
  near(arrivals[1]?.[0], begins + 25 * char); // 44.69 ms
});

test("an answer in one piece arrives at its end", async () => {
  const { clock, client, arrivals } = rig([{ bytes: bytes(25), after: 0, from: "1" }], {
    delivery: "single",
  });
  client.write(bytes(8));
  await clock.advance(200);
  assert.equal(arrivals.length, 1);
  near(arrivals[0]?.[0], 33 * char + gap);
});

test("pieces closer than the gap are one frame, and their time on the wire adds up", async () => {
  const { clock, client, frames, arrivals } = rig([{ bytes: bytes(5), after: 0, from: "1" }]);
  client.write(bytes(4));
  await clock.advance(6); // the first four need 4.17 ms, the gap ends at 7.8 ms
  client.write(bytes(4));
  await clock.advance(100);
  assert.deepEqual(
    frames.map((frame) => frame.length),
    [8],
  );
  near(arrivals.at(-1)?.[0], 6 + 4 * char + gap + 5 * char);
});

test("pieces further apart are two frames", async () => {
  const { clock, client, frames } = rig([]);
  client.write(bytes(4));
  await clock.advance(4 * char + gap + 0.1);
  client.write(bytes(4));
  await clock.advance(100);
  assert.deepEqual(
    frames.map((frame) => frame.length),
    [4, 4],
  );
});

test("who talks into an answer damages it and is not heard", async () => {
  const { clock, client, frames, got, line } = rig([{ bytes: bytes(20), after: 0, from: "1" }]);
  client.write(bytes(8));
  await clock.advance(8 * char + gap + 10.5 * char);
  client.write(bytes(4)); // on the wire while bytes 10..14 of the answer are
  await clock.advance(200);
  assert.equal(line.statistics.collisions, 1);
  assert.deepEqual(got.slice(0, 10), [...bytes(10)]);
  assert.notDeepEqual(got.slice(10, 15), [10, 11, 12, 13, 14]);
  assert.deepEqual(got.slice(15, 20), [15, 16, 17, 18, 19]);
  assert.notDeepEqual([...(frames[1] ?? [])], [0, 1, 2, 3]);
});

test("a unit that is still thinking when the next request comes answers both, one after the other", async () => {
  const { clock, client, arrivals } = rig([{ bytes: bytes(5), after: 100, from: "1" }]);
  client.write(bytes(8));
  await clock.advance(50);
  client.write(bytes(8));
  await clock.advance(500);
  const first = 8 * char + gap + 100;
  near(arrivals[0]?.[0], first + 5 * char);
  near(arrivals[1]?.[0], 50 + first + 5 * char);
});

test("a gap too short after an answer is counted, and loses the frame when units are strict", async () => {
  for (const strictGap of [false, true]) {
    const { clock, client, frames, line } = rig([{ bytes: bytes(5), after: 0, from: "1" }], { strictGap });
    client.write(bytes(8));
    await clock.advance(13 * char + gap + 1);
    client.write(bytes(8));
    await clock.advance(100);
    assert.equal(line.statistics.shortGaps, 1);
    assert.equal(frames.length, strictGap ? 1 : 2);
  }
});

test("a line with echo lets the client hear itself", async () => {
  const { clock, client, got } = rig([{ bytes: Uint8Array.of(9), after: 0, from: "1" }], { echo: true });
  client.write(bytes(4));
  await clock.advance(100);
  assert.deepEqual(got, [0, 1, 2, 3, 9]);
});

test("a closed line leaves nothing waiting", async () => {
  const { clock, client, line } = rig([{ bytes: bytes(20), after: 5, from: "1" }]);
  client.write(bytes(8));
  await clock.advance(20);
  await line.close();
  assert.equal(clock.waiting, 0);
});
