import { BothyError } from "../../../devices/errors.ts";
import { ask, atLeast, explained, type Meanings, nonsense, within, word } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { aimed, type FruOptions, FruReader, patiently } from "./read.ts";

/** IPMI v2.0 §34.3. `offset` in words when the inventory counts so. */
export const encodeWriteFru = (fruId: number, offset: number, data: Uint8Array): IpmiRequest => ({
  netFn: 0x0a,
  command: 0x12,
  data: Uint8Array.of(fruId, ...word(offset), ...data),
  repeatable: false,
});

const meanings = { 0x80: ["REFUSED", "write-protected offset"] } as const satisfies Meanings;
const longestWrite = 16;

/**
 * Writes bytes into an inventory as they are, and reads them back: no checksum is made, no area moved. After silence the
 * place is read first and written again only when it does not hold them.
 * @param offset bytes; even, as the number of bytes, when the inventory counts in words
 * @throws BothyError `OUT_OF_RANGE` before anything is written, `NOT_CONFIRMED` when other bytes are read back
 */
export async function writeFru(
  requester: Requester,
  fruId: number,
  offset: number,
  bytes: Uint8Array,
  options: FruOptions,
): Promise<void> {
  const reader = await FruReader.open(requester, fruId, options);
  const { size, words } = reader.info;
  within(`${reader.source}: offset`, offset, 0, size, "bytes");
  within(`${reader.source}: end`, offset + bytes.length, 0, size, "bytes");
  if (words && (offset % 2 === 1 || bytes.length % 2 === 1)) {
    const { source } = reader;
    throw new BothyError("BAD_VALUE", {
      source,
      value: offset,
      expected: "whole words, as it counts in words",
    });
  }
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + longestWrite);
    at += await writePart({ requester, fruId, reader, options }, offset + at, part);
  }
  const back = await reader.read(offset, bytes.length);
  if (back.equals(bytes)) return;
  const [wanted, got] = [Buffer.from(bytes).toString("hex"), back.toString("hex")];
  throw new BothyError("NOT_CONFIRMED", { source: reader.source, wanted, got });
}

interface Writing {
  readonly requester: Requester;
  readonly fruId: number;
  readonly reader: FruReader;
  readonly options: FruOptions;
}

/** @returns how many bytes were taken */
async function writePart(writing: Writing, offset: number, part: Uint8Array): Promise<number> {
  const { requester, fruId, reader, options } = writing;
  const scale = reader.info.words ? 2 : 1;
  const request = aimed(encodeWriteFru(fruId, offset / scale, part), options);
  const decode = (data: Buffer, source: string): number =>
    atLeast(data, 1, source, "FRU write").readUInt8(0) * scale;
  const send = (): Promise<number> =>
    patiently(reader.source, options, () => explained(ask(requester, request, decode, options), meanings));
  const taken = await send().catch(async (thrown: unknown) => {
    if (!(thrown instanceof BothyError) || thrown.code !== "OUTCOME_UNKNOWN") throw thrown;
    return (await reader.read(offset, part.length)).equals(part) ? part.length : send();
  });
  if (taken === 0) throw nonsense(reader.source, "it took none of the bytes");
  return Math.min(taken, part.length);
}
