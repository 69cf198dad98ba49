import { type Static, Type } from "typebox";
import { celsius, kelvin, plain, secondsOf } from "../settings.ts";
import { heldFor, reached } from "./timing.ts";

/** An alarm that waits before it begins and before it ends. */
export interface DelayState {
  readonly on: boolean;
  readonly held: number;
}
export const initialDelay: DelayState = { on: false, held: 0 };

/** @param delays seconds; @param dt seconds since the step before */
export function delayStep(
  before: DelayState,
  present: boolean,
  delays: { readonly on: number; readonly off: number },
  dt: number,
): DelayState {
  const held = heldFor(before.held, present !== before.on, dt);
  return reached(held, before.on ? delays.off : delays.on) && present !== before.on
    ? { on: present, held: 0 }
    : { on: before.on, held };
}

/** What is too warm, too cold, too fast, or to no avail. */
export const watchSettings = Type.Object({
  highWarning: celsius({ default: 32, description: "Inlet temperature that is warned of." }),
  highMajor: celsius({ default: 35, description: "Inlet temperature that is a major alarm." }),
  highCritical: celsius({ default: 40, description: "Inlet temperature that is a critical alarm." }),
  lowWarning: celsius({ default: 5, description: "Low inlet temperature that is warned of." }),
  lowMajor: celsius({ default: 2, description: "Low inlet temperature that is a major alarm." }),
  lowCritical: celsius({ default: -5, description: "Low inlet temperature that is a critical alarm." }),
  alarmBand: kelvin({ default: 1, minimum: 0.1, maximum: 10, description: "Hysteresis of these." }),
  alarmDelay: secondsOf({
    default: 60,
    maximum: 3600,
    description: "How long it must be so before it is told.",
  }),
  rateWarning: kelvin({
    default: 3,
    minimum: 0.5,
    maximum: 20,
    description: "Change within 15 min that is warned of.",
  }),
  rateQuarter: kelvin({ default: 5, minimum: 0.5, maximum: 30, description: "Most change within 15 min." }),
  rateHour: kelvin({ default: 20, minimum: 1, maximum: 60, description: "Most change within an hour." }),
  saturatedAt: plain({
    default: 98,
    minimum: 50,
    maximum: 100,
    description: "Output, %, that is all there is.",
  }),
  saturatedError: kelvin({
    default: 2,
    maximum: 20,
    description: "So far above the setpoint all there is is not enough.",
  }),
  saturatedAfter: secondsOf({ default: 900, maximum: 14_400, description: "For this long." }),
  heatingSaturatedAfter: secondsOf({ default: 1800, maximum: 14_400, description: "The same of heating." }),
});
export type WatchSettings = Static<typeof watchSettings>;

export type Level =
  "high-critical" | "high-major" | "high-warning" | "low-warning" | "low-major" | "low-critical";

/** The worst of each side first. */
const ladder = [
  { level: "high-critical", side: "high", limit: "highCritical" },
  { level: "high-major", side: "high", limit: "highMajor" },
  { level: "high-warning", side: "high", limit: "highWarning" },
  { level: "low-critical", side: "low", limit: "lowCritical" },
  { level: "low-major", side: "low", limit: "lowMajor" },
  { level: "low-warning", side: "low", limit: "lowWarning" },
] as const;

export type LevelsState = Readonly<Partial<Record<Level, DelayState>>>;

/**
 * Which of the temperature alarms stands: of each side only the worst.
 * @param dt seconds since the step before
 */
export function levelsStep(
  before: LevelsState,
  value: number,
  s: WatchSettings,
  dt: number,
): { readonly levels: readonly Level[]; readonly state: LevelsState } {
  const state: Partial<Record<Level, DelayState>> = {};
  const levels: Level[] = [];
  const delay = { on: s.alarmDelay, off: 0 };
  let told: "high" | "low" | undefined;
  for (const { level, side, limit } of ladder) {
    const was = before[level] ?? initialDelay;
    const band = was.on ? s.alarmBand : 0;
    const present = side === "high" ? value >= s[limit] - band : value <= s[limit] + band;
    const next = delayStep(was, present, delay, dt);
    state[level] = next;
    if (!next.on || told === side) continue;
    told = side;
    levels.push(level);
  }
  return { levels, state };
}

