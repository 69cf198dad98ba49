import { isEntry } from "../../devices/entry.ts";
import { slots, type Slot } from "../../devices/transaction.ts";
import type { DeviceId } from "../../devices/value-id.ts";
import type { FailSafe, StepResult } from "../contract.ts";
import type { Rank, Wanted } from "../outputs.ts";
import type { Frame, Target } from "./frame.ts";
import type { Shape } from "./shape.ts";

/** A step's result that was looked at: what it wants per output. */
export interface Wishes {
  readonly of: Readonly<Record<string, Wished | undefined>>;
  /** Devices that are told something by themselves and that nothing is bound to, for people. */
  readonly unknown: readonly string[];
  readonly result: StepResult;
}

/** What is wanted of one output, and how firmly and why of each device. */
export interface Wished {
  readonly want: Wanted;
  readonly slot: (device: DeviceId) => Slot;
  readonly why: (device: DeviceId) => string | undefined;
}

const ranks: Readonly<Record<Rank, Slot>> = {
  lifeSafety: slots.lifeSafety,
  equipmentProtection: slots.equipmentProtection,
  minimumOnOff: slots.minimumOnOff,
  controller: slots.controller,
};

const byController = (): Slot => slots.controller;
const withoutWhy = (): undefined => undefined;

/**
 * Looks at what a step gave back, which may be anything.
 * @returns what it wants, or for people what is wrong with it
 */
export function readResult(raw: unknown, shape: Shape, outputs: Frame["outputs"]): Wishes | string {
  if (!isEntry(raw)) return `the step gave ${spell(raw)} instead of an object with outputs, state and reason`;
  if (!isEntry(raw["outputs"])) return "the result has no `outputs`";
  if (typeof raw["reason"] !== "string" || raw["reason"] === "")
    return "the result has no `reason`: one sentence for people, why the outputs are what they are";
  const rest = faultOfKeys(raw) ?? faultOfRest(raw, shape);
  if (rest !== undefined) return rest;
  const of: Record<string, Wished | undefined> = {};
  const unknown: string[] = [];
  for (const name of Object.keys(raw["outputs"])) {
    if (!Object.hasOwn(shape.outputs, name))
      return `\`${name}\` is no output of this controller; it has: ${Object.keys(shape.outputs).join(", ")}`;
    const wished = readWish(raw["outputs"][name], name, outputs[name] ?? []);
    if (typeof wished === "string") return wished;
    of[name] = wished;
    const want = wished?.want;
    if (typeof want === "object" && want !== null)
      unknown.push(...strangers(name, want.each, outputs[name] ?? []));
  }
  const failSafe = faultOfFailSafe(raw["failSafe"], shape, outputs);
  if (failSafe !== undefined) return failSafe;
  if (raw["state"] === undefined && !("state" in raw))
    return "the result has no `state`: what the next step begins with";
  return { of, unknown, result: raw as unknown as StepResult };
}

const resultKeys = Object.keys({
  ...{ outputs: true, state: true, reason: true, leader: true, terms: true, limits: true },
  ...{ alarms: true, published: true, failSafe: true, missing: true, lacks: true },
} satisfies Record<keyof StepResult, true>);

/** What nobody reads is a slip, such as `publish`: told, not passed over. */
function faultOfKeys(raw: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(raw).find((key) => !resultKeys.includes(key));
  if (unknown === undefined) return undefined;
  return `a result has no \`${unknown.slice(0, 60)}\`; it has: ${resultKeys.join(", ")}`;
}

function faultOfRest(
  raw: Readonly<Record<string, unknown>>,
  { publishes, inputs }: Shape,
): string | undefined {
  const { terms, limits, alarms, published, leader, missing, lacks } = raw;
  if (leader !== undefined && typeof leader !== "string") return "`leader` is no text";
  if (missing !== undefined && typeof missing !== "string") return "`missing` is no text";
  if (
    lacks !== undefined &&
    !(Array.isArray(lacks) && lacks.every((name) => Object.hasOwn(inputs, String(name))))
  )
    return `\`lacks\` is no list of names of inputs; there are: ${Object.keys(inputs).join(", ") || "none"}`;
  if (terms !== undefined) {
    if (!isEntry(terms)) return "`terms` is no object";
    for (const key of Object.keys(terms))
      if (typeof terms[key] !== "number") return `\`terms.${key}\` is ${spell(terms[key])}, not a number`;
  }
  if (limits !== undefined && !(Array.isArray(limits) && limits.every((one) => typeof one === "string")))
    return "`limits` is no list of texts";
  if (alarms !== undefined && !(Array.isArray(alarms) && alarms.every(isAlarm)))
    return "`alarms` is no list of { id, severity, text }";
  if (Array.isArray(alarms) && alarms.length > mostAlarms)
    return `there are ${alarms.length} alarms; people read ${mostAlarms} at the most: tell of several in one`;
  if (published === undefined) return undefined;
  if (!isEntry(published)) return "`published` is no object";
  for (const key of Object.keys(published)) {
    if (publishes === undefined || !Object.hasOwn(publishes, key))
      return `\`published.${key}\` is not declared: add it to \`publishes\` of the definition`;
    const value = published[key];
    const fits =
      typeof value === "number" ? Number.isFinite(value) : ["string", "boolean"].includes(typeof value);
    if (!fits) return `\`published.${key}\` is ${spell(value)}`;
  }
  return undefined;
}

