import { entityAssociation, relativeAssociation } from "./association.ts";
import { controllerLocator, fruLocator, genericLocator } from "./locator.ts";
import type { OemRecord, SdrRecord } from "./model.ts";
import { compactRecord, eventOnlyRecord, fullRecord } from "./sensor-record.ts";

/** Bytes before the part that depends on the type: id, version, type, length. IPMI v2.0 §43. */
export const headLength = 5;

interface Kind {
  /** Bytes below which something that matters is missing. Names may be missing. */
  readonly least: number;
  readonly parse: (bytes: Buffer) => SdrRecord;
}

const oemRecord = (bytes: Buffer): OemRecord => ({
  kind: "oem",
  recordId: bytes.readUInt16LE(0),
  type: bytes.readUInt8(3),
  manufacturer: bytes.readUIntLE(5, 3),
  data: bytes.subarray(8),
});

const kinds: Readonly<Record<number, Kind>> = {
  0x01: { least: 44, parse: fullRecord },
  0x02: { least: 27, parse: compactRecord },
  0x03: { least: 14, parse: eventOnlyRecord },
  0x08: { least: 16, parse: entityAssociation },
  0x09: { least: 26, parse: relativeAssociation },
  0x10: { least: 14, parse: genericLocator },
  0x11: { least: 14, parse: fruLocator },
  0x12: { least: 14, parse: controllerLocator },
  0xc0: { least: 8, parse: oemRecord },
};

/**
 * One record, whole, from its id on. What stands behind the length it announces is ignored. IPMI v2.0 §43.
 * Never throws: what cannot be parsed is a record of kind `faulty`, which says why.
 * @param asked the id it was asked for, which counts more than the one it carries (Supermicro X6)
 */
export function parseRecord(record: Uint8Array, asked?: number): SdrRecord {
  const all = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const recordId = asked ?? (all.length < 2 ? 0 : all.readUInt16LE(0));
  const type = all[3] ?? 0;
  const faulty = (fault: string): SdrRecord => ({ kind: "faulty", recordId, type, fault, bytes: all });
  if (all.length < headLength) return faulty(`${all.length} bytes, less than the head of a record`);
  const length = headLength + all.readUInt8(4);
  const bytes = all.subarray(0, length);
  if (bytes.length < length) return faulty(`${bytes.length} bytes of ${length}`);
  const kind = kinds[type];
  if (kind === undefined) return { kind: "other", recordId, type, bytes };
  return bytes.length < kind.least
    ? faulty(`${length} bytes, too few for type ${hex(type)}`)
    : { ...kind.parse(bytes), recordId };
}

const hex = (byte: number): string => `${byte.toString(16).padStart(2, "0").toUpperCase()}h`;
