import { type Clock, hours, type Instant, type Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { By, TemporarySetting } from "./api.ts";

const longestHold: Millis = hours(24);

type Settings = Readonly<Record<string, unknown>>;

interface Held {
  readonly value: unknown;
  readonly until: { readonly mono: Millis; readonly wall: Instant };
  readonly by: By;
}

/** Settings that are so for a while, by name. Never changed. */
export type Temporaries = ReadonlyMap<string, Held>;

export const noTemporaries: Temporaries = new Map();

/** As it outlasts the program. JSON. */
export interface KeptTemporary {
  readonly value: unknown;
  readonly until: Instant;
  /** What was left when it was kept: a clock that was set back makes it no longer. */
  readonly left: Millis;
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
  if (!(span > 0 && span <= longestHold))
    throw new BothyError("BAD_INPUT", { source, fault: "it lasts longer than 0 s and at most 24 h" });
  const until = { mono: clock.monotonic() + span, wall: clock.now() + span };
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
    [...all].map(([name, { value, until, by }]) => [
      name,
      { value, by, until: until.wall, left: until.mono - clock.monotonic() },
    ]),
  );

/** Those of a program before that still last. */
export function resumed(kept: Readonly<Record<string, KeptTemporary>>, clock: Clock): Temporaries {
  const [mono, wall] = [clock.monotonic(), clock.now()];
  return new Map(
    Object.entries(kept).flatMap(([name, { value, until, left, by }]) => {
      const rest = Math.min(until - wall, left, longestHold);
      return rest > 0
        ? [[name, { value, by, until: { mono: mono + rest, wall: wall + rest } }] as const]
        : [];
    }),
  );
}

/** @param then what is in force afterwards */
export const shownOf = (all: Temporaries, then: Settings): Readonly<Record<string, TemporarySetting>> =>
  Object.fromEntries(
    [...all].map(([name, { value, until, by }]) => [
      name,
      { ...by, value, until: until.wall, then: then[name] },
    ]),
  );

/** For people, the same words as long as it lasts. */
export const saidOf = (all: Temporaries): readonly string[] =>
  [...all].map(
    ([name, { value, until, by }]) =>
      `${name} is ${JSON.stringify(value)} until ${new Date(until.wall).toISOString()}: ${by.who}, ${by.why}`,
  );
