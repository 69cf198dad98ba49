import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { answerShape, answerSize, decodeAnswer, fits } from "./answer.ts";
import { crc16, crcFits } from "./crc.ts";
import { describeAnswer, describeRequest } from "./describe.ts";
import { encodeRequest, isRepeatable, isWrite, type Request } from "./pdu.ts";
import { answerAt, encodeFrame, wireTiming } from "./rtu.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

/** Frames as the application protocol (§6) and serial line specifications, and their worked examples, print them. */
const requests: readonly (readonly [string, number, Request])[] = [
  ["0103 0000 000a c5cd", 1, { kind: "read", table: "holding", address: 0, count: 10 }],
  ["1103 006b 0003 7687", 17, { kind: "read", table: "holding", address: 0x6b, count: 3 }],
  ["1105 00ac ff00 4e8b", 17, { kind: "write-coil", address: 0xac, on: true }],
  ["1106 0001 0003 9a9b", 17, { kind: "write-register", address: 1, word: 3 }],
  ["1110 0001 0002 04 000a 0102 c6f0", 17, { kind: "write-registers", address: 1, words: [10, 0x0102] }],
  ["1101 0013 0025 0e84", 17, { kind: "read", table: "coil", address: 0x13, count: 0x25 }],
  ["1102 00c4 0016 baa9", 17, { kind: "read", table: "discrete", address: 0xc4, count: 0x16 }],
  ["1104 0008 0001 b298", 17, { kind: "read", table: "input", address: 8, count: 1 }],
];
for (const [frame, unit, request] of requests) {
  test(`the frame ${frame} is what the specification prints`, () => {
    assert.equal(hex(encodeFrame(unit, encodeRequest(request))), frame.replaceAll(" ", ""));
    assert.ok(crcFits(bytes(frame), 0, bytes(frame).length));
  });
}

const pdus: readonly (readonly [string, Request, string, unknown])[] = [
  [
    "0f 0013 000a 02 cd01",
    { kind: "write-coils", address: 0x13, bits: [...bitsOf(0xcd), true, false] },
    "0f 0013 000a",
    { kind: "written" },
  ],
  [
    "16 0004 00f2 0025",
    { kind: "mask", address: 4, and: 0xf2, or: 0x25 },
    "16 0004 00f2 0025",
    { kind: "written" },
  ],
  [
    "17 0003 0006 000e 0003 06 00ff 00ff 00ff",
    { kind: "read-write", read: { address: 3, count: 6 }, write: { address: 14, words: [255, 255, 255] } },
    "17 0c 00fe 0acd 0001 0003 000d 00ff",
    { kind: "words", words: [0xfe, 0x0acd, 1, 3, 13, 255] },
  ],
  [
    "03 006b 0003",
    { kind: "read", table: "holding", address: 0x6b, count: 3 },
    "03 06 022b 0000 0064",
    { kind: "words", words: [0x22b, 0, 0x64] },
  ],
  [
    "01 0013 0013",
    { kind: "read", table: "coil", address: 0x13, count: 19 },
    "01 03 cd6b05",
    { kind: "bits", bits: [...bitsOf(0xcd), ...bitsOf(0x6b), true, false, true] },
  ],
  [
    "2b 0e 01 00",
    { kind: "identify", level: 1, object: 0 },
    "2b 0e 01 01 00 00 02 00 02 4142 01 01 43",
    {
      kind: "identity",
      conformity: 1,
      objects: [
        { id: 0, text: "AB" },
        { id: 1, text: "C" },
      ],
    },
  ],
];
function bitsOf(byte: number): boolean[] {
  return Array.from({ length: 8 }, (_, i) => ((byte >> i) & 1) === 1);
}
for (const [encoded, request, answer, response] of pdus) {
  test(`${request.kind} ${encoded} and its answer are as in the specification`, () => {
    assert.equal(hex(encodeRequest(request)), encoded.replaceAll(" ", ""));
    assert.deepEqual(decodeAnswer(request, encodeRequest(request), bytes(answer), "unit 1"), response);
    assert.ok(fits(bytes(answer), answerShape(encodeRequest(request))));
    assert.equal(answerSize(bytes(answer)), bytes(answer).length);
  });
}

