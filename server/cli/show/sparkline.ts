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
  // The difference of two huge numbers may not be finite, half of it always is.
  const span = high / 2 - low / 2;
  return shown
    .map((value) => {
      if (value === undefined || !Number.isFinite(value)) return gap;
      if (span === 0) return flat;
      const level = Math.round(((value / 2 - low / 2) / span) * (levels.length - 1));
      return levels[level] ?? flat;
    })
    .join("");
}
