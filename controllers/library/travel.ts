import { type Static, Type } from "typebox";
import { percent, secondsOf } from "../settings.ts";
import { reached, within } from "./timing.ts";

/** What keeps a damper's motor alive: few moves, none that does nothing. */
export const travelSettings = Type.Object({
  damperDeadBand: percent({
    default: 1,
    maximum: 20,
    description: "Smaller differences between wanted and present position are none.",
  }),
  damperMove: percent({ default: 2, maximum: 20, description: "The smallest move, but for the two ends." }),
  damperPause: secondsOf({ default: 10, maximum: 600, description: "Between two moves." }),
});
export type TravelSettings = Static<typeof travelSettings>;

export interface TravelState {
  readonly position: number;
  /** s since the last move. */
  readonly since: number;
  /** Travelled altogether, full strokes. */
  readonly strokes: number;
}

export const initialTravel = (position = 0): TravelState => ({ position, since: 1e6, strokes: 0 });

/**
 * One step: where the damper is sent.
 * @param wanted %
 * @param options.urgent a protection wants it: it moves at once
 */
export function travelStep(
  before: TravelState,
  wanted: number,
  settings: TravelSettings,
  dt: number,
  options: { readonly urgent?: boolean } = {},
): { readonly position: number; readonly state: TravelState } {
  const target = within(wanted, 0, 100);
  const since = Math.min(before.since + dt, 1e6);
  const move = Math.abs(target - before.position);
  const end = target === 0 || target === 100;
  const worth = move > settings.damperDeadBand && (end || move >= settings.damperMove);
  const now = options.urgent === true ? move > 0 : worth && reached(since, settings.damperPause);
  if (!now) return { position: before.position, state: { ...before, since } };
  return { position: target, state: { position: target, since: 0, strokes: before.strokes + move / 100 } };
}
