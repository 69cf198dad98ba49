import type { Value } from "../../devices/reading.ts";

/** What is done to a value before it is published. Synse v3 §7.2. */
export type Transform = (value: Value) => number | undefined;

/** A whole number stays whole; text that is a number counts as one. */
function numberOf(value: Value): number | undefined {
  if (typeof value === "boolean") return undefined;
  if (typeof value === "string" && value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const onNumbers =
  (change: (value: number) => number): Transform =>
  (value) => {
    const number = numberOf(value);
    const changed = number === undefined ? Number.NaN : change(number);
    return Number.isFinite(changed) ? changed : undefined;
  };

/** The functions `apply:` knows, by name. */
export const functions: ReadonlyMap<string, Transform> = new Map([
  ["FtoC", onNumbers((fahrenheit) => ((fahrenheit - 32) * 5) / 9)],
]);

export const scaled = (factor: number): Transform => onNumbers((value) => value * factor);

/** @returns the value after all transforms; undefined when one of them cannot be done to it */
export function transformed(value: Value, transforms: readonly Transform[]): Value | undefined {
  let now: Value | undefined = value;
  for (const transform of transforms) {
    if (now === undefined) return undefined;
    now = transform(now);
  }
  return now;
}
