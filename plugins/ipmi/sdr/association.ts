import type { AssociationRecord, EntityAt } from "./model.ts";

const flagsOf = (flags: number) => ({
  isRange: (flags & 0x80) !== 0,
  isLinked: (flags & 0x40) !== 0,
  presenceAssumed: (flags & 0x20) !== 0,
});

const head = (bytes: Buffer) => ({ recordId: bytes.readUInt16LE(0), type: bytes.readUInt8(3) });

/** Type 08h, 16 bytes at least. IPMI v2.0 table 43-4. */
export function entityAssociation(bytes: Buffer): AssociationRecord {
  const entity = (offset: number): EntityAt => ({
    id: bytes.readUInt8(offset),
    instance: bytes.readUInt8(offset + 1),
    address: 0,
    channel: 0,
  });
  return {
    kind: "association",
    ...head(bytes),
    container: entity(5),
    ...flagsOf(bytes.readUInt8(7)),
    contained: [8, 10, 12, 14].map(entity),
  };
}

/** Type 09h, 26 bytes at least. IPMI v2.0 table 43-5. */
export function relativeAssociation(bytes: Buffer): AssociationRecord {
  const at = (offset: number): number => bytes.readUInt8(offset);
  const contained = (offset: number): EntityAt => ({
    address: at(offset) & 0xfe,
    channel: at(offset + 1) >> 4,
    id: at(offset + 2),
    instance: at(offset + 3),
  });
  return {
    kind: "association",
    ...head(bytes),
    container: { id: at(5), instance: at(6), address: at(7) & 0xfe, channel: at(8) >> 4 },
    ...flagsOf(at(9)),
    contained: [10, 14, 18, 22].map(contained),
  };
}
