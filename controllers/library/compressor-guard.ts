import { type Static, Type } from "typebox";
import { plain, secondsOf } from "../settings.ts";
import { heldFor, reached, span } from "./timing.ts";

/**
 * What keeps a compressor alive however it is commanded: minimum times on and off, starts per hour, a delay after power
 * came, and a lock-out after repeated trips.
 */
export const guardSettings = Type.Object({
  minimumOn: secondsOf({ default: 240, maximum: 3600, description: "The shortest run of a compressor." }),
  minimumOff: secondsOf({ default: 300, maximum: 3600, description: "The shortest rest of a compressor." }),
  startsPerHour: plain({
    default: 6,
    minimum: 1,
    maximum: 60,
    description: "Most starts of one compressor in any hour.",
  }),
  powerUpDelay: secondsOf({
    default: 300,
    maximum: 3600,
    description: "Rest after this program or the unit came to power, as if the compressor had just stopped.",
  }),
  tripsToLockOut: plain({
    default: 3,
    minimum: 1,
    maximum: 20,
    description: "Safety trips within 24 h after which the unit stays off until somebody resets it.",
  }),
});
export type GuardSettings = Static<typeof guardSettings>;

/** Plain data; times in seconds on the guard's own clock, which begins at 0. */
export interface GuardState {
  readonly now: number;
  readonly running: boolean;
  /** When it last started or stopped. */
  readonly since: number;
  /** No start before. */
  readonly holdUntil: number;
  /** Starts within the last hour, and trips within the last day. */
  readonly starts: readonly number[];
  readonly trips: readonly number[];
  readonly tripped: boolean;
  readonly lockedOut: boolean;
  /** Whether this run was seen to run, so that its end can be told from a start that has yet to show. */
  readonly seen: boolean;
  /** s for which it has started more often within an hour than it may: by itself, or by hand. Absent: 0. */
  readonly oftenFor?: number;
}

export interface GuardInput {
  readonly request: boolean;
  /** A safety of the unit has tripped: it stops at once, whatever its minimum time on. */
  readonly trip?: boolean;
  /** Whether the compressor is seen to run; absent when nothing says. */
  readonly observed?: boolean;
  /** The unit came to power: its delay begins anew, with its share of the spread. */
  readonly poweredUp?: boolean;
  readonly spread?: number;
  /** Somebody resets the lock-out. */
  readonly reset?: boolean;
}

export interface GuardResult {
  readonly on: boolean;
  readonly state: GuardState;
  /** Why it is not as it was asked to be, with the seconds left where time ends it. */
  readonly holds?: {
    readonly by: "minimum on" | "minimum off" | "starts per hour" | "power-up" | "trip" | "lock-out";
    readonly seconds?: number;
    readonly text: string;
  };
  readonly startsLastHour: number;
  /** It starts too often: ten times within an hour, or for two hours more often than it may. */
  readonly shortCycles: boolean;
}

const hour = 3600;
const late = 60;
const day = 86_400;
const tooMany = 10;

/**
 * @param spread more seconds of delay, so that several units do not start together: see `spreadOf`
 * @param rests seconds until the unit itself would start: it knows when its compressor stopped. Absent: nobody does, so it
 * may have been just now.
 */
export const initialGuard = (settings: GuardSettings, spread = 0, rests?: number): GuardState => ({
  now: 0,
  running: false,
  since: rests === undefined ? 0 : Math.min(0, rests - settings.minimumOff),
  holdUntil: (rests ?? settings.powerUpDelay) + spread,
  starts: [],
  trips: [],
  tripped: false,
  lockedOut: false,
  seen: false,
});

/** Shares `most` seconds out among `count` units. */
export const spreadOf = (index: number, count: number, most = 60): number =>
  count <= 1 ? 0 : (most * index) / (count - 1);

const begin = (state: GuardState, seen: boolean): GuardState => ({
  ...state,
  running: true,
  since: state.now,
  starts: [...state.starts, state.now],
  seen,
});
const end = (state: GuardState): GuardState => ({ ...state, running: false, since: state.now, seen: false });

/** What the world says goes before what was commanded: a unit that runs by itself has started. */
function observe(state: GuardState, observed: boolean | undefined): GuardState {
  if (observed === true) {
    // What shows shortly after a stop is the run before: readings are late.
    if (!state.running) return state.since > 0 && state.now - state.since < late ? state : begin(state, true);
    return state.seen ? state : { ...state, seen: true };
  }
  return observed === false && state.running && state.seen ? end(state) : state;
}

