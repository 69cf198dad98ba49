const levels = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const flat = "▄";
const gap = " ";

/**
 * A line of bars, the lowest value the lowest bar, the highest the highest.
 * @param values the oldest first; undefined and what is not finite leave a gap
 * @param width how many of the newest are shown
 * @returns as many characters as values are shown
 */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const shown = width < 1 ? [] : values.slice(-width);
  const known = shown.filter((value): value is number => value !== undefined && Number.isFinite(value));
  const low = Math.min(...known);
  const high = Math.max(...known);
  // The difference of two huge numbers may not be finite; halves of it are, but halves of tiny ones are 0.
  const scale = Number.isFinite(high - low) ? 1 : 0.5;
  const span = high * scale - low * scale;
  return shown
    .map((value) => {
      if (value === undefined || !Number.isFinite(value)) return gap;
      if (span === 0) return flat;
      const level = Math.round(((value * scale - low * scale) / span) * (levels.length - 1));
      return levels[level] ?? flat;
    })
    .join("");
}
