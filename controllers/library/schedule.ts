import { type Static, Type } from "typebox";
import { kelvin } from "../settings.ts";
import { clamp, usable } from "./limit.ts";

/** Gain scheduling of a loop that moves outdoor air. */
export const scheduleSettings = Type.Object({
  scheduleAt: kelvin({
    default: 15,
    description:
      "Difference of hot aisle and outdoors at which the gain is as set; it falls as that rises. 0: off.",
  }),
  scheduleMin: kelvin({ default: 5, minimum: 0.1, description: "Smaller differences count as this." }),
  scheduleMax: kelvin({ default: 60, description: "Larger differences count as this." }),
});
export type ScheduleSettings = Static<typeof scheduleSettings>;

export const checkSchedule = ({ scheduleMin, scheduleMax }: ScheduleSettings): string | undefined =>
  scheduleMin < scheduleMax
    ? undefined
    : `scheduleMin ${scheduleMin} K must be below scheduleMax ${scheduleMax} K`;

/**
 * What a loop's gains are multiplied with: a damper's effect grows with the difference between the hot aisle and
 * outdoors, so the gain falls with it. 1 when either is not known.
 */
export function gainFactor(
  hot: number | undefined,
  outdoor: number | undefined,
  settings: ScheduleSettings,
): number {
  if (settings.scheduleAt === 0 || !usable(hot) || !usable(outdoor)) return 1;
  return settings.scheduleAt / clamp(hot - outdoor, settings.scheduleMin, settings.scheduleMax);
}
