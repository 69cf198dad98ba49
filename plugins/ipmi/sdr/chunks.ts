import { asBothyError, BothyError } from "../../../devices/errors.ts";
import { completionOf } from "../completion.ts";
import { headLength } from "./record.ts";
import type { Shelf, Talk } from "./talk.ts";

/** What was learnt of a BMC about how much it gives at once. Plain JSON. */
export interface Learnt {
  /** Bytes asked for at once: one of `sizes`. */
  readonly size: number;
  /** It refuses to read beyond the end of a record: the head must tell where that is. */
  readonly headFirst: boolean;
}

/** Whole records, then ever smaller parts of them. */
export const sizes: readonly number[] = [0xff, 64, 32, 16, 8];
const whole = 0xff;
const afterSilence = 16;
export const nothingLearnt: Learnt = { size: whole, headFirst: false };

/** Codes that were seen when too much was asked for. */
const tooMuch: readonly number[] = [0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcc, 0xce, 0xff];
const reservationLost = 0xc5;
const reservationTries = 10;

/** One record as far as it could be had. */
export interface RawRecord {
  /** The record behind it; undefined when not even that could be had. FFFFh: none. */
  readonly next?: number;
  readonly bytes: Buffer;
  /** Why it is not whole. */
  readonly fault?: BothyError;
}

interface Part {
  readonly next: number;
  readonly data: Buffer;
}

/** Reads records off a shelf, in parts as large as the BMC can bear. IPMI v2.0 §33.12. */
export class RecordReader {
  readonly #talk: Talk;
  readonly #shelf: Shelf;
  #learnt: Learnt;
  #reservation: number | undefined;
  /** The most bytes that came in one answer. */
  #given = 0;

  constructor(talk: Talk, shelf: Shelf, learnt: Learnt) {
    this.#talk = talk;
    this.#shelf = shelf;
    this.#learnt = learnt;
  }

  get learnt(): Learnt {
    return this.#learnt;
  }

