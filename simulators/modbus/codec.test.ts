import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { buildMbap, buildRtu, crc16, createMbapReader, parseRtu } from "./codec.ts";
import { allFunctions, answer, obey } from "./functions.ts";
import { setting } from "./fields.ts";
import { createUnit, type SimulatedUnit } from "./unit.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const show = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Holding 0..9 = 100..109 and writable, coils 0..9 off and writable, input 0..9 and discrete 0..9 read-only. */
function plainUnit(options: Partial<Parameters<typeof createUnit>[0]> = {}): SimulatedUnit {
  const unit = createUnit({ product: "plain", ...options });
  for (let i = 0; i < 10; i++) {
    unit.defineWords("holding", i, setting(100 + i).field);
    unit.defineWords("input", i, { width: 1, read: () => [200 + i] });
    let on = false;
    unit.defineBit("coil", i, { read: () => on, write: (value) => void (on = value) });
    unit.defineBit("discrete", i, { read: () => i % 2 === 1 });
  }
  return unit;
}

const ask = (pdu: string, unit: SimulatedUnit = plainUnit()): string => show(answer(hex(pdu), unit));

test("the check sum of known frames", () => {
  assert.equal(crc16(hex("01 04 02 ff ff")), 0x80b8);
  assert.equal(show(buildRtu({ unit: 1, pdu: hex("03 00 00 00 01") })), "010300000001840a");
  assert.equal(crc16(new TextEncoder().encode("123456789")), 0x4b37);
});

test("an RTU frame is taken apart, a damaged, short or long one is not", () => {
  assert.deepEqual(parseRtu(hex("11 03 00 6b 00 03 76 87")), { unit: 0x11, pdu: hex("03 00 6b 00 03") });
  assert.equal(parseRtu(hex("11 03 00 6b 00 03 76 86")), undefined);
  assert.equal(parseRtu(hex("11 c0 4c")), undefined);
  assert.equal(parseRtu(buildRtu({ unit: 1, pdu: new Uint8Array(254) })), undefined);
});

test("MBAP frames are found in any pieces, and a foreign stream is given up", () => {
  const frames = [1, 2, 0xffff].map((mbapId) => ({ mbapId, unit: 9, pdu: hex("03 00 00 00 01") }));
  const stream = Buffer.concat(frames.map(buildMbap));
  for (const size of [1, 5, 7, 13, 100]) {
    const reader = createMbapReader();
    const found = [];
    for (let i = 0; i < stream.length; i += size)
      found.push(...reader.feed(stream.subarray(i, i + size)).frames);
    assert.deepEqual(found, frames, `in pieces of ${size}`);
  }
  assert.equal(createMbapReader().feed(hex("0001 0001 0006 01 0300000001")).broken, true);
  assert.equal(createMbapReader().feed(hex("0001 0000 0100 01 0300000001")).broken, true);
  assert.equal(createMbapReader().feed(hex("0001 0000 0001 01 0300000001")).broken, true);
});

test("reads of the four tables", () => {
  assert.equal(ask("01 0000 000a"), "01020000");
  assert.equal(ask("02 0000 000a"), "0202aa02");
  assert.equal(ask("03 0000 0002"), "030400640065");
  assert.equal(ask("04 0009 0001"), "040200d1");
});

test("writes, and what they leave", () => {
  const unit = plainUnit();
  assert.equal(ask("05 0003 ff00", unit), "050003ff00");
  assert.equal(ask("0f 0004 0003 01 05", unit), "0f00040003");
  assert.equal(ask("01 0000 000a", unit), "01025800");
  assert.equal(ask("06 0001 abcd", unit), "060001abcd");
  assert.equal(ask("10 0002 0002 04 0001 0002", unit), "1000020002");
  assert.equal(ask("16 0000 00f2 0025", unit), "16000000f20025");
  assert.equal(ask("03 0000 0004", unit), "03080065abcd00010002");
  assert.equal(ask("17 0000 0002 0001 0001 02 1234", unit), "170400651234");
  assert.equal(unit.writeCount("holding", 1), 2);
});

test("loopback and device identification", () => {
  assert.equal(ask("08 0000 a537"), "080000a537");
  assert.equal(ask("08 0001 0000"), "8801");
  const unit = plainUnit({
    identification: new Map([
      [0, "Acme"],
      [1, "X"],
      [2, "3.1"],
      [5, "Long"],
    ]),
  });
  assert.equal(ask("2b 0e 01 00", unit), "2b0e0182000003000441636d65010158" + "0203332e31");
  assert.equal(ask("2b 0e 04 05", unit), "2b0e0482000001" + "05044c6f6e67");
  assert.equal(ask("2b 0e 04 77", unit), "ab02");
  assert.equal(ask("2b 0e 05 00", unit), "ab03");
  assert.equal(ask("2b 0d 01 00", unit), "ab01");
  const big = plainUnit({ identification: new Map([0, 1, 2].map((id) => [id, "y".repeat(100)])) });
  const first = answer(hex("2b 0e 01 00"), big);
  assert.deepEqual([...first.subarray(4, 7)], [0xff, 2, 2], "more follows, from object 2, two objects here");
  assert.deepEqual([...answer(hex("2b 0e 01 02"), big).subarray(4, 7)], [0, 0, 1]);
});

