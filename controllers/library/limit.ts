/** `value` inside `low`..`high`; `high` wins when they cross. */
export const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);

/**
 * `to`, but not further from `from` than the rates allow.
 * @param up fastest rise per second; 0: no limit
 * @param down fastest fall per second; 0: no limit
 * @param dt seconds, >= 0
 */
export const slewed = (from: number, to: number, up: number, down: number, dt: number): number => {
  if (to > from) return up > 0 ? Math.min(to, from + up * dt) : to;
  return down > 0 ? Math.max(to, from - down * dt) : to;
};

/** Whether it is a number a calculation may go on with. */
export const usable = (value: number | null | undefined): value is number =>
  typeof value === "number" && Number.isFinite(value);

/** Whether a step's length is near enough to the period for integrals and derivatives to count it: ±50 %. */
export const regular = (dt: number, nominal: number): boolean => dt >= 0.5 * nominal && dt <= 1.5 * nominal;

/** The seconds a rate limit may count of a step: of a late one no more than one and a half periods. */
export const countedSeconds = (dt: number, nominal: number): number => clamp(dt, 0, 1.5 * nominal);
