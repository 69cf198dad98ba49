import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeRequest, type Request } from "./pdu.ts";
import { encodeFrame } from "./rtu.ts";
import { type Overheard, RtuSniffer } from "./sniffer.ts";

const words = fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 1, maxLength: 20 });
/** A request and its answer, as frames. */
const conversation = fc
  .record({ unit: fc.integer({ min: 1, max: 247 }), words, write: fc.boolean() })
  .map((c) => {
    const count = c.words.length;
    const request: Request = c.write
      ? { kind: "write-registers", address: 5, words: c.words }
      : { kind: "read", table: "holding", address: 5, count };
    const answer = c.write
      ? [16, 0, 5, 0, count]
      : [3, count * 2, ...c.words.flatMap((word) => [word >> 8, word & 0xff])];
    return [
      encodeFrame(c.unit, encodeRequest(request)),
      encodeFrame(c.unit, Uint8Array.from(answer)),
    ] as const;
  });
const kinds = (list: readonly Overheard[]): string[] => list.map(({ kind }) => kind);

test("a conversation cut into any pieces is told as its requests and answers", () => {
  fc.assert(
    fc.property(fc.array(conversation, { maxLength: 6 }), fc.integer({ min: 1, max: 40 }), (talk, size) => {
      const frames = talk.flat();
      const all = Uint8Array.from(frames.flatMap((frame) => [...frame]));
      const sniffer = new RtuSniffer();
      const found: Overheard[] = [];
      for (let at = 0; at < all.length; at += size) found.push(...sniffer.push(all.subarray(at, at + size)));
      found.push(...sniffer.flush());
      assert.deepEqual(
        kinds(found),
        talk.flatMap(() => ["request", "answer"]),
      );
      assert.deepEqual(
        found.map(({ bytes }) => bytes),
        frames,
      );
    }),
  );
});

test("no byte is lost or made up, whatever comes", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 10 }), (pieces) => {
      const sniffer = new RtuSniffer();
      const found = pieces.flatMap((piece) => sniffer.push(piece));
      found.push(...sniffer.flush());
      assert.deepEqual(
        found.flatMap(({ bytes }) => [...bytes]),
        pieces.flatMap((piece) => [...piece]),
      );
    }),
  );
});

test("after damage the next frame after a silence is found again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 30 }), conversation, (noise, [request, answer]) => {
      const sniffer = new RtuSniffer();
      sniffer.push(noise);
      sniffer.flush();
      assert.deepEqual(kinds([...sniffer.push(request), ...sniffer.push(answer)]), ["request", "answer"]);
    }),
  );
});

test("a write and its echo are a request and an answer, a second copy is a request again", () => {
  const frame = encodeFrame(3, Uint8Array.of(6, 0, 1, 0, 7));
  const sniffer = new RtuSniffer();
  assert.deepEqual(kinds([frame, frame, frame].flatMap((copy) => sniffer.push(copy))), [
    "request",
    "answer",
    "request",
  ]);
});
