import { sdrText } from "../type-length.ts";
import type { ControllerLocatorRecord, FruLocatorRecord, GenericLocatorRecord } from "./model.ts";
import { entityFrom } from "./sensor-record.ts";

const place = (bytes: Buffer) => ({
  recordId: bytes.readUInt16LE(0),
  type: bytes.readUInt8(3),
  entity: entityFrom(bytes.readUInt8(12), bytes.readUInt8(13)),
  oem: bytes[14] ?? 0,
  name: sdrText(bytes, 15),
});

/** Type 10h, 14 bytes at least. IPMI v2.0 table 43-7. */
export function genericLocator(bytes: Buffer): GenericLocatorRecord {
  const at = (offset: number): number => bytes.readUInt8(offset);
  return {
    kind: "generic-locator",
    ...place(bytes),
    accessAddress: at(5) & 0xfe,
    slaveAddress: at(6) & 0xfe,
    channel: ((at(6) & 1) << 3) | (at(7) >> 5),
    lun: (at(7) >> 3) & 3,
    bus: at(7) & 7,
    span: at(8) & 7,
    deviceType: at(10),
    modifier: at(11),
  };
}

/** Type 11h, 14 bytes at least. IPMI v2.0 table 43-8. */
export function fruLocator(bytes: Buffer): FruLocatorRecord {
  const at = (offset: number): number => bytes.readUInt8(offset);
  const isLogical = (at(7) & 0x80) !== 0;
  return {
    kind: "fru-locator",
    ...place(bytes),
    accessAddress: at(5) & 0xfe,
    isLogical,
    fruId: isLogical ? at(6) : 0,
    slaveAddress: isLogical ? 0 : at(6) & 0xfe,
    lun: (at(7) >> 3) & 3,
    bus: at(7) & 7,
    channel: at(8) >> 4,
    deviceType: at(10),
    modifier: at(11),
  };
}

/** Type 12h, 14 bytes at least. IPMI v2.0 table 43-9. */
export const controllerLocator = (bytes: Buffer): ControllerLocatorRecord => ({
  kind: "controller-locator",
  ...place(bytes),
  slaveAddress: bytes.readUInt8(5) & 0xfe,
  channel: bytes.readUInt8(6) & 15,
  powerFlags: bytes.readUInt8(7),
  capabilities: bytes.readUInt8(8),
});
