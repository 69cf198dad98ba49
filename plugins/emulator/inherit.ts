import { parseGoSetting } from "../../devices/go-duration.ts";
import type { DataValue } from "../../devices/ids.ts";
import type { Path } from "../../devices/plugin.ts";
import type { Instance, Prototype } from "./schema.ts";

type Data = Readonly<Record<string, DataValue>>;

/** What one device is configured to be, with all that its prototype passes on. Synse v3 §7.2. */
export interface Merged extends Omit<
  Instance,
  "data" | "tags" | "context" | "transforms" | "disableInheritance"
> {
  readonly tags: readonly string[];
  readonly data: Data;
  readonly context: Readonly<Record<string, string | number | boolean | null>>;
  readonly transforms: NonNullable<Instance["transforms"]>;
}

export interface Merging {
  readonly merged: Merged;
  /** Where two kinds of data meet that cannot be made one, below the instance. */
  readonly clashes: readonly Path[];
}

/** An instance with what it inherits: its own values go first, lists are joined, maps are merged. Pure. */
export function inherit(prototype: Prototype, instance: Instance): Merging {
  const { disableInheritance, ...own } = instance;
  const from: Prototype = disableInheritance === true ? {} : prototype;
  const clashes: Path[] = [];
  const data = mergeData(dataOf(from.data), dataOf(own.data), ["data"], clashes);
  const type = own.type ?? from.type;
  const handler = own.handler ?? from.handler;
  const writeTimeout = isSet(own.writeTimeout) ? own.writeTimeout : from.writeTimeout;
  const merged: Merged = {
    ...own,
    ...(type === undefined ? {} : { type }),
    ...(handler === undefined ? {} : { handler }),
    ...(writeTimeout === undefined ? {} : { writeTimeout }),
    tags: [...new Set([...(from.tags ?? []), ...(own.tags ?? [])])],
    data,
    context: { ...from.context, ...own.context },
    transforms: [...(from.transforms ?? []), ...(own.transforms ?? [])],
  };
  return { merged, clashes };
}

/** A time-out of nothing is none. */
const isSet = (text: string | undefined): text is string => text !== undefined && parseGoSetting(text) !== 0;

/** A schema lets anything through that a file can say; nothing else gets here. */
const dataOf = (data: Readonly<Record<string, unknown>> | undefined): Data => (data ?? {}) as Data;

const isList = (value: DataValue): value is readonly DataValue[] => Array.isArray(value);
const isMap = (value: DataValue): value is Data =>
  typeof value === "object" && value !== null && !isList(value);

function mergeData(from: Data, own: Data, path: Path, clashes: Path[]): Data {
  const merged = new Map(Object.entries(from));
  for (const [key, value] of Object.entries(own)) {
    const before = merged.get(key);
    merged.set(key, before === undefined ? value : mergeValue(before, value, [...path, key], clashes));
  }
  return Object.fromEntries(merged);
}

function mergeValue(from: DataValue, own: DataValue, path: Path, clashes: Path[]): DataValue {
  if (isMap(from) && isMap(own)) return mergeData(from, own, path, clashes);
  if (isList(from) && isList(own)) return [...from, ...own];
  if (from !== null && own !== null && (isMap(from) || isMap(own) || isList(from) || isList(own)))
    clashes.push(path);
  return own;
}