const outside: readonly Request[] = [
  { kind: "read", table: "holding", address: 0, count: 0 },
  { kind: "read", table: "holding", address: 0, count: 126 },
  { kind: "read", table: "coil", address: 0, count: 2001 },
  { kind: "read", table: "input", address: 65_535, count: 2 },
  { kind: "read", table: "input", address: 0.5, count: 2 },
  { kind: "write-register", address: 0, word: 65_536 },
  { kind: "write-register", address: 0, word: -1 },
  { kind: "write-coils", address: 0, bits: [] },
  { kind: "write-coils", address: 0, bits: Array<boolean>(1969).fill(false) },
  { kind: "write-registers", address: 0, words: Array<number>(124).fill(0) },
  { kind: "write-registers", address: 0, words: [Number.NaN] },
  { kind: "mask", address: 0, and: 0x10000, or: 0 },
  { kind: "read-write", read: { address: 0, count: 126 }, write: { address: 0, words: [1] } },
  {
    kind: "read-write",
    read: { address: 0, count: 1 },
    write: { address: 0, words: Array<number>(122).fill(0) },
  },
  { kind: "identify", level: 1, object: 256 },
];
for (const request of outside) {
  test(`refuses to send ${JSON.stringify(request).slice(0, 90)}`, () => {
    assert.throws(() => encodeRequest(request), { code: "BAD_INPUT" });
  });
}

test("the largest requests the specification allows fit into a PDU of 253 bytes", () => {
  const largest: Request[] = [
    { kind: "write-coils", address: 0, bits: Array<boolean>(1968).fill(true) },
    { kind: "write-registers", address: 0, words: Array<number>(123).fill(1) },
    {
      kind: "read-write",
      read: { address: 0, count: 125 },
      write: { address: 0, words: Array<number>(121).fill(1) },
    },
  ];
  for (const request of largest) assert.ok(encodeRequest(request).length <= 253);
});

const read3: Request = { kind: "read", table: "holding", address: 0, count: 3 };
const wrong: readonly (readonly [string, Request, string])[] = [
  ["04 06 0000 0000 0000", read3, "BAD_FRAME"],
  ["03 04 0000 0000", read3, "BAD_FRAME"],
  ["03 06 0000 0000", read3, "SHORT_FRAME"],
  ["03 08 0000 0000 0000 0000", read3, "LONG_FRAME"],
  ["03 07 0000 0000 0000", read3, "BAD_FRAME"],
  ["06 0001 0004", { kind: "write-register", address: 1, word: 3 }, "BAD_FRAME"],
  ["06 0002 0003", { kind: "write-register", address: 1, word: 3 }, "BAD_FRAME"],
  ["10 0001 0003", { kind: "write-registers", address: 1, words: [1, 2] }, "BAD_FRAME"],
  ["2b 0e 01 01 00 00 02 00 02 4142", { kind: "identify", level: 1, object: 0 }, "SHORT_FRAME"],
];
for (const [answer, request, code] of wrong) {
  test(`${answer} is no answer to ${request.kind}: ${code}`, () => {
    assert.throws(() => decodeAnswer(request, encodeRequest(request), bytes(answer), "unit 1"), { code });
  });
}

const exceptions = {
  1: "UNSUPPORTED",
  2: "NO_SUCH_POINT",
  3: "REJECTED_VALUE",
  4: "DEVICE_FAILURE",
  5: "STILL_WORKING",
  6: "BUSY",
  7: "REFUSED",
  8: "MEMORY_FAULT",
  9: "REFUSED",
  10: "NO_PATH",
  11: "GATEWAY_NO_ANSWER",
  200: "REFUSED",
};
for (const [number, code] of Object.entries(exceptions)) {
  test(`exception ${number} is ${code}, and the text has the number`, () => {
    assert.throws(
      () => decodeAnswer(read3, encodeRequest(read3), Uint8Array.of(0x83, Number(number)), "unit 1"),
      (error: unknown) =>
        error instanceof BothyError && error.code === code && error.message.includes(`exception ${number}`),
    );
  });
}

