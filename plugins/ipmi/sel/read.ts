import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, nonsense } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import { parseSelRecord, type SelRecord, selRecordLength } from "./record.ts";
import {
  decodeSelEntry,
  encodeGetSelEntry,
  firstRecord,
  getSelInfo,
  lastRecord,
  reserveSel,
  type SelInfo,
} from "./requests.ts";

/** A record and its bytes, by which it is known again. */
export interface MarkedRecord {
  readonly id: number;
  readonly raw: string;
}

/** Up to where a log has been read. JSON; can be kept over restarts of the program. */
export interface SelMark {
  /** As when it was read; absent when not all could be. */
  readonly info?: Pick<SelInfo, "entries" | "lastAdd" | "lastErase">;
  /** Where it began; a log that leads back there is a ring. */
  readonly first?: MarkedRecord;
  /** The last one read; absent when it was empty. */
  readonly last?: MarkedRecord;
}

export interface SelNews {
  /** Those not seen before, in the order of the log. */
  readonly records: readonly SelRecord[];
  /** For the next time. */
  readonly mark: SelMark;
  /** The log was cleared or lost what was read last: `records` is all of it. */
  readonly restarted: boolean;
  readonly info: SelInfo;
  /** Why `records` is not all there is; the next time goes on behind it. */
  readonly incomplete?: BothyError;
}

/** A list that is longer, or comes back to a record it had, is circular. */
const mostRecords = 0x1_0000;
const unknownTime = 0xffff_ffff;
const notThere = 0xcb;

/**
 * Reads what a log holds, or what is new since `mark`. Costs one request when nothing is: IPMI v2.0 §31.2 says how many
 * records there are, and when one was last added or erased.
 * @throws BothyError when the log cannot be read at all
 */
export async function readSel(
  requester: Requester,
  mark: SelMark = {},
  options: AskOptions = {},
): Promise<SelNews> {
  const log = new SelReader(requester, options);
  const info = await getSelInfo(requester, options);
  if (await isUnchanged(log, mark, info)) return { records: [], mark, restarted: false, info };
  if (info.entries === 0) {
    const empty = { info: counted(info) };
    return { records: [], mark: empty, restarted: mark.last !== undefined, info };
  }
  const next = mark.last === undefined ? firstRecord : await nextAfter(log, mark.last);
  const restarted = next === undefined;
  const since = restarted ? {} : mark;
  const { records, incomplete } = await follow(log, next ?? firstRecord, since);
  return {
    records,
    mark: newMark(since, records, info, incomplete),
    restarted,
    info,
    ...failure(incomplete),
  };
}

/**
 * A mark behind all there is, for those who want only what comes from now on. Three requests, however long the log is.
 * @throws BothyError
 */
export async function markSel(requester: Requester, options: AskOptions = {}): Promise<SelMark> {
  const info = await getSelInfo(requester, options);
  if (info.entries === 0) return { info: counted(info) };
  const log = new SelReader(requester, options);
  const [first, last] = [await log.entry(firstRecord), await log.entry(lastRecord)];
  if (first === undefined || last === undefined) return { info: counted(info) };
  return { info: counted(info), first: marked(first.record), last: marked(last.record) };
}

const failure = (incomplete: BothyError | undefined): { readonly incomplete?: BothyError } =>
  incomplete === undefined ? {} : { incomplete };

const marked = ({ id, raw }: SelRecord): MarkedRecord => ({ id, raw });

const counted = ({ entries, lastAdd, lastErase }: SelInfo): NonNullable<SelMark["info"]> => ({
  entries,
  lastAdd,
  lastErase,
});

function newMark(
  { first, last }: SelMark,
  records: readonly SelRecord[],
  info: SelInfo,
  incomplete: BothyError | undefined,
): SelMark {
  const [oldest, newest] = [records[0], records.at(-1)];
  const begins = first ?? (oldest === undefined ? undefined : marked(oldest));
  const ends = newest === undefined ? last : marked(newest);
  return {
    ...(begins === undefined ? {} : { first: begins }),
    ...(ends === undefined ? {} : { last: ends }),
    ...(incomplete === undefined ? { info: counted(info) } : {}),
  };
}

