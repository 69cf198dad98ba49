import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TestClock } from "../../test/support/test-clock.ts";
import { createMemoryWire, type Wire } from "../wire.ts";
import { buildMbap, buildRtu, createMbapReader, parseRtu } from "./codec.ts";
import { setting } from "./fields.ts";
import { serveRtu, serveTcpWire } from "./serve.ts";
import { createUnit, type SimulatedUnit } from "./unit.ts";

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hexOf = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString("hex");

function unitWith(value: number, turnaround = 5): SimulatedUnit {
  const unit = createUnit({ product: "x", turnaround });
  for (let i = 0; i < 4; i++) unit.defineWords("holding", i, setting(value + i).field);
  return unit;
}

interface Rig {
  readonly clock: TestClock;
  readonly client: Wire;
  readonly units: ReadonlyMap<number, SimulatedUnit>;
  readonly got: number[];
}

function rig(serve: "rtu" | "tcp", turnaround = 5): Rig {
  const clock = new TestClock();
  const [client, wire] = createMemoryWire();
  const units = new Map([
    [1, unitWith(100, turnaround)],
    [2, unitWith(200, turnaround)],
  ]);
  const got: number[] = [];
  client.onData((bytes) => got.push(...bytes));
  if (serve === "rtu") serveRtu({ clock, wire, units, timing: { baudRate: 19_200 } });
  else serveTcpWire(wire, { clock, units });
  return { clock, client, units, got };
}

const second = 1000;

test("a broadcast is obeyed by every unit and never answered", async () => {
  const { clock, client, units, got } = rig("rtu");
  client.write(buildRtu({ unit: 0, pdu: bytesOf("06 0001 0007") }));
  await clock.advance(second);
  client.write(buildRtu({ unit: 0, pdu: bytesOf("03 0000 0001") }));
  await clock.advance(second);
  assert.deepEqual(got, []);
  assert.deepEqual(
    [...units.values()].map((unit) => unit.readWords("holding", 1, 1)),
    [[7], [7]],
  );
});

test("a damaged request is ignored: nothing is written, nothing is said", async () => {
  const { clock, client, units, got } = rig("rtu");
  const request = buildRtu({ unit: 1, pdu: bytesOf("06 0001 0007") });
  for (let bit = 0; bit < request.length * 8; bit++) {
    client.write(request.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
    await clock.advance(second);
  }
  assert.deepEqual(got, []);
  assert.deepEqual(units.get(1)?.readWords("holding", 1, 1), [101]);
});

test("equal requests in quick succession are each answered", async () => {
  const { clock, client, got } = rig("rtu");
  const request = buildRtu({ unit: 1, pdu: bytesOf("03 0000 0001") });
  client.write(request);
  await clock.advance(40);
  client.write(request);
  await clock.advance(40);
  assert.equal(hexOf(got), hexOf(buildRtu({ unit: 1, pdu: bytesOf("03 02 0064") })).repeat(2));
});

test("a request addressed to one unit, in any pieces, is met with silence or one valid answer of that unit", async () => {
  const request = fc.record({
    unit: fc.constantFrom(1, 2, 3),
    pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
    flip: fc.option(fc.nat(2047), { freq: 3 }),
    cut: fc.nat(255),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 6 }), async (requests) => {
      const { clock, client, got } = rig("rtu");
      for (const { unit, pdu, flip, cut } of requests) {
        const frame = buildRtu({ unit, pdu });
        if (flip !== null)
          frame[(flip >> 3) % frame.length] = (frame[(flip >> 3) % frame.length] ?? 0) ^ (1 << (flip & 7));
        got.length = 0;
        client.write(frame.subarray(0, cut));
        await clock.advance(0.5); // less than the gap
        client.write(frame.subarray(cut));
        await clock.advance(second);
        if (got.length === 0) continue;
        const answer = parseRtu(Uint8Array.from(got));
        assert.deepEqual([answer?.unit, (answer?.pdu[0] ?? 0) & 0x7f], [unit, (pdu[0] ?? 0) & 0x7f]);
        assert.ok(unit !== 3 && flip === null);
      }
    }),
    { numRuns: 150 },
  );
});

test("over TCP a unit takes one request after the other; units do not wait for each other", async () => {
  const { clock, client, got } = rig("tcp", 30);
  const reader = createMbapReader();
  const arrived: (readonly [number, number])[] = [];
  client.onData((bytes) => {
    for (const { mbapId } of reader.feed(bytes).frames) arrived.push([mbapId, clock.monotonic()]);
  });
  const requests = [1, 1, 2, 9].map((unit, i) =>
    buildMbap({ mbapId: i + 1, unit, pdu: bytesOf("03 0000 0001") }),
  );
  client.write(Buffer.concat(requests));
  await clock.advance(second);
  assert.deepEqual(arrived, [
    [4, 0],
    [1, 30],
    [3, 30],
    [2, 60],
  ]);
  assert.deepEqual(got, []);
});

test("any bytes over TCP: valid answers to requests that were there, or the end of the connection", async () => {
  const request = fc.record({
    mbapId: fc.nat(0xffff),
    unit: fc.nat(255),
    pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { maxLength: 5 }),
      fc.uint8Array(),
      fc.integer({ min: 1, max: 300 }),
      async (requests, noise, size) => {
        const { clock, client, got } = rig("tcp");
        const stream = Buffer.concat([...requests.map(buildMbap), noise]);
        for (let i = 0; i < stream.length; i += size) client.write(stream.subarray(i, i + size));
        await clock.advance(second);
        const { frames, broken } = createMbapReader().feed(Uint8Array.from(got));
        assert.equal(broken, false);
        const asked = requests.map(({ mbapId }) => mbapId);
        assert.ok(frames.length <= requests.length + Math.ceil(noise.length / 8));
        if (noise.length < 8) assert.ok(frames.every(({ mbapId }) => asked.includes(mbapId)));
      },
    ),
    { numRuns: 150 },
  );
});
