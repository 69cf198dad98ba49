import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { decodeText, fruTypeLength, sdrText, sdrTypeLength, type TextEncoding } from "./type-length.ts";

const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");
const latin = (text: string): Uint8Array => Buffer.from(text, "latin1");

test("type/length bytes of SDRs and of FRUs", () => {
  assert.deepEqual(sdrTypeLength(0xc5), { encoding: "8-bit", length: 5 });
  assert.deepEqual(sdrTypeLength(0x84), { encoding: "6-bit", length: 4 });
  assert.deepEqual(sdrTypeLength(0x5f), { encoding: "bcd-plus", length: 31 });
  assert.deepEqual(sdrTypeLength(0x10), { encoding: "utf-16", length: 16 });
  assert.deepEqual(fruTypeLength(0xff), { encoding: "8-bit", length: 63 });
  assert.deepEqual(fruTypeLength(0xc4, false), { encoding: "utf-16", length: 4 });
  assert.deepEqual(fruTypeLength(0x03), { encoding: "binary", length: 3 });
  assert.deepEqual(fruTypeLength(0x82), { encoding: "6-bit", length: 2 });
  assert.deepEqual(fruTypeLength(0x42), { encoding: "bcd-plus", length: 2 });
  assert.equal(fruTypeLength(0xc1), undefined);
  assert.equal(fruTypeLength(0xc1, false), undefined);
});

test("each encoding, worked out by hand", () => {
  assert.equal(decodeText("binary", bytes("00c1ff")), "00c1ff");
  assert.equal(decodeText("bcd-plus", bytes("12a34bcdef")), "12 34-.:,_");
  assert.equal(decodeText("6-bit", bytes("29dca6")), "IPMI", "the example of the FRU specification");
  assert.equal(decodeText("6-bit", bytes("29dc")), "IP", "characters that are not whole are dropped");
  assert.equal(decodeText("6-bit", bytes("29")), "I");
  assert.equal(decodeText("8-bit", latin("Temp \u00b0C ")), "Temp \u00b0C");
  assert.equal(decodeText("utf-16", bytes("46006e00")), "Fn");
  assert.equal(decodeText("utf-16", bytes("0046006e")), "Fn", "the high byte first, as some firmware has it");
  assert.equal(decodeText("utf-16", bytes("4e2d")), "\u2d4e");
  assert.equal(decodeText("utf-16", bytes("46006e")), "F");
  assert.equal(decodeText("utf-16", bytes("01d8")), "\ufffd", "half a surrogate pair");
});

test("nothing that could upset a terminal", () => {
  assert.equal(decodeText("8-bit", latin("Fan\0\0\0rest")), "Fan");
  assert.equal(decodeText("8-bit", latin("A\x1b[2J")), "A\ufffd[2J");
  assert.equal(decodeText("8-bit", latin("\x9bA")), "\ufffdA");
  assert.equal(decodeText("utf-16", bytes("2e2041002e20")), "\ufffdA\ufffd", "no turning of the direction");
});

test("a name ends with its record", () => {
  assert.equal(sdrText(bytes("84b618d2"), 0), "VBAT", "OpenIPMI announces characters, not bytes");
  assert.equal(sdrText(bytes("00c34142434445"), 1), "ABC");
  assert.equal(sdrText(bytes("c5"), 0), "");
  assert.equal(sdrText(bytes(""), 0), "");
  assert.equal(sdrText(bytes("c0ff"), 0), "");
});

const encodings = fc.constantFrom<TextEncoding>("binary", "utf-16", "bcd-plus", "6-bit", "8-bit");

test("whatever the bytes, a text without control characters", () => {
  fc.assert(
    fc.property(encodings, fc.uint8Array({ maxLength: 64 }), (encoding, raw) => {
      const text = decodeText(encoding, raw);
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      assert.ok(text.length <= raw.length * 2);
    }),
  );
});

test("packed texts come back as they were", () => {
  const characters = fc.array(fc.integer({ min: 0x21, max: 0x5f }), { maxLength: 20 });
  fc.assert(
    fc.property(characters, (codes) => {
      const bits = codes.flatMap((code) => [0, 1, 2, 3, 4, 5].map((bit) => ((code - 0x20) >> bit) & 1));
      const packed = new Uint8Array(Math.ceil(bits.length / 8));
      bits.forEach((bit, i) => (packed[i >> 3]! |= bit << (i & 7)));
      assert.equal(decodeText("6-bit", packed), String.fromCharCode(...codes));
    }),
  );
});
