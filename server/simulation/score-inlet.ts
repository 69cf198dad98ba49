/** Temperatures an inlet is held against, °C. */
export interface InletLimits {
  readonly above: readonly number[];
  readonly below: readonly number[];
  readonly recommended: readonly [number, number];
  readonly allowable: readonly [number, number];
  readonly equipment: readonly [number, number];
}

/** How warm and how cold it was in front of the servers. */
export interface InletScore {
  /** K·min beyond each limit. */
  readonly above: Readonly<Record<string, number>>;
  readonly below: Readonly<Record<string, number>>;
  readonly inlet: { readonly min: number; readonly max: number; readonly mean: number };
  readonly minutesOutside: {
    readonly recommended: number;
    readonly allowable: number;
    readonly equipment: number;
  };
}

export const outside = (value: number, [low, high]: readonly [number, number]): boolean =>
  value < low || value > high;

/** Degree-minutes and minutes outside of bands. Allocates nothing while it counts. */
export function createInletWatch({ above, below, ...bands }: InletLimits) {
  const high = above.map(() => 0);
  const low = below.map(() => 0);
  const sum = { seconds: 0, inlet: 0, recommended: 0, allowable: 0, equipment: 0 };
  const extreme = { min: Infinity, max: -Infinity };
  const byLimit = (limits: readonly number[], kelvinSeconds: readonly number[]): Record<string, number> =>
    Object.fromEntries(limits.map((limit, i) => [String(limit), (kelvinSeconds[i] ?? 0) / 60]));
  return {
    /** @param celsius not finite: it was not known, and the time does not count */
    note(celsius: number, dt: number): void {
      if (!Number.isFinite(celsius)) return;
      for (let i = 0; i < high.length; i++)
        high[i] = (high[i] ?? 0) + Math.max(0, celsius - (above[i] ?? 0)) * dt;
      for (let i = 0; i < low.length; i++)
        low[i] = (low[i] ?? 0) + Math.max(0, (below[i] ?? 0) - celsius) * dt;
      if (outside(celsius, bands.recommended)) sum.recommended += dt;
      if (outside(celsius, bands.allowable)) sum.allowable += dt;
      if (outside(celsius, bands.equipment)) sum.equipment += dt;
      sum.seconds += dt;
      sum.inlet += celsius * dt;
      if (celsius < extreme.min) extreme.min = celsius;
      if (celsius > extreme.max) extreme.max = celsius;
    },
    report: (): InletScore => ({
      above: byLimit(above, high),
      below: byLimit(below, low),
      inlet: { ...extreme, mean: sum.inlet / sum.seconds },
      minutesOutside: {
        recommended: sum.recommended / 60,
        allowable: sum.allowable / 60,
        equipment: sum.equipment / 60,
      },
    }),
  };
}
