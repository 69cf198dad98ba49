import { bit } from "../answer.ts";
import { checksumFits, checksumOf } from "./checksum.ts";

/** What a power supply can do. Platform Management FRU v1.0 §18.1. Voltages in mV, power in W. */
export interface PowerSupplyRecord {
  readonly capacityWatts: number;
  /** Absent when not given. */
  readonly peakVA?: number;
  readonly inrushAmps?: number;
  readonly inrushMs?: number;
  readonly lowRange1mV: number;
  readonly highRange1mV: number;
  readonly lowRange2mV: number;
  readonly highRange2mV: number;
  readonly lowHz: number;
  readonly highHz: number;
  readonly dropoutMs: number;
  readonly predictiveFail: boolean;
  readonly powerFactorCorrection: boolean;
  readonly autoSwitch: boolean;
  readonly hotSwap: boolean;
  readonly peakWatts: number;
  readonly holdUpSeconds: number;
}

/** What one output of it gives, §18.2, or what one needs, §18.2a. mV and mA. */
export interface DcRecord {
  readonly number: number;
  /** Also while the machine is off; only said of an output. */
  readonly standby: boolean;
  readonly nominalmV: number;
  readonly minimummV: number;
  readonly maximummV: number;
  readonly ripplemV: number;
  readonly minCurrentmA: number;
  readonly maxCurrentmA: number;
}

/** One record. `data` is hexadecimal, the five bytes of its head left out. */
export interface MultiRecord {
  readonly type: number;
  readonly name: string;
  readonly version: number;
  readonly data: string;
  readonly powerSupply?: PowerSupplyRecord;
  readonly dcOutput?: DcRecord;
  readonly dcLoad?: DcRecord;
}

/** §16.2.1. */
const names: Readonly<Record<number, string>> = {
  0x00: "power supply",
  0x01: "DC output",
  0x02: "DC load",
  0x03: "management access",
  0x04: "base compatibility",
  0x05: "extended compatibility",
  0x06: "ASF fixed SMBus device",
  0x07: "ASF legacy alerts",
  0x08: "ASF remote control",
  0x09: "extended DC output",
  0x0a: "extended DC load",
};

const nameOf = (type: number): string =>
  names[type] ?? (type >= 0xc0 ? `OEM (${type})` : `unknown (${type})`);

const headLength = 5;

/** How many bytes the list at `offset` has, as far as it is there; what is to be read next when it goes on. */
export function multiRecordEnd(image: Uint8Array, offset: number): number {
  let at = offset;
  while (at + headLength <= image.length) {
    const end = at + headLength + (image[at + 2] ?? 0);
    if (bit(image[at + 1], 7)) return end;
    at = end;
  }
  return at + headLength;
}

/** Reads the list at `offset`, to the record that is marked as last or the end of what is there. §16. */
export function readMultiRecords(
  image: Uint8Array,
  offset: number,
): { readonly records: readonly MultiRecord[]; readonly warnings: readonly string[] } {
  const records: MultiRecord[] = [];
  const warnings: string[] = [];
  for (let at = offset; ;) {
    const head = image.subarray(at, at + headLength);
    if (head.length < headLength) {
      warnings.push("multi-record area: it ends without a last record");
      break;
    }
    const [type = 0, flags = 0, length = 0, checksum = 0] = head;
    const data = image.subarray(at + headLength, at + headLength + length);
    const where = `record ${records.length} (${nameOf(type)})`;
    if (!checksumFits(head)) warnings.push(`${where}: wrong checksum of its head`);
    if (data.length < length) warnings.push(`${where}: ${length - data.length} bytes are missing at its end`);
    else if (checksumOf(data) !== checksum) warnings.push(`${where}: wrong checksum`);
    records.push({
      type,
      name: nameOf(type),
      version: flags & 0x0f,
      data: Buffer.from(data).toString("hex"),
      ...decoded(type, data),
    });
    if (bit(flags, 7) || data.length < length) break;
    at += headLength + length;
  }
  return { records, warnings };
}

function decoded(type: number, bytes: Uint8Array): Partial<MultiRecord> {
  const data = Buffer.from(bytes);
  if (type === 0 && data.length >= 24) return { powerSupply: powerSupply(data) };
  if (type === 1 && data.length >= 13) return { dcOutput: dc(data) };
  if (type === 2 && data.length >= 13) return { dcLoad: dc(data) };
  return {};
}

function powerSupply(data: Buffer): PowerSupplyRecord {
  const peak = data.readUInt16LE(2);
  const inrush = data.readUInt8(4);
  const flags = data.readUInt8(17);
  const hold = data.readUInt16LE(18);
  return {
    capacityWatts: data.readUInt16LE(0) & 0x0fff,
    ...(peak === 0xffff ? {} : { peakVA: peak }),
    ...(inrush === 0xff ? {} : { inrushAmps: inrush, inrushMs: data.readUInt8(5) }),
    lowRange1mV: data.readUInt16LE(6) * 10,
    highRange1mV: data.readUInt16LE(8) * 10,
    lowRange2mV: data.readUInt16LE(10) * 10,
    highRange2mV: data.readUInt16LE(12) * 10,
    lowHz: data.readUInt8(14),
    highHz: data.readUInt8(15),
    dropoutMs: data.readUInt8(16),
    predictiveFail: bit(flags, 0),
    powerFactorCorrection: bit(flags, 1),
    autoSwitch: bit(flags, 2),
    hotSwap: bit(flags, 3),
    peakWatts: hold & 0x0fff,
    holdUpSeconds: hold >> 12,
  };
}

const dc = (data: Buffer): DcRecord => ({
  number: data.readUInt8(0) & 0x0f,
  standby: bit(data[0], 7),
  nominalmV: data.readInt16LE(1) * 10,
  minimummV: data.readInt16LE(3) * 10,
  maximummV: data.readInt16LE(5) * 10,
  ripplemV: data.readUInt16LE(7),
  minCurrentmA: data.readUInt16LE(9),
  maxCurrentmA: data.readUInt16LE(11),
});