test("what the specification refuses", () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ["07", "8701", "a function nobody has"],
    ["63 00", "e301", "another one"],
    ["03 0000 0000", "8303", "no registers"],
    ["03 0000 007e", "8303", "126 registers"],
    ["04 0000 007e", "8403", "126 registers"],
    ["01 0000 07d1", "8103", "2001 coils"],
    ["03 ffff 0002", "8302", "past the last address"],
    ["03 0009 0002", "8302", "a hole"],
    ["05 0000 1234", "8503", "a coil that is neither on nor off"],
    ["05 000a ff00", "8502", "no such coil"],
    ["06 000a 0001", "8602", "no such register"],
    ["06 0000", "8603", "half a request"],
    ["0f 0000 0009 01 ff", "8f03", "byte count too small"],
    ["0f 0000 0008 01", "8f03", "a byte missing"],
    ["0f 0000 07b1 f7" + "00".repeat(247), "8f03", "1969 coils"],
    ["10 0000 0002 03 000000", "9003", "odd byte count"],
    ["10 0000 0002 04 0000", "9003", "words missing"],
    ["10 0000 0000 00", "9003", "no registers"],
    ["10 0000 007c f8" + "00".repeat(248), "9003", "124 registers"],
    ["10 ffff 0002 04 00000000", "9002", "past the last address"],
    ["10 0009 0002 04 00010002", "9002", "into a hole"],
    ["17 0000 007e 0000 0001 02 0000", "9703", "126 registers read"],
    ["17 0000 0001 0000 0002 02 0000", "9703", "byte count against count"],
    ["17 0020 0001 0000 0001 02 0000", "9702", "reads a hole"],
  ];
  for (const [request, expected, why] of refused) assert.equal(ask(request), expected, why);
});

test("a refused write changes nothing", () => {
  const unit = plainUnit();
  ask("10 0009 0002 04 00010002", unit);
  ask("17 0020 0001 0000 0001 02 0007", unit);
  ask("0f 0009 0002 01 03", unit);
  assert.equal(ask("03 0000 000a", unit), "0314" + "0064006500660067006800690" + "06a006b006c006d");
  assert.equal(ask("01 0009 0001", unit), "010100");
});

test("a product allows fewer functions and registers", () => {
  const unit = plainUnit({ functions: [3], registerLimit: 4 });
  assert.equal(ask("04 0000 0001", unit), "8401");
  assert.equal(ask("03 0000 0004", unit).length, 20);
  assert.equal(ask("03 0000 0005", unit), "8303");
});

test("holes read as the product has it", () => {
  assert.equal(ask("03 0009 0002", plainUnit({ holes: "zeros" })), "0304006d0000");
  assert.equal(ask("03 0020 0001", plainUnit({ holes: "zeros" })), "03020000");
  assert.equal(ask("03 0009 0002", plainUnit({ holes: "zeros-in-block" })), "0304006d0000");
  assert.equal(ask("03 0020 0001", plainUnit({ holes: "zeros-in-block" })), "8302");
});

test("a broadcast writes and reads nothing", () => {
  const unit = plainUnit();
  obey(hex("06 0000 0009"), unit);
  obey(hex("17 0000 0001 0001 0001 02 0009"), unit);
  assert.equal(ask("03 0000 0002", unit), "030400090065");
});

/** What an answer to `functionCode` must look like, by the lengths it states itself. */
function wellFormed(functionCode: number, pdu: Uint8Array): boolean {
  if (pdu[0] === (functionCode | 0x80)) return pdu.length === 2 && (pdu[1] ?? 0) >= 1 && (pdu[1] ?? 0) <= 4;
  if (pdu[0] !== functionCode || pdu.length > 253) return false;
  if ([1, 2, 3, 4, 23].includes(functionCode)) return pdu.length === 2 + (pdu[1] ?? 0);
  if ([5, 6, 15, 16].includes(functionCode)) return pdu.length === 5;
  return true;
}

test("any bytes get a well-formed answer or none", () => {
  const known = fc.constantFrom(...allFunctions);
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 253 }),
    fc.tuple(known, fc.uint8Array({ maxLength: 12 })).map(([code, rest]) => Uint8Array.of(code, ...rest)),
  );
  fc.assert(
    fc.property(bytes, (pdu) => {
      const code = pdu[0] ?? 0;
      const given = answer(pdu, plainUnit());
      assert.ok(wellFormed(code, given) || (code > 0x7f && given.length === 2), show(given));
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (frame) => {
      const parsed = parseRtu(frame);
      assert.ok(parsed === undefined || show(buildRtu(parsed)) === show(frame));
      const { frames } = createMbapReader().feed(frame);
      for (const found of frames) assert.ok(found.pdu.length >= 1 && found.pdu.length <= 253);
    }),
  );
});
