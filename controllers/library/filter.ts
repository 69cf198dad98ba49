import { usable } from "./limit.ts";

/**
 * A first-order lag. Pure, and right for any step length: 1 - exp(-dt/tau) of the way.
 * @param state null before the first value, which is taken as it is
 * @param value not finite: the state stays
 * @param tau s; 0: no filter
 */
export function firstOrder(state: number | null, value: number, tau: number, dt: number): number | null {
  if (!usable(value)) return state;
  if (!usable(state) || tau <= 0) return value;
  return state - Math.expm1(-Math.max(0, dt) / tau) * (value - state);
}

/** The middle of some numbers; of an even count the mean of the two in the middle. Undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = ascending(values);
  const half = sorted.length >> 1;
  const upper = sorted[half];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2;
}

/** Those that are numbers, each put in its place: of a few, which is what a median is taken of, faster than sorting. */
function ascending(values: readonly number[]): readonly number[] {
  const sorted: number[] = [];
  for (const value of values) {
    if (!usable(value)) continue;
    let at = sorted.length;
    for (let before = sorted[at - 1]; before !== undefined && before > value; before = sorted[at - 1])
      sorted[at--] = before;
    sorted[at] = value;
  }
  return sorted;
}

export interface MovingMedian {
  readonly value: number | undefined;
  /** The last values, oldest first; JSON. */
  readonly state: readonly number[];
}

/**
 * The median of the last values: single outliers vanish. Pure.
 * @param size how many values, >= 1
 * @param value not finite: left out
 */
export function movingMedian(state: readonly number[], value: number, size: number): MovingMedian {
  const kept = usable(value) ? [...state, value].slice(-size) : state;
  return { value: median(kept), state: kept };
}