test("a coil read returns exactly the bits asked for, without the padding", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
      (count, noise) => {
        const size = Math.ceil(count / 8);
        const pdu = Uint8Array.of(1, size, ...[...noise.take(size)]);
        const request: Request = { kind: "read", table: "coil", address: 0, count };
        const answer = decodeAnswer(request, encodeRequest(request), pdu, "unit 1");
        assert.equal(answer.kind === "bits" && answer.bits.length, count);
      },
    ),
  );
});

test("any bytes decode to an answer of the right size or a BothyError, and describe without throwing", () => {
  const anyRequest = fc.constantFrom<Request>(
    ...requests.map(([, , request]) => request),
    ...pdus.map(([, r]) => r),
  );
  fc.assert(
    fc.property(anyRequest, fc.uint8Array({ maxLength: 260 }), (request, pdu) => {
      describeAnswer(1, pdu);
      describeRequest(1, pdu);
      try {
        const answer = decodeAnswer(request, encodeRequest(request), pdu, "unit 1");
        if (request.kind === "read" && answer.kind === "words")
          assert.equal(answer.words.length, request.count);
      } catch (error) {
        assert.ok(error instanceof BothyError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("any single flipped bit in a frame is noticed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 253 }), fc.nat(), (pdu, at) => {
      const frame = encodeFrame(1, pdu);
      const bit = at % (frame.length * 8);
      frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(crcFits(frame, 0, frame.length), false);
    }),
  );
});

test("the checksum of an empty run is its start value, and of 02 07 goes out as 41 12", () => {
  assert.equal(crc16(new Uint8Array(0)), 0xffff);
  assert.equal(crc16(Uint8Array.of(2, 7)), 0x1241);
});

test("an answer is found only whole and intact", () => {
  const frame = encodeFrame(3, bytes("03 02 1234"));
  assert.deepEqual(answerAt(frame, 0), { start: 0, end: 7, unit: 3, pdu: bytes("03 02 1234") });
  for (let end = 0; end < frame.length; end++) assert.equal(answerAt(frame.subarray(0, end), 0), undefined);
});

test("a character counts the bits it has, and above 19,200 baud the gap is 1.75 ms", () => {
  const serial = { transport: "serial" } as const;
  assert.deepEqual(wireTiming({ ...serial, baudRate: 9600 }), {
    character: 10_000 / 9600,
    gap: 3.5 * (10_000 / 9600),
  });
  const even = wireTiming({ ...serial, baudRate: 19_200, parity: "even" });
  assert.deepEqual(even, { character: 11_000 / 19_200, gap: 3.5 * (11_000 / 19_200) });
  assert.equal(
    wireTiming({ ...serial, baudRate: 9600, dataBits: 7, stopBits: 2, parity: "odd" }).character,
    11_000 / 9600,
  );
  assert.equal(wireTiming({ ...serial, baudRate: 115_200 }).gap, 1.75);
  assert.deepEqual(wireTiming({ transport: "rtu-over-tcp" }), { character: 0, gap: 0 });
});

test("what may be repeated, and what changes a unit", () => {
  const [mask, combined] = [pdus[1]?.[1], pdus[2]?.[1]];
  assert.ok(mask !== undefined && combined !== undefined);
  assert.deepEqual([isRepeatable(mask), isRepeatable(combined), isRepeatable(read3)], [false, false, true]);
  assert.deepEqual([isWrite(mask), isWrite(combined), isWrite(read3)], [true, true, false]);
});

test("frames are told to people in words", () => {
  assert.equal(describeRequest(3, bytes("03 0000 0008")), "unit 3 read holding 0x0000 ×8");
  assert.equal(describeRequest(0, bytes("06 0001 0003")), "all units write register 0x0001 = 3");
  assert.equal(describeAnswer(3, bytes("03 04 00d7 01e0")), "unit 3 read holding: 215 480");
  assert.equal(describeAnswer(3, bytes("83 02")), "unit 3 read holding: exception 2, illegal data address");
});
