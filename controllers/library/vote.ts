import { type Static, Type } from "typebox";
import { kelvin, secondsOf } from "../settings.ts";
import { median } from "./filter.ts";
import { wordOf } from "./words.ts";

/** How several sensors of one thing become one. */
export const voteSettings = Type.Object({
  voteDelta: kelvin({ default: 3, description: "Sensors of one place further apart than this disagree." }),
  voteAfter: secondsOf({ default: 60, description: "How long they must disagree before it is told." }),
  worse: wordOf(["high", "low"], {
    default: "high",
    description: "Which of two that disagree is taken: the one that is worse for the equipment.",
  }),
});
export type VoteSettings = Static<typeof voteSettings>;

export interface Voter {
  readonly name: string;
  readonly value: number;
}

export interface Vote {
  /** Undefined: there was nobody to vote. */
  readonly value: number | undefined;
  /** Whose value was taken; of a median, the nearest to it. */
  readonly leader: string | undefined;
  /** Those that are too far from the others: not counted. Of two that disagree the better one. */
  readonly dropped: readonly string[];
}

const nobody: readonly string[] = [];

/**
 * One value of several. Pure. Three or more: the median, of which those too far away are dropped, and the median of the
 * rest. Two: their mean, or the worse one when they disagree. One: it.
 */
export function vote(
  voters: readonly Voter[],
  { voteDelta, worse }: Pick<VoteSettings, "voteDelta" | "worse">,
): Vote {
  const first = voters[0];
  const second = voters[1];
  if (first === undefined) return { value: undefined, leader: undefined, dropped: nobody };
  if (second === undefined) return { value: first.value, leader: first.name, dropped: nobody };
  if (voters.length === 2) {
    const [low, high] = first.value <= second.value ? [first, second] : [second, first];
    const taken = worse === "high" ? high : low;
    if (high.value - low.value <= voteDelta)
      return { value: (low.value + high.value) / 2, leader: taken.name, dropped: nobody };
    return { value: taken.value, leader: taken.name, dropped: [taken === high ? low.name : high.name] };
  }
  const middle = median(voters.map((one) => one.value)) ?? first.value;
  const kept = voters.filter((one) => Math.abs(one.value - middle) <= voteDelta);
  const dropped =
    kept.length === voters.length
      ? nobody
      : voters.filter((one) => !kept.includes(one)).map((one) => one.name);
  // Two halves far apart: nobody is near the middle, and the worse half is right to be on the safe side.
  if (kept.length === 0) return extreme(voters, worse);
  const value = median(kept.map((one) => one.value)) ?? middle;
  return { value, leader: nearest(kept, value), dropped };
}

function extreme(voters: readonly Voter[], worse: VoteSettings["worse"]): Vote {
  const taken = voters.reduce((a, b) => ((worse === "high") === b.value > a.value ? b : a));
  return { value: taken.value, leader: taken.name, dropped: nobody };
}

const nearest = (voters: readonly Voter[], value: number): string | undefined =>
  voters.reduce<Voter | undefined>(
    (a, b) => (a === undefined || Math.abs(b.value - value) < Math.abs(a.value - value) ? b : a),
    undefined,
  )?.name;
