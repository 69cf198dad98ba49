import { decodeText, fruTypeLength, type TextEncoding } from "../type-length.ts";
import { checksumFits } from "./checksum.ts";

/** One field of a FRU area. */
export interface FruField {
  /** For people; bytes as hexadecimal where it is binary. Empty when the field is. */
  readonly text: string;
  readonly encoding: TextEncoding;
}

/** Platform Management FRU v1.0 §10. */
export interface ChassisArea {
  /** As SMBIOS numbers them: 17h is a rack mount chassis. */
  readonly type: number;
  readonly typeName: string;
  readonly part: string;
  readonly serial: string;
  readonly custom: readonly FruField[];
}

/** §11. */
export interface BoardArea {
  readonly language: number;
  /** Milliseconds since 1970; absent when not given. */
  readonly made?: number;
  readonly maker: string;
  readonly product: string;
  readonly serial: string;
  readonly part: string;
  readonly fruFile: string;
  readonly custom: readonly FruField[];
}

/** §12. */
export interface ProductArea {
  readonly language: number;
  readonly maker: string;
  readonly name: string;
  readonly part: string;
  readonly version: string;
  readonly serial: string;
  readonly assetTag: string;
  readonly fruFile: string;
  readonly custom: readonly FruField[];
}

/** An area as it lies in the inventory: where its bytes are, and what is odd about them. */
export interface AreaBytes {
  readonly bytes: Uint8Array;
  readonly warnings: readonly string[];
}

/**
 * The bytes of the area at `offset`: as many as its length byte says and there are.
 * @returns undefined when nothing of it is there
 */
export function cutArea(image: Uint8Array, offset: number, name: string): AreaBytes | undefined {
  const length = (image[offset + 1] ?? 0) * 8;
  if (offset + 2 > image.length || length === 0) return undefined;
  const bytes = image.subarray(offset, offset + length);
  const warnings = [
    ...(((image[offset] ?? 0) & 0x0f) === 1 ? [] : [`${name}: unknown format ${image[offset] ?? 0}`]),
    ...(bytes.length < length ? [`${name}: ${length - bytes.length} bytes are missing at its end`] : []),
    ...(bytes.length < length || checksumFits(bytes) ? [] : [`${name}: wrong checksum`]),
  ];
  return { bytes, warnings };
}

/** 0 and 25 are English; only then is text ASCII. Platform Management FRU v1.0 §15. */
const isEnglish = (language: number): boolean => language === 0 || language === 25;

/**
 * The fields from `offset` on, to C1h or the end of the area. A field that reaches beyond the end is cut, and is the last.
 * Some makers write a text of one letter as C1h: what follows cannot be told from the end, so it ends there.
 */
export function readFields(area: Uint8Array, offset: number, english: boolean): FruField[] {
  const fields: FruField[] = [];
  for (let at = offset; at < area.length - 1;) {
    const announced = fruTypeLength(area[at] ?? 0xc1, english);
    if (announced === undefined) break;
    const end = Math.min(at + 1 + announced.length, area.length);
    fields.push({
      text: decodeText(announced.encoding, area.subarray(at + 1, end)),
      encoding: announced.encoding,
    });
    at += 1 + announced.length;
  }
  return fields;
}

/** SMBIOS v3 table 17, those that servers and their surroundings are. */
const chassisTypes: Readonly<Record<number, string>> = {
  0x01: "other",
  0x02: "unknown",
  0x03: "desktop",
  0x04: "low profile desktop",
  0x05: "pizza box",
  0x06: "mini tower",
  0x07: "tower",
  0x08: "portable",
  0x09: "laptop",
  0x0a: "notebook",
  0x0c: "docking station",
  0x0d: "all in one",
  0x10: "lunch box",
  0x11: "main server chassis",
  0x12: "expansion chassis",
  0x13: "sub chassis",
  0x14: "bus expansion chassis",
  0x15: "peripheral chassis",
  0x16: "RAID chassis",
  0x17: "rack mount chassis",
  0x18: "sealed-case PC",
  0x19: "multi-system chassis",
  0x1a: "compact PCI",
  0x1b: "advanced TCA",
  0x1c: "blade",
  0x1d: "blade enclosure",
  0x1e: "tablet",
  0x21: "IoT gateway",
  0x22: "embedded PC",
  0x23: "mini PC",
};

const textAt = (fields: readonly FruField[], n: number): string => fields[n]?.text ?? "";

export function readChassis(area: Uint8Array): ChassisArea {
  const type = area[2] ?? 2;
  const fields = readFields(area, 3, true);
  return {
    type,
    typeName: chassisTypes[type] ?? `type ${type}`,
    part: textAt(fields, 0),
    serial: textAt(fields, 1),
    custom: fields.slice(2),
  };
}

/** 1996-01-01T00:00:00Z. */
const boardEpoch = Date.UTC(1996, 0, 1);

export function readBoard(area: Uint8Array): BoardArea {
  const language = area[2] ?? 0;
  const minutes = (area[3] ?? 0) | ((area[4] ?? 0) << 8) | ((area[5] ?? 0) << 16);
  const fields = readFields(area, 6, isEnglish(language));
  return {
    language,
    ...(minutes === 0 ? {} : { made: boardEpoch + minutes * 60_000 }),
    maker: textAt(fields, 0),
    product: textAt(fields, 1),
    serial: textAt(fields, 2),
    part: textAt(fields, 3),
    fruFile: textAt(fields, 4),
    custom: fields.slice(5),
  };
}

export function readProduct(area: Uint8Array): ProductArea {
  const language = area[2] ?? 0;
  const fields = readFields(area, 3, isEnglish(language));
  return {
    language,
    maker: textAt(fields, 0),
    name: textAt(fields, 1),
    part: textAt(fields, 2),
    version: textAt(fields, 3),
    serial: textAt(fields, 4),
    assetTag: textAt(fields, 5),
    fruFile: textAt(fields, 6),
    custom: fields.slice(7),
  };
}
