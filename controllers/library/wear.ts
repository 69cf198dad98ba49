/** How much wear something may bear: so many operations a day, and in its life. */
export interface WearBudget {
  readonly perDay: number;
  readonly life: number;
}

/** Full strokes of a damper. Days are those of the running program; `life` counts all there ever were. */
export const damperBudget: WearBudget = { perDay: 20, life: 60_000 };

export interface WearState {
  readonly total: number;
  readonly today: number;
  /** s into the day. */
  readonly into: number;
}

export const initialWear: WearState = { total: 0, today: 0, into: 0 };

/**
 * One step.
 * @param wanted operations that are wanted now; parts of strokes too
 * @returns `allowed` how many of them are within the day's budget; the caller does no more, unless a protection wants it
 */
export function wearStep(
  before: WearState,
  wanted: number,
  budget: WearBudget,
  dt: number,
  options: { readonly force?: boolean } = {},
): {
  readonly allowed: number;
  readonly alarm?: "day" | "life";
  /** Share of its life that is used up. */
  readonly used: number;
  readonly state: WearState;
} {
  const into = before.into + dt;
  const today = into >= 86_400 ? 0 : before.today;
  const allowed = options.force === true ? wanted : Math.max(0, Math.min(wanted, budget.perDay - today));
  const state = { total: before.total + allowed, today: today + allowed, into: into % 86_400 };
  const used = state.total / budget.life;
  const alarm = used >= 0.9 ? "life" : state.today >= budget.perDay ? "day" : undefined;
  return { allowed, ...(alarm === undefined ? {} : { alarm }), used, state };
}
