import { type Static, Type } from "typebox";
import { hoursOf } from "../settings.ts";

/** What of a battery is kept for those who are to last. */
export const reserveSettings = Type.Object({
  lastFor: hoursOf({
    default: 8,
    maximum: 96,
    description:
      "On battery loads of priority 0 are to last so long: as much charge as they need for the rest of it is kept for them, and `shed1` to `shed9` are shares of what is above that. 0: nothing is kept.",
  }),
});
export type ReserveSettings = Static<typeof reserveSettings>;

/** JSON. */
export interface ReserveState {
  /** s on battery, and Wh outlets were given meanwhile. */
  readonly for: number;
  readonly used: number;
  /** %, when that began. */
  readonly from: number;
  /** W of those that are to last, as it was known last. */
  readonly lasting: number;
}

export interface ReserveInput {
  /** Loads live on the battery. */
  readonly onBattery: boolean;
  /** % now. */
  readonly charge: number | undefined;
  /** W of all outlets that are known, and of those that are to last. */
  readonly all: number;
  /** Undefined: not known just now. */
  readonly lasting: number | undefined;
}

export interface Reserve {
  /** %, 0..100, that is kept; 0 too while it is not known yet. */
  readonly charge: number;
  readonly state: ReserveState | undefined;
}

/** % that must have been drawn before it says anything of the rest: charge is shown in whole ones. */
const leastDrawn = 3;
/** Fans and converters stay as others go: they are a larger part of what is left. */
const spare = 1.15;

/**
 * How much charge those who are to last need for the rest of their time. What a percent gives is seen in this outage: whatever
 * battery it is, how old and how cold. Pure.
 * @param dt seconds since the step before
 */
export function reserveStep(
  before: ReserveState | undefined,
  { onBattery, charge, all, lasting }: ReserveInput,
  { lastFor }: ReserveSettings,
  dt: number,
): Reserve {
  if (!onBattery || lastFor === 0) return { charge: 0, state: undefined };
  if (charge === undefined) return { charge: 0, state: before };
  const begun = before ?? { for: 0, used: 0, from: charge, lasting: 0 };
  const state = {
    for: begun.for + dt,
    used: begun.used + (all * dt) / 3600,
    from: begun.from,
    lasting: lasting ?? begun.lasting,
  };
  const drawn = state.from - charge;
  if (drawn < leastDrawn || state.used <= 0) return { charge: 0, state };
  const hours = Math.max(0, lastFor - state.for / 3600);
  const needed = (spare * state.lasting * hours * drawn) / state.used;
  return { charge: Math.min(100, needed), state };
}

/** State of charge, %, of a threshold that is a share of what is above the reserve. */
export const aboveReserve = (threshold: number, reserve: number): number =>
  reserve + ((100 - reserve) * threshold) / 100;
