import { type Static, Type } from "typebox";
import { kelvin } from "../settings.ts";
import { usable } from "./limit.ts";

/** How fast equipment inlets may change. thermal-control.md §2.3, §3.1. */
export const rateSettings = Type.Object({
  rateWarn: kelvin({ default: 3, description: "Change within 15 min that is worth a warning." }),
  rateAct: kelvin({ default: 5, description: "Change within 15 min at which staging changes are held." }),
  rateHour: kelvin({ default: 20, description: "Change within 1 h at which staging changes are held." }),
});
export type RateSettings = Static<typeof rateSettings>;

export const checkRates = ({ rateWarn, rateAct }: RateSettings): string | undefined =>
  rateWarn <= rateAct ? undefined : `rateWarn ${rateWarn} K must not be above rateAct ${rateAct} K`;

/** Values are kept as the lowest and highest of each so many seconds: an hour is few numbers. */
const bucket = 60;
const quarter = 15;
const hour = 60;

/** JSON. */
export interface RateState {
  /** Lowest and highest of each full minute, oldest first. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Of the minute that runs; null: no value in it yet. */
  readonly lowNow: number | null;
  readonly highNow: number | null;
  /** Seconds into it. */
  readonly into: number;
}

export const rateInit = (): RateState => ({ low: [], high: [], lowNow: null, highNow: null, into: 0 });

export interface RateResult {
  /** Largest difference of two values within 15 min and within 1 h, K; at most a minute more than that is counted. */
  readonly in15min: number;
  readonly in1h: number;
  readonly level: "ok" | "warn" | "act";
  readonly state: RateState;
}

/**
 * Watches how far a temperature has gone within 15 minutes and an hour. Pure.
 * @param value not finite: only time passes
 */
export function rateStep(
  state: RateState,
  value: number | undefined,
  dt: number,
  settings: RateSettings,
): RateResult {
  const next = counted(state, value, Math.max(0, dt));
  const in15min = spread(next, quarter);
  const in1h = spread(next, hour);
  const act = in15min >= settings.rateAct || in1h >= settings.rateHour;
  return { in15min, in1h, level: act ? "act" : in15min >= settings.rateWarn ? "warn" : "ok", state: next };
}

function counted(state: RateState, value: number | undefined, dt: number): RateState {
  const over = state.into + dt >= bucket;
  const into = over ? (state.into + dt) % bucket : state.into + dt;
  const { lowNow, highNow } = state;
  const full = over && lowNow !== null && highNow !== null;
  const low = full ? [...state.low, lowNow].slice(-hour) : state.low;
  const high = full ? [...state.high, highNow].slice(-hour) : state.high;
  if (!usable(value)) return full ? { low, high, lowNow: null, highNow: null, into } : { ...state, into };
  const fresh = full || lowNow === null || highNow === null;
  if (fresh) return { low, high, lowNow: value, highNow: value, into };
  return { low, high, lowNow: Math.min(lowNow, value), highNow: Math.max(highNow, value), into };
}

function spread({ low, high, lowNow, highNow }: RateState, minutes: number): number {
  let [least, most] = [lowNow ?? Infinity, highNow ?? -Infinity];
  for (let i = Math.max(0, low.length - minutes); i < low.length; i++) {
    least = Math.min(least, low[i] ?? Infinity);
    most = Math.max(most, high[i] ?? -Infinity);
  }
  return most >= least ? most - least : 0;
}
