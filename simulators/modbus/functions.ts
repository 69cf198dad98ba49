// What a unit does with a request PDU: Modbus Application Protocol V1.1b3 §6 and §7.
import { maxPdu } from "./codec.ts";

export type BitTable = "coil" | "discrete";
export type WordTable = "input" | "holding";

/** A refusal, sent back as function code + 0x80 and this code (§7). */
export class ModbusException extends Error {
  readonly exception: number;
  constructor(exception: number) {
    super(`exception ${exception}`);
    this.exception = exception;
  }
}

/** Exception codes of §7. */
const illegalFunction = 1;
export const illegalAddress = 2;
export const illegalValue = 3;
const deviceFailure = 4;
export const noAnswerBehindGateway = 11;

export type Identification = ReadonlyMap<number, string>;

/** What the functions need to know of a unit. Every method may throw `ModbusException`. */
export interface UnitAccess {
  /** The function codes this product knows; others are refused with exception 1. */
  readonly functions: ReadonlySet<number>;
  /** Most registers in one request, where the product allows fewer than the protocol. */
  readonly registerLimit: number;
  readBits(table: BitTable, address: number, count: number): readonly boolean[];
  readWords(table: WordTable, address: number, count: number): readonly number[];
  writeBits(address: number, bits: readonly boolean[]): void;
  writeWords(address: number, words: readonly number[]): void;
  /** The objects of function 43/14 (§6.21) by id. */
  readonly identification: Identification;
}

const limits = { readBits: 2000, readWords: 125, writeBits: 1968, writeWords: 123, bothWrite: 121 } as const;
const addresses = 0x10000;
const identify = 0x0e;

/** Refuses a count outside 1..most with exception 3, then a range that leaves the table with exception 2 (§6). */
function checkRange(address: number, count: number, most: number): void {
  if (count < 1 || count > most) throw new ModbusException(illegalValue);
  if (address + count > addresses) throw new ModbusException(illegalAddress);
}

function need(ok: boolean): void {
  if (!ok) throw new ModbusException(illegalValue);
}

type Handler = (pdu: DataView, unit: UnitAccess) => number[];

const bitReader =
  (table: BitTable): Handler =>
  (pdu, unit) => {
    need(pdu.byteLength === 5);
    const address = pdu.getUint16(1);
    const count = pdu.getUint16(3);
    checkRange(address, count, limits.readBits);
    const bytes = new Array<number>(Math.ceil(count / 8)).fill(0);
    unit.readBits(table, address, count).forEach((on, i) => {
      if (on) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
    });
    return [bytes.length, ...bytes];
  };

const wordReader =
  (table: WordTable): Handler =>
  (pdu, unit) => {
    need(pdu.byteLength === 5);
    const address = pdu.getUint16(1);
    const count = pdu.getUint16(3);
    checkRange(address, count, Math.min(limits.readWords, unit.registerLimit));
    return [count * 2, ...unit.readWords(table, address, count).flatMap(wordBytes)];
  };

const wordBytes = (word: number): number[] => [(word >>> 8) & 0xff, word & 0xff];

const echo = (pdu: DataView, length: number): number[] =>
  Array.from({ length: length - 1 }, (_, i) => pdu.getUint8(i + 1));

const writeCoil: Handler = (pdu, unit) => {
  need(pdu.byteLength === 5);
  const value = pdu.getUint16(3);
  need(value === 0x0000 || value === 0xff00);
  unit.writeBits(pdu.getUint16(1), [value === 0xff00]);
  return echo(pdu, 5);
};

const writeRegister: Handler = (pdu, unit) => {
  need(pdu.byteLength === 5);
  unit.writeWords(pdu.getUint16(1), [pdu.getUint16(3)]);
  return echo(pdu, 5);
};

const writeCoils: Handler = (pdu, unit) => {
  need(pdu.byteLength >= 6);
  const address = pdu.getUint16(1);
  const count = pdu.getUint16(3);
  need(pdu.getUint8(5) === Math.ceil(count / 8) && pdu.byteLength === 6 + pdu.getUint8(5));
  checkRange(address, count, limits.writeBits);
  unit.writeBits(
    address,
    Array.from({ length: count }, (_, i) => ((pdu.getUint8(6 + (i >> 3)) >>> (i & 7)) & 1) === 1),
  );
  return echo(pdu, 5);
};

const wordsFrom = (pdu: DataView, offset: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => pdu.getUint16(offset + 2 * i));

const writeRegisters: Handler = (pdu, unit) => {
  need(pdu.byteLength >= 6);
  const address = pdu.getUint16(1);
  const count = pdu.getUint16(3);
  need(pdu.getUint8(5) === count * 2 && pdu.byteLength === 6 + pdu.getUint8(5));
  checkRange(address, count, Math.min(limits.writeWords, unit.registerLimit));
  unit.writeWords(address, wordsFrom(pdu, 6, count));
  return echo(pdu, 5);
};