function advance(state: GuardState, input: GuardInput, settings: GuardSettings, dt: number): GuardState {
  const now = state.now + dt;
  const recent = (times: readonly number[], within: number): readonly number[] =>
    times.length > 0 && reached(now - (times[0] ?? 0), within)
      ? times.filter((time) => !reached(now - time, within))
      : times;
  let next: GuardState = {
    ...state,
    now,
    starts: recent(state.starts, hour),
    trips: recent(state.trips, day),
  };
  if (input.poweredUp === true)
    next = { ...end(next), holdUntil: now + settings.powerUpDelay + (input.spread ?? 0) };
  next = observe(next, input.observed);
  if (input.reset === true) next = { ...next, lockedOut: false, trips: [] };
  const often = next.starts.length > settings.startsPerHour;
  if (often || (next.oftenFor ?? 0) > 0) next = { ...next, oftenFor: heldFor(next.oftenFor ?? 0, often, dt) };
  const trip = input.trip === true;
  if (trip && !next.tripped) {
    const trips = [...next.trips, now];
    next = { ...next, trips, lockedOut: next.lockedOut || trips.length >= settings.tripsToLockOut };
  }
  return trip === next.tripped ? next : { ...next, tripped: trip };
}

type Holds = NonNullable<GuardResult["holds"]>;

/** Seconds until it may start, by the longest of its waits; with 0 it may now. */
const startsIn = (state: GuardState, settings: GuardSettings): number =>
  Math.max(
    settings.minimumOff - (state.now - state.since),
    startsWait(state, settings),
    state.holdUntil - state.now,
    0,
  );

const barred = ({ lockedOut, tripped }: GuardState): boolean => lockedOut || tripped;

function holdsStart(state: GuardState, settings: GuardSettings): Holds | undefined {
  if (state.lockedOut) {
    const text = `locked out after ${state.trips.length} trips in 24 h; find the cause, then reset the lock-out`;
    return { by: "lock-out", text };
  }
  if (state.tripped) return { by: "trip", text: "a safety of the unit has tripped" };
  const seconds = startsIn(state, settings);
  if (reached(0, seconds)) return undefined;
  const more = `${span(seconds)} more`;
  if (seconds === state.holdUntil - state.now)
    return { by: "power-up", seconds, text: `power has come only just now: ${more}` };
  return seconds === startsWait(state, settings)
    ? {
        by: "starts per hour",
        seconds,
        text: `it has had its ${settings.startsPerHour} starts this hour: ${more}`,
      }
    : { by: "minimum off", seconds, text: `the compressor must rest: ${more}` };
}

/** Whether it runs, or could start now. */
export const mayRun = (state: GuardState, settings: GuardSettings): boolean =>
  state.running || (!barred(state) && reached(0, startsIn(state, settings)));

/** Seconds until one start more is within the limit. */
function startsWait({ starts, now }: GuardState, { startsPerHour }: GuardSettings): number {
  const oldest = starts[starts.length - startsPerHour];
  return starts.length < startsPerHour || oldest === undefined ? 0 : oldest + hour - now;
}

/**
 * One step: what the compressor is told now.
 * @param dt seconds since the step before, >= 0
 */
export function guardStep(
  state: GuardState,
  input: GuardInput,
  settings: GuardSettings,
  dt: number,
): GuardResult {
  const next = advance(state, input, settings, dt);
  const result = (to: GuardState, holds?: Holds): GuardResult => ({
    on: to.running,
    state: to,
    ...(holds === undefined ? {} : { holds }),
    startsLastHour: to.starts.length,
    shortCycles: to.starts.length >= tooMany || (to.oftenFor ?? 0) >= 2 * hour,
  });
  if (next.running) {
    if (next.tripped || next.lockedOut) return result(end(next), holdsStart(next, settings));
    if (input.request) return result(next);
    const left = settings.minimumOn - (next.now - next.since);
    if (reached(0, left)) return result(end(next));
    const text = `the compressor must run ${span(left)} more`;
    return result(next, { by: "minimum on", seconds: left, text });
  }
  if (!input.request) return result(next);
  const holds = holdsStart(next, settings);
  return holds === undefined ? result(begin(next, false)) : result(next, holds);
}
