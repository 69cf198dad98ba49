import type { Millis } from "../../devices/clock.ts";

const unit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const whole = new RegExp(`^(?:${part.source})+$`);

/**
 * Reads a duration as Go writes them: `250ms`, `1m30s`, `1.5h`; a bare number is nanoseconds. Synse v3 §7.1.
 * @returns milliseconds, 0 or more; undefined when `text` is no duration
 */
export function parseGoDuration(text: string): Millis | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1e-6;
  if (!whole.test(text)) return undefined;
  let span = 0;
  for (const [, number, name = ""] of text.matchAll(part))
    span += Number(number) * (unit[name] ?? Number.NaN);
  return Number.isFinite(span) ? span : undefined;
}
