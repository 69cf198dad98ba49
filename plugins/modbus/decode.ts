import type { ErrorCode } from "../../devices/errors.ts";
import type { Output } from "../../devices/output.ts";
import type { Value } from "../../devices/reading.ts";
import type { Conversion } from "../../devices/units.ts";
import type { Expression } from "./compute.ts";
import type { Field } from "./field.ts";
import { isBitTable } from "./field.ts";
import { pattern, type Raw, rawFromWords } from "./words.ts";

/** How often a value is read: every fast or slow period of its bus, or hardly ever. */
export type PollClass = "fast" | "slow" | "once";

/** A field that is read for computing others. */
export interface InputField extends Field {
  readonly poll: PollClass;
}

/** One value a unit shows: where it lives and how it becomes a reading. Everything decided. */
export interface Point {
  readonly output: Output;
  readonly channel?: string;
  readonly field: Field;
  /** Computes the number from `raw` and the inputs. */
  readonly compute?: Expression;
  /** The fields that `compute` names, `raw` excepted. */
  readonly inputs: ReadonlyMap<string, InputField>;
  /** From the register's unit to the output's. */
  readonly conversion: Conversion;
  readonly decimals?: number;
  /** In the output's unit. */
  readonly valid?: { readonly min: number; readonly max: number };
  readonly states?: Readonly<Record<string, string>>;
}

/** What a field was read as: registers, or bits. Exactly as many as the field takes. */
export type Cells =
  | { readonly kind: "words"; readonly words: readonly number[] }
  | { readonly kind: "bits"; readonly bits: readonly boolean[] };

interface Why {
  readonly code: ErrorCode;
  /** For the text of the code; the source is added by who knows it. */
  readonly params: Readonly<Record<string, string | number>>;
}

/** A reading without its name and time. */
export type Decoded =
  | { readonly quality: "good"; readonly value: Value }
  | { readonly quality: "uncertain"; readonly value: Value; readonly why: Why }
  | { readonly quality: "bad"; readonly why: Why };

type Bad = Extract<Decoded, { quality: "bad" }>;
type Found = { readonly quality: "number"; readonly raw: Exclude<Raw, undefined> };

const bad = (code: ErrorCode, params: Why["params"]): Bad => ({ quality: "bad", why: { code, params } });

/**
 * Makes a value of what was read.
 * @param cells of the point's own field
 * @param inputs cells of `point.inputs`, by name; only when all could be read
 * @returns bad `ABSENT` for the maker's markers, `NOT_A_NUMBER` for NaN, infinities and wrong BCD digits,
 * `UNKNOWN_STATE` for numbers without a word; uncertain `IMPLAUSIBLE` outside `valid`
 */
export function decode(point: Point, cells: Cells, inputs: ReadonlyMap<string, Cells>): Decoded {
  const own = rawOf(point.field, cells);
  if (own.quality === "bad") return own;
  if (point.states !== undefined) return decodeState(point.states, own.raw);
  if (typeof own.raw === "string" || typeof own.raw === "boolean") return { quality: "good", value: own.raw };
  return decodeNumber(point, own.raw, inputs);
}

function rawOf(field: Field, cells: Cells): Bad | Found {
  if (cells.kind === "bits") return { quality: "number", raw: (cells.bits[0] === true) !== field.invert };
  const raw = rawFromWords(field, cells.words);
  if (raw === undefined)
    return bad("NOT_A_NUMBER", { fault: `0x${hex(cells.words)} has other digits than 0 to 9` });
  const marker = absentMarker(field, raw, cells.words);
  if (marker !== undefined) return bad("ABSENT", { fault: marker });
  if (typeof raw === "number" && !Number.isFinite(raw))
    return bad("NOT_A_NUMBER", { fault: `${String(raw)}, 0x${hex(cells.words)}` });
  if (isSubnormal(field, raw))
    return bad("NOT_A_NUMBER", { fault: `${String(raw)}, 0x${hex(cells.words)}: is the word order right?` });
  return { quality: "number", raw: typeof raw === "boolean" ? raw !== field.invert : raw };
}

