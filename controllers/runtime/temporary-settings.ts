import { type Clock, hours, type Millis } from "../../devices/clock.ts";
import type { By, TemporarySetting } from "./api.ts";
import {
  checkSpan,
  type Ending,
  endingIn,
  type KeptEnding,
  keptEnding,
  resumedEnding,
  wallOf,
} from "./ending.ts";

const longestHold: Millis = hours(24);

type Settings = Readonly<Record<string, unknown>>;

interface Held {
  readonly value: unknown;
  readonly until: Ending;
  readonly by: By;
}

/** Settings that are so for a while, by name. Never changed. */
export type Temporaries = ReadonlyMap<string, Held>;

export const noTemporaries: Temporaries = new Map();

/** As it outlasts the program. JSON. */
export interface KeptTemporary extends Required<KeptEnding> {
  readonly value: unknown;
  readonly by: By;
}

/** Those before, and those of a patch until their time is over. @throws BothyError `BAD_INPUT` */
export function hold(
  before: Temporaries,
  patch: Settings,
  span: Millis,
  { who, why }: By,
  clock: Clock,
  source: string,
): Temporaries {
  checkSpan(span, longestHold, source);
  const until = endingIn(span, clock);
  const added = Object.entries(patch).map(
    ([name, value]) => [name, { value, until, by: { who, why } }] as const,
  );
  return new Map([...before, ...added]);
}

/** Those that still last, or those that outlast them all but for the last moment of others. */
export const lasting = (all: Temporaries, now: Millis): Temporaries =>
  new Map([...all].filter(([, { until }]) => until.mono > now));

export const without = (all: Temporaries, names: readonly string[]): Temporaries =>
  new Map([...all].filter(([name]) => !names.includes(name)));

export const valuesOf = (all: Temporaries): Settings =>
  Object.fromEntries([...all].map(([name, { value }]) => [name, value]));

/** What is left of them each time one ends, the last first. */
export function stagesOf(all: Temporaries): readonly Temporaries[] {
  const ends = [...new Set([...all.values()].map(({ until }) => until.mono))].sort((a, b) => b - a);
  return ends.map((end) => lasting(all, end));
}

export const keptOf = (all: Temporaries, clock: Clock): Readonly<Record<string, KeptTemporary>> =>
  Object.fromEntries(
    [...all].map(([name, { value, until, by }]) => [name, { value, by, ...keptEnding(until, clock) }]),
  );

/** Those of a program before that still last. */
export function resumed(kept: Readonly<Record<string, KeptTemporary>>, clock: Clock): Temporaries {
  return new Map(
    Object.entries(kept).flatMap(([name, one]) => {
      const until = resumedEnding(one, longestHold, clock);
      const { value, by } = one;
      return until === undefined ? [] : [[name, { value, by, until }] as const];
    }),
  );
}

/** @param then what is in force afterwards */
export const shownOf = (
  all: Temporaries,
  then: Settings,
  clock: Clock,
): Readonly<Record<string, TemporarySetting>> =>
  Object.fromEntries(
    [...all].map(([name, { value, until, by }]) => [
      name,
      { ...by, value, until: wallOf(until, clock), then: then[name] },
    ]),
  );

/** For people, the same words as long as it lasts. */
export const saidOf = (all: Temporaries, clock: Clock): readonly string[] =>
  [...all].map(
    ([name, { value, until, by }]) =>
      `${name} is ${JSON.stringify(value)} until ${new Date(wallOf(until, clock)).toISOString()}: ${by.who}, ${by.why}`,
  );
