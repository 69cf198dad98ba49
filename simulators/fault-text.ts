import { parse as parseYaml } from "yaml";
import type { Millis } from "./clock.ts";

/** What a fault can be put on. */
export type TargetKind = "unit" | "line" | "site";

interface Argument {
  readonly key: "delay" | "code" | "sensor" | "value" | "fan" | "bits";
  readonly required: boolean;
  /** What is allowed, for people. */
  readonly allowed: string;
  readonly read: (text: string) => string | number | undefined;
}

export interface FaultSpec {
  readonly target: TargetKind;
  readonly arguments: readonly Argument[];
  readonly about: string;
  /** One of the demonstration, as people write it. */
  readonly example: string;
}

const number = (text: string): number | undefined =>
  /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;

const within = (low: number, high: number, whole: boolean) => (text: string) => {
  const value = number(text);
  return value === undefined || value < low || value > high || (whole && !Number.isInteger(value))
    ? undefined
    : value;
};

const delay = (required: boolean): Argument => ({
  key: "delay",
  required,
  allowed: "a duration such as 300ms or 2s",
  read: readDuration,
});

/** Every kind of fault there is. */
export const faultSpecs = {
  silent: { target: "unit", arguments: [], about: "does not answer", example: "tray-a silent for 30s" },
  slow: {
    target: "unit",
    arguments: [delay(true)],
    about: "answers that much later",
    example: "probe-inlet slow 300ms",
  },
  late: {
    target: "unit",
    arguments: [delay(false)],
    about: "answers after the client gave up",
    example: "dx-1 late 2s with probability 10%",
  },
  "bad-crc": {
    target: "unit",
    arguments: [],
    about: "answers with a wrong check sum (serial lines only)",
    example: "meter-1 bad-crc with probability 20%",
  },
  "wrong-unit": {
    target: "unit",
    arguments: [],
    about: "answers under another unit id",
    example: "dc-1 wrong-unit",
  },
  "short-frame": {
    target: "unit",
    arguments: [],
    about: "stops in the middle of its answer",
    example: "io-1 short-frame",
  },
  "long-frame": {
    target: "unit",
    arguments: [],
    about: "sends more bytes than its answer has",
    example: "io-1 long-frame",
  },
  exception: {
    target: "unit",
    arguments: [
      { key: "code", required: true, allowed: "an exception code 1..255", read: within(1, 255, true) },
    ],
    about: "refuses everything",
    example: "dx-1 exception 6",
  },
  stuck: {
    target: "unit",
    arguments: [
      {
        key: "sensor",
        required: false,
        allowed: "the name of a sensor",
        read: (text) => (/^[a-z][a-z0-9-]*$/.test(text) ? text : undefined),
      },
      { key: "value", required: false, allowed: "a number", read: number },
    ],
    about: "a sensor keeps giving one value, by default the present one",
    example: "probe-inlet stuck temperature at 55",
  },
  "dead-fan": {
    target: "unit",
    arguments: [{ key: "fan", required: true, allowed: "a fan 1..8", read: within(1, 8, true) }],
    about: "a fan stops turning",
    example: "tray-a dead-fan 3",
  },
  lockout: {
    target: "unit",
    arguments: [],
    about: "the air-conditioner's high-pressure switch trips",
    example: "dx-1 lockout",
  },
  noise: {
    target: "line",
    arguments: [
      {
        key: "bits",
        required: true,
        allowed: "the share of bits that flip, as 0.001 or 0.1%",
        read: readShare,
      },
    ],
    about: "bits flip at random, both ways",
    example: "line-b noise 0.1%",
  },
  "line-cut": {
    target: "line",
    arguments: [],
    about: "nothing passes, either way",
    example: "line-a line-cut for 10s",
  },
  "door-open": { target: "site", arguments: [], about: "the door stands open", example: "site door-open" },
  "mains-loss": {
    target: "site",
    arguments: [],
    about: "the mains fails",
    example: "site mains-loss for 5m",
  },
  smoke: { target: "site", arguments: [], about: "the smoke detector trips", example: "site smoke" },
  leak: { target: "site", arguments: [], about: "water on the floor", example: "site leak" },
} as const satisfies Record<string, FaultSpec>;

export type FaultKind = keyof typeof faultSpecs;
export const faultKinds = Object.keys(faultSpecs) as readonly FaultKind[];

export interface Fault {
  /** Name of a unit or line, or `site`. */
  readonly target: string;
  readonly kind: FaultKind;
  readonly delay?: Millis;
  readonly code?: number;
  readonly sensor?: string;
  readonly value?: number;
  readonly fan?: number;
  /** Share of bits, 0..1. */
  readonly bits?: number;
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

const units: Record<string, Millis> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `300ms`, `2s`, `1.5m` or `1h`; undefined for anything else. */
export function readDuration(text: string): Millis | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (units[unit ?? ""] ?? NaN);
}

/** 0..1 of `0.3` or `30%`. */
function readShare(text: string): number | undefined {
  const [, amount, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const share = Number(amount) / (percent === "%" ? 100 : 1);
  return share >= 0 && share <= 1 ? share : undefined;
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
  const allowed = spec.target === "unit" ? ["probability", "duration"] : ["duration"];
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
  return fault as unknown as Fault;
}

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