/** One for every device of a large site; more is a fault of the controller. */
const mostAlarms = 1000;
const severities: readonly unknown[] = ["notice", "warning", "major", "critical"];
const isAlarm = (one: unknown): boolean =>
  isEntry(one) &&
  typeof one["id"] === "string" &&
  typeof one["text"] === "string" &&
  one["asOf"] === undefined &&
  severities.includes(one["severity"]);

function faultOfFailSafe(raw: unknown, shape: Shape, outputs: Frame["outputs"]): string | undefined {
  if (raw === undefined) return undefined;
  if (!isEntry(raw)) return "`failSafe` is no object";
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(shape.outputs, name)) return `\`failSafe.${name}\` is no output of this controller`;
    const fault = raw[name] === null ? undefined : faultOfValue(raw[name], outputs[name] ?? []);
    if (fault !== undefined) return `failSafe.${name}: ${fault}`;
  }
  return undefined;
}

function readWish(raw: unknown, name: string, targets: readonly Target[]): Wished | string | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (!isEntry(raw) || !("want" in raw)) {
    const fault = faultOfWanted(raw, name, targets);
    return fault ?? { want: raw as Wanted, slot: byController, why: withoutWhy };
  }
  const { want, rank = "controller", why } = raw;
  const wrong = valuesOf(rank).find((one) => typeof one !== "string" || !Object.hasOwn(ranks, one));
  if (wrong !== undefined)
    return `${name}: there is no rank ${spell(wrong)}; there are: ${Object.keys(ranks).join(", ")}`;
  if (why !== undefined && valuesOf(why).some((one) => typeof one !== "string"))
    return `${name}: \`why\` is no text`;
  if (want === undefined || want === null) return undefined;
  const fault = faultOfWanted(want, name, targets);
  if (fault !== undefined) return fault;
  const [rankOf, whyOf] = [perDevice(rank), perDevice(why)];
  return {
    want: want as Wanted,
    slot: (device) => ranks[(rankOf(device) ?? "controller") as Rank],
    why: whyOf,
  };
}

/** Of all devices alike, or of each. */
const valuesOf = (given: unknown): readonly unknown[] =>
  isEntry(given) && isEntry(given["each"]) ? Object.values(given["each"]) : [given];

/** @param given was looked at already */
function perDevice(given: unknown): (device: DeviceId) => string | undefined {
  if (!isEntry(given)) return () => given as string | undefined;
  const each = given["each"] as Readonly<Record<DeviceId, string>>;
  return (device) => (Object.hasOwn(each, device) ? each[device] : undefined);
}

function faultOfWanted(raw: unknown, name: string, targets: readonly Target[]): string | undefined {
  if (!isEntry(raw)) {
    const fault = faultOfValue(raw, targets);
    return fault === undefined ? undefined : `${name}: ${fault}`;
  }
  const { each } = raw;
  if (!isEntry(each)) return `${name}: ${spell(raw)} is no number, text, null or { each: … }`;
  for (const target of targets) {
    const value = each[target.device];
    const fault = value === undefined || value === null ? undefined : faultOfValue(value, [target]);
    if (fault !== undefined) return `${name}: ${fault}`;
  }
  return undefined;
}

function faultOfValue(value: unknown, targets: readonly Target[]): string | undefined {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return `${String(value)} is no finite number`;
  } else if (typeof value !== "string") return `${spell(value)} is neither a number nor a text`;
  for (const { accepts, name } of targets) {
    if (accepts.kind === "number" && typeof value !== "number")
      return `${name} takes a number from ${accepts.min} to ${accepts.max} ${accepts.unit}, not ${spell(value)}`;
    if (accepts.kind === "choice" && !(typeof value === "string" && accepts.choices.includes(value)))
      return `${name} takes one of ${accepts.choices.join(", ")}, not ${spell(value)}`;
    if (accepts.kind === "text" && !(typeof value === "string" && value.length <= accepts.maxLength))
      return `${name} takes a text of at most ${accepts.maxLength} characters, not ${spell(value)}`;
    if (accepts.kind === "none") return `${name} takes no value`;
  }
  return undefined;
}

/** Whom a step means by name and does not know: a device that is gone, or an alias in place of an id. */
const strangers = (
  output: string,
  each: Readonly<Record<string, unknown>>,
  targets: readonly Target[],
): readonly string[] =>
  Object.keys(each)
    .filter((device) => !targets.some((target) => target.device === device))
    .map((device) => `${output} ${device.slice(0, 100)}`);

/** What one device is to be told; undefined: given up. */
export function wantedFor(want: Wanted, device: DeviceId): number | string | undefined {
  if (typeof want !== "object" || want === null) return want ?? undefined;
  return want.each[device] ?? undefined;
}

/** What is wrong with fail-safe values for the things they are meant for; undefined when nothing is. */
export function faultOfFailSafeValues(values: FailSafe, shape: Shape): string | undefined {
  for (const name of Object.keys(shape.outputs)) {
    const value: unknown = values[name];
    if (value === undefined)
      return `there is no fail-safe value for \`${name}\`; say null to command nothing`;
    if (value !== null && typeof value !== "string" && !(typeof value === "number" && Number.isFinite(value)))
      return `the fail-safe value of \`${name}\` is ${spell(value)}`;
  }
  return undefined;
}

const spell = (value: unknown): string => {
  if (typeof value === "number") return String(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  const text = jsonOf(value);
  return text === undefined ? "nothing" : text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return "something that is no JSON";
  }
}
