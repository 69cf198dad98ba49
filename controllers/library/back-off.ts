/** How often in a row something went wrong again soon after it was tried. JSON. */
export interface BackOff {
  readonly again: number;
  /** s since it was tried last; absent: it went wrong since, or was never tried. */
  readonly since?: number;
}

export const initialBackOff: BackOff = { again: 0 };

/** s: what goes wrong later than this after a try has another cause. */
const soon = 6 * 3600;

/**
 * One step. Pure.
 * @param tried it is tried in this step
 * @param wrong it goes wrong in this step
 * @param dt seconds since the step before
 */
export function backOffStep(before: BackOff, tried: boolean, wrong: boolean, dt: number): BackOff {
  if (tried) return { again: before.again, since: 0 };
  if (before.since === undefined) return before;
  const since = before.since + dt;
  if (!wrong) return { again: before.again, since: Math.min(since, 1e6) };
  return { again: since < soon ? Math.min(before.again + 1, 20) : 0 };
}

/** s to wait before the next try: twice as long each time. @param first, @param most s */
export const waitOf = ({ again }: BackOff, first: number, most: number): number =>
  Math.max(first, Math.min(most, first * 2 ** again));
