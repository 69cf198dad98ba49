import { ask, type AskOptions, atLeast, bit, explained, type Meanings, nothing, word } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { type SelRecord, selRecordLength } from "./record.ts";

/** IPMI v2.0 §31.2. Times as the controller counts, see `eventTime`. */
export interface SelInfo {
  /** 51h: IPMI 1.5 and later. */
  readonly version: number;
  readonly entries: number;
  /** Bytes; FFFFh means that much or more. */
  readonly free: number;
  readonly lastAdd: number;
  readonly lastErase: number;
  /** Events were dropped because there was no room. */
  readonly overflow: boolean;
  readonly canDelete: boolean;
  readonly canReserve: boolean;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeSelInfo(data: Buffer, source = "event log"): SelInfo {
  const flags = atLeast(data, 14, source, "event log info").readUInt8(13);
  return {
    version: data.readUInt8(0),
    entries: data.readUInt16LE(1),
    free: data.readUInt16LE(3),
    lastAdd: data.readUInt32LE(5),
    lastErase: data.readUInt32LE(9),
    overflow: bit(flags, 7),
    canDelete: bit(flags, 3),
    canReserve: bit(flags, 1),
  };
}

export const getSelInfo = (requester: Requester, options?: AskOptions): Promise<SelInfo> =>
  ask(requester, { netFn: 0x0a, command: 0x40 }, decodeSelInfo, options);

/** IPMI v2.0 §31.3. */
export interface SelAllocation {
  readonly units: number;
  /** Bytes. */
  readonly unitSize: number;
  readonly freeUnits: number;
  readonly largestFree: number;
  readonly longestRecord: number;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeSelAllocation(data: Buffer, source = "event log"): SelAllocation {
  atLeast(data, 9, source, "event log allocation");
  return {
    units: data.readUInt16LE(0),
    unitSize: data.readUInt16LE(2),
    freeUnits: data.readUInt16LE(4),
    largestFree: data.readUInt16LE(6),
    longestRecord: data.readUInt8(8),
  };
}

export const getSelAllocation = (requester: Requester, options?: AskOptions): Promise<SelAllocation> =>
  ask(requester, { netFn: 0x0a, command: 0x41 }, decodeSelAllocation, options);

/**
 * Reserves the log. IPMI v2.0 §31.4.
 * @returns 0 when the controller knows no reservations (C1h)
 */
export async function reserveSel(requester: Requester, options?: AskOptions): Promise<number> {
  const decode = (data: Buffer, source: string): number =>
    atLeast(data, 2, source, "event log reservation").readUInt16LE(0);
  try {
    return await ask(requester, { netFn: 0x0a, command: 0x42 }, decode, options);
  } catch (thrown) {
    if (completionOf(thrown) === 0xc1) return 0;
    throw thrown;
  }
}

/** The ids that mean the first and the last record, and in an answer that there is no next. */
export const firstRecord = 0x0000;
export const lastRecord = 0xffff;

/** IPMI v2.0 §31.5. `count` FFh: the whole record. */
export const encodeGetSelEntry = (
  id: number,
  { reservation = 0, offset = 0, count = 0xff } = {},
): IpmiRequest => ({
  netFn: 0x0a,
  command: 0x43,
  data: Uint8Array.of(...word(reservation), ...word(id), offset, count),
});

/** The next record's id, and bytes of this one. @throws BothyError `SHORT_FRAME` */
export function decodeSelEntry(
  data: Buffer,
  source = "event log",
): { readonly next: number; readonly bytes: Buffer } {
  atLeast(data, 2, source, "event log record");
  return { next: data.readUInt16LE(0), bytes: data.subarray(2) };
}

const eraseMeanings = {
  0x80: ["UNSUPPORTED", "not possible for this type of record"],
  0x81: ["BUSY", "the log is being erased"],
} as const satisfies Meanings;

/** IPMI v2.0 §31.8. */
export const encodeDeleteSelEntry = (id: number, reservation: number): IpmiRequest => ({
  netFn: 0x0a,
  command: 0x46,
  data: Uint8Array.of(...word(reservation), ...word(id)),
  repeatable: false,
});

/** Deletes one record. Needs operator level. @throws BothyError */
export async function deleteSelEntry(requester: Requester, id: number, options?: AskOptions): Promise<void> {
  const reservation = await reserveSel(requester, options);
  await explained(ask(requester, encodeDeleteSelEntry(id, reservation), nothing, options), eraseMeanings);
}

/** IPMI v2.0 §31.6. */
export const encodeAddSelEntry = (record: Uint8Array): IpmiRequest => ({
  netFn: 0x0a,
  command: 0x44,
  data: Uint8Array.from(record.subarray(0, selRecordLength)),
  repeatable: false,
});

/**
 * Adds a record; its id, and the time of those that have one, are the controller's.
 * @param record 16 bytes, as `SelRecord.raw`
 * @returns its id
 */
export const addSelEntry = (
  requester: Requester,
  record: SelRecord["raw"] | Uint8Array,
  options?: AskOptions,
): Promise<number> => {
  const bytes = typeof record === "string" ? Buffer.from(record, "hex") : record;
  const decode = (data: Buffer, source: string): number =>
    atLeast(data, 2, source, "event log record").readUInt16LE(0);
  return explained(ask(requester, encodeAddSelEntry(bytes), decode, options), eraseMeanings);
};
