import { type Static, Type } from "typebox";
import { celsius, secondsOf } from "../settings.ts";
import { heldFor, reached } from "./timing.ts";

/** The ladder against supply air that freezes: damper to its minimum, shut for an hour, fans off. */
export const freezeSettings = Type.Object({
  freezeMinimumAt: celsius({
    default: 4.4,
    maximum: 15,
    description: "Supply air below it for `freezeTime`: the outdoor damper goes to its minimum.",
  }),
  freezeShutAt: celsius({
    default: 3.3,
    maximum: 15,
    description:
      "Supply air below it for `freezeTime`: the damper is shut for `freezeShutTime`; for three times as long: the fans stop.",
  }),
  freezeStopAt: celsius({
    default: 1,
    maximum: 15,
    description: "Supply air below it for `freezeTime`: the fans stop.",
  }),
  freezeTime: secondsOf({
    default: 300,
    minimum: 10,
    maximum: 3600,
    description: "How long it must be so cold.",
  }),
  freezeShutTime: secondsOf({
    default: 3600,
    maximum: 86_400,
    description: "How long the damper stays shut then.",
  }),
  freezeHotAt: celsius({
    default: 45,
    maximum: 80,
    description:
      "Return air above it while fans are stopped: equipment gets too hot without them, and they turn slowly until the frost is over.",
  }),
});
export type FreezeSettings = Static<typeof freezeSettings>;

/** Seconds below each step of the ladder, how long the damper stays shut yet, and whether the fans are stopped. */
export interface FreezeState {
  readonly minimum: number;
  readonly shut: number;
  readonly stop: number;
  readonly shutLeft: number;
  readonly stopped: boolean;
  /** What is stopped got hot: it turns slowly until the frost is over. */
  readonly hot?: boolean;
}

export const initialFreeze: FreezeState = { minimum: 0, shut: 0, stop: 0, shutLeft: 0, stopped: false };

/** 0 none; 1 damper to its minimum; 2 damper shut; 3 fans off too. */
export type FreezeStage = 0 | 1 | 2 | 3;

/**
 * One step.
 * @param supply °C; undefined where nothing measures it: the ladder then stays where it is
 * @param dt seconds since the step before
 * @param back °C of return air; undefined where nothing measures it
 */
export function freezeStep(
  before: FreezeState,
  supply: number | undefined,
  settings: FreezeSettings,
  dt: number,
  back?: number,
): { readonly stage: FreezeStage; readonly state: FreezeState } {
  const known = supply ?? settings.freezeMinimumAt;
  const time = settings.freezeTime;
  const below = (held: number, at: number): number =>
    supply === undefined ? held : heldFor(held, known < at, dt);
  const minimum = below(before.minimum, settings.freezeMinimumAt);
  const shut = below(before.shut, settings.freezeShutAt);
  const stop = below(before.stop, settings.freezeStopAt);
  const shutLeft = reached(shut, time) ? settings.freezeShutTime : Math.max(0, before.shutLeft - dt);
  const freezes = reached(shut, 3 * time) || reached(stop, time);
  const stopped = freezes || (before.stopped && known < settings.freezeMinimumAt + 1);
  const hot = stopped && (before.hot === true || (back ?? 0) > settings.freezeHotAt);
  const state = { minimum, shut, stop, shutLeft, stopped, hot };
  if (stopped) return { stage: 3, state };
  if (shutLeft > 0) return { stage: 2, state };
  return { stage: reached(minimum, time) ? 1 : 0, state };
}
