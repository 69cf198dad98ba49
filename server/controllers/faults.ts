import { type Millis, hours, seconds } from "../../devices/clock.ts";
import { namePattern } from "../../devices/device.ts";
import { parseDuration } from "../../devices/duration.ts";
import { type Entry, isEntry } from "../../devices/entry.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Fault, Path } from "../../devices/plugin.ts";
import { parseTag, tagRemedy } from "../../devices/tag.ts";
import type { Definition } from "../../controllers/contract.ts";
import { completeSettings } from "../../controllers/runtime/settings.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { nearest } from "../../devices/nearest.ts";
import { isFile } from "./section.ts";

/**
 * All that is wrong with the section `controllers` beyond its schema, as far as it can be told without running anybody's
 * code. It may be of any shape.
 */
export function controllerFaults(section: unknown, known: readonly Definition[] = shipped): readonly Fault[] {
  if (!isEntry(section)) return [];
  return Object.entries(section).flatMap(([name, entry]) =>
    isEntry(entry) ? [...faultsOf(["controllers", name], entry, known)] : [],
  );
}

const longestName = 64;
/** What is fed more often leaves a line no time for anything else. */
const shortestBeat: Millis = seconds(1);
/** Equipment is not left as it is for longer when nobody knows any more what it should do. */
const longestHold: Millis = hours(1);

function* faultsOf(path: Path, entry: Entry, known: readonly Definition[]): Generator<Fault> {
  yield* nameFaults(path);
  yield* timeFaults(path, entry);
  yield* tagFaults([...path, "where"], entry["where"]);
  const { use } = entry;
  const definition = known.find(({ name }) => name === use);
  if (typeof use === "string" && definition === undefined && !isFile(use)) yield unknownUse(path, use, known);
  for (const side of ["inputs", "outputs"] as const) {
    const given = entry[side];
    if (!isEntry(given)) continue;
    for (const [name, tags] of Object.entries(given)) {
      yield* tagFaults([...path, side, name], tags);
      if (definition !== undefined)
        yield* unknownName([...path, side, name], name, Object.keys(definition[side]));
    }
  }
  if (definition !== undefined) yield* settingFaults([...path, "settings"], entry["settings"], definition);
}

/** It names folders of what is kept, and places in URLs. */
function* nameFaults(path: Path): Generator<Fault> {
  const name = String(path.at(-1));
  if (name.length > longestName) {
    const message = `the name of a controller has at most ${longestName} characters`;
    yield { path, message, remedy: "shorten it; `settings` and tags say the rest" };
    return;
  }
  if (new RegExp(namePattern).test(name)) return;
  const remedy = "use letters, digits, `.`, `_` and `-` only, a letter or digit first";
  yield { path, message: `\`${name}\` cannot be the name of a controller`, remedy };
}

function* timeFaults(path: Path, { holdFor, heartbeat }: Entry): Generator<Fault> {
  const spanOf = (value: unknown): Millis | undefined =>
    typeof value === "string" ? parseDuration(value) : undefined;
  if ((spanOf(holdFor) ?? 0) > longestHold)
    yield { path: [...path, "holdFor"], message: "it is longer than 1 h", remedy: "write `1h` or less" };
  for (const [i, beat] of (Array.isArray(heartbeat) ? (heartbeat as unknown[]) : []).entries())
    if (isEntry(beat) && (spanOf(beat["every"]) ?? shortestBeat) < shortestBeat) {
      const remedy = "write `1s` or more, well within the watchdog's time";
      yield { path: [...path, "heartbeat", i, "every"], message: "it is shorter than 1 s", remedy };
    }
}

function unknownUse(path: Path, use: string, known: readonly Definition[]): Fault {
  const names = known.map(({ name }) => name);
  const meant = nearest(use, names);
  const there = names.length === 0 ? "none comes with Bothy" : `there are ${names.join(", ")}`;
  return {
    path: [...path, "use"],
    message: `there is no controller \`${use}\``,
    remedy: meant === undefined ? `${there}; a file of your own begins with ./` : `write \`${meant}\``,
  };
}

function* unknownName(path: Path, name: string, known: readonly string[]): Generator<Fault> {
  if (known.includes(name)) return;
  const meant = nearest(name, known);
  const remedy = meant === undefined ? `there are ${known.join(", ")}` : `write \`${meant}\``;
  yield { path, message: `the controller has no \`${name}\` there`, remedy };
}

function* tagFaults(path: Path, tags: unknown): Generator<Fault> {
  if (!Array.isArray(tags)) return;
  for (const [i, tag] of (tags as unknown[]).entries())
    if (typeof tag === "string" && parseTag(tag) === undefined)
      yield { path: [...path, i], message: `\`${tag}\` is no tag`, remedy: tagRemedy };
}

/** Every setting each for itself, so that each fault has its place; then all together. */
function* settingFaults(path: Path, settings: unknown, definition: Definition): Generator<Fault> {
  if (settings !== undefined && !isEntry(settings)) return;
  const given = settings ?? {};
  let faulty = false;
  for (const [name, value] of Object.entries(given)) {
    const fault = refusal(definition, { [name]: value }, false);
    if (fault === undefined) continue;
    faulty = true;
    yield { path: [...path, name], message: fault, remedy: remedyFor(name, definition) };
  }
  if (faulty) return;
  const together = refusal(definition, given, true);
  if (together !== undefined)
    yield { path, message: together, remedy: "change one of the settings it names" };
}

function refusal(definition: Definition, given: Entry, together: boolean): string | undefined {
  try {
    const complete = completeSettings(definition, given);
    return together ? definition.check?.(complete) : undefined;
  } catch (error) {
    return String(asBothyError(error, "its settings").params["fault"]);
  }
}

function remedyFor(name: string, { settings }: Definition): string {
  const properties = settings.properties as Readonly<Record<string, Entry>>;
  const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (schema === undefined) {
    const meant = nearest(name, Object.keys(properties));
    return meant === undefined ? "remove it" : `write \`${meant}\``;
  }
  const { minimum, maximum, unit = "", description = "" } = schema;
  const range =
    minimum === undefined && maximum === undefined
      ? ""
      : ` within ${String(minimum)}..${String(maximum)} ${String(unit)}`;
  return `write a value${range.trimEnd()} (${String(description)})`;
}
