import type { BmcModel } from "./model.ts";
import { repositoryOf } from "./sdr-records.ts";

/** The sensor data records. IPMI v2.0 §33. */
export interface Repository {
  readonly records: readonly Buffer[];
  /** @param id of a record; 0000h: the first, FFFFh: the last */
  find(id: number): Buffer | undefined;
  /** FFFFh: none follows. */
  next(record: Buffer): number;
  reserve(): number;
  isReserved(id: number): boolean;
}

export function createRepository(model: BmcModel): Repository {
  const records = repositoryOf(model);
  let reservation = 0;
  return {
    records,
    find: (id) => (id === 0 ? records[0] : id === 0xffff ? records.at(-1) : records[id - 1]),
    next: (record) => records[record.readUInt16LE(0)]?.readUInt16LE(0) ?? 0xffff,
    reserve: () => (reservation = (reservation % 0xfffe) + 1),
    isReserved: (id) => id !== 0 && id === reservation,
  };
}
