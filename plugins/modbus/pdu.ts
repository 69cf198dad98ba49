import { BothyError } from "../../devices/errors.ts";

/** The four tables of a unit: single bits that can be written or not, 16-bit words that can be written or not. */
export type Table = "coil" | "discrete" | "input" | "holding";

/** FC 1..4. `address` is the number in the frame, 0..65535; `count` 1..2000 bits or 1..125 words. */
export interface ReadRequest {
  readonly kind: "read";
  readonly table: Table;
  readonly address: number;
  readonly count: number;
}
/** FC 5. */
export interface WriteCoilRequest {
  readonly kind: "write-coil";
  readonly address: number;
  readonly on: boolean;
}
/** FC 6. `word` 0..65535. */
export interface WriteRegisterRequest {
  readonly kind: "write-register";
  readonly address: number;
  readonly word: number;
}
/** FC 15. 1..1968 bits. */
export interface WriteCoilsRequest {
  readonly kind: "write-coils";
  readonly address: number;
  readonly bits: readonly boolean[];
}
/** FC 16. 1..123 words. */
export interface WriteRegistersRequest {
  readonly kind: "write-registers";
  readonly address: number;
  readonly words: readonly number[];
}
/** FC 22: the register becomes `(register AND and) OR (or AND NOT and)`. */
export interface MaskRequest {
  readonly kind: "mask";
  readonly address: number;
  readonly and: number;
  readonly or: number;
}
/** FC 23: writes 1..121 words, then reads 1..125. */
export interface ReadWriteRequest {
  readonly kind: "read-write";
  readonly read: { readonly address: number; readonly count: number };
  readonly write: { readonly address: number; readonly words: readonly number[] };
}
/** FC 43/14. Level 1 basic, 2 regular, 3 extended, 4 the one `object` (0..255); else `object` is where to begin. */
export interface IdentifyRequest {
  readonly kind: "identify";
  readonly level: 1 | 2 | 3 | 4;
  readonly object: number;
}
/** FC 8/0: the unit sends `word` back. Only used to tell answers apart. */
export interface EchoRequest {
  readonly kind: "echo";
  readonly word: number;
}

/** What can be asked of a unit. Modbus application protocol V1.1b3 §6. */
export type Request =
  | ReadRequest
  | WriteCoilRequest
  | WriteRegisterRequest
  | WriteCoilsRequest
  | WriteRegistersRequest
  | MaskRequest
  | ReadWriteRequest
  | IdentifyRequest
  | EchoRequest;

/** One object of a unit's identification; 0 vendor, 1 product code, 2 revision, 3.. as in §6.21. */
export interface IdentityObject {
  readonly id: number;
  readonly text: string;
}
export interface BitsResponse {
  readonly kind: "bits";
  /** Exactly as many as asked for. */
  readonly bits: readonly boolean[];
}
export interface WordsResponse {
  readonly kind: "words";
  /** Exactly as many as asked for; each 0..65535. */
  readonly words: readonly number[];
}
export interface WrittenResponse {
  readonly kind: "written";
}
export interface IdentityResponse {
  readonly kind: "identity";
  readonly conformity: number;
  readonly objects: readonly IdentityObject[];
  /** The object to ask for next; absent when this is all. A client's answer is always all. */
  readonly next?: number;
}

/** What a unit says when it does what it was asked. Exceptions are errors, see exception.ts. */
export type Response = BitsResponse | WordsResponse | WrittenResponse | IdentityResponse;

/** The longest PDU, function code included. §4.1. */
export const longestPdu = 253;
/** Set in the function code of an answer that is an exception. §7. */
export const exceptionBit = 0x80;

export const functions = {
  coil: 1,
  discrete: 2,
  holding: 3,
  input: 4,
  writeCoil: 5,
  writeRegister: 6,
  diagnose: 8,
  writeCoils: 15,
  writeRegisters: 16,
  mask: 22,
  readWrite: 23,
  identify: 43,
} as const;

/** The function code of a request. */
export function functionOf(request: Request): number {
  switch (request.kind) {
    case "read":
      return functions[request.table];
    case "write-coil":
      return functions.writeCoil;
    case "write-register":
      return functions.writeRegister;
    case "write-coils":
      return functions.writeCoils;
    case "write-registers":
      return functions.writeRegisters;
    case "mask":
      return functions.mask;
    case "read-write":
      return functions.readWrite;
    case "identify":
      return functions.identify;
    case "echo":
      return functions.diagnose;
  }
}

