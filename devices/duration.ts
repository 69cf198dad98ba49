import type { Millis } from "./clock.ts";

const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration looks like in a configuration, as a JSON Schema `pattern`: `200ms`, `1.5s`, `5m`, `2h`, `1d`. */
export const durationPattern = "^\\d+(\\.\\d+)?(ms|s|m|h|d)$";

const shape = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Reads a duration such as `200ms`, `1.5s`, `5m`, `2h` or `1d`. The unit is part of it: a bare number is none.
 * @returns milliseconds, or undefined when `text` is no duration
 */
export function parseDuration(text: string): Millis | undefined {
  const found = shape.exec(text);
  if (found === null) return undefined;
  const span = Number(found[1]) * (factors[found[2] ?? ""] ?? Number.NaN);
  return Number.isFinite(span) ? span : undefined;
}

/** Writes milliseconds the way `parseDuration` reads them, in the largest unit that leaves no fraction. */
export function formatDuration(span: Millis): string {
  const unit = ["d", "h", "m", "s"].find((name) => span !== 0 && span % (factors[name] ?? 1) === 0) ?? "ms";
  return `${String(span / (factors[unit] ?? 1))}${unit}`;
}
