import { type Static, Type } from "typebox";
import { celsius, kelvin, plain, secondsOf } from "../settings.ts";
import { heldFor, hysteresis, reached } from "./timing.ts";

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

const ladder = (s: WatchSettings): readonly (readonly [Level, number])[] => [
  ["high-critical", s.highCritical],
  ["high-major", s.highMajor],
  ["high-warning", s.highWarning],
  ["low-critical", s.lowCritical],
  ["low-major", s.lowMajor],
  ["low-warning", s.lowWarning],
];

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
  for (const [level, at] of ladder(s)) {
    const was = before[level] ?? initialDelay;
    const off = level.startsWith("high") ? at - s.alarmBand : at + s.alarmBand;
    const present = was.on
      ? hysteresis(true, value, { on: at, off })
      : level.startsWith("high")
        ? value >= at
        : value <= at;
    const next = delayStep(was, present, { on: s.alarmDelay, off: 0 }, dt);
    state[level] = next;
    const side = level.slice(0, 4);
    if (next.on && !levels.some((worse) => worse.startsWith(side))) levels.push(level);
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
    ? [value, ...before.lows].slice(0, 60)
    : [Math.min(value, before.lows[0] ?? value), ...before.lows.slice(1)];
  const highs = fresh
    ? [value, ...before.highs].slice(0, 60)
    : [Math.max(value, before.highs[0] ?? value), ...before.highs.slice(1)];
  const range = (minutes: number): number =>
    Math.max(...highs.slice(0, minutes)) - Math.min(...lows.slice(0, minutes));
  return { quarter: range(15), hour: range(60), state: { lows, highs, into: fresh ? into % 60 : into } };
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