/** Whether a request changes the unit. */
export const isWrite = (request: Request): boolean =>
  request.kind !== "read" && request.kind !== "identify" && request.kind !== "echo";

/**
 * Whether a request may be sent again when it is not known if the first was carried out. A mask is left out
 * because somebody else may have written in between; so is a combined write and read.
 */
export const isRepeatable = (request: Request): boolean =>
  request.kind !== "mask" && request.kind !== "read-write";

const bitTable = (table: Table): boolean => table === "coil" || table === "discrete";
/** How many bytes `count` bits take. */
export const bytesForBits = (count: number): number => Math.ceil(count / 8);
/** How many bytes of data the answer to a read carries. */
export const readBytes = (request: ReadRequest): number =>
  bitTable(request.table) ? bytesForBits(request.count) : request.count * 2;

const bad = (fault: string): BothyError => new BothyError("BAD_INPUT", { source: "Modbus request", fault });

function number(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw bad(`${name} is ${value}, allowed are whole numbers ${min}..${max}`);
  }
}

function block(address: number, count: number, max: number): void {
  number("address", address, 0, 0xffff);
  number("count", count, 1, max);
  if (address + count > 0x10000) throw bad(`address ${address} + count ${count} goes beyond 65536`);
}

function wordList(words: readonly number[]): void {
  for (const word of words) number("word", word, 0, 0xffff);
}

/**
 * Checks a request against the limits of Modbus application protocol V1.1b3 §6.
 * @throws BothyError `BAD_INPUT`
 */
export function checkRequest(request: Request): void {
  switch (request.kind) {
    case "read":
      block(request.address, request.count, bitTable(request.table) ? 2000 : 125);
      return;
    case "write-coil":
      number("address", request.address, 0, 0xffff);
      return;
    case "write-register":
      number("address", request.address, 0, 0xffff);
      number("word", request.word, 0, 0xffff);
      return;
    case "write-coils":
      block(request.address, request.bits.length, 1968);
      return;
    case "write-registers":
      wordList(request.words);
      block(request.address, request.words.length, 123);
      return;
    case "mask":
      number("address", request.address, 0, 0xffff);
      number("and", request.and, 0, 0xffff);
      number("or", request.or, 0, 0xffff);
      return;
    case "read-write":
      block(request.read.address, request.read.count, 125);
      wordList(request.write.words);
      block(request.write.address, request.write.words.length, 121);
      return;
    case "identify":
      number("level", request.level, 1, 4);
      number("object", request.object, 0, 255);
      return;
    case "echo":
      number("word", request.word, 0, 0xffff);
      return;
  }
}

const split = (word: number): [number, number] => [word >> 8, word & 0xff];
const packWords = (words: readonly number[]): number[] => words.flatMap(split);

/** Bits to bytes, the first bit lowest; the unused bits of the last byte are 0. */
export function packBits(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(bytesForBits(bits.length));
  bits.forEach((on, i) => {
    if (on) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

function body(request: Request): number[] {
  switch (request.kind) {
    case "read":
      return [...split(request.address), ...split(request.count)];
    case "write-coil":
      return [...split(request.address), request.on ? 0xff : 0, 0];
    case "write-register":
      return [...split(request.address), ...split(request.word)];
    case "write-coils": {
      const { address, bits } = request;
      return [...split(address), ...split(bits.length), bytesForBits(bits.length), ...packBits(bits)];
    }
    case "write-registers": {
      const { address, words } = request;
      return [...split(address), ...split(words.length), words.length * 2, ...packWords(words)];
    }
    case "mask":
      return [...split(request.address), ...split(request.and), ...split(request.or)];
    case "read-write": {
      const { read, write } = request;
      const head = [...split(read.address), ...split(read.count), ...split(write.address)];
      return [...head, ...split(write.words.length), write.words.length * 2, ...packWords(write.words)];
    }
    case "identify":
      return [0x0e, request.level, request.object];
    case "echo":
      return [0, 0, ...split(request.word)];
  }
}

/**
 * The bytes of a request: function code and data.
 * @throws BothyError `BAD_INPUT` when a number is outside the specification's limits
 */
export function encodeRequest(request: Request): Uint8Array {
  checkRequest(request);
  return Uint8Array.from([functionOf(request), ...body(request)]);
}
