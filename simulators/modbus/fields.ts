// Values as registers: how products encode numbers on the wire.
import { illegalValue, ModbusException } from "./functions.ts";

/** One value in one or more neighbouring registers. */
export interface WordField {
  readonly width: number;
  read(): readonly number[];
  /** Throws `ModbusException` 3 for words the product does not take. */
  check?(words: readonly number[]): void;
  write?(words: readonly number[]): void;
}

export interface BitField {
  read(): boolean;
  write?(on: boolean): void;
}

export interface NumberOptions {
  readonly get: () => number;
  /** Makes the field writable. */
  readonly set?: (value: number) => void;
  /** Raw count per unit: 10 for a register in tenths. Default 1. */
  readonly scale?: number;
  /** What a write may carry, in units. */
  readonly min?: number;
  readonly max?: number;
  /** Raw value sent while there is no value (`get` gives NaN). Default 0. */
  readonly absent?: number;
}

interface Shape {
  readonly width: number;
  readonly lowest: number;
  readonly highest: number;
}

const shapes = {
  u16: { width: 1, lowest: 0, highest: 0xffff },
  s16: { width: 1, lowest: -0x8000, highest: 0x7fff },
  u32: { width: 2, lowest: 0, highest: 0xffff_ffff },
  s32: { width: 2, lowest: -0x8000_0000, highest: 0x7fff_ffff },
} as const satisfies Record<string, Shape>;

const toWords = (raw: number, width: number): number[] =>
  width === 1 ? [raw & 0xffff] : [(raw >>> 16) & 0xffff, raw & 0xffff];

function fromWords(words: readonly number[], shape: Shape): number {
  const unsigned = words.reduce((sum, word) => sum * 0x10000 + word, 0);
  return unsigned > shape.highest ? unsigned - 0x10000 ** shape.width : unsigned;
}

function whole(shape: Shape, options: NumberOptions): WordField {
  const scale = options.scale ?? 1;
  const decode = (words: readonly number[]): number => fromWords(words, shape) / scale;
  const read = (): readonly number[] => {
    const value = options.get();
    if (Number.isNaN(value)) return toWords(options.absent ?? 0, shape.width);
    const raw = Math.min(Math.max(Math.round(value * scale), shape.lowest), shape.highest);
    return toWords(raw, shape.width);
  };
  const { set, min = -Infinity, max = Infinity } = options;
  if (set === undefined) return { width: shape.width, read };
  return {
    width: shape.width,
    read,
    check(words) {
      const value = decode(words);
      if (value < min || value > max) throw new ModbusException(illegalValue);
    },
    write: (words) => set(decode(words)),
  };
}

export const u16 = (options: NumberOptions): WordField => whole(shapes.u16, options);
export const s16 = (options: NumberOptions): WordField => whole(shapes.s16, options);
/** High word first. */
export const u32 = (options: NumberOptions): WordField => whole(shapes.u32, options);
/** High word first. */
export const s32 = (options: NumberOptions): WordField => whole(shapes.s32, options);

/** IEEE 754 single, big-endian, high word first. A write takes both words at once. */
export function f32(options: Omit<NumberOptions, "scale" | "absent">): WordField {
  const view = new DataView(new ArrayBuffer(4));
  const decode = (words: readonly number[]): number => {
    view.setUint16(0, words[0] ?? 0);
    view.setUint16(2, words[1] ?? 0);
    return view.getFloat32(0);
  };
  const read = (): readonly number[] => {
    view.setFloat32(0, options.get());
    return [view.getUint16(0), view.getUint16(2)];
  };
  const { set, min = -Infinity, max = Infinity } = options;
  if (set === undefined) return { width: 2, read };
  return {
    width: 2,
    read,
    check(words) {
      const value = decode(words);
      if (!(value >= min && value <= max)) throw new ModbusException(illegalValue);
    },
    write: (words) => set(decode(words)),
  };
}

/** A setting the unit keeps: readable and writable between the limits, in units of 1/`scale`. */
export interface Setting {
  readonly field: WordField;
  value: number;
}

export function setting(
  initial: number,
  options: {
    readonly min?: number;
    readonly max?: number;
    readonly scale?: number;
    readonly signed?: boolean;
  } = {},
): Setting {
  const held = { value: initial };
  const number: NumberOptions = {
    ...options,
    get: () => held.value,
    set: (value) => {
      held.value = value;
    },
  };
  return Object.assign(held, { field: options.signed === true ? s16(number) : u16(number) });
}

/** Bits packed into a number, bit 0 first. */
export const packBits = (bits: readonly boolean[]): number =>
  bits.reduce((sum, on, i) => (on ? sum + 2 ** i : sum), 0);
