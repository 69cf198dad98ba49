import type { Millis } from "./clock.ts";
import type { ErrorCode } from "./errors.ts";

/** What it looks like when a unit is switched off, unplugged or misaddressed. */
const silent: ReadonlySet<ErrorCode> = new Set([
  "NO_ANSWER",
  "LATE_ANSWER",
  "GATEWAY_NO_ANSWER",
  "NO_PATH",
] satisfies ErrorCode[]);
/** Says nothing about the unit: it was not asked. */
const notAsked: ReadonlySet<ErrorCode> = new Set(["LINE_DOWN", "STOPPED"] satisfies ErrorCode[]);

const failuresBefore = 2;
const longestDelay: Millis = 10_000;

/** What the outcome of one run means for the unit it asked. */
export type Verdict<T> =
  /** Go on as planned. */
  | { readonly kind: "fine" }
  /** The unit answers others but not this one: leave this one alone for `delay`. */
  | { readonly kind: "alone"; readonly delay: Millis }
  /** The unit is silent: of all its members only `probe` is to be tried, after `delay`. */
  | {
      readonly kind: "silent";
      readonly entered: boolean;
      readonly members: readonly T[];
      readonly probe: T;
      readonly delay: Millis;
    }
  /** The silent unit answers again: all its members are due. */
  | { readonly kind: "awake"; readonly members: readonly T[] };

interface Member<T> {
  readonly member: T;
  readonly unit: Unit<T>;
  readonly period: Millis;
  /** How many times in a row it got no answer, and since when. */
  failures: number;
  since: Millis;
}

interface Unit<T> {
  readonly name: string;
  readonly members: Member<T>[];
  /** Failures in a row over all members. */
  failures: number;
  lastAnswer: Millis;
  /** While silent: who tries next, and how long it was told to wait. */
  trying: { readonly probe: Member<T>; readonly delay: Millis } | undefined;
}

const fine = { kind: "fine" } as const;
const longest = (period: Millis): Millis => Math.max(period, longestDelay);

/**
 * Which units are silent. Members (polls) of one unit are judged together, so that a dead unit costs its line one
 * time-out now and then instead of one per poll and period. Members take turns in trying: some devices do not
 * answer at all to what they do not know, and such a poll must neither hide a living unit nor silence it.
 */
export class Silence<T> {
  readonly #units = new Map<string, Unit<T>>();
  readonly #members = new Map<T, Member<T>>();

  /** Members of the unit `""` ask nobody and are never silent. */
  constructor(list: readonly { readonly member: T; readonly unit: string; readonly period: Millis }[]) {
    for (const { member, unit: name, period } of list) {
      if (name === "") continue;
      let unit = this.#units.get(name);
      if (unit === undefined) {
        unit = { name, members: [], failures: 0, lastAnswer: -Infinity, trying: undefined };
        this.#units.set(name, unit);
      }
      const entry: Member<T> = { member, unit, period, failures: 0, since: 0 };
      unit.members.push(entry);
      this.#members.set(member, entry);
    }
  }

  /** The names of silent units. */
  units(): readonly string[] {
    return [...this.#units.values()].filter(({ trying }) => trying !== undefined).map(({ name }) => name);
  }

  /** How a member's unit stands: it has answered lately, it never has so far, or it is silent. */
  standing(member: T): "answers" | "new" | "silent" {
    const unit = this.#members.get(member)?.unit;
    if (unit === undefined) return "answers";
    if (unit.trying !== undefined) return "silent";
    return unit.lastAnswer === -Infinity ? "new" : "answers";
  }

  /** @param code how the run failed; undefined when it did not */
  heed(member: T, now: Millis, code: ErrorCode | undefined): Verdict<T> {
    const entry = this.#members.get(member);
    if (entry === undefined || (code !== undefined && notAsked.has(code))) return fine;
    if (code !== undefined && silent.has(code)) return unanswered(entry, now);
    entry.failures = 0;
    const { unit } = entry;
    unit.failures = 0;
    unit.lastAnswer = now;
    if (unit.trying === undefined) return fine;
    unit.trying = undefined;
    return { kind: "awake", members: membersOf(unit) };
  }
}

function unanswered<T>(entry: Member<T>, now: Millis): Verdict<T> {
  const { unit } = entry;
  entry.failures++;
  if (entry.failures === 1) entry.since = now;
  if (unit.trying !== undefined) {
    if (unit.trying.probe !== entry) return fine;
    return silence(unit, after(entry), unit.trying.delay * 2, false);
  }
  if (entry.failures > 1 && unit.lastAnswer > entry.since) {
    const doubled = entry.period * 2 ** Math.min(entry.failures - 2, 20);
    return { kind: "alone", delay: Math.min(doubled, longest(entry.period)) };
  }
  unit.failures++;
  if (unit.failures < failuresBefore) return fine;
  const probe = after(entry);
  return silence(unit, probe, quickest(unit), true);
}

function silence<T>(unit: Unit<T>, probe: Member<T>, wanted: Millis, entered: boolean): Verdict<T> {
  // Also when the one that tries is seldom due itself: the others wait for it.
  const delay = Math.min(wanted, longest(quickest(unit)));
  unit.trying = { probe, delay };
  return { kind: "silent", entered, members: membersOf(unit), probe: probe.member, delay };
}

const quickest = <T>(unit: Unit<T>): Millis => Math.min(...unit.members.map(({ period }) => period));

const membersOf = <T>(unit: Unit<T>): readonly T[] => unit.members.map(({ member }) => member);

/** The member whose turn comes after this one's. */
function after<T>(entry: Member<T>): Member<T> {
  const { members } = entry.unit;
  return members[(members.indexOf(entry) + 1) % members.length] ?? entry;
}
