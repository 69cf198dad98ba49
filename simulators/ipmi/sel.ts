import { u16, u32 } from "./command.ts";

/** The event log. IPMI v2.0 §31. */
export interface EventLog {
  readonly entries: readonly LogEntry[];
  readonly capacity: number;
  /** Whether something was lost for want of room. */
  readonly overflow: boolean;
  /** Seconds of its own clock, 0: never. */
  readonly lastAdded: number;
  readonly lastErased: number;
  /** @param body the 14 bytes behind the record id. @returns the record's id, or undefined when the log is full */
  add(body: Uint8Array): number | undefined;
  /** Adds a system event record with the present time. @param rest 9 bytes from the generator id on */
  addEvent(rest: readonly number[]): number | undefined;
  /** @param id of a record; 0000h: the first, FFFFh: the last */
  find(id: number): LogEntry | undefined;
  /** The id of the record after this one; FFFFh: there is none. */
  next(entry: LogEntry): number;
  delete(id: number): boolean;
  clear(): void;
  /** A valid reservation ends when something is erased, and when the next one is made. */
  reserve(): number;
  isReserved(id: number): boolean;
}

export interface LogEntry {
  readonly id: number;
  /** 16 bytes. */
  readonly bytes: Buffer;
}

/** @param seconds the time of the log's clock */
export function createEventLog(capacity: number, seconds: () => number): EventLog {
  let entries: LogEntry[] = [];
  let lastId = 0;
  let reservation = 0;
  let reserved = false;
  let overflow = false;
  const stamps = { added: 0, erased: 0 };

  const freshId = (): number => {
    lastId = lastId >= 0xfffe ? 1 : lastId + 1;
    return entries.some(({ id }) => id === lastId) ? freshId() : lastId;
  };
  const add = (body: Uint8Array): number | undefined => {
    if (entries.length >= capacity) {
      overflow = true;
      return undefined;
    }
    const id = freshId();
    entries.push({ id, bytes: Buffer.from([...u16(id), ...body]) });
    stamps.added = seconds();
    return id;
  };
  const erased = (): void => {
    stamps.erased = seconds();
    reserved = false;
  };

  return {
    get entries() {
      return entries;
    },
    capacity,
    get overflow() {
      return overflow;
    },
    get lastAdded() {
      return stamps.added;
    },
    get lastErased() {
      return stamps.erased;
    },
    add,
    addEvent: (rest) => add(Uint8Array.of(0x02, ...u32(seconds()), ...rest)),
    find: (id) =>
      id === 0 ? entries[0] : id === 0xffff ? entries.at(-1) : entries.find((entry) => entry.id === id),
    next: (entry) => entries[entries.indexOf(entry) + 1]?.id ?? 0xffff,
    delete(id) {
      const before = entries.length;
      entries = entries.filter((entry) => entry.id !== id);
      if (entries.length === before) return false;
      erased();
      return true;
    },
    clear() {
      entries = [];
      lastId = 0;
      overflow = false;
      erased();
    },
    reserve() {
      reservation = (reservation % 0xfffe) + 1;
      reserved = true;
      return reservation;
    },
    isReserved: (id) => reserved && id === reservation,
  };
}
