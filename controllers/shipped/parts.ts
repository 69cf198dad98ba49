import type { Alarm, Severity } from "../contract.ts";
import { median as middle } from "../library/filter.ts";
import { oncePer } from "../library/once-per.ts";
import type { Applied, Observation, Sample } from "../sample.ts";

/** The values that are there. */
export const there = <T extends number | string>(all: readonly Observation<T>[]): readonly Sample<T>[] =>
  all.filter((one): one is Sample<T> => one.quality !== "bad");

/** The unit a device is part of: `dx-1` of `dx-1.unit compressor`. Names are `<alias of the unit>.<name>`. */
export function unitOf(name: string): string {
  const space = name.indexOf(" ");
  const device = space < 0 ? name : name.slice(0, space);
  const dot = device.lastIndexOf(".");
  return dot < 0 ? device : device.slice(0, dot);
}

/** The value of one device, or of the unit it is part of. */
export function valueAt<T extends number | string>(
  all: readonly Observation<T>[],
  name: string,
  device?: string,
): T | undefined {
  if (device !== undefined)
    for (const one of all) if (one.quality !== "bad" && one.device === device) return one.value;
  const unit = unitOf(name);
  for (const one of all) if (one.quality !== "bad" && unitOf(one.from) === unit) return one.value;
  return undefined;
}

export function least(all: readonly Observation[]): number | undefined {
  let found: number | undefined;
  for (const one of all)
    if (one.quality !== "bad" && (found === undefined || one.value < found)) found = one.value;
  return found;
}
export function most(all: readonly Observation[]): number | undefined {
  let found: number | undefined;
  for (const one of all)
    if (one.quality !== "bad" && (found === undefined || one.value > found)) found = one.value;
  return found;
}
/** The middle one, so that one bad sensor of three does not decide. */
export const median = (all: readonly Observation[]): number | undefined =>
  middle(there(all).map(({ value }) => value));

/** What another controller publishes as 0 or 1. */
export const said = (sample: Sample | undefined): boolean => (sample?.value ?? 0) > 0.5;

/** One command each for everything an output is bound to. */
export function each<T extends number | string>(
  targets: readonly Applied[],
  value: (target: Applied, index: number) => T | null,
): { readonly each: Readonly<Record<string, T | null>> } {
  const all: Record<string, T | null> = {};
  targets.forEach((target, index) => (all[target.device] = value(target, index)));
  return { each: all };
}

export const alarm = (id: string, severity: Severity, text: string, device?: string): Alarm => ({
  id,
  severity,
  text,
  ...(device === undefined ? {} : { device }),
});

/** A key that is only there when its value is: for parts of an object that must not be undefined. */
export const maybe = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });

const seenWords: ReadonlySet<string> = new Set(["alarm", "fault", "failed", "tampered", "smoke", "leak"]);
const unseenWords: ReadonlySet<string> = new Set(["normal", "ok", "present"]);

/** What a contact says: words of ours, or, of a bare contact, whether it is wired closed (`NC`) or open (`NO`) at rest. */
export function contactSeen(word: string, wiring: "NC" | "NO"): boolean | undefined {
  if (seenWords.has(word)) return true;
  if (unseenWords.has(word)) return false;
  if (["open", "off"].includes(word)) return wiring === "NC";
  if (["closed", "on"].includes(word)) return wiring === "NO";
  return undefined;
}

/** Each contact: seen, not seen, or undefined when it does not answer. */
export const contacts = (
  all: readonly Observation<string>[],
  wiring: "NC" | "NO",
): readonly (boolean | undefined)[] =>
  all.map((one) => (one.quality === "bad" ? undefined : contactSeen(one.value, wiring)));

/** 0 never .. 9 first: a tag `priority:7` of the device, or what the settings say of its name. */
export function priorityOf(
  target: { readonly name: string; readonly tags: readonly string[] },
  named: Readonly<Record<string, number>>,
  otherwise: number,
): number {
  return named[target.name] ?? named[unitOf(target.name)] ?? taggedPriority(target.tags) ?? otherwise;
}

const taggedPriority = oncePer((tags: readonly string[]): number | undefined => {
  const tag = tags.map((one) => /(?:^|\/)priority:([0-9])$/.exec(one)?.[1]).find((one) => one !== undefined);
  return tag === undefined ? undefined : Number(tag);
});
