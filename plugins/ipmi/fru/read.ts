import { type Clock, type Millis, sleep } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, atLeast, bit, word } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** How large an inventory is said to be. IPMI v2.0 §34.1. */
export interface FruInfo {
  /** Bytes. */
  readonly size: number;
  /** Offsets and counts are in words of two bytes. */
  readonly words: boolean;
}

export const encodeGetFruInfo = (fruId: number): IpmiRequest => ({
  netFn: 0x0a,
  command: 0x10,
  data: Uint8Array.of(fruId),
});

/** @throws BothyError `SHORT_FRAME` */
export function decodeFruInfo(data: Buffer, source = "FRU"): FruInfo {
  atLeast(data, 3, source, "FRU inventory area info");
  return { size: data.readUInt16LE(0), words: bit(data[2], 0) };
}

/** `offset` and `count` in words when the inventory counts so. IPMI v2.0 §34.2. */
export const encodeReadFru = (fruId: number, offset: number, count: number): IpmiRequest => ({
  netFn: 0x0a,
  command: 0x11,
  data: Uint8Array.of(fruId, ...word(offset), count),
});

/** The bytes of an answer: as many as its count says and there are. @throws BothyError `SHORT_FRAME` */
export function decodeReadFru(data: Buffer, words: boolean, source = "FRU"): Buffer {
  const [count = 0] = atLeast(data, 1, source, "FRU data");
  return data.subarray(1, 1 + count * (words ? 2 : 1));
}

export interface FruOptions extends AskOptions {
  readonly clock: Clock;
  /** The most bytes to ask for at once, 2..255. Default 32, which all but the oldest controllers give. */
  readonly chunk?: number;
  /** A controller behind the BMC that holds the inventory. */
  readonly target?: NonNullable<IpmiRequest["target"]>;
  readonly lun?: number;
}

export const defaultFruChunk = 32;
const smallestChunk = 2;
/** Answers that say too much was asked for, in one maker's words or another's. */
const tooMuch: readonly number[] = [0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xce, 0xff];
/** Answers that say there is no inventory of that number. */
const noInventory: readonly number[] = [0xc0, 0xc1, 0xc3, 0xc9, 0xcb, 0xcc, 0xcd, 0xce, 0xd3, 0xd5, 0xff];
const busy = 0x81;
const busyPause: Millis = 100;
const mostBusy = 30;

/** One inventory that is being read: asks for as much at once as its controller gives, and keeps that in mind. */
export class FruReader {
  readonly source: string;
  readonly info: FruInfo;
  /** The most bytes asked for at once now; smaller after the controller refused more. */
  chunk: number;
  /** The most bytes that came in one answer: silence to as many, or fewer, is silence. */
  #given = 0;
  readonly #requester: Requester;
  readonly #fruId: number;
  readonly #options: FruOptions;

  private constructor(requester: Requester, fruId: number, info: FruInfo, options: FruOptions) {
    this.source = `${requester.name}: FRU ${fruId}`;
    this.info = info;
    this.chunk = Math.min(Math.max(options.chunk ?? defaultFruChunk, smallestChunk), 255);
    this.#requester = requester;
    this.#fruId = fruId;
    this.#options = options;
  }

  /** @throws BothyError `ABSENT` when there is no such inventory, or it is empty */
  static async open(requester: Requester, fruId: number, options: FruOptions): Promise<FruReader> {
    const source = `${requester.name}: FRU ${fruId}`;
    try {
      const request = aimed(encodeGetFruInfo(fruId), options);
      const info = await patiently(source, options, () => ask(requester, request, decodeFruInfo, options));
      if (info.size === 0) throw new BothyError("ABSENT", { source, fault: "its size is 0" });
      return new FruReader(requester, fruId, info, options);
    } catch (thrown) {
      const completion = completionOf(thrown);
      if (completion === undefined || !noInventory.includes(completion)) throw thrown;
      const fault = thrown instanceof BothyError ? String(thrown.params.fault) : "";
      throw new BothyError("ABSENT", { source, fault }, { cause: thrown });
    }
  }

  /**
   * Reads `count` bytes from `offset` on, or to the end of the inventory. Fewer come when the controller has no more.
   * @throws BothyError
   */
  async read(offset: number, count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    const end = Math.min(offset + count, this.info.size);
    for (let at = offset; at < end;) {
      const part = await this.#part(at, end - at);
      if (part.length === 0) break;
      parts.push(part);
      at += part.length;
    }
    return Buffer.concat(parts);
  }

  async #part(offset: number, count: number): Promise<Buffer> {
    for (;;) {
      const asked = Math.min(count, this.chunk);
      try {
        const part = (await this.#once(offset, asked)).subarray(0, asked);
        this.#given = Math.max(this.#given, part.length);
        return part;
      } catch (thrown) {
        const smaller = smallerChunk(thrown, asked, this.#given);
        if (smaller === undefined) throw thrown;
        this.chunk = smaller;
      }
    }
  }

  /** One request. In words, an odd offset begins a byte earlier. */
  async #once(offset: number, count: number): Promise<Buffer> {
    const { words } = this.info;
    const odd = offset & 1;
    const most = Math.max(this.chunk >> 1, 1);
    const [from, number] = words
      ? [offset >> 1, Math.min(Math.ceil((count + odd) / 2), most)]
      : [offset, count];
    const request = aimed(encodeReadFru(this.#fruId, from, number), this.#options);
    const decode = (data: Buffer): Buffer => decodeReadFru(data, words, this.source);
    const data = await patiently(this.source, this.#options, () =>
      ask(this.#requester, request, decode, this.#options),
    );
    return words ? data.subarray(odd) : data;
  }
}

/** What to try after an error that may be of having asked for too much; some controllers then say nothing at all. */
function smallerChunk(thrown: unknown, asked: number, given: number): number | undefined {
  if (thrown instanceof BothyError && thrown.code === "NO_ANSWER")
    return asked > Math.max(16, given) ? 16 : undefined;
  const completion = completionOf(thrown);
  if (completion === undefined || !tooMuch.includes(completion)) return undefined;
  return asked >= 2 * smallestChunk ? asked >> 1 : undefined;
}

/** Asks again while the inventory is busy (81h). @throws BothyError `BUSY` when it stays so, `STOPPED` */
export async function patiently<T>(source: string, options: FruOptions, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (thrown) {
      if (completionOf(thrown) !== busy || !(thrown instanceof BothyError)) throw thrown;
      if (tries >= mostBusy) throw new BothyError("BUSY", { ...thrown.params }, { cause: thrown });
    }
    await sleep(options.clock, busyPause, options.signal);
    if (options.signal?.aborted === true) throw new BothyError("STOPPED", { source });
  }
}

/** The request, for the controller that holds the inventory. */
export const aimed = (request: IpmiRequest, { target, lun }: FruOptions): IpmiRequest => ({
  ...request,
  ...(target === undefined ? {} : { target }),
  ...(lun === undefined ? {} : { lun }),
});
