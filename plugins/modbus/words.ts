import type { Field } from "./field.ts";

/** What a field holds before scale, states and checks. `undefined`: its bits are no number (bad BCD digits). */
export type Raw = number | bigint | boolean | string | undefined;

const swapBytes = (word: number): number => ((word & 0xff) << 8) | (word >> 8);

/** Puts registers in the order highest word first, high byte first; its own inverse. */
function ordered(field: Field, words: readonly number[]): readonly number[] {
  const swapped = field.byteOrder === "low-first" ? words.map(swapBytes) : words;
  return field.wordOrder === "low-first" && field.type !== "string" ? [...swapped].reverse() : swapped;
}

const unsigned = (words: readonly number[]): bigint =>
  words.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);

function view(words: readonly number[]): DataView {
  const bytes = new DataView(new ArrayBuffer(words.length * 2));
  for (const [at, word] of words.entries()) bytes.setUint16(at * 2, word);
  return bytes;
}

/**
 * The registers of a field, as they came, to its raw value. Integers beyond ±2^53 are bigint.
 * @param words exactly `field.count` numbers 0..65535
 */
export function rawFromWords(field: Field, words: readonly number[]): Raw {
  const row = ordered(field, words);
  const first = row[0] ?? 0;
  switch (field.type) {
    case "bit":
      return ((first >> field.bit) & 1) === 1;
    case "bits":
      return (first >> field.bit) & ((1 << field.width) - 1);
    case "uint16":
      return first;
    case "int16":
      return (first << 16) >> 16;
    case "uint32":
    case "uint64":
      return exact(unsigned(row));
    case "int32":
    case "int64":
      return exact(BigInt.asIntN(field.count * 16, unsigned(row)));
    case "float32":
      return shortest(view(row).getFloat32(0));
    case "float64":
      return view(row).getFloat64(0);
    case "bcd16":
    case "bcd32":
      return bcd(row);
    case "string":
      return text(field, row);
  }
}

/** The decimal number with the fewest digits that is this float32: 230.1, not 230.10000610351562. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

const exact = (n: bigint): number | bigint =>
  n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : n;

function bcd(words: readonly number[]): number | undefined {
  const digits = words.map((word) => word.toString(16).padStart(4, "0")).join("");
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

const controls = /\p{Cc}/gu;

function text(field: Field, words: readonly number[]): string {
  const bytes = Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.subarray(0, end);
  // Node reads `ascii` by dropping the top bit, which turns garbage into letters.
  const encoding = field.encoding === "ascii" ? "latin1" : field.encoding;
  return used.toString(encoding).replace(controls, "\ufffd").trim();
}

/**
 * The same registers as one unsigned number: how manuals write their markers for "no value" (0x8000, 0xFFFFFFFF).
 * Bit fields: the value itself.
 */
export const pattern = (field: Field, words: readonly number[]): bigint => unsigned(ordered(field, words));

/**
 * A raw number to registers. Not for bit fields, which share their register.
 * @param raw an integer within `rawRange(field)`, or any number for floats
 * @returns `field.count` numbers 0..65535 in the order of the frame
 */
export function wordsFromRaw(field: Field, raw: number): readonly number[] {
  if (field.type === "float32" || field.type === "float64") {
    const bytes = new DataView(new ArrayBuffer(field.count * 2));
    if (field.type === "float32") bytes.setFloat32(0, raw);
    else bytes.setFloat64(0, raw);
    return ordered(
      field,
      Array.from({ length: field.count }, (_, at) => bytes.getUint16(at * 2)),
    );
  }
  const bits =
    field.type === "bcd16" || field.type === "bcd32"
      ? BigInt(`0x${String(raw)}`)
      : BigInt.asUintN(field.count * 16, BigInt(raw));
  return ordered(
    field,
    Array.from({ length: field.count }, (_, at) =>
      Number((bits >> BigInt((field.count - 1 - at) * 16)) & 0xffffn),
    ),
  );
}
