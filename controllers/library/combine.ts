import { usable } from "./limit.ts";

/** What one loop asks of the actuators a zone shares. */
export interface Demand {
  readonly name: string;
  /** Not finite or undefined: it has none, and does not count. May be negative. */
  readonly value: number | undefined;
  /** Demands of one group are added, and count as one. Default: each on its own. */
  readonly group?: string;
  /** For `weighted`. Default 1. */
  readonly weight?: number;
  /** For `priority`: the highest that has a value decides. Default 0. */
  readonly priority?: number;
  /** Switched off it does not count. Default true. */
  readonly enabled?: boolean;
  /** It counts in these profiles only. Default: in all. */
  readonly profiles?: readonly string[];
}

/** An upper limit of the result; the lowest one counts. */
export type Ceiling = Pick<Demand, "name" | "value" | "enabled" | "profiles">;

export type CombineRule = "max" | "min" | "sum" | "weighted" | "priority" | "leader";

export interface CombineOptions {
  readonly rule: CombineRule;
  /** For `leader`: whose demand decides while it has one; otherwise the largest of the others does. */
  readonly leader?: string;
  readonly ceilings?: readonly Ceiling[];
  /** The result is never below it, not even for a ceiling. */
  readonly minimum?: number;
  /** Which profile is selected, e.g. `quiet`. A change makes no bump when losers track what is applied. */
  readonly profile?: string;
}

export interface Combined {
  /** Undefined: nobody demands anything, and there is no minimum. */
  readonly value: number | undefined;
  /** Who decided: a demand, a group, a ceiling, or `minimum`. */
  readonly leader: string | undefined;
  /** What the demands alone made. */
  readonly demanded: number | undefined;
  /** Which limit changed that. */
  readonly limit: "none" | "ceiling" | "minimum";
}

interface Candidate {
  readonly name: string;
  readonly value: number;
  readonly weight: number;
  readonly priority: number;
}

/**
 * Makes one demand of several. Pure. Negative demands count like any other. The losers
 * of a maximum or minimum should be handed the result as `applied` (pid.ts): they then track the winner and take over
 * without a step.
 */
export function combine(demands: readonly Demand[], options: CombineOptions): Combined {
  const decided = decide(candidatesOf(demands, options.profile), options);
  const ceiling = lowest(options.ceilings ?? [], options.profile);
  let { value, leader } = decided;
  let limit: Combined["limit"] = "none";
  if (value !== undefined && ceiling !== undefined && value > ceiling.value)
    [value, leader, limit] = [ceiling.value, ceiling.name, "ceiling"];
  if (options.minimum !== undefined && (value === undefined || value < options.minimum))
    [value, leader, limit] = [options.minimum, "minimum", "minimum"];
  return { value, leader, demanded: decided.value, limit };
}

const isOn = ({ enabled = true, profiles }: Ceiling, profile: string | undefined): boolean =>
  enabled && (profiles === undefined || (profile !== undefined && profiles.includes(profile)));

function candidatesOf(demands: readonly Demand[], profile: string | undefined): Candidate[] {
  const candidates: Candidate[] = [];
  const groups = new Map<string, number>();
  for (const one of demands) {
    const { name, value, group, weight = 1, priority = 0 } = one;
    if (!isOn(one, profile) || !usable(value)) continue;
    const at = group === undefined ? undefined : groups.get(group);
    const before = at === undefined ? undefined : candidates[at];
    if (at === undefined || before === undefined) {
      if (group !== undefined) groups.set(group, candidates.length);
      candidates.push({ name: group ?? name, value, weight, priority });
    } else {
      const most = Math.max(before.priority, priority);
      candidates[at] = { ...before, value: before.value + value, priority: most };
    }
  }
  return candidates;
}

type Decision = Pick<Combined, "value" | "leader">;

function decide(candidates: readonly Candidate[], { rule, leader }: CombineOptions): Decision {
  switch (rule) {
    case "max":
      return best(candidates, (a, b) => a.value > b.value);
    case "min":
      return best(candidates, (a, b) => a.value < b.value);
    case "priority":
      return best(candidates, (a, b) =>
        a.priority === b.priority ? a.value > b.value : a.priority > b.priority,
      );
    case "leader": {
      const named = candidates.find((one) => one.name === leader);
      return named === undefined ? best(candidates, (a, b) => a.value > b.value) : pickOf(named);
    }
    case "sum":
      return mixed(candidates, (one) => one.value, 1);
    case "weighted": {
      const weights = candidates.reduce((sum, one) => sum + one.weight, 0);
      return weights > 0 ? mixed(candidates, (one) => one.value * one.weight, weights) : none;
    }
  }
}

const none: Decision = { value: undefined, leader: undefined };
const pickOf = ({ value, name }: Candidate): Decision => ({ value, leader: name });

function best(candidates: readonly Candidate[], wins: (a: Candidate, b: Candidate) => boolean): Decision {
  const [first, ...rest] = candidates;
  if (first === undefined) return none;
  return pickOf(rest.reduce((chosen, one) => (wins(one, chosen) ? one : chosen), first));
}

/** Several decide together; the one with the largest share is named. */
function mixed(candidates: readonly Candidate[], share: (one: Candidate) => number, by: number): Decision {
  if (candidates.length === 0) return none;
  const value = candidates.reduce((sum, one) => sum + share(one), 0) / by;
  return { value, leader: best(candidates, (a, b) => Math.abs(share(a)) > Math.abs(share(b))).leader };
}

function lowest(
  ceilings: readonly Ceiling[],
  profile: string | undefined,
): { readonly name: string; readonly value: number } | undefined {
  let found: { name: string; value: number } | undefined;
  for (const one of ceilings) {
    const { name, value } = one;
    if (isOn(one, profile) && usable(value) && (found === undefined || value < found.value))
      found = { name, value };
  }
  return found;
}

/** Something switched off or overridden for a while: seconds left, 0 when it is over. JSON. */
export const expireStep = (left: number, dt: number): number =>
  usable(dt) ? Math.max(0, left - Math.max(0, dt)) : left;
