import type { Millis } from "./clock.ts";

const factors: Readonly<Record<string, number>> = {
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
 * Reads a duration as Go writes them, without a sign: `250ms`, `1m30s`, `1.5h`.
 * @returns milliseconds, 0 or more; undefined when `text` is no duration
 */
export function parseGoDuration(text: string): Millis | undefined {
  if (!whole.test(text)) return undefined;
  let span = 0;
  for (const [, count, unit = ""] of text.matchAll(part))
    span += Number(count) * (factors[unit] ?? Number.NaN);
  // Whole nanoseconds, as Go has them: `1.005s` is 1005 ms.
  const exact = Math.round(span * 1e6) / 1e6;
  return Number.isFinite(exact) ? exact : undefined;
}

/**
 * The same as configurations of Synse's plugins may say it: a bare number is nanoseconds. Synse v3 §7.1.
 * @returns milliseconds, 0 or more; undefined when `text` is no duration
 */
export const parseGoSetting = (text: string): Millis | undefined =>
  parseGoDuration(/^\d+$/.test(text) ? `${text}ns` : text);

/** Writes a duration as Go prints them: `30s`, `1m30s`, `500ms`, `1h0m0s`. @param span 0 or more */
export function formatGoDuration(span: Millis): string {
  if (span === 0) return "0s";
  if (span < 1000) return `${span}ms`;
  const hours = Math.floor(span / 3_600_000);
  const minutes = Math.floor((span % 3_600_000) / 60_000);
  const seconds = `${(span % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