  /**
   * One record. Others that reserve the repository, too, make it begin again.
   * @throws BothyError when nobody answers, or the reservation is lost all the time
   */
  async read(id: number): Promise<RawRecord> {
    const before = this.#learnt;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(id, before);
      } catch (thrown) {
        if (completionOf(thrown) !== reservationLost || attempt >= reservationTries) throw thrown;
        if (attempt > 0) await this.#talk.pause(attempt - 1);
        await this.#reserve();
      }
    }
  }

  /** What goes wrong for this record alone becomes its fault; what was learnt from that is forgotten. */
  async #attempt(id: number, before: Learnt): Promise<RawRecord> {
    let got: { next: number; bytes: Buffer } | undefined;
    try {
      const head = await this.#head(id);
      got = { next: head.next, bytes: head.data };
      const total = headLength + head.data.readUInt8(4);
      while (got.bytes.length < total) {
        const part = await this.#rest(id, got.bytes.length, total);
        got.bytes = Buffer.concat([got.bytes, part]);
      }
      return { next: got.next, bytes: got.bytes.subarray(0, total) };
    } catch (thrown) {
      const fault = asBothyError(thrown, "record");
      if (!isOfRecord(fault) || completionOf(fault) === reservationLost) throw thrown;
      this.#learnt = before;
      return {
        ...(got === undefined ? {} : { next: got.next }),
        bytes: got?.bytes ?? Buffer.alloc(0),
        fault,
      };
    }
  }

  /** The beginning of a record: its head at least. */
  async #head(id: number): Promise<Part> {
    for (;;) {
      const { size, headFirst } = this.#learnt;
      try {
        return await this.#beginning(id, headFirst ? headLength : size);
      } catch (thrown) {
        if (headFirst || !isTooMuch(thrown)) throw thrown;
        const known = size === whole || isSilence(thrown);
        const all = known ? undefined : await this.#upToEnd(id, size, thrown);
        if (all !== undefined) return all;
        await this.#shrink(id, thrown);
      }
    }
  }

  /**
   * The whole record, when `size` bytes were refused and it is shorter: were they too many, or beyond its end? One byte
   * beyond it tells.
   * @returns undefined when it is not shorter, or too long itself
   */
  async #upToEnd(id: number, size: number, refusal: unknown): Promise<Part | undefined> {
    const head = await this.#beginning(id, headLength);
    const total = headLength + head.data.readUInt8(4);
    if (total >= size) return undefined;
    const all = await this.#unlessTooMuch(id, total);
    if (all === undefined) return undefined;
    if ((await this.#unlessTooMuch(id, total + 1)) === undefined) this.#learnt = { size, headFirst: true };
    else await this.#shrink(id, refusal);
    return all;
  }

  async #unlessTooMuch(id: number, count: number): Promise<Part | undefined> {
    try {
      return await this.#beginning(id, count);
    } catch (thrown) {
      if (!isTooMuch(thrown) || (isSilence(thrown) && !(await this.#isThere(id)))) throw thrown;
      return undefined;
    }
  }

  /** @throws BothyError `SHORT_FRAME` when not even the head came */
  async #beginning(id: number, count: number): Promise<Part> {
    const { next, data } = await this.#get(id, 0, count);
    let head = someOf(data);
    while (head.length < headLength) {
      const more = (await this.#get(id, head.length, headLength - head.length)).data;
      head = Buffer.concat([head, someOf(more)]);
    }
    return { next, data: head };
  }

  async #rest(id: number, offset: number, total: number): Promise<Buffer> {
    for (;;) {
      const count = Math.min(this.#learnt.size, total - offset);
      try {
        return someOf((await this.#get(id, offset, count)).data);
      } catch (thrown) {
        if (!isTooMuch(thrown)) throw thrown;
        await this.#shrink(id, thrown, count);
      }
    }
  }

  /** @returns at most `count` bytes (all when that is FFh), perhaps fewer, perhaps none */
  async #get(id: number, offset: number, count: number): Promise<Part> {
    if (offset > 0xff) throw short("it goes on where no request reaches");
    if (offset > 0 && this.#reservation === undefined) await this.#reserve();
    const answer = await this.#talk.ask(this.#shelf, this.#shelf.get, this.#request(id, offset, count));
    if (answer.length < 2) throw short(`${answer.length} bytes instead of a record`);
    // Some add bytes of their own (HP DL585 G7, OpenIPMI's simulator).
    const data = answer.subarray(2, count === whole ? undefined : 2 + count);
    this.#given = Math.max(this.#given, data.length);
    return { next: answer.readUInt16LE(0), data };
  }

  #request(id: number, offset: number, count: number): Buffer {
    const request = Buffer.alloc(6);
    request.writeUInt16LE(this.#reservation ?? 0, 0);
    request.writeUInt16LE(id, 2);
    request.writeUInt8(offset, 4);
    request.writeUInt8(count, 5);
    return request;
  }

  /** Whether silence was only to what was asked: the head of a record every BMC gives at once. */
  #isThere(id: number): Promise<boolean> {
    return this.#talk.answersSoon(this.#shelf, this.#shelf.get, this.#request(id, 0, headLength));
  }

  /** A BMC that takes no reservations does without. IPMI v2.0 §33.11. */
  async #reserve(): Promise<void> {
    try {
      const answer = await this.#talk.ask(this.#shelf, this.#shelf.reserve);
      this.#reservation = answer.length < 2 ? 0 : answer.readUInt16LE(0);
    } catch (thrown) {
      if (completionOf(thrown) === undefined) throw thrown;
      this.#reservation = 0;
    }
  }

  /** @throws `thrown` when nothing smaller is left, or it was not the size */
  async #shrink(id: number, thrown: unknown, asked = this.#learnt.size): Promise<void> {
    const silent = completionOf(thrown) === undefined;
    const size = sizes.find((one) => one < asked && (!silent || one <= afterSilence));
    if (size === undefined || (silent && asked <= afterSilence)) throw thrown;
    if (isSilence(thrown) && (asked <= this.#given || !(await this.#isThere(id)))) throw thrown;
    this.#learnt = { ...this.#learnt, size };
  }
}

const short = (fault: string): BothyError => new BothyError("SHORT_FRAME", { source: "Get SDR", fault });

function someOf(data: Buffer): Buffer {
  if (data.length > 0) return data;
  throw short("no bytes at all");
}

const isSilence = (thrown: unknown): boolean => thrown instanceof BothyError && thrown.code === "NO_ANSWER";

/** A completion code of another kind, or silence, does not mean that less would be given. */
function isTooMuch(thrown: unknown): boolean {
  const completion = completionOf(thrown);
  if (completion !== undefined) return tooMuch.includes(completion);
  return isSilence(thrown) || isShort(thrown);
}

const isShort = (thrown: unknown): boolean => thrown instanceof BothyError && thrown.code === "SHORT_FRAME";

/** Whether a fault is about one record rather than the BMC or the way to it. */
const isOfRecord = (fault: BothyError): boolean => completionOf(fault) !== undefined || isShort(fault);
