import { type Static, Type } from "typebox";
import type { Instant } from "../../devices/clock.ts";
import type { Observation } from "../sample.ts";
import { usable } from "./limit.ts";
import { wordOf } from "./words.ts";

/** What sensors that failed do to an output. */
export const failSafeSettings = Type.Object({
  failSafeMode: wordOf(["floor", "exact"], {
    default: "floor",
    description:
      "floor: without a believable input the output is the fail-safe value, or what it was before when that is more. " +
      "exact: it is the fail-safe value.",
  }),
});
export type FailSafeMode = Static<typeof failSafeSettings>["failSafeMode"];

/** What an output becomes when something it depends on has failed. @param computed undefined: nothing is known */
export const underFailSafe = (
  computed: number | undefined,
  failSafe: number | undefined,
  mode: FailSafeMode,
): number | undefined => {
  if (failSafe === undefined) return computed;
  return mode === "exact" || !usable(computed) ? failSafe : Math.max(computed, failSafe);
};

/**
 * Why a sensor counts as failed. `limit`: its device says that it is beyond a critical limit of its own; `no-margin`: it
 * is at its limit or beyond, although it reads well; `group`: what watches over its redundancy says so.
 */
export type FailureCause = "missing" | "stale" | "not-a-number" | "limit" | "no-margin" | "group";

/** What is looked at beside the reading itself. */
export interface Judging {
  /** It reads what is left to a limit, K: 0 and less is none. */
  readonly margin?: boolean;
  /** Which crossed limits count, as the device says under `status`. Default: critical and worse. */
  readonly statuses?: readonly string[];
  /** What watches over the group it belongs to says that the group has failed. */
  readonly groupFailed?: boolean;
}

const critical: readonly string[] = ["critical", "non-recoverable"];

/** Why a sensor counts as failed; undefined: it does not. Pure. */
export function causeOf(seen: Observation, judging: Judging = {}): FailureCause | undefined {
  if (judging.groupFailed === true) return "group";
  if (seen.quality === "bad")
    return seen.code === "STALE" ? "stale" : seen.code === "NOT_A_NUMBER" ? "not-a-number" : "missing";
  if (judging.margin === true && seen.value <= 0) return "no-margin";
  const { statuses = critical } = judging;
  const status = seen.context?.["status"];
  return status !== undefined && statuses.includes(status) ? "limit" : undefined;
}

export interface Failing {
  readonly cause: FailureCause;
  /** When it was first seen to have failed, for this cause. */
  readonly since: Instant;
}

/** By name: those that have failed. JSON. */
export type Failures = Readonly<Record<string, Failing>>;

/** Keeps since when each sensor has failed, and why. Pure. @param now cause by name; undefined: it is well */
export function failuresStep(
  before: Failures,
  now: Readonly<Record<string, FailureCause | undefined>>,
  at: Instant,
): Failures {
  const failures: Record<string, Failing> = {};
  for (const [name, cause] of Object.entries(now)) {
    const known = before[name];
    if (cause !== undefined) failures[name] = known?.cause === cause ? known : { cause, since: at };
  }
  return failures;
}

/**
 * The fail-safe value while sensors have failed: the largest of theirs. Undefined: none has failed.
 * @param own of each that failed; 0, absent or no number: it has none of its own
 * @param zone of those that have none
 */
export const failSafeOf = (own: readonly (number | undefined)[], zone: number): number | undefined =>
  own.length === 0 ? undefined : Math.max(...own.map((value) => (usable(value) && value > 0 ? value : zone)));
