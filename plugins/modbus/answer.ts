import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import { exceptionError } from "./exception.ts";
import { bytesForBits, exceptionBit, functions, type Request, type Response } from "./pdu.ts";

/** What the answer to a request must look like. Two requests with equal keys cannot be told apart by their answers. */
export interface AnswerShape {
  readonly fn: number;
  /** What it begins with, function code first. */
  readonly head: Uint8Array;
  /** Of the whole PDU; absent when only the answer itself tells. */
  readonly length?: number;
  readonly key: string;
}

const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
const shape = (head: Uint8Array, length?: number): AnswerShape => ({
  fn: head[0] ?? 0,
  head,
  ...(length === undefined ? {} : { length }),
  key: Buffer.from(head).toString("hex"),
});

/** The shape of the answer to an encoded request. */
export function answerShape(request: Uint8Array): AnswerShape {
  const fn = request[0] ?? 0;
  switch (fn) {
    case functions.coil:
    case functions.discrete: {
      const size = bytesForBits(word(request, 3));
      return shape(Uint8Array.of(fn, size), 2 + size);
    }
    case functions.holding:
    case functions.input:
    case functions.readWrite: {
      const size = word(request, 3) * 2;
      return shape(Uint8Array.of(fn, size), 2 + size);
    }
    case functions.writeCoils:
    case functions.writeRegisters:
      return shape(request.slice(0, 5), 5);
    case functions.identify:
      // Not even the level: some units answer with the level they have instead of the one asked for.
      return shape(request.slice(0, 2));
    default:
      return shape(request.slice(), request.length);
  }
}

const beginsWith = (bytes: Uint8Array, head: Uint8Array): boolean =>
  head.every((byte, i) => bytes[i] === byte);

/** Whether `pdu` is what a unit answers when it does what was asked. */
export const fits = (pdu: Uint8Array, wanted: AnswerShape): boolean =>
  (wanted.length === undefined || pdu.length === wanted.length) && beginsWith(pdu, wanted.head);

/** Whether `pdu` is an exception to function `fn`. */
export const isException = (pdu: Uint8Array, fn: number): boolean =>
  pdu.length === 2 && pdu[0] === (fn | exceptionBit);

/**
 * How long the answer PDU that begins at `at` is, by its own account.
 * @returns undefined when more bytes are needed to know, 0 when no answer begins like this
 */
export function answerSize(bytes: Uint8Array, at = 0): number | undefined {
  const fn = bytes[at];
  if (fn === undefined) return undefined;
  if (fn > exceptionBit) return 2;
  switch (fn) {
    case functions.coil:
    case functions.discrete:
    case functions.holding:
    case functions.input:
    case functions.readWrite: {
      const size = bytes[at + 1];
      if (size === undefined) return undefined;
      return size === 0 || size > 251 ? 0 : 2 + size;
    }
    case functions.writeCoil:
    case functions.writeRegister:
    case functions.diagnose:
    case functions.writeCoils:
    case functions.writeRegisters:
      return 5;
    case functions.mask:
      return 7;
    case functions.identify:
      return identitySize(bytes, at);
    default:
      return 0;
  }
}

function identitySize(bytes: Uint8Array, at: number): number | undefined {
  const [mei, count] = [bytes[at + 1], bytes[at + 6]];
  if (mei !== undefined && mei !== 0x0e) return 0;
  if (count === undefined) return undefined;
  let end = at + 7;
  for (let i = 0; i < count; i++) {
    const size = bytes[end + 1];
    if (size === undefined) return undefined;
    end += 2 + size;
    if (end - at > 253) return 0;
  }
  return end - at;
}

/**
 * What a unit answered.
 * @param source for error texts
 * @throws BothyError the exception, or `BAD_FRAME`, `SHORT_FRAME`, `LONG_FRAME` when it is no answer to `request`
 */
export function decodeAnswer(
  request: Request,
  encoded: Uint8Array,
  pdu: Uint8Array,
  source: string,
): Response {
  const wanted = answerShape(encoded);
  if (isException(pdu, wanted.fn)) throw exceptionError(source, pdu[1] ?? 0);
  const wrong = misfit(pdu, wanted);
  if (wrong !== undefined) throw new BothyError(wrong.code, { source, fault: wrong.fault });
  if (request.kind === "identify") return identity(pdu, source);
  if (request.kind === "read-write") return { kind: "words", words: unpackWords(pdu) };
  if (request.kind !== "read") return { kind: "written" };
  return request.table === "coil" || request.table === "discrete"
    ? { kind: "bits", bits: unpackBits(pdu, request.count) }
    : { kind: "words", words: unpackWords(pdu) };
}

const unpackBits = (pdu: Uint8Array, count: number): boolean[] =>
  Array.from({ length: count }, (_, i) => (((pdu[2 + (i >> 3)] ?? 0) >> (i & 7)) & 1) === 1);
const unpackWords = (pdu: Uint8Array): number[] =>
  Array.from({ length: (pdu.length - 2) / 2 }, (_, i) => word(pdu, 2 + i * 2));

/** Why `pdu` is not of the wanted shape; undefined when it is. */
export function misfit(pdu: Uint8Array, wanted: AnswerShape): { code: ErrorCode; fault: string } | undefined {
  if (pdu[0] !== wanted.fn) {
    return { code: "BAD_FRAME", fault: `function ${pdu[0] ?? "missing"} instead of ${wanted.fn}` };
  }
  const length = wanted.length ?? answerSize(pdu);
  if (length === undefined) return { code: "SHORT_FRAME", fault: `${pdu.length} bytes, more were announced` };
  if (pdu.length > length) return { code: "LONG_FRAME", fault: `${pdu.length} bytes instead of ${length}` };
  const announced = answerSize(pdu);
  if (pdu.length < length && announced !== pdu.length) {
    return { code: "SHORT_FRAME", fault: `${pdu.length} bytes instead of ${length}` };
  }
  if (fits(pdu, wanted)) return undefined;
  const what = `${hex(pdu.subarray(0, wanted.head.length))} instead of ${hex(wanted.head)}`;
  return { code: "BAD_FRAME", fault: `begins with ${what}` };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function identity(pdu: Uint8Array, source: string): Response {
  const objects: { id: number; text: string }[] = [];
  let at = 7;
  for (let i = 0; i < (pdu[6] ?? 0); i++) {
    const size = pdu[at + 1] ?? 0;
    objects.push({
      id: pdu[at] ?? 0,
      text: Buffer.from(pdu.subarray(at + 2, at + 2 + size)).toString("latin1"),
    });
    at += 2 + size;
  }
  if (at !== pdu.length) throw new BothyError("BAD_FRAME", { source, fault: "objects and length disagree" });
  const more = pdu[4] === 0xff;
  return { kind: "identity", conformity: pdu[3] ?? 0, objects, ...(more ? { next: pdu[5] ?? 0 } : {}) };
}
