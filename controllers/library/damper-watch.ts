import { type Static, Type } from "typebox";
import { hoursOf, kelvin, percent, secondsOf } from "../settings.ts";
import { heldFor, reached, shown, within } from "./timing.ts";

/** Whether a damper goes where it is sent, and whether air comes through where it says it is. */
export const damperWatchSettings = Type.Object({
  damperStroke: secondsOf({
    default: 90,
    minimum: 1,
    maximum: 1800,
    description: "Time of the damper from one end to the other.",
  }),
  damperTolerance: percent({
    default: 10,
    minimum: 1,
    description: "So far the reported position may be from where the damper should be by now.",
  }),
  damperStuckAfter: secondsOf({
    default: 60,
    minimum: 5,
    maximum: 3600,
    description: "Further away for so long: it is stuck, and outdoor air is no longer relied on.",
  }),
  damperAirShare: percent({
    default: 25,
    description:
      "Share of the outdoor air its position promises that must be felt in the supply air, with compressors at rest. 0: not watched.",
  }),
  damperAirAfter: secondsOf({
    default: 60,
    minimum: 5,
    maximum: 3600,
    description: "Less than that for so long: no air comes through, whatever the position says.",
  }),
  damperAirDifference: kelvin({
    default: 5,
    minimum: 1,
    maximum: 30,
    description: "Only told while outdoors is at least so much colder than return air.",
  }),
  damperInletMost: kelvin({
    default: 12,
    maximum: 40,
    description:
      "With the damper wide open the coldest inlet is no warmer than what outdoor and return air mix to by more than this. Warmer for 5 min, less if far warmer, and too warm: no air comes through, or the outdoor probe is wrong. 0: not watched.",
  }),
  damperRetry: hoursOf({
    default: 24,
    minimum: 0.1,
    maximum: 720,
    description: "Then outdoor air is tried again.",
  }),
});
export type DamperWatchSettings = Static<typeof damperWatchSettings>;

export interface DamperWatchState {
  /** Where it should be by now, %; null: nothing was reported yet. */
  readonly expected: number | null;
  /** s it has been away from there, and has moved as it should since. */
  readonly away: number;
  readonly moved: number;
  /** s until it is tried again; 0: it is not stuck. */
  readonly stuckFor: number;
  /** s with too little outdoor air, and until that is tried again; 0: air comes through. */
  readonly without: number;
  readonly barredFor: number;
  /** s at rest and open: before that the supply air says nothing. */
  readonly open: number;
  /** s with an inlet much warmer than what is let in. */
  readonly unlike?: number;
}

export const initialDamperWatch: DamperWatchState = {
  expected: null,
  away: 0,
  moved: 0,
  stuckFor: 0,
  without: 0,
  barredFor: 0,
  open: 0,
};

export interface DamperWatchInput {
  /** What is in force, %. */
  readonly commanded: number;
  /** Undefined: the damper reports none, or does not obey now. */
  readonly reported?: number | undefined;
  /** °C */
  readonly supply?: number | undefined;
  readonly back?: number | undefined;
  readonly outdoor?: number | undefined;
  /** The coldest, and what the hottest is to be, °C. */
  readonly inlet?: number | undefined;
  readonly setpoint?: number | undefined;
  /** No compressor runs, so that supply air is what the damper lets in. */
  readonly resting: boolean;
}

export interface DamperWatchResult {
  readonly stuck: boolean;
  /** No air comes through although it says that it is open, or outdoor air is not what its probe says. */
  readonly noAir: boolean;
  /** What keeps outdoor air from being relied on, for people. */
  readonly against: readonly string[];
  readonly state: DamperWatchState;
}

/** Damper less open than this tells nothing about its air, %; and so long the supply air takes to follow, s. */
const leastOpen = 30;
const settles = 120;
/** Wide open, %, the inlet follows what is let in; and so long, s, until it has. */
const wideOpen = 80;
const follows = 300;
/** K above its setpoint an inlet is where nothing else makes up for air that does not cool. */
const tooWarm = 4;
/** So far, %, a stuck damper must have moved as it was told to be trusted again. */
const movedWell = 30;

/**
 * One step.
 * @param dt seconds since the step before
 */
