import { sdrText } from "../type-length.ts";
import type {
  Access,
  AnalogFormat,
  CompactRecord,
  Entity,
  EventOnlyRecord,
  Factors,
  FullRecord,
  Sharing,
  UnitCodes,
} from "./model.ts";

const formats: readonly AnalogFormat[] = ["unsigned", "ones-complement", "twos-complement", "none"];
const accesses: readonly Access[] = ["none", "readable", "settable", "fixed"];
const controls = ["per-state", "sensor", "global", "none"] as const;
const joins = ["none", "divided", "multiplied", "none"] as const;

/** `value` of `bits` bits in two's complement. */
export const signed = (value: number, bits: number): number =>
  value >= 2 ** (bits - 1) ? value - 2 ** bits : value;

export const entityFrom = (id: number, instance: number): Entity => ({
  id,
  instance: instance & 0x7f,
  logical: (instance & 0x80) !== 0,
});

/**
 * Six bytes of factors, from M on, as they stand in a full record and in the answer to Get Sensor Reading Factors.
 * IPMI v2.0 tables 43-1 and 35-5.
 */
export function factorsFrom(bytes: Buffer, offset: number): Factors {
  const at = (n: number): number => bytes.readUInt8(offset + n);
  return {
    m: signed(at(0) | ((at(1) & 0xc0) << 2), 10),
    tolerance: at(1) & 0x3f,
    b: signed(at(2) | ((at(3) & 0xc0) << 2), 10),
    accuracy: (at(3) & 0x3f) | ((at(4) & 0xf0) << 2),
    accuracyExponent: (at(4) >> 2) & 3,
    rExponent: signed(at(5) >> 4, 4),
    bExponent: signed(at(5) & 15, 4),
  };
}

const unitsFrom = (flags: number, base: number, modifier: number): UnitCodes => ({
  percent: (flags & 1) !== 0,
  base,
  join: joins[(flags >> 1) & 3] ?? "none",
  modifier,
  rate: (flags >> 3) & 7,
});

const sharingFrom = (count: number, offset: number): Sharing => ({
  count: Math.max(1, count & 15),
  suffix: ((count >> 4) & 3) === 1 ? "letter" : "number",
  offset: offset & 0x7f,
  entityIncrements: (offset & 0x80) !== 0,
});

const address = (bytes: Buffer) => ({
  recordId: bytes.readUInt16LE(0),
  type: bytes.readUInt8(3),
  owner: bytes.readUInt8(5),
  channel: bytes.readUInt8(6) >> 4,
  lun: bytes.readUInt8(6) & 3,
  number: bytes.readUInt8(7),
  entity: entityFrom(bytes.readUInt8(8), bytes.readUInt8(9)),
});

function readable(bytes: Buffer) {
  const capabilities = bytes.readUInt8(11);
  const flags = bytes.readUInt8(20);
  return {
    ...address(bytes),
    initialisation: bytes.readUInt8(10),
    ignoreIfAbsent: (capabilities & 0x80) !== 0,
    rearmsItself: (capabilities & 0x40) !== 0,
    hysteresisAccess: accesses[(capabilities >> 4) & 3] ?? "none",
    thresholdAccess: accesses[(capabilities >> 2) & 3] ?? "none",
    eventControl: controls[capabilities & 3] ?? "none",
    sensorType: bytes.readUInt8(12),
    eventType: bytes.readUInt8(13) & 0x7f,
    assertMask: bytes.readUInt16LE(14),
    deassertMask: bytes.readUInt16LE(16),
    readingMask: bytes.readUInt16LE(18),
    format: formats[flags >> 6] ?? "none",
    units: unitsFrom(flags, bytes.readUInt8(21), bytes.readUInt8(22)),
  };
}

/** Type 01h, 44 bytes at least. IPMI v2.0 table 43-1. */
export function fullRecord(bytes: Buffer): FullRecord {
  const at = (offset: number): number => bytes.readUInt8(offset);
  const given = at(30);
  return {
    kind: "full",
    ...readable(bytes),
    linearization: at(23) & 0x7f,
    factors: factorsFrom(bytes, 24),
    direction: at(28) & 3,
    ...((given & 1) === 0 ? {} : { nominal: at(31) }),
    ...((given & 2) === 0 ? {} : { normalMaximum: at(32) }),
    ...((given & 4) === 0 ? {} : { normalMinimum: at(33) }),
    maximum: at(34),
    minimum: at(35),
    thresholds: { unr: at(36), uc: at(37), unc: at(38), lnr: at(39), lc: at(40), lnc: at(41) },
    hysteresis: { positive: at(42), negative: at(43) },
    oem: bytes[46] ?? 0,
    name: sdrText(bytes, 47),
  };
}

/** Type 02h, 27 bytes at least. IPMI v2.0 table 43-2. */
export const compactRecord = (bytes: Buffer): CompactRecord => ({
  kind: "compact",
  ...readable(bytes),
  sharing: sharingFrom(bytes.readUInt8(23), bytes.readUInt8(24)),
  hysteresis: { positive: bytes.readUInt8(25), negative: bytes.readUInt8(26) },
  oem: bytes[30] ?? 0,
  name: sdrText(bytes, 31),
});

/** Type 03h, 14 bytes at least. IPMI v2.0 table 43-3. */
export const eventOnlyRecord = (bytes: Buffer): EventOnlyRecord => ({
  kind: "event-only",
  ...address(bytes),
  sensorType: bytes.readUInt8(10),
  eventType: bytes.readUInt8(11) & 0x7f,
  sharing: sharingFrom(bytes.readUInt8(12), bytes.readUInt8(13)),
  oem: bytes[15] ?? 0,
  name: sdrText(bytes, 16),
});
