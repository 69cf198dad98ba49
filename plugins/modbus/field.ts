import type { Table, ValueType } from "./product-schema.ts";

export type WordOrder = "high-first" | "low-first";

/** Where one raw value lives in a unit and how its bits make it. Everything decided, no defaults left. */
export interface Field {
  readonly table: Table;
  /** Zero-based, as in the frame. */
  readonly address: number;
  /** How many registers, coils or discrete inputs it takes. */
  readonly count: number;
  readonly type: ValueType;
  /** Position of the lowest bit, for `bit` and `bits` of a register. */
  readonly bit: number;
  /** Number of bits, for the same. */
  readonly width: number;
  readonly wordOrder: WordOrder;
  readonly byteOrder: WordOrder;
  readonly encoding: "ascii" | "latin1" | "utf8";
  readonly scale: number;
  readonly offset: number;
  readonly invert: boolean;
  readonly absent: readonly number[];
  readonly nanIsAbsent: boolean;
}

/** What a map says of a field; points, inputs and actions alike. */
export interface FieldEntry {
  readonly table: Table;
  readonly address: number;
  readonly type: ValueType;
  readonly bit?: number;
  readonly width?: number;
  readonly length?: number;
  readonly wordOrder?: WordOrder;
  readonly byteOrder?: WordOrder;
  readonly encoding?: "ascii" | "latin1" | "utf8";
  readonly scale?: number;
  readonly offset?: number;
  readonly invert?: boolean;
  readonly absent?: readonly number[];
  readonly nanIsAbsent?: boolean;
}

const registers: Readonly<Record<ValueType, number>> = {
  bit: 1,
  bits: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  uint64: 4,
  int64: 4,
  float32: 2,
  float64: 4,
  bcd16: 1,
  bcd32: 2,
  string: 1,
};

/** Whether a table holds bits rather than registers. */
export const isBitTable = (table: Table): boolean => table === "coil" || table === "discrete";

/** Whether a table takes writes. */
export const isWritable = (table: Table): boolean => table === "coil" || table === "holding";

/** Whether a type is a part of a register. */
export const isBitField = (type: ValueType): boolean => type === "bit" || type === "bits";

/** Fills in what an entry leaves open. `address` is that of the entry after repeats. */
export function fieldOf(
  entry: FieldEntry,
  address: number,
  orders: { readonly wordOrder: WordOrder; readonly byteOrder: WordOrder },
): Field {
  return {
    table: entry.table,
    address,
    count: entry.type === "string" ? (entry.length ?? 1) : registers[entry.type],
    type: entry.type,
    bit: entry.bit ?? 0,
    width: entry.type === "bits" ? (entry.width ?? 1) : 1,
    wordOrder: entry.wordOrder ?? orders.wordOrder,
    byteOrder: entry.byteOrder ?? orders.byteOrder,
    encoding: entry.encoding ?? "ascii",
    scale: entry.scale ?? 1,
    offset: entry.offset ?? 0,
    invert: entry.invert ?? false,
    absent: entry.absent ?? [],
    nanIsAbsent: entry.nanIsAbsent ?? false,
  };
}

/** Smallest and largest raw number a type of register holds; undefined for types that are not written as numbers. */
export function rawRange(field: Field): readonly [bigint, bigint] | undefined {
  switch (field.type) {
    case "bit":
      return [0n, 1n];
    case "bits":
      return [0n, (1n << BigInt(field.width)) - 1n];
    case "uint16":
      return [0n, 0xffffn];
    case "int16":
      return [-0x8000n, 0x7fffn];
    case "uint32":
      return [0n, 0xffff_ffffn];
    case "int32":
      return [-0x8000_0000n, 0x7fff_ffffn];
    case "uint64":
      return [0n, (1n << 64n) - 1n];
    case "int64":
      return [-(1n << 63n), (1n << 63n) - 1n];
    case "bcd16":
      return [0n, 9999n];
    case "bcd32":
      return [0n, 99_999_999n];
    case "float32":
    case "float64":
    case "string":
      return undefined;
  }
}