export function damperWatchStep(
  before: DamperWatchState,
  input: DamperWatchInput,
  s: DamperWatchSettings,
  dt: number,
): DamperWatchResult {
  const position = follow(before, input, s, dt);
  const open = Math.min(input.commanded, input.reported ?? input.commanded);
  const stuck = position.stuckFor > 0;
  const tells = input.resting && open >= leastOpen && !stuck;
  const openFor = heldFor(before.open, tells, dt);
  const share = reached(openFor, settles) ? shareOf(input, s) : undefined;
  const little = share !== undefined && share < (s.damperAirShare / 100) * (open / 100);
  const without = heldFor(before.without, little, dt);
  const unlike = stuck ? 0 : heldUnlike(before.unlike ?? 0, input, open, s, dt);
  const found = (little && reached(without, s.damperAirAfter)) || (unlike > 0 && reached(unlike, follows));
  const barredFor = found ? s.damperRetry * 3600 : Math.max(0, before.barredFor - dt);
  const against = [
    ...(stuck && input.reported !== undefined ? [stuckAt(input.reported, input.commanded, s)] : []),
    ...(barredFor > 0 ? ["open, it did not cool as the outdoor temperature promises"] : []),
  ];
  return {
    stuck,
    noAir: barredFor > 0,
    against,
    state: { ...position, without, barredFor, open: openFor, unlike: found ? 0 : unlike },
  };
}

/** A damper that is sent where it is stuck is there, and stuck all the same. */
const stuckAt = (reported: number, commanded: number, { damperTolerance }: DamperWatchSettings): string =>
  Math.abs(reported - commanded) > damperTolerance
    ? `the damper is at ${shown(reported)} % and not at ${shown(commanded)} %`
    : `the damper is at ${shown(reported)} %; it did not go where it was sent`;

/** Where it should be moves no faster than its motor; it is stuck until it has moved along for a while, or is tried anew. */
function follow(
  before: DamperWatchState,
  { commanded, reported }: DamperWatchInput,
  s: DamperWatchSettings,
  dt: number,
): Pick<DamperWatchState, "expected" | "away" | "moved" | "stuckFor"> {
  const left = Math.max(0, before.stuckFor - dt);
  if (reported === undefined) return { expected: null, away: 0, moved: 0, stuckFor: left };
  const from = before.expected ?? reported;
  const way = (100 * dt) / s.damperStroke;
  const expected = from + within(commanded - from, -way, way);
  const wrong = Math.abs(reported - expected) > s.damperTolerance;
  const away = heldFor(before.away, wrong, dt);
  const moved = wrong ? 0 : before.moved + Math.abs(expected - from);
  if (left > 0) return { expected, away: 0, moved, stuckFor: moved >= movedWell ? 0 : left };
  const stuck = reached(away, s.damperStuckAfter) && away > 0;
  return { expected, away, moved: stuck ? 0 : moved, stuckFor: stuck ? s.damperRetry * 3600 : 0 };
}

/** Outdoor air in the supply air, 0..1; undefined: it cannot be told. */
function shareOf({ supply, back, outdoor }: DamperWatchInput, s: DamperWatchSettings): number | undefined {
  if (s.damperAirShare === 0 || supply === undefined || back === undefined || outdoor === undefined)
    return undefined;
  return back - outdoor < s.damperAirDifference ? undefined : (back - supply) / (back - outdoor);
}

/**
 * s for which an inlet has been far warmer than what the damper is said to let in, as many times as fast as it is further;
 * compressors could only make it colder.
 */
function heldUnlike(
  before: number,
  { inlet, outdoor, back, setpoint }: DamperWatchInput,
  open: number,
  { damperInletMost }: DamperWatchSettings,
  dt: number,
): number {
  if (damperInletMost === 0 || open < wideOpen || inlet === undefined || outdoor === undefined) return 0;
  const mixed = outdoor + (1 - open / 100) * Math.max(0, (back ?? inlet) - outdoor);
  const times = (inlet - mixed) / damperInletMost;
  const matters = inlet > (setpoint ?? -Infinity) + tooWarm;
  return heldFor(before, matters && times > 1, dt * times);
}
