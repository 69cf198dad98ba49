/** When fans should be quiet, and what excuses them. */
export interface NightLimit {
  /** Local hours. Default 22 to 6. */
  readonly from: number;
  readonly to: number;
  /** Mean duty, %. Default 60. */
  readonly duty: number;
  /** °C; above it fans may be loud, for heat goes before quiet. Default 27. */
  readonly needed: number;
}

export const usualNight: NightLimit = { from: 22, to: 6, duty: 60, needed: 27 };

const inWindow = (hour: number, from: number, to: number): boolean =>
  from <= to ? hour >= from && hour < to : hour >= from || hour < to;

/** Time in which fans were louder at night than the heat asked for. */
export function createNoiseWatch(limit: NightLimit) {
  let seconds = 0;
  return {
    /** @param duty mean of all fans, % @param localHour 0..24 @param inlet °C */
    note(duty: number, inlet: number, localHour: number, dt: number): void {
      if (duty <= limit.duty || inlet > limit.needed || !inWindow(localHour, limit.from, limit.to)) return;
      seconds += dt;
    },
    minutes: (): number => seconds / 60,
  };
}
