import type { IpmiRequest } from "../../plugins/ipmi/contract.ts";
import { type MockAnswer, silent } from "./mock-requester.ts";

/** How a mock BMC gives its records. All as it should be by default. */
export interface ShelfHabits {
  /** Commands of the repository, or of the controller's own records. Default `repository`. */
  readonly source?: "repository" | "device";
  /** Most bytes in one answer. Default 255. */
  readonly most?: number;
  /** What it says to whoever asks for more: a completion code, or nothing at all. */
  readonly tooMuch?: number | "silence";
  /** What it says to whoever asks beyond the end of a record; absent: it gives what there is. */
  readonly beyondEnd?: number;
  /** Bytes added to each answer. */
  readonly extra?: number;
  /** Gives this many at most, whatever was asked for, without a word. */
  readonly stingy?: number;
  /** Knows no reservations. */
  readonly noReservations?: boolean;
  /** Wants a reservation for reads from offset 0, too. */
  readonly strict?: boolean;
  /** How often, of 1, somebody else takes the reservation before a read. */
  readonly thief?: number;
  /** How often, of 1, it is busy. */
  readonly busy?: number;
  /** 0..1. */
  readonly random?: () => number;
  /** Records that say another id than they are asked for. */
  readonly otherIds?: boolean;
  /** The last record leads here instead of to FFFFh. */
  readonly lastNext?: number;
  /** Records, by id, that answer with a completion code at and above an offset. */
  readonly broken?: ReadonlyMap<number, { readonly code: number; readonly from: number }>;
  /** Said instead of how many there are. */
  readonly count?: number;
  /** Seconds, of the last addition. */
  readonly added?: number;
  /** Logical units that have records, for those of a controller. Default 01h. */
  readonly luns?: number;
}

/** Records as a BMC keeps them: answers for `mockRequester`. */
export function mockShelf(records: readonly Buffer[], habits: ShelfHabits = {}) {
  const { source = "repository", random = () => 1, luns = 1 } = habits;
  const netFn = source === "repository" ? 0x0a : 0x04;
  const get = source === "repository" ? 0x23 : 0x21;
  let reservation = 0;
  const info = (): Buffer => {
    const answer = Buffer.alloc(source === "repository" ? 14 : 2);
    if (source === "device") return Buffer.from([records.length, luns]);
    answer.writeUInt8(0x51, 0);
    answer.writeUInt16LE(habits.count ?? records.length, 1);
    answer.writeUInt32LE(habits.added ?? 0x5f00_0000, 5);
    return answer;
  };
  return (_line: string, data: Buffer, request: IpmiRequest): MockAnswer => {
    if (request.netFn !== netFn) return undefined;
    if (request.command === 0x20) return info();
    if (request.command === 0x22) {
      if (habits.noReservations === true) return undefined;
      reservation = (reservation % 0xfffe) + 1;
      return Uint8Array.of(reservation & 0xff, reservation >> 8);
    }
    if (request.command !== get || data.length !== 6) return undefined;
    if (random() < (habits.busy ?? 0)) return 0xc0;
    if (random() < (habits.thief ?? 0)) reservation = (reservation % 0xfffe) + 1;
    const given = data.readUInt16LE(0);
    const free = habits.noReservations ?? (given === 0 && data.readUInt8(4) === 0 && habits.strict !== true);
    if (!free && (given === 0 || given !== reservation)) return 0xc5;
    return part(records, data, habits);
  };
}

/** The answer to one Get SDR whose reservation is good. */
function part(records: readonly Buffer[], data: Buffer, habits: ShelfHabits): MockAnswer {
  const [id, offset, count] = [data.readUInt16LE(2), data.readUInt8(4), data.readUInt8(5)];
  const position = id === 0 ? 0 : records.findIndex((one) => one.readUInt16LE(0) === id);
  const record = records[position];
  if (record === undefined) return 0xcb;
  const broken = habits.broken?.get(record.readUInt16LE(0));
  if (broken !== undefined && offset + count > broken.from) return broken.code;
  const all = count === 0xff;
  const wanted = all ? record.length - offset : count;
  if (!all && habits.beyondEnd !== undefined && offset + count > record.length) return habits.beyondEnd;
  if (Math.min(wanted, record.length - offset) > (habits.most ?? 255))
    return habits.tooMuch === "silence" ? silent() : (habits.tooMuch ?? 0xca);
  const bytes = Buffer.from(record.subarray(offset, offset + Math.min(wanted, habits.stingy ?? 255)));
  if (habits.otherIds === true && offset === 0 && bytes.length >= 2) bytes.writeUInt16LE(0x7777, 0);
  const following = records[position + 1]?.readUInt16LE(0) ?? habits.lastNext ?? 0xffff;
  const next = Buffer.alloc(2);
  next.writeUInt16LE(following);
  return Buffer.concat([next, bytes, Buffer.alloc(habits.extra ?? 0, 0xee)]);
}
