import type { Action } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Value } from "../../devices/reading.ts";
import type { Conversion } from "../../devices/units.ts";
import type { Point } from "./decode.ts";
import { type Field, isBitField, rawRange } from "./field.ts";
import { wordsFromRaw } from "./words.ts";

/** Something a unit can be told: the action people see and the register behind it. */
export interface Order {
  readonly action: Action;
  readonly field: Field;
  /** From the register's unit to the one the action takes. */
  readonly conversion: Conversion;
  /** For choices: the raw number of each word. */
  readonly states?: ReadonlyMap<string, number>;
  /** For pulses that take nothing. */
  readonly raw?: number;
  /** Whether it is written with the function for several (15, 16) even when it is one. */
  readonly multiple: boolean;
  /** So often it may be written within 24 hours; absent: as often as one likes. */
  readonly writesPerDay?: number;
  /** The point that shows the effect. */
  readonly shows?: Point;
}

/** What goes to the unit. */
export type Encoded =
  | { readonly kind: "coil"; readonly on: boolean }
  | { readonly kind: "words"; readonly words: readonly number[] }
  /** Some bits of a register; `bits` stands at its place, `mask` has ones there. */
  | { readonly kind: "part"; readonly mask: number; readonly bits: number };

/**
 * Turns a command's value into what is written.
 * @param value in the action's unit, one of its choices, or absent
 * @throws BothyError `BAD_VALUE` for a value of the wrong kind, `OUT_OF_RANGE` for one the register cannot hold
 */
export function encode(order: Order, value: Value | undefined, source: string): Encoded {
  const { field } = order;
  const raw = rawFor(order, value, source);
  if (field.table === "coil") return { kind: "coil", on: (raw !== 0) !== field.invert };
  if (isBitField(field.type)) {
    const mask = ((1 << field.width) - 1) << field.bit;
    const bits = field.type === "bit" && field.invert ? 1 - raw : raw;
    return { kind: "part", mask, bits: bits << field.bit };
  }
  return { kind: "words", words: wordsFromRaw(field, raw) };
}

function rawFor(order: Order, value: Value | undefined, source: string): number {
  if (order.raw !== undefined) return order.raw;
  if (order.states !== undefined) {
    const raw = order.states.get(String(value));
    if (raw !== undefined) return raw;
    throw new BothyError("BAD_VALUE", {
      source,
      value: String(value),
      expected: `one of ${[...order.states.keys()].join(", ")}`,
    });
  }
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new BothyError("BAD_VALUE", { source, value: String(value), expected: "a number" });
  return numberFor(order, value, source);
}

function numberFor({ field, conversion }: Order, value: number, source: string): number {
  const exact = ((value - conversion.offset) / conversion.factor - field.offset) / field.scale;
  const range = rawRange(field);
  if (range === undefined) return exact;
  const raw = Math.round(exact) + 0;
  const [min, max] = range.map(Number) as [number, number];
  if (raw >= min && raw <= max) return raw;
  const back = (n: number): number =>
    (n * field.scale + field.offset) * conversion.factor + conversion.offset;
  const [a, b] = [back(min), back(max)];
  throw new BothyError("OUT_OF_RANGE", { source, value, min: Math.min(a, b), max: Math.max(a, b), unit: "" });
}
