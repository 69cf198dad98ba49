import { command, type Command, refuse, u16, u32 } from "../command.ts";
import { completion } from "../lan/message.ts";
import type { BmcParts } from "../parts.ts";

const storage = 0x0a;
const wholeRecord = 0xff;
const version = 0x51;
const entrySize = 16;

/** Inventories, sensor data records and the event log. IPMI v2.0 §31, §33, §34. */
export function storageCommands(parts: BmcParts): readonly Command[] {
  return [...fruCommands(parts), ...repositoryCommands(parts), ...logCommands(parts)];
}

/** No answer holds more of an inventory than this. */
const mostOfFru = 64;

function fruCommands({ frus }: BmcParts): readonly Command[] {
  const image = (id: number): Buffer => frus[id] ?? refuse(completion.notPresent);
  return [
    command(storage, 0x10, "user", 1, ({ data }) => [...u16(image(data.readUInt8(0)).length), 0]),
    command(storage, 0x11, "user", 4, ({ data }) => {
      const bytes = image(data.readUInt8(0));
      const offset = data.readUInt16LE(1);
      const count = Math.min(data.readUInt8(3), mostOfFru);
      if (offset >= bytes.length) return refuse(completion.outOfRange);
      const part = bytes.subarray(offset, offset + count);
      return [part.length, ...part];
    }),
    command(storage, 0x12, "operator", [4, 255], ({ data }) => {
      const bytes = image(data.readUInt8(0));
      const offset = data.readUInt16LE(1);
      const written = data.subarray(3);
      if (offset + written.length > bytes.length) return refuse(completion.outOfRange);
      bytes.set(written, offset);
      return [written.length];
    }),
  ];
}

function repositoryCommands(parts: BmcParts): readonly Command[] {
  const { repository, model } = parts;
  const room = 4096;
  return [
    command(storage, 0x20, "user", 0, () => [
      version,
      ...u16(repository.records.length),
      ...u16(room),
      ...u32(model.repositoryDate),
      ...u32(0),
      0x02, // can be reserved; cannot be changed
    ]),
    command(storage, 0x22, "user", 0, () => u16(repository.reserve())),
    command(storage, 0x23, "user", 6, ({ data }) => {
      const [reservation, id] = [data.readUInt16LE(0), data.readUInt16LE(2)];
      const [offset, count] = [data.readUInt8(4), data.readUInt8(5)];
      const needed = offset !== 0 || reservation !== 0;
      if (needed && !repository.isReserved(reservation)) refuse(completion.reservationLost);
      const record = repository.find(id) ?? refuse(completion.notPresent);
      if (offset >= record.length) return refuse(completion.outOfRange);
      const end = count === wholeRecord ? record.length : offset + count;
      return [...u16(repository.next(record)), ...record.subarray(offset, end)];
    }),
    command(storage, 0x28, "user", 0, () => u32(parts.seconds())),
    command(storage, 0x29, "operator", 4, ({ data }) => {
      parts.setSeconds(data.readUInt32LE(0));
      return [];
    }),
  ];
}

function logCommands(parts: BmcParts): readonly Command[] {
  const { log } = parts;
  const free = (): number => log.capacity - log.entries.length;
  const reserved = (id: number): void => {
    if (!log.isReserved(id)) refuse(completion.reservationLost);
  };
  return [
    command(storage, 0x40, "user", 0, () => [
      version,
      ...u16(log.entries.length),
      ...u16(Math.min(free() * entrySize, 0xffff)),
      ...u32(log.lastAdded),
      ...u32(log.lastErased),
      (log.overflow ? 0x80 : 0) | 0x0b, // can be reserved, allocation is told, entries can be deleted
    ]),
    command(storage, 0x41, "user", 0, () => [
      ...u16(log.capacity),
      ...u16(entrySize),
      ...u16(free()),
      ...u16(free()),
      1,
    ]),
    command(storage, 0x42, "user", 0, () => u16(log.reserve())),
    command(storage, 0x43, "user", 6, ({ data }) => {
      const [offset, count] = [data.readUInt8(4), data.readUInt8(5)];
      const reservation = data.readUInt16LE(0);
      if (offset !== 0 || reservation !== 0) reserved(reservation);
      const entry = log.find(data.readUInt16LE(2)) ?? refuse(completion.notPresent);
      if (offset >= entrySize) return refuse(completion.outOfRange);
      const end = count === wholeRecord ? entrySize : Math.min(entrySize, offset + count);
      return [...u16(log.next(entry)), ...entry.bytes.subarray(offset, end)];
    }),
    command(storage, 0x44, "operator", 16, ({ data }) => {
      const timed = data.readUInt8(2) < 0xe0;
      const body = Buffer.from(data.subarray(2));
      if (timed) body.writeUInt32LE(parts.seconds(), 1);
      return u16(log.add(body) ?? refuse(completion.outOfSpace));
    }),
    command(storage, 0x46, "operator", 4, ({ data }) => {
      reserved(data.readUInt16LE(0));
      const entry = log.find(data.readUInt16LE(2)) ?? refuse(completion.notPresent);
      log.delete(entry.id);
      return u16(entry.id);
    }),
    command(storage, 0x47, "operator", 6, ({ data }) => {
      const [start, ask] = [0xaa, 0x00];
      const wanted = data.readUInt8(5);
      if (data.toString("latin1", 2, 5) !== "CLR" || ![start, ask].includes(wanted)) {
        return refuse(completion.invalidField);
      }
      if (wanted === ask) return [0x01];
      reserved(data.readUInt16LE(0));
      log.clear();
      return [0x01];
    }),
    command(storage, 0x48, "user", 0, () => u32(parts.seconds())),
    command(storage, 0x49, "operator", 4, ({ data }) => {
      parts.setSeconds(data.readUInt32LE(0));
      return [];
    }),
  ];
}
