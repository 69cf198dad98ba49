import type { Entity } from "../sdr/model.ts";

/** IPMI v2.0 table 42-3, by code. */
const sensorTypes: readonly string[] = [
  "reserved",
  "temperature",
  "voltage",
  "current",
  "fan",
  "physical security",
  "platform security",
  "processor",
  "power supply",
  "power unit",
  "cooling device",
  "other units",
  "memory",
  "drive slot",
  "memory resize",
  "firmware progress",
  "event logging",
  "watchdog 1",
  "system event",
  "critical interrupt",
  "button",
  "module",
  "microcontroller",
  "add-in card",
  "chassis",
  "chip set",
  "other FRU",
  "cable",
  "terminator",
  "system boot",
  "boot error",
  "operating system boot",
  "operating system stop",
  "slot",
  "ACPI power state",
  "watchdog 2",
  "platform alert",
  "entity presence",
  "monitor chip",
  "LAN",
  "management subsystem health",
  "battery",
  "session audit",
  "version change",
  "FRU state",
];

/** IPMI v2.0 table 43-13, by id. 37h and 40h to 42h are DCMI's. */
const entities: readonly string[] = [
  "unspecified",
  "other",
  "unknown",
  "processor",
  "disk bay",
  "peripheral bay",
  "management module",
  "system board",
  "memory module",
  "processor module",
  "power supply",
  "add-in card",
  "front panel",
  "back panel",
  "power board",
  "drive backplane",
  "expansion board",
  "other board",
  "processor board",
  "power unit",
  "power module",
  "power distribution",
  "chassis back panel",
  "chassis",
  "sub-chassis",
  "other chassis board",
  "drive bay",
  "peripheral bay",
  "device bay",
  "fan",
  "cooling unit",
  "cable",
  "memory device",
  "management software",
  "BIOS",
  "operating system",
  "system bus",
  "group",
  "remote management device",
  "external environment",
  "battery",
  "processing blade",
  "connectivity switch",
  "processor and memory module",
  "I/O module",
  "processor and I/O module",
  "management firmware",
  "IPMI channel",
  "PCI bus",
  "PCI Express bus",
  "SCSI bus",
  "SATA/SAS bus",
  "front-side bus",
  "real-time clock",
];
const dcmiEntities: ReadonlyMap<number, string> = new Map([
  [0x37, "air inlet"],
  [0x40, "air inlet"],
  [0x41, "processor"],
  [0x42, "system board"],
]);

const hex = (code: number): string => `${code.toString(16).padStart(2, "0").toUpperCase()}h`;

/** What a sensor type is called. IPMI v2.0 table 42-3. */
export const sensorTypeName = (code: number): string =>
  sensorTypes[code] ?? (code >= 0xc0 ? `OEM ${hex(code)}` : `reserved ${hex(code)}`);

/** What an entity id is called. IPMI v2.0 table 43-13. */
export function entityName(id: number): string {
  const found = dcmiEntities.get(id) ?? entities[id];
  if (found !== undefined) return found;
  if (id >= 0x90 && id < 0xb0) return `chassis-specific ${hex(id)}`;
  if (id >= 0xb0 && id < 0xd0) return `board-specific ${hex(id)}`;
  return id >= 0xd0 ? `OEM ${hex(id)}` : `reserved ${hex(id)}`;
}

/** E.g. `power supply 2`. Instances that count only within their controller begin at 0 and say so. */
export const entityText = ({ id, instance }: Entity): string =>
  instance < 0x60
    ? `${entityName(id)} ${instance}`
    : `${entityName(id)} ${instance - 0x60} of its controller`;
