import { type Static, Type } from "typebox";
import type { Alarm } from "../contract.ts";
import { delayStep, type DelayState, initialDelay, watchSettings } from "../library/alarms.ts";
import type { StagingSettings } from "../library/staging-settings.ts";
import { stageOffset, type StagingResult } from "../library/staging.ts";
import { shown } from "../library/timing.ts";
import { alarm } from "./parts.ts";

/** When all the cooling there is does not hold the inlet. */
export const saturatedSettings = Type.Pick(watchSettings, [
  "saturatedAt",
  "saturatedError",
  "saturatedAfter",
]);

export interface Cooling {
  /** Of the hottest believable inlet, °C. */
  readonly inlet: number;
  /** Units that run, and those that could. */
  readonly on: number;
  readonly sound: number;
  /** Of those that run, %. */
  readonly capacity: number;
  /** A loop above commands the stages, and tells of its zone itself. */
  readonly commanded: boolean;
}

/**
 * Whether all stages that may run do, with all they have, and the inlet is still too warm: above the setpoint, and above where
 * the last of them starts. Pure.
 * @param dt seconds since the step before
 */
export function saturatedStep(
  before: DelayState | undefined,
  { inlet, on, sound, capacity, commanded }: Cooling,
  { setpoint, most }: StagingResult,
  s: StagingSettings & Static<typeof saturatedSettings>,
  dt: number,
): DelayState {
  const stages = Math.min(sound, most);
  const all = !commanded && stages > 0 && on >= stages && capacity >= s.saturatedAt;
  const above = Math.max(s.saturatedError, stageOffset(stages - 1, s));
  return delayStep(
    before ?? initialDelay,
    all && inlet > setpoint + above,
    { on: s.saturatedAfter, off: 0 },
    dt,
  );
}

/** @param all units there are; fewer may run on a generator, or be left that work */
export const saturatedAlarm = ({ setpoint }: StagingResult, on: number, all: number): Alarm =>
  alarm(
    "saturated",
    "major",
    on < all
      ? `${on} of ${all} cooling units run, and all they have does not hold ${shown(setpoint)} °C: reduce the load, or bring back the others`
      : `all the cooling there is does not hold ${shown(setpoint)} °C: look at condensers, filters and load`,
  );
