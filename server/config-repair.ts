import type { Path } from "../devices/plugin.ts";
import type { CheckFault, Checker } from "./config-check.ts";
import type { TSchema } from "typebox";

export interface Repaired {
  readonly value: object;
  /** What was taken away: nothing more needs to be said of it. */
  readonly removed: readonly Path[];
}

/**
 * An entry without what is wrong in it, so that the rest of it can be checked in the same run.
 * @param faults of `value` at `base`
 * @returns undefined when what remains is none either
 */
export function repaired(
  checker: Checker,
  schema: TSchema,
  value: object,
  faults: readonly CheckFault[],
  base: Path,
): Repaired | undefined {
  const copy = structuredClone(value);
  const removed: Path[] = [];
  for (const { path, meant } of faults) {
    const parent = parentIn(copy, path.slice(base.length));
    const key = String(path.at(-1));
    if (parent === undefined || path.length === base.length) return undefined;
    if (meant !== undefined && !Object.hasOwn(parent, meant)) parent[meant] = parent[key];
    Reflect.deleteProperty(parent, key);
    removed.push(path);
  }
  return checker.check(schema, copy, base).length === 0 ? { value: copy, removed } : undefined;
}

/** What holds the last step of a path; undefined for an item of a list, which cannot go without moving the others. */
function parentIn(value: object, path: Path): Record<string, unknown> | undefined {
  let here: unknown = value;
  for (const step of path.slice(0, -1)) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[String(step)];
  }
  if (typeof here !== "object" || here === null || Array.isArray(here)) return undefined;
  return here as Record<string, unknown>;
}

/** Whether a path is another or lies below it. */
export const isWithin = (path: Path, other: Path): boolean =>
  path.length >= other.length && other.every((step, i) => path[i] === step);