/** Controllers that do not know when a record was last added are asked for the last one itself. */
async function isUnchanged(log: SelReader, { info: before, last }: SelMark, info: SelInfo): Promise<boolean> {
  if (before?.entries !== info.entries || before.lastErase !== info.lastErase) return false;
  if (before.lastAdd !== info.lastAdd) return false;
  if (info.lastAdd !== unknownTime || last === undefined) return true;
  return (await log.entry(lastRecord))?.record.raw === last.raw;
}

/** @returns the id behind a record that was read before; undefined when it is gone, or its id is another's now */
async function nextAfter(log: SelReader, last: MarkedRecord): Promise<number | undefined> {
  const found = await log.entry(last.id);
  return found?.record.raw === last.raw ? found.next : undefined;
}

/** Reads record by record. What one of them fails with ends it, as only it knows the next. */
async function follow(
  log: SelReader,
  from: number,
  since: SelMark,
): Promise<{ readonly records: readonly SelRecord[]; readonly incomplete?: BothyError }> {
  const records: SelRecord[] = [];
  const seen = new Set<number>(since.last === undefined ? [] : [since.last.id]);
  for (let id = from; id !== lastRecord && records.length < mostRecords;) {
    try {
      const entry = await log.entry(id);
      if (entry === undefined || seen.has(entry.record.id) || entry.record.raw === since.first?.raw) break;
      seen.add(entry.record.id);
      records.push(entry.record);
      id = entry.next;
    } catch (thrown) {
      if (!(thrown instanceof BothyError) || records.length === 0) throw thrown;
      return { records, incomplete: thrown };
    }
  }
  return { records };
}

/** Answers that say that a record cannot be had in one piece. */
const inParts: readonly number[] = [0xc6, 0xc7, 0xc8, 0xca, 0xff];
const partLength = 8;
const mostReservations = 5;

/** Reads records of one log, in one piece or, where that is too much for the controller, in two. */
class SelReader {
  readonly #requester: Requester;
  readonly #options: AskOptions;
  #parts = false;

  constructor(requester: Requester, options: AskOptions) {
    this.#requester = requester;
    this.#options = options;
  }

  /** @returns undefined when there is no such record */
  async entry(id: number): Promise<{ readonly next: number; readonly record: SelRecord } | undefined> {
    try {
      const { next, bytes } = this.#parts ? await this.#inParts(id) : await this.#whole(id);
      const asked = id === firstRecord || id === lastRecord ? undefined : id;
      return { next, record: parseSelRecord(bytes, asked, this.#requester.name) };
    } catch (thrown) {
      if (completionOf(thrown) === notThere) return undefined;
      throw thrown;
    }
  }

  async #whole(id: number): Promise<{ readonly next: number; readonly bytes: Buffer }> {
    try {
      const entry = await ask(this.#requester, encodeGetSelEntry(id), decodeSelEntry, this.#options);
      if (entry.bytes.length >= selRecordLength) return entry;
    } catch (thrown) {
      const completion = completionOf(thrown);
      if (completion === undefined || !inParts.includes(completion)) throw thrown;
    }
    const entry = await this.#inParts(id);
    this.#parts = true;
    return entry;
  }

  /** Others take reservations away: then it is made again, and the record begun anew. */
  async #inParts(id: number): Promise<{ readonly next: number; readonly bytes: Buffer }> {
    for (let tries = 1; ; tries++) {
      const reservation = await reserveSel(this.#requester, this.#options);
      try {
        return await this.#reserved(id, reservation);
      } catch (thrown) {
        if (completionOf(thrown) !== 0xc5 || tries >= mostReservations) throw thrown;
      }
    }
  }

  async #reserved(
    id: number,
    reservation: number,
  ): Promise<{ readonly next: number; readonly bytes: Buffer }> {
    let bytes = Buffer.alloc(0);
    let next = lastRecord;
    while (bytes.length < selRecordLength) {
      const request = encodeGetSelEntry(id, { reservation, offset: bytes.length, count: partLength });
      const part = await ask(this.#requester, request, decodeSelEntry, this.#options);
      if (part.bytes.length === 0)
        throw nonsense(this.#requester.name, `record ${id} of the event log ends early`);
      bytes = Buffer.concat([bytes, part.bytes]);
      next = part.next;
    }
    return { next, bytes };
  }
}
