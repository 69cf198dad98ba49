/** What surrounds a server: the seam to the physics of a site. Temperatures °C, power W, simulated time. */
export interface ServerWorld {
  /** Air in front of the server. */
  inlet(): number;
  /** V of the line that feeds its power supplies; 0 without power. Then its BMC is dead as well. */
  voltage(): number;
  /** What it draws, standby included. */
  power(): number;
  /**
   * Told what the server does, whenever that changes.
   * @param activity 0: off, only the BMC lives; 1: its operating system works; between: it starts or stops
   * @param limit most it may draw, W; Infinity: no limit
   */
  drive(activity: number, limit: number): void;
}

export interface FixedWorld extends ServerWorld {
  /** May be changed at any time. */
  readonly set: { inlet: number; voltage: number; idle: number; busy: number };
}

/** What a server draws for its BMC alone, W. */
export const standbyPower = 9;

/** A world of plain numbers, for servers that stand nowhere. */
export function createFixedWorld(start: Partial<FixedWorld["set"]> = {}): FixedWorld {
  const set = { inlet: 23, voltage: 230, idle: 80, busy: 150, ...start };
  let [activity, limit] = [1, Infinity];
  return {
    set,
    inlet: () => set.inlet,
    voltage: () => set.voltage,
    power() {
      if (set.voltage === 0) return 0;
      if (activity === 0) return standbyPower;
      return Math.min(set.idle + (set.busy - set.idle) * activity, Math.max(limit, set.idle / 2));
    },
    drive(nextActivity, nextLimit) {
      [activity, limit] = [nextActivity, nextLimit];
    },
  };
}
