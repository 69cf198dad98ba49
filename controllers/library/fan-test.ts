import { type Static, Type } from "typebox";
import { flag, hoursOf, percent, secondsOf } from "../settings.ts";
import { reached } from "./timing.ts";

/** A test of fans at full duty, one after the other. */
export const fanTestSettings = Type.Object({
  fanTest: flag({
    default: false,
    description: "Whether fans are run at full duty now and then, one at a time, while the zone is calm.",
  }),
  fanTestEvery: hoursOf({ default: 168, minimum: 1, description: "Between two tests of all fans." }),
  fanTestFor: secondsOf({
    default: 10,
    minimum: 5,
    maximum: 120,
    description: "How long each fan is at full duty.",
  }),
  fanTestFall: percent({
    default: 10,
    minimum: 1,
    description: "Full speed that is so much lower than in a fan's first test calls for maintenance.",
  }),
});
export type FanTestSettings = Static<typeof fanTestSettings>;

/** JSON; s, rpm. */
export interface FanTestState {
  /** Since the last test of all began. */
  readonly since: number;
  /** Fans that still have their turn, the one under test first, and for how long it has had it. */
  readonly queue: readonly string[];
  readonly into: number;
  /** Fastest it turned so far in its turn. */
  readonly fastest: number;
  /** Full speed of each fan in its first test, and in its last one. */
  readonly first: Readonly<Record<string, number>>;
  readonly last: Readonly<Record<string, number>>;
}

export const fanTestInit: FanTestState = { since: 0, queue: [], into: 0, fastest: 0, first: {}, last: {} };

export interface FanTestInput {
  readonly fans: readonly { readonly id: string; readonly rpm: number | undefined }[];
  /** The zone is at its setpoint, nothing is wrong, nobody is disturbed. */
  readonly calm: boolean;
}

export interface FanTestResult {
  /** The fan to be at full duty. */
  readonly under?: string;
  /** Fans that are slower at full duty than they were, and by how many %. */
  readonly fallen: readonly { readonly id: string; readonly fall: number }[];
  readonly state: FanTestState;
}

/** One step. What disturbs ends a test; it begins anew when all is calm. Pure. @param dt seconds since the step before */
export function fanTestStep(
  before: FanTestState,
  { fans, calm }: FanTestInput,
  s: FanTestSettings,
  dt: number,
): FanTestResult {
  const since = Math.min(before.since + dt, 1e9);
  const fallen = fallenOf(before, fans, s);
  const idle = { ...before, since, queue: [], into: 0, fastest: 0 };
  if (!s.fanTest || !calm) return { fallen, state: idle };
  if (before.queue.length === 0) {
    if (!reached(since, s.fanTestEvery * 3600)) return { fallen, state: idle };
    const queue = fans.map(({ id }) => id);
    return { ...under(queue), fallen, state: { ...idle, queue } };
  }
  const [id = "", ...rest] = before.queue;
  const fastest = Math.max(before.fastest, fans.find((one) => one.id === id)?.rpm ?? 0);
  const into = before.into + dt;
  if (!reached(into, s.fanTestFor)) return { under: id, fallen, state: { ...before, since, into, fastest } };
  const known = fastest > 0;
  const state: FanTestState = {
    since: rest.length === 0 ? 0 : since,
    queue: rest,
    into: 0,
    fastest: 0,
    first: known ? { [id]: fastest, ...before.first } : before.first,
    last: known ? { ...before.last, [id]: fastest } : before.last,
  };
  return { ...under(rest), fallen: fallenOf(state, fans, s), state };
}

const under = ([id]: readonly string[]): { readonly under?: string } =>
  id === undefined ? {} : { under: id };

function fallenOf(
  { first, last }: FanTestState,
  fans: FanTestInput["fans"],
  { fanTestFall }: FanTestSettings,
): FanTestResult["fallen"] {
  return fans.flatMap(({ id }) => {
    const [was, is] = [first[id], last[id]];
    if (was === undefined || is === undefined) return [];
    const fall = 100 * (1 - is / was);
    return fall >= fanTestFall ? [{ id, fall }] : [];
  });
}
