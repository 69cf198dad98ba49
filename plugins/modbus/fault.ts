import type { Fault, Path } from "../../devices/plugin.ts";
import { conversion, knownUnits } from "../../devices/units.ts";
import { parseExpression } from "./compute.ts";

/** Notes something wrong: where, what, and what to do about it. */
export type Complain = (path: Path, message: string, remedy: string) => void;

/** A list of faults and the way to add to it. The same complaint about the same place is kept once. */
export function complaints(): { readonly faults: readonly Fault[]; readonly complain: Complain } {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  const complain: Complain = (path, message, remedy) => {
    const key = JSON.stringify([path, message]);
    if (seen.has(key)) return;
    seen.add(key);
    faults.push({ path, message, remedy });
  };
  return { faults, complain };
}

/** How many letters must change to make one text of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The name most like `name`; the empty text when there are none. */
export const closest = (name: string, names: readonly string[]): string =>
  [...names].sort((a, b) => distance(name, a) - distance(name, b) || (a < b ? -1 : 1))[0] ?? "";

/** The name that was most likely meant; undefined when none is near. */
export function meantBy(name: string, names: readonly string[]): string | undefined {
  const best = closest(name, names);
  return best !== "" && distance(name, best) <= Math.max(2, name.length / 3) ? best : undefined;
}

/** @param from absent: the same as `to`, which is always fine */
export function checkUnit(from: string | undefined, to: string, path: Path, complain: Complain): void {
  if (from === undefined || conversion(from, to) !== undefined) return;
  const fitting = knownUnits.filter((symbol) => conversion(symbol, to) !== undefined);
  const remedy = fitting.length === 0 ? "leave the unit out" : `use one of ${fitting.join(", ")}`;
  const known = knownUnits.includes(from)
    ? `${from} cannot become ${to === "" ? "a plain number" : to}`
    : `there is no unit ${from}`;
  complain(path, known, remedy);
}

export function checkComputed(
  text: string | undefined,
  inputs: readonly string[],
  path: Path,
  complain: Complain,
): void {
  if (text === undefined) return;
  const parsed = parseExpression(text);
  if (typeof parsed === "string") {
    complain(path, parsed, "write arithmetic such as `raw * 10 ** sf`");
    return;
  }
  for (const name of parsed.names.filter((used) => used !== "raw" && !inputs.includes(used)))
    complain(path, `there is no input ${name}`, `use raw${inputs.map((input) => `, ${input}`).join("")}`);
}
