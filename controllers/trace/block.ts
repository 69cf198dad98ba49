import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import type { Instant } from "../../devices/clock.ts";
import { applied, type Delta, difference } from "./delta.ts";
import type { Numbered, Traced } from "./traced.ts";

/*
 * Steps of one controller, as they lie in a file. A block is a header and a compressed JSON list: the first step whole,
 * then what changed from each to the next. In it a number stands for so many steps of which nothing changed, `[ms]` says
 * that from here the steps are so far apart, and an object is what changed.
 */

const magic = 0x42_54_52_31;
export const headerBytes = 44;
/** More than steps of any controller come to; what claims to be longer is damaged. */
const mostBytes = 16_777_216;

export interface BlockHeader {
  /** Bytes behind the header. */
  readonly length: number;
  readonly sum: number;
  readonly count: number;
  /** Of the first step. */
  readonly first: number;
  readonly from: Instant;
  readonly to: Instant;
}

type Item = number | readonly [number] | { readonly c: Delta };

/** @param steps at least one, in order @param dictionary what blocks of the same file have in common */
export function encodeBlock<T extends Traced>(steps: readonly Numbered<T>[], dictionary: Buffer): Buffer {
  const [first] = steps;
  if (first === undefined) throw new RangeError("a block without steps");
  const payload = deflateRawSync(Buffer.from(JSON.stringify([first, ...itemsOf(first, steps)])), {
    ...(dictionary.length === 0 ? {} : { dictionary }),
  });
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(magic, 0);
  header.writeUInt32BE(payload.length, 4);
  header.writeUInt32BE(steps.length, 12);
  header.writeDoubleBE(first.n, 16);
  header.writeDoubleBE(Math.min(...steps.map(({ at }) => at)), 24);
  header.writeDoubleBE(Math.max(...steps.map(({ at }) => at)), 32);
  header.writeUInt32BE(dictionary.length === 0 ? 0 : 1, 40);
  header.writeUInt32BE(sumOf(header, payload), 8);
  return Buffer.concat([header, payload]);
}

function itemsOf<T extends Traced>(first: Numbered<T>, steps: readonly Numbered<T>[]): readonly Item[] {
  const items: Item[] = [];
  let before = first;
  let apart = 0;
  for (const step of steps.slice(1)) {
    if (step.at - before.at !== apart) {
      apart = step.at - before.at;
      items.push([apart]);
    }
    const change = difference(bare(before), bare(step));
    const last = items.at(-1);
    if (change !== undefined) items.push({ c: change });
    else if (typeof last === "number") items[items.length - 1] = last + 1;
    else items.push(1);
    before = step;
  }
  return items;
}

/** Without what is known from its place. */
function bare(step: Numbered<Traced>): object {
  const rest: Partial<Record<string, unknown>> = { ...step };
  for (const key of ["n", "at", "state"]) Reflect.deleteProperty(rest, key);
  return rest;
}

/** The header at a place; undefined when there is none, or not all of it. */
export function headerAt(bytes: Buffer, offset: number): BlockHeader | undefined {
  if (bytes.length - offset < headerBytes || bytes.readUInt32BE(offset) !== magic) return undefined;
  const header = {
    length: bytes.readUInt32BE(offset + 4),
    sum: bytes.readUInt32BE(offset + 8),
    count: bytes.readUInt32BE(offset + 12),
    first: bytes.readDoubleBE(offset + 16),
    from: bytes.readDoubleBE(offset + 24),
    to: bytes.readDoubleBE(offset + 32),
  };
  const sane = header.length <= mostBytes && header.count > 0 && Number.isSafeInteger(header.first);
  return sane && Number.isFinite(header.from) && header.from <= header.to ? header : undefined;
}

/** Whether the whole block is there and as it was written. */
export const isWhole = (bytes: Buffer, offset: number, header: BlockHeader): boolean =>
  bytes.length - offset >= headerBytes + header.length &&
  sumOf(bytes.subarray(offset, offset + headerBytes), payloadAt(bytes, offset, header)) === header.sum;

const payloadAt = (bytes: Buffer, offset: number, { length }: BlockHeader): Buffer =>
  bytes.subarray(offset + headerBytes, offset + headerBytes + length);

/** Over everything but itself. */
const sumOf = (header: Buffer, payload: Buffer): number =>
  crc32(payload, crc32(header.subarray(12), crc32(header.subarray(0, 8))));

/** Whether bytes begin with a block of a later format than this one. */
export const isNewer = (bytes: Buffer): boolean =>
  bytes.length >= headerBytes &&
  bytes.readUInt32BE(0) >>> 8 === magic >>> 8 &&
  bytes.readUInt8(3) > (magic & 0xff);

/** Where the next block may begin, after damage; the length of the bytes when there is none. */
export function nextBlock(bytes: Buffer, from: number): number {
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(magic);
  const found = bytes.indexOf(mark, from);
  return found < 0 ? bytes.length : found;
}

/**
 * The steps of a whole block; only the first has its state. What did not change is shared between them.
 * @throws Error when it was not written by `encodeBlock` with this dictionary
 */
export function decodeBlock<T extends Traced>(
  bytes: Buffer,
  offset: number,
  header: BlockHeader,
  dictionary: Buffer,
): readonly Numbered<T>[] {
  const plain = bytes.readUInt32BE(offset + 40) === 0;
  const text = inflateRawSync(payloadAt(bytes, offset, header), {
    maxOutputLength: 1_073_741_824,
    ...(plain ? {} : { dictionary }),
  });
  const [first, ...items] = JSON.parse(text.toString("utf8")) as [Numbered<T>, ...Item[]];
  const steps: Numbered<T>[] = [first];
  let { n, at } = first;
  let known: object = bare(first);
  let apart = 0;
  const next = (change?: Delta): void => {
    n += 1;
    at += apart;
    known = applied(known, change) as object;
    steps.push({ ...known, n, at } as Numbered<T>);
  };
  for (const item of items) {
    if (typeof item === "number") for (let i = 0; i < item; i++) next();
    else if ("c" in item) next(item.c);
    else apart = item[0];
  }
  return steps;
}
