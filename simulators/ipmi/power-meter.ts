import type { Clock, Millis } from "../clock.ts";

/** Power of the server, its statistics, and the limit it keeps. DCMI v1.5 §6.6. Power W. */
export interface PowerMeter {
  /** Takes notice of what is drawn now. */
  sample(watts: number): void;
  statistics(): PowerStatistics;
  limit: PowerLimit;
}

export interface PowerStatistics {
  readonly current: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly average: number;
  /** How long they were gathered. */
  readonly period: Millis;
}

export interface PowerLimit {
  active: boolean;
  /** 0: never set. */
  watts: number;
  /** When it cannot be kept: 0 nothing, 1 hard power off, 11h only a log entry. */
  action: number;
  /** How long it may be exceeded. */
  correction: Millis;
  /** s */
  sampling: number;
}

/** After so many samples the average forgets as fast as it learns. */
const memory = 3600;

export function createPowerMeter(clock: Clock): PowerMeter {
  const since = clock.monotonic();
  let [current, minimum, maximum, average, samples] = [0, 0, 0, 0, 0];
  return {
    limit: { active: false, watts: 0, action: 0, correction: 1000, sampling: 1 },
    sample(watts) {
      current = watts;
      minimum = samples === 0 ? watts : Math.min(minimum, watts);
      maximum = Math.max(maximum, watts);
      samples = Math.min(samples + 1, memory);
      average += (watts - average) / samples;
    },
    statistics: () => ({ current, minimum, maximum, average, period: clock.monotonic() - since }),
  };
}
