/** Seconds something has held without a break, after one more step of `dt` seconds: 0 once it does not. */
export const heldFor = (before: number, holds: boolean, dt: number): number =>
  holds ? Math.min(before + dt, 1e9) : 0;

/** Sums of many steps miss whole numbers by rounding: a microsecond is let off. */
export const reached = (elapsed: number, limit: number): boolean => elapsed >= limit - 1e-6;

/**
 * A switch with two thresholds: it goes on at `on` and off at `off`; between them it stays as it is. Which of the two is
 * higher says which way it works.
 */
export function hysteresis(
  state: boolean,
  value: number,
  at: { readonly on: number; readonly off: number },
): boolean {
  const rising = at.on >= at.off;
  if (rising ? value >= at.on : value <= at.on) return true;
  if (rising ? value < at.off : value > at.off) return false;
  return state;
}

/** @returns `low` when it is above `high` */
export const within = (value: number, low: number, high: number): number =>
  Math.max(low, Math.min(high, value));

/** Seconds for people: `45 s`, `12 min`, `3.5 h`. */
export function span(seconds: number): string {
  if (seconds < 99.5) return `${Math.ceil(seconds - 1e-6)} s`;
  if (seconds < 5970) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** A number for people, one decimal at most: `24.3`, `7`. */
export const shown = (value: number): string => String(Math.round(value * 10) / 10);

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
