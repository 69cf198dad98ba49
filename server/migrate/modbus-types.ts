import type { PointEntry, Table, ValueType } from "../../plugins/modbus/product-schema.ts";

/** What the handlers of the original's Modbus plugin read, and whether they write. Synse v3 §9.1. */
export const modbusHandlers: ReadonlyMap<string, { readonly table: Table; readonly writes: boolean }> =
  new Map([
    ["coil", { table: "coil", writes: true }],
    ["read_only_coil", { table: "coil", writes: false }],
    ["holding_register", { table: "holding", writes: true }],
    ["read_only_holding_register", { table: "holding", writes: false }],
    ["input_register", { table: "input", writes: false }],
  ]);

type Typed = Pick<PointEntry, "type" | "wordOrder" | "length" | "encoding">;

const numbers: Readonly<Record<string, ValueType>> = {
  u16: "uint16",
  uint16: "uint16",
  s16: "int16",
  int16: "int16",
  u32: "uint32",
  uint32: "uint32",
  s32: "int32",
  int32: "int32",
  u64: "uint64",
  uint64: "uint64",
  s64: "int64",
  int64: "int64",
  f32: "float32",
  float32: "float32",
  f64: "float64",
  float64: "float64",
};
const texts = new Set(["t", "t4", "t8", "t10", "t12", "t16", "t20", "string", "utf8"]);

/** How the original's type reads registers here; undefined when nothing here does the same. Synse v3 §9.1. */
export function registerType(type: string, width: number): Typed | undefined {
  const name = type.toLowerCase();
  const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (number !== undefined) return { type: number };
  if (name === "cdabswapf32") return { type: "float32", wordOrder: "low-first" };
  if (texts.has(name)) return { type: "string", length: Math.max(1, width), encoding: "utf8" };
  return undefined;
}

/** The lowest and highest raw number of a type that can be written; undefined when it cannot. */
export const rawRange = (type: ValueType): readonly [number, number] | undefined =>
  type === "uint16" ? [0, 65_535] : type === "int16" ? [-32_768, 32_767] : undefined;

/** An output of ours in place of one the original's Modbus plugin has for itself. */
export interface OwnOutput {
  readonly output: string;
  /** By how much numbers change with the unit. */
  readonly factor?: number;
  /** What clients notice. */
  readonly change: string;
}

/** Inches of water at 4 °C in pascal. */
const inchOfWater = 249.089;

export const ownOutputs: Readonly<Record<string, OwnOutput>> = {
  gallonsPerMin: {
    output: "number",
    change: "readings are of type number without a unit, still in gallons per minute",
  },
  inchesWaterColumn: {
    output: "differential-pressure",
    factor: inchOfWater,
    change: "readings are in pascal instead of inches of water",
  },
  powerFactor: { output: "power-factor", change: "readings are of type power-factor instead of powerFactor" },
  voltamp: { output: "volt-ampere", change: "readings are of type power instead of voltamp" },
  var: { output: "var", change: "readings are of type power instead of var" },
  "watt-hour": { output: "watt-hour", change: "readings are of type energy instead of watt-hour" },
  identity: { output: "string", change: "readings are of type string instead of identity" },
};