/** No quantity is that small, but an ordinary float is, when its registers are taken in the wrong order. */
const isSubnormal = ({ type }: Field, raw: Raw): boolean =>
  type === "float32" && typeof raw === "number" && raw !== 0 && Math.abs(raw) < 2 ** -126;

const hex = (words: readonly number[]): string =>
  words.map((word) => word.toString(16).padStart(4, "0")).join("");

function absentMarker(
  field: Field,
  raw: Exclude<Raw, undefined>,
  words: readonly number[],
): string | undefined {
  if (raw === "") return "an empty text";
  if (typeof raw === "number" && Number.isNaN(raw)) return field.nanIsAbsent ? "NaN" : undefined;
  if (typeof raw !== "number" && typeof raw !== "bigint") return undefined;
  const float = field.type === "float32" || field.type === "float64";
  const bits = float || field.type === "bits" ? undefined : pattern(field, words);
  const found = field.absent.some((marker) =>
    float
      ? same(field, marker, Number(raw))
      : Number(raw) === marker || (bits !== undefined && Number(bits) === marker),
  );
  return found ? `0x${hex(words)}` : undefined;
}

const same = (field: Field, marker: number, raw: number): boolean =>
  field.type === "float32" ? Math.fround(marker) === Math.fround(raw) : marker === raw;

function decodeState(states: Readonly<Record<string, string>>, raw: Exclude<Raw, undefined>): Decoded {
  const key = typeof raw === "boolean" ? (raw ? "1" : "0") : String(raw);
  const value = Object.hasOwn(states, key) ? states[key] : undefined;
  return value === undefined ? bad("UNKNOWN_STATE", { value: key }) : { quality: "good", value };
}

function decodeNumber(point: Point, raw: number | bigint, inputs: ReadonlyMap<string, Cells>): Decoded {
  const { field, conversion } = point;
  const untouched =
    field.scale === 1 && field.offset === 0 && conversion.factor === 1 && conversion.offset === 0;
  if (typeof raw === "bigint" && untouched && point.compute === undefined)
    return { quality: "good", value: raw };
  const base = point.compute === undefined ? Number(raw) : computed(point, raw, inputs);
  if (typeof base !== "number") return base;
  const exact = (base * field.scale + field.offset) * conversion.factor + conversion.offset;
  if (!Number.isFinite(exact)) return bad("NOT_A_NUMBER", { fault: `${String(exact)} after computing` });
  return judged(point, tidy(exact, point.decimals));
}

function computed(point: Point, raw: number | bigint, inputs: ReadonlyMap<string, Cells>): number | Bad {
  const scope = new Map([["raw", Number(raw)]]);
  for (const [name, field] of point.inputs) {
    const cells = inputs.get(name);
    if (cells === undefined) return bad("NOT_A_NUMBER", { fault: `${name} was not read` });
    const input = rawOf(field, cells);
    if (input.quality === "bad") return bad(input.why.code, { ...input.why.params, input: name });
    scope.set(name, Number(input.raw) * field.scale + field.offset);
  }
  return point.compute?.evaluate(scope) ?? Number.NaN;
}

/** Decimal scales leave noise in the last binary digits (3 × 0.1); 14 digits are more than any unit means. */
function tidy(value: number, decimals?: number): number {
  if (decimals !== undefined) return Number(value.toFixed(decimals)) + 0;
  // `+ 0` because a reading of −0 would look odd.
  return (Number.isInteger(value) ? value : Number(value.toPrecision(14))) + 0;
}

function judged({ valid }: Point, value: number): Decoded {
  if (valid === undefined || (value >= valid.min && value <= valid.max)) return { quality: "good", value };
  return { quality: "uncertain", value, why: { code: "IMPLAUSIBLE", params: { value, ...valid } } };
}

/** The kind of cells a field's table gives. */
export const cellsKind = (field: Field): Cells["kind"] => (isBitTable(field.table) ? "bits" : "words");
