import { type Static, Type } from "typebox";
import { numberOf, percent } from "../settings.ts";
import { clamp, usable } from "./limit.ts";

/** How fast a fan should turn. */
export const fanSpeedSettings = Type.Object({
  fullSpeed: numberOf("rpm", {
    default: 0,
    minimum: 0,
    maximum: 100_000,
    description: "Speed at 100 %. 0: learnt from each fan while it is healthy.",
  }),
  startSpeed: percent({ default: 20, description: "Speed at the start duty, as a share of full speed." }),
  startDuty: percent({ default: 20, description: "Smallest duty that surely starts a stopped fan." }),
});
export type FanSpeedSettings = Static<typeof fanSpeedSettings>;

/** What was learnt of a fan: sums of a straight line through speeds in pieces of the full duty; JSON. */
export interface Learnt {
  readonly n: number;
  readonly d: number;
  readonly dd: number;
  readonly r: number;
  readonly dr: number;
}
export const learntInit: Learnt = { n: 0, d: 0, dd: 0, r: 0, dr: 0 };

/** So many samples make what was learnt usable, and are the most it remembers. */
const enough = 60;
const most = 20_000;

/** Adds one speed seen at a steady duty of a healthy fan. */
export function learn(learnt: Learnt, duty: number, rpm: number): Learnt {
  const keep = learnt.n >= most ? 1 - 1 / most : 1;
  return {
    n: learnt.n * keep + 1,
    d: learnt.d * keep + duty,
    dd: learnt.dd * keep + duty * duty,
    r: learnt.r * keep + rpm,
    dr: learnt.dr * keep + duty * rpm,
  };
}

/** Speed expected at a duty, rpm; undefined: not known there, or the fan need not turn. */
export function expectedSpeed(duty: number, learnt: Learnt, settings: FanSpeedSettings): number | undefined {
  const { fullSpeed, startSpeed, startDuty } = settings;
  if (!usable(duty) || duty < startDuty) return undefined;
  if (fullSpeed > 0) {
    const share = startDuty >= 100 ? 1 : clamp((duty - startDuty) / (100 - startDuty), 0, 1);
    return fullSpeed * (startSpeed / 100 + share * (1 - startSpeed / 100));
  }
  if (learnt.n < enough) return undefined;
  const spread = Math.max(0, learnt.dd - (learnt.d * learnt.d) / learnt.n);
  // Far from the duties it was seen at, nothing is known of a fan.
  if (Math.abs(duty - learnt.d / learnt.n) > 5 + 3 * Math.sqrt(spread / learnt.n)) return undefined;
  // Of speeds at one duty only a line through the origin can be made.
  if (spread < learnt.n * 4) return (learnt.r / learnt.d) * duty;
  const slope = (learnt.dr - (learnt.d * learnt.r) / learnt.n) / spread;
  return learnt.r / learnt.n + slope * (duty - learnt.d / learnt.n);
}

/** A linearised fan curve and the system it blows into. */
export const fanCurveSettings = Type.Object({
  fanCurve: numberOf("Pa·s²/m⁶", {
    default: 24_000,
    minimum: 0.001,
    maximum: 1e9,
    description: "b of one fan's curve Δp = a·n² - b·q².",
  }),
  systemCurve: numberOf("Pa·s²/m⁶", {
    default: 1000,
    minimum: 0,
    maximum: 1e9,
    description: "k of the system, Δp = k·Q².",
  }),
});
export type FanCurveSettings = Static<typeof fanCurveSettings>;

/**
 * What the speed of the remaining fans must be multiplied with for the flow of all of them:
 * `(N/Nr)·sqrt((b + k·Nr²)/(b + k·N²))`. Infinity: none remains.
 */
export function compensation(
  all: number,
  remaining: number,
  { fanCurve: b, systemCurve: k }: FanCurveSettings,
): number {
  if (remaining <= 0) return Infinity;
  return (all / remaining) * Math.sqrt((b + k * remaining ** 2) / (b + k * all ** 2));
}
