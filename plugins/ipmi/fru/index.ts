import { BothyError } from "../../../devices/errors.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import { multiRecordEnd } from "./multi-record.ts";
import { type Fru, fruHeaderLength, parseFru, parseFruHeader } from "./parse.ts";
import { type FruOptions, FruReader } from "./read.ts";

/** Enough for every record list that ends; one that does not is cut here. */
const longestImage = 0x1_0000;

/** An inventory: what it says, and its bytes. */
export interface ReadFru {
  readonly fru: Fru;
  /** The bytes that were read, each at its offset; what belongs to no area, and the internal area, may be zeros. */
  readonly image: Buffer;
  /** The most bytes the controller gave at once, for the next time. */
  readonly chunk: number;
}

/**
 * Reads an inventory: header and areas, not the memory around them.
 * @param fruId 0 is the machine's own; others are named by FRU locator records
 * @throws BothyError `ABSENT` when there is none, or nothing in it (`isFruBlank`)
 */
export async function readFru(requester: Requester, fruId: number, options: FruOptions): Promise<ReadFru> {
  const reader = await FruReader.open(requester, fruId, options);
  const image = new FruImage(reader);
  await image.need(0, fruHeaderLength);
  const header = parseFruHeader(image.bytes, reader.source);
  for (const offset of [header.chassis, header.board, header.product]) {
    if (offset === undefined) continue;
    await image.need(offset, 2);
    await image.need(offset, (image.bytes[offset + 1] ?? 0) * 8);
  }
  if (header.multiRecord !== undefined) await needRecords(image, header.multiRecord);
  const fru = parseFru(image.bytes, reader.source);
  const warnings = [...image.warnings, ...fru.warnings];
  return { fru: { ...fru, warnings }, image: image.bytes, chunk: reader.chunk };
}

/** All of its memory, whatever it holds. @throws BothyError `ABSENT` when there is none */
export async function readFruImage(
  requester: Requester,
  fruId: number,
  options: FruOptions,
): Promise<Buffer> {
  const reader = await FruReader.open(requester, fruId, options);
  return reader.read(0, reader.info.size);
}

/** The list says only record by record where it ends. */
async function needRecords(image: FruImage, offset: number): Promise<void> {
  for (let end = offset + 5; end <= longestImage;) {
    await image.need(offset, end - offset);
    const next = multiRecordEnd(image.bytes, offset);
    if (next <= end || image.bytes.length < end) return;
    end = next;
  }
}

/** The part of an inventory that has been read. Asks for more than is needed when that costs no request. */
class FruImage {
  bytes = Buffer.alloc(0);
  /** What the controller would not give. */
  readonly warnings: string[] = [];
  readonly #reader: FruReader;
  readonly #known: { readonly from: number; readonly to: number }[] = [];

  constructor(reader: FruReader) {
    this.#reader = reader;
  }

  /** Reads what is not known yet of `count` bytes from `offset` on. Beyond the end there is nothing, and no error. */
  async need(offset: number, count: number): Promise<void> {
    const from = this.#knownFrom(offset);
    const missing = offset + count - from;
    if (missing <= 0) return;
    const { chunk } = this.#reader;
    const data = await this.#read(from, Math.ceil(missing / chunk) * chunk);
    if (data.length === 0) return;
    const end = from + data.length;
    if (end > this.bytes.length) this.bytes = Buffer.concat([this.bytes], end);
    data.copy(this.bytes, from);
    this.#known.push({ from, to: end });
  }

  /** What a controller refuses to give of an inventory that begins well is missing in it, and no reason to drop the rest. */
  async #read(offset: number, count: number): Promise<Buffer> {
    try {
      return await this.#reader.read(offset, count);
    } catch (thrown) {
      if (offset === 0 || completionOf(thrown) === undefined || !(thrown instanceof BothyError)) throw thrown;
      this.warnings.push(`at ${offset}: ${thrown.message}`);
      return Buffer.alloc(0);
    }
  }

  /** The first byte from `offset` on that has not been read. */
  #knownFrom(offset: number): number {
    let at = offset;
    for (;;) {
      const part = this.#known.find(({ from, to }) => from <= at && at < to);
      if (part === undefined) return at;
      at = part.to;
    }
  }
}

/** Whether an error says only that there is no inventory. */
export const isFruAbsent = (thrown: unknown): boolean =>
  thrown instanceof BothyError && thrown.code === "ABSENT";

export { isFruBlank } from "./parse.ts";
