import { type Static, Type } from "typebox";
import { kelvin, percent, secondsOf } from "../settings.ts";
import { firstOrder } from "./filter.ts";
import { heldFor, hysteresis, reached } from "./timing.ts";

/** Whether a unit cools as it did: the heat that air loses between racks' outlets and inlets, for its capacity. */
export const coolingWatchSettings = Type.Object({
  weakBelow: percent({
    default: 72,
    description:
      "A unit that cools less than this share of what it did, at the same capacity and weather, is told. 0: not watched.",
  }),
  weakAfter: secondsOf({
    default: 1800,
    minimum: 60,
    maximum: 86_400,
    description: "How long it must cool so little.",
  }),
  fullDifference: kelvin({
    default: 0,
    maximum: 40,
    description:
      "How much colder inlets are than return air at full capacity, with all air and 35 °C outdoors. 0: learnt while the unit is well.",
  }),
});
export type CoolingWatchSettings = Static<typeof coolingWatchSettings>;

export interface CoolingWatchState {
  /** s it has run steadily, alone, with outdoor air shut out. */
  readonly steady: number;
  /** K at full capacity, with all air and 35 °C outdoors, filtered; null: not running steadily. */
  readonly now: number | null;
  /** The same while it was well, and s that was learnt from. */
  readonly usual: number | null;
  readonly learnt: number;
  readonly weakFor: number;
  readonly weak: boolean;
}

export const initialCoolingWatch: CoolingWatchState = {
  steady: 0,
  now: null,
  usual: null,
  learnt: 0,
  weakFor: 0,
  weak: false,
};

export interface CoolingWatchInput {
  /** It runs, and no other does. */
  readonly alone: boolean;
  /** Capacity it says it has, or was told, %. */
  readonly capacity: number;
  /** °C */
  readonly inlet: number | undefined;
  readonly back: number | undefined;
  readonly outdoor: number | undefined;
  /** Duty of the fans that move air through the racks, %. */
  readonly air: number;
  /** No outdoor air mixes with what it cools. */
  readonly closed: boolean;
}

export interface CoolingWatchResult {
  readonly weak: boolean;
  /** Share of the usual, %; undefined: not known. */
  readonly share: number | undefined;
  readonly state: CoolingWatchState;
}

/** s after a start until air tells, and of steady running until what is usual is known. */
const settles = 600;
const enough = 1800;
/** Below this capacity the difference is too small to tell, %. */
const least = 40;
/** Time constants, s: of what is seen, and of what is usual as it rises and falls. A slow leak must not become usual. */
const seen = 300;
const rises = 86_400;
const falls = 2000 * 3600;
/** Less cooling for each kelvin outdoors above 35 °C, and the weather that is corrected for, °C. */
const perKelvin = 0.01;
const coldest = 15;
/** K by which fans at full speed warm the air. */
const fanHeat = 1;

/**
 * One step.
 * @param dt seconds since the step before
 */
export function coolingWatchStep(
  before: CoolingWatchState,
  input: CoolingWatchInput,
  s: CoolingWatchSettings,
  dt: number,
): CoolingWatchResult {
  const difference = differenceOf(input);
  const steady = heldFor(before.steady, difference !== undefined, dt);
  if (difference === undefined || !reached(steady, settles)) {
    const state = { ...before, steady, now: null, weakFor: 0 };
    return { weak: before.weak, share: undefined, state };
  }
  const now = firstOrder(before.now, difference, seen, dt) ?? difference;
  const usual =
    s.fullDifference > 0 ? s.fullDifference : reached(before.learnt, enough) ? before.usual : null;
  const share = usual === null || usual <= 0 ? undefined : (100 * now) / usual;
  const watched = s.weakBelow > 0 && share !== undefined;
  // Once told it must do clearly better.
  const little = watched && hysteresis(before.weak, -share, { on: -s.weakBelow, off: -s.weakBelow - 8 });
  const weakFor = heldFor(before.weakFor, little, dt);
  const weak = little && (before.weak || reached(weakFor, s.weakAfter));
  const learns = !little && before.weakFor === 0;
  const state: CoolingWatchState = {
    ...{ steady, now, weakFor, weak },
    usual: learns ? learn(before, now, dt) : before.usual,
    learnt: learns ? Math.min(enough, before.learnt + dt) : before.learnt,
  };
  return { weak, share, state };
}

/** K at full capacity, with all air and 35 °C outdoors; undefined: it cannot be told now. */
function differenceOf(input: CoolingWatchInput): number | undefined {
  const { alone, capacity, inlet, back, outdoor, air, closed } = input;
  if (!alone || !closed || capacity < least || inlet === undefined || back === undefined) return undefined;
  const weather = outdoor === undefined ? 1 : 1 - perKelvin * (Math.max(coldest, outdoor) - 35);
  const warmed = fanHeat * (air / 100) ** 2;
  return ((back - inlet + warmed) * air) / capacity / weather;
}

/** A mean at first, then slowly upwards, and much more slowly down. */
function learn({ usual, learnt }: CoolingWatchState, now: number, dt: number): number {
  if (usual === null) return now;
  if (learnt < enough) return usual + ((now - usual) * dt) / Math.max(dt, learnt + dt);
  return firstOrder(usual, now, now > usual ? rises : falls, dt) ?? usual;
}
