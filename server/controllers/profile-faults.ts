import { type Entry, isEntry } from "../../devices/entry.ts";
import { nearest } from "../../devices/nearest.ts";
import type { Fault } from "../../devices/plugin.ts";
import { type BoundOutput, outputKey } from "../../controllers/runtime/binding.ts";
import type { CheckFault } from "../config-check.ts";

/** Profiles by name, of a section of any shape: what is wrong with that is said elsewhere. */
export function namesOf(profiles: unknown): readonly string[] {
  const names: unknown = isEntry(profiles) ? profiles["names"] : undefined;
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/** Those one controller says it works in; undefined: in all. */
export function profilesOf(section: Entry): readonly string[] | undefined {
  const { profiles } = section;
  return Array.isArray(profiles) ? profiles.filter((name) => typeof name === "string") : undefined;
}

/** Profiles that are named and not declared, beyond what the schema of the configuration says. */
export function* profileFaults({ profiles, controllers }: Entry): Generator<Fault> {
  const names = namesOf(profiles);
  for (const [i, name] of names.entries())
    if (names.indexOf(name) < i)
      yield { path: ["profiles", "names", i], message: `\`${name}\` is there twice`, remedy: "remove one" };
  const usual = isEntry(profiles) ? profiles["default"] : undefined;
  if (typeof usual === "string" && !names.includes(usual))
    yield { path: ["profiles", "default"], ...unknown(usual, names) };
  for (const [controller, section] of Object.entries(isEntry(controllers) ? controllers : {}))
    for (const [i, name] of (isEntry(section) ? (profilesOf(section) ?? []) : []).entries())
      if (!names.includes(name))
        yield { path: ["controllers", controller, "profiles", i], ...unknown(name, names) };
}

function unknown(name: string, names: readonly string[]): Pick<Fault, "message" | "remedy"> {
  const message = `there is no profile \`${name}\``;
  if (names.length === 0)
    return { message, remedy: `declare it: \`profiles: { names: [${name}] }\` beside \`controllers\`` };
  const meant = nearest(name, names);
  const there = `there are ${names.join(", ")}: add it to \`profiles.names\``;
  return { message, remedy: meant === undefined ? there : `write \`${meant}\`` };
}

/** A controller, what it is bound to, and in which profiles it works. */
export interface Working {
  readonly name: string;
  readonly outputs: readonly BoundOutput[];
  readonly failSafe: Entry;
  readonly profiles?: readonly string[];
}

/** What it has a fail-safe value for. */
const owned = ({ outputs, failSafe }: Working): readonly BoundOutput[] =>
  outputs.filter(({ output }) => (failSafe[output] ?? null) !== null);

/** Outputs that some profile leaves without anybody who commands them: notes, since that may be meant. */
export function aloneNotes(all: readonly Working[], names: readonly string[]): readonly CheckFault[] {
  return names.flatMap((profile) => {
    const works = ({ profiles }: Working): boolean => profiles === undefined || profiles.includes(profile);
    const taken = new Set(all.filter(works).flatMap((one) => owned(one).map(outputKey)));
    return all
      .filter((one) => !works(one))
      .flatMap((one) => {
        const { name, failSafe } = one;
        const [first, ...others] = owned(one).filter((output) => {
          const key = outputKey(output);
          const left = !taken.has(key);
          taken.add(key);
          return left;
        });
        if (first === undefined) return [];
        const more = others.length === 0 ? "" : ` and ${others.length} more`;
        const value = String(failSafe[first.output]);
        return [
          {
            path: ["controllers", name, "profiles"],
            message: `in profile ${profile} no controller has ${first.name} ${first.action}${more}: it goes to a fail-safe value of whoever had it, such as ${value} of ${name}`,
            remedy: `name \`${profile}\` in \`profiles\` of one that is to command it, or leave it so`,
            isNote: true,
          } satisfies CheckFault,
        ];
      });
  });
}