/** Lows and highs of each of the last 60 minutes. */
export interface RateState {
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  readonly into: number;
}
export const initialRate: RateState = { lows: [], highs: [], into: 60 };

/**
 * The largest change within the last 15 minutes and the last hour, K.
 * @param dt seconds since the step before
 */
export function rateStep(
  before: RateState,
  value: number,
  dt: number,
): { readonly quarter: number; readonly hour: number; readonly state: RateState } {
  const into = before.into + dt;
  const fresh = into >= 60 || before.lows.length === 0;
  const lows = fresh
    ? [value, ...before.lows.slice(0, 59)]
    : begunWith(before.lows, Math.min(value, before.lows[0] ?? value));
  const highs = fresh
    ? [value, ...before.highs.slice(0, 59)]
    : begunWith(before.highs, Math.max(value, before.highs[0] ?? value));
  return {
    quarter: rangeOf(lows, highs, 15),
    hour: rangeOf(lows, highs, 60),
    state: { lows, highs, into: fresh ? into % 60 : into },
  };
}

/** The same list when it begins so. */
const begunWith = (list: readonly number[], first: number): readonly number[] =>
  list[0] === first ? list : list.with(0, first);

function rangeOf(lows: readonly number[], highs: readonly number[], minutes: number): number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < lows.length && i < minutes; i++) {
    low = Math.min(low, lows[i] ?? low);
    high = Math.max(high, highs[i] ?? high);
  }
  return high - low;
}

export interface OscillationState {
  readonly sign: number;
  readonly peak: number;
  /** s ago of the last zero crossings, and the largest error between them. */
  readonly crossings: readonly number[];
  readonly peaks: readonly number[];
}
export const initialOscillation: OscillationState = { sign: 0, peak: 0, crossings: [], peaks: [] };

/**
 * Whether an error swings to and fro: more than 6 crossings of zero within `window`, each swing above `amplitude`.
 * @param window seconds; ten of the loop's own periods
 */
export function oscillationStep(
  before: OscillationState,
  error: number,
  settings: { readonly window: number; readonly amplitude: number },
  dt: number,
): { readonly oscillates: boolean; readonly state: OscillationState } {
  const aged = before.crossings.map((age) => age + dt);
  const kept = aged.filter((age) => age <= settings.window).length;
  const sign = error === 0 ? before.sign : Math.sign(error);
  const crosses = before.sign !== 0 && sign !== before.sign;
  const peak = crosses ? Math.abs(error) : Math.max(before.peak, Math.abs(error));
  const crossings = crosses ? [0, ...aged.slice(0, kept)].slice(0, 16) : aged.slice(0, kept);
  const peaks = crosses
    ? [before.peak, ...before.peaks.slice(0, kept)].slice(0, 16)
    : before.peaks.slice(0, kept);
  const swings = peaks.filter((one) => one > settings.amplitude).length;
  return { oscillates: swings > 6, state: { sign, peak, crossings, peaks } };
}

/** Most recent of alarms that begin: more than `most` in `window` seconds is a flood, of which only the first are told. */
export function floodStep(
  before: readonly number[],
  begins: number,
  settings: { readonly most: number; readonly window: number },
  dt: number,
): { readonly told: number; readonly flood: boolean; readonly state: readonly number[] } {
  const kept = before.map((age) => age + dt).filter((age) => age < settings.window);
  const told = Math.max(0, Math.min(begins, settings.most - kept.length));
  return { told, flood: begins > told, state: [...new Array<number>(told).fill(0), ...kept] };
}
