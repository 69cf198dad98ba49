import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { answer } from "./functions.ts";
import { createRegisterUnit, readRegisters, RegistersError } from "./register-unit.ts";

const text = `
product: whatever
input: { 1: [0xFFCE, 612] }
holding: { 0x103: [5, 0] }
coil: { 0: [1, 0] }
discrete: { 7: 1 }
`;
const pdu = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const said = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("a unit holds the registers of a file, and refuses all others", () => {
  const unit = createRegisterUnit(readRegisters(text), { product: "p" });
  assert.equal(said(answer(pdu(4, 0, 1, 0, 2), unit)), "0404ffce0264");
  assert.equal(said(answer(pdu(1, 0, 0, 0, 2), unit)), "010101");
  assert.equal(said(answer(pdu(2, 0, 7, 0, 1), unit)), "020101");
  assert.equal(said(answer(pdu(4, 0, 3, 0, 1), unit)), "8402");
});

test("it keeps what is written, and tells of it", () => {
  const told: string[] = [];
  const unit = createRegisterUnit(readRegisters(text), {
    product: "p",
    written: (...change) => told.push(change.join(" ")),
  });
  assert.equal(said(answer(pdu(6, 1, 3, 0, 9), unit)), "0601030009");
  assert.equal(said(answer(pdu(16, 1, 3, 0, 2, 4, 0, 1, 0, 2), unit)), "1001030002");
  assert.equal(said(answer(pdu(3, 1, 3, 0, 2), unit)), "030400010002");
  assert.equal(said(answer(pdu(5, 0, 1, 0xff, 0), unit)), "050001ff00");
  assert.equal(said(answer(pdu(6, 0, 1, 0, 9), unit)), "8602");
  assert.deepEqual(told, ["holding 259 9", "holding 259 1", "holding 260 2", "coil 1 1"]);
});

test("what is wrong with a file is said with its place", () => {
  const wrong = (yaml: string): string => {
    try {
      readRegisters(yaml);
      return "nothing";
    } catch (thrown) {
      assert.ok(thrown instanceof RegistersError);
      return thrown.message;
    }
  };
  assert.equal(wrong("[]"), "a map of tables is wanted: coil, discrete, input, holding");
  assert.equal(wrong("inputs: {}"), "nothing under coil, discrete, input, holding");
  assert.equal(wrong("input: 3"), "input: runs of numbers by their first address are wanted");
  assert.equal(wrong("input: { 1: [65536] }"), "input 1: 65536 is not 0..65535");
  assert.equal(wrong("coil: { 1: [2] }"), "coil 1: 2 is not 0..1");
  assert.equal(wrong("input: { 65535: [1, 2] }"), "input 65535: 65536 is no address 0..65535");
  assert.equal(wrong("input: { 1: [1, 2], 2: 5 }"), "input 2: 2 is there twice");
  assert.equal(wrong("input: { x: 1 }"), "input x: NaN is no address 0..65535");
});

test("any registers that are read are given as they are", () => {
  const run = fc.tuple(fc.nat(60_000), fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 100 }));
  fc.assert(
    fc.property(run, ([from, words]) => {
      const unit = createRegisterUnit(readRegisters(JSON.stringify({ input: { [from]: words } })), {
        product: "p",
      });
      const got = answer(pdu(4, from >> 8, from & 255, 0, words.length), unit);
      assert.deepEqual(
        [...got.slice(2)],
        words.flatMap((word) => [word >> 8, word & 255]),
      );
    }),
  );
});
