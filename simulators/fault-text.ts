import { parse as parseYaml } from "yaml";
import type { Millis } from "./clock.ts";
import { type Argument, type FaultSpec, readDuration, readShare } from "./fault-arguments.ts";
import { faultKinds, type FaultKind, faultSpecs } from "./fault-kinds.ts";

export { faultKinds, faultSpecs, readDuration, type FaultKind, type FaultSpec };
export type { TargetKind } from "./fault-arguments.ts";

export interface Fault {
  /** Name of a unit or line, or `site`. */
  readonly target: string;
  readonly kind: FaultKind;
  readonly delay?: Millis;
  readonly code?: number;
  readonly sensor?: string;
  /** A second sensor: `supply`, or of another unit, `probe-outlet.temperature`. */
  readonly other?: string;
  readonly value?: number;
  readonly fan?: number;
  /** Share of bits, 0..1. */
  readonly bits?: number;
  /** Share of packets or answers, 0..1. */
  readonly share?: number;
  /** A command as netFn/cmd, in hex. */
  readonly command?: string;
  /** A power supply, from 1. */
  readonly supply?: number;
  /** An outlet or a server, from 1. */
  readonly outlet?: number;
  readonly server?: number;
  /** How many modules or stages. */
  readonly count?: number;
  /** What is added to a value, or how often its noise is multiplied. */
  readonly amount?: number;
  /** Share of answers concerned, 0..1; absent: all. */
  readonly probability?: number;
  /** How long it lasts; absent: until cleared. */
  readonly duration?: Millis;
}

/** What is wrong with a fault somebody asked for, and what is allowed. */
export class FaultError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FaultError";
  }
}

const list = (names: readonly string[]): string => names.join(", ");

function needKind(name: string): FaultKind {
  const kind = faultKinds.find((known) => known === name);
  if (kind === undefined) throw new FaultError(`no fault is called "${name}"; there are ${list(faultKinds)}`);
  return kind;
}

const options = {
  probability: { allowed: "a share such as 0.3 or 30%", read: readShare },
  duration: { allowed: "a duration such as 30s or 5m", read: readDuration },
} as const;

/**
 * Reads a fault as people write it: `<target> <kind> [arguments] [with probability <share>] [for <duration>]`,
 * such as `tray-a silent for 30s`, `dx-1 exception 6 with probability 20%`, `probe-inlet stuck temperature at 55`.
 * @throws FaultError naming what is wrong and what is allowed
 */
export function parseFault(text: string): Fault {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "at" && word !== "");
  const [target, name, ...rest] = words;
  if (target === undefined || name === undefined) {
    throw new FaultError(
      `"${text}" is no fault; write <target> <kind> [arguments] [with probability <share>] [for <duration>]`,
    );
  }
  const given = new Map<string, string>([
    ["target", target],
    ["kind", name],
  ]);
  takeOption(rest, "for", "duration", given);
  takeOption(rest, "probability", "probability", given);
  if (rest.at(-1) === "with") rest.pop();
  for (const argument of faultSpecs[needKind(name)].arguments as readonly Argument[]) {
    const [word] = rest;
    if (word === undefined || (argument.read(word) === undefined && !argument.required)) continue;
    given.set(argument.key, word);
    rest.shift();
  }
  if (rest.length > 0) throw new FaultError(`"${rest.join(" ")}" means nothing in "${text}"`);
  return build(given);
}

/** Takes `<word> <value>` out of the words. */
function takeOption(words: string[], word: string, key: string, given: Map<string, string>): void {
  const at = words.indexOf(word);
  if (at < 0) return;
  const [, value] = words.splice(at, 2);
  if (value === undefined) throw new FaultError(`"${word}" wants a value after it`);
  given.set(key, value);
}

/**
 * Reads a fault as data, such as `{ target: "tray-a", kind: "slow", delay: "300ms", duration: "30s" }`.
 * @throws FaultError naming what is wrong and what is allowed
 */
export function faultFrom(data: unknown): Fault {
  if (typeof data === "string") return parseFault(data);
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new FaultError("a fault is a line of text or a map with target and kind");
  }
  const given = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== "string" && typeof value !== "number") {
      throw new FaultError(`${key} must be text or a number`);
    }
    given.set(key, String(value));
  }
  return build(given);
}

function build(given: ReadonlyMap<string, string>): Fault {
  const target = given.get("target");
  const name = given.get("kind");
  if (target === undefined || name === undefined) throw new FaultError("a fault needs a target and a kind");
  const kind = needKind(name);
  const spec: FaultSpec = faultSpecs[kind];
  const fault: Record<string, string | number> = { target, kind };
  const answers = spec.target === "unit" || kind === "bad-checksum";
  const allowed = answers ? ["probability", "duration"] : ["duration"];
  const known = ["target", "kind", ...spec.arguments.map(({ key }) => key), ...allowed];
  for (const key of given.keys()) {
    if (!known.includes(key))
      throw new FaultError(`${kind} takes no ${key}; it takes ${list(known.slice(2))}`);
  }
  const readers: readonly (Pick<Argument, "allowed" | "read"> & { key: string; required: boolean })[] = [
    ...spec.arguments,
    { key: "probability", required: false, ...options.probability },
    { key: "duration", required: false, ...options.duration },
  ];
  for (const { key, required, allowed: wanted, read } of readers) {
    const text = given.get(key);
    if (text === undefined) {
      if (required) throw new FaultError(`${kind} wants ${wanted}`);
      continue;
    }
    const value = read(text);
    if (value === undefined) throw new FaultError(`${key} of ${kind} must be ${wanted}, not "${text}"`);
    fault[key] = value;
  }
  // It is over when the BMC is back, whether or not somebody ends it.
  if (kind === "reboot") fault["duration"] ??= fault["delay"] ?? rebootTime;
  return fault as unknown as Fault;
}

const rebootTime: Millis = 12_000;

export interface ScriptEntry {
  /** From the start of the script. */
  readonly at: Millis;
  readonly fault: Fault;
}

/**
 * Reads a script of faults: a YAML or JSON list whose entries have `at` and either `fault` (text) or the fields of
 * a fault. Sorted by time.
 * @throws FaultError naming the entry (from 1) and what is wrong with it
 */
export function parseScript(text: string): readonly ScriptEntry[] {
  const data: unknown = parseYaml(text);
  if (!Array.isArray(data)) throw new FaultError("a script is a list of faults");
  return data
    .map((entry: unknown, i) => {
      try {
        return scriptEntry(entry);
      } catch (error) {
        if (error instanceof FaultError) throw new FaultError(`entry ${i + 1}: ${error.message}`);
        throw error;
      }
    })
    .sort((a, b) => a.at - b.at);
}

function scriptEntry(data: unknown): ScriptEntry {
  if (typeof data !== "object" || data === null) throw new FaultError("must be a map with at and fault");
  const { at, fault, ...fields } = data as Record<string, unknown>;
  const due = typeof at === "string" ? readDuration(at) : undefined;
  if (due === undefined) throw new FaultError('at must be a duration such as "30s"');
  if (fault !== undefined && Object.keys(fields).length > 0) {
    throw new FaultError("give either fault or its fields, not both");
  }
  return { at: due, fault: faultFrom(fault ?? fields) };
}
