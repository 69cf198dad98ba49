import { type Static, Type } from "typebox";
import { celsius, secondsOf } from "../settings.ts";
import { reached } from "./timing.ts";

/** How warm it may become while the battery carries the site: warmer than with mains, and for a while warmer still. */
export const shortTermSettings = Type.Object({
  inletOnBattery: celsius({
    default: 32,
    minimum: 20,
    maximum: 45,
    description: "On battery, inlets may come to this: fans do no more than that needs.",
  }),
  inletShort: celsius({
    default: 40,
    minimum: 25,
    maximum: 55,
    description:
      "On battery, inlets may come to this for a while before there are alarms and loads lose power.",
  }),
  inletShortTime: secondsOf({
    default: 3600,
    maximum: 345_600,
    description: "In one outage inlets may be above `inletOnBattery` this long, all in all.",
  }),
});
export type ShortTermSettings = Static<typeof shortTermSettings>;

export interface ShortTerm {
  /** °C inlets may come to, and for a while; 0: as with mains. */
  readonly limit: number;
  readonly short: number;
  /** s used of the time above the limit. */
  readonly used: number;
  /** None of it is left. */
  readonly over: boolean;
}

/**
 * One step.
 * @param used s the inlet was above the limit so far, in this outage
 * @param inlet hottest, °C; undefined: not known, and nothing is counted
 * @param dt seconds since the step before
 */
export function shortTermStep(
  used: number,
  onBattery: boolean,
  inlet: number | undefined,
  { inletOnBattery, inletShort, inletShortTime }: ShortTermSettings,
  dt: number,
): ShortTerm {
  const above = inlet !== undefined && inlet > inletOnBattery;
  const cool = inlet !== undefined && !above;
  const now = onBattery && above ? used + dt : !onBattery && cool ? 0 : used;
  const over = now > 0 && reached(now, inletShortTime);
  return {
    limit: onBattery ? inletOnBattery : 0,
    short: onBattery && !over ? inletShort : 0,
    used: Math.min(now, 1e9),
    over,
  };
}