/** §6.16: result = (current AND and) OR (or AND NOT and). */
const maskWrite: Handler = (pdu, unit) => {
  need(pdu.byteLength === 7);
  const address = pdu.getUint16(1);
  const and = pdu.getUint16(3);
  const or = pdu.getUint16(5);
  const [current = 0] = unit.readWords("holding", address, 1);
  unit.writeWords(address, [(current & and) | (or & ~and & 0xffff)]);
  return echo(pdu, 7);
};

/** §6.17: the write comes first. */
const readWrite: Handler = (pdu, unit) => {
  need(pdu.byteLength >= 10);
  const [from, count, to, written] = [1, 3, 5, 7].map((at) => pdu.getUint16(at)) as [
    number,
    number,
    number,
    number,
  ];
  need(pdu.getUint8(9) === written * 2 && pdu.byteLength === 10 + pdu.getUint8(9));
  checkRange(from, count, Math.min(limits.readWords, unit.registerLimit));
  checkRange(to, written, Math.min(limits.bothWrite, unit.registerLimit));
  unit.readWords("holding", from, count); // refuse before anything is written
  unit.writeWords(to, wordsFrom(pdu, 10, written));
  return [count * 2, ...unit.readWords("holding", from, count).flatMap(wordBytes)];
};

/** §6.8, sub-function 0 (return query data); the serial counters are not kept. */
const loopback: Handler = (pdu) => {
  need(pdu.byteLength >= 3);
  if (pdu.getUint16(1) !== 0) throw new ModbusException(illegalFunction);
  return echo(pdu, pdu.byteLength);
};

/** Highest object id of each read code of §6.21: basic, regular, extended. */
const streams: Record<number, number> = { 1: 0x02, 2: 0x7f, 3: 0xff };

const identification: Handler = (pdu, unit) => {
  need(pdu.byteLength >= 2);
  if (pdu.getUint8(1) !== identify) throw new ModbusException(illegalFunction);
  need(pdu.byteLength === 4);
  const code = pdu.getUint8(2);
  const first = pdu.getUint8(3);
  const last = streams[code];
  const ids = [...unit.identification.keys()].sort((a, b) => a - b);
  if (code === 4) {
    if (!unit.identification.has(first)) throw new ModbusException(illegalAddress);
    return identityPage(unit, code, [first]);
  }
  if (last === undefined) throw new ModbusException(illegalValue);
  const known = unit.identification.has(first);
  return identityPage(
    unit,
    code,
    ids.filter((id) => id <= last && (!known || id >= first)),
  );
};

/** Individual access is offered as well as the stream: 0x80 + the highest category held. */
function conformity(identification: Identification): number {
  const highest = Math.max(...identification.keys());
  return 0x80 | (highest > 0x7f ? 3 : highest > 2 ? 2 : 1);
}

function identityPage(unit: UnitAccess, code: number, ids: readonly number[]): number[] {
  const objects: number[] = [];
  let taken = 0;
  for (const id of ids) {
    const value = [...Buffer.from(unit.identification.get(id) ?? "", "latin1")];
    if (7 + objects.length + 2 + value.length > maxPdu) break;
    objects.push(id, value.length, ...value);
    taken++;
  }
  const next = ids[taken];
  const more = next === undefined ? [0, 0] : [0xff, next];
  return [identify, code, conformity(unit.identification), ...more, taken, ...objects];
}

const handlers: Record<number, Handler> = {
  1: bitReader("coil"),
  2: bitReader("discrete"),
  3: wordReader("holding"),
  4: wordReader("input"),
  5: writeCoil,
  6: writeRegister,
  8: loopback,
  15: writeCoils,
  16: writeRegisters,
  22: maskWrite,
  23: readWrite,
  43: identification,
};

/** Every function code spoken here. */
export const allFunctions: readonly number[] = Object.keys(handlers).map(Number);

const broadcastable = new Set([5, 6, 15, 16, 22]);

/** The PDU of a refusal. */
export const refusal = (functionCode: number, exception: number): Uint8Array =>
  Uint8Array.of((functionCode | 0x80) & 0xff, exception);

/**
 * Answers a request PDU; never throws.
 * @param pdu at least the function code
 */
export function answer(pdu: Uint8Array, unit: UnitAccess): Uint8Array {
  const functionCode = pdu[0] ?? 0;
  const handler = unit.functions.has(functionCode) ? handlers[functionCode] : undefined;
  if (handler === undefined) return refusal(functionCode, illegalFunction);
  try {
    return Uint8Array.from([
      functionCode,
      ...handler(new DataView(pdu.buffer, pdu.byteOffset, pdu.length), unit),
    ]);
  } catch (error) {
    if (error instanceof ModbusException) return refusal(functionCode, error.exception);
    return refusal(functionCode, deviceFailure);
  }
}

/** Obeys a broadcast: writes are carried out, everything else is ignored, and nothing is ever answered. */
export function obey(pdu: Uint8Array, unit: UnitAccess): void {
  if (broadcastable.has(pdu[0] ?? 0)) answer(pdu, unit);
}
