import { createHash } from "node:crypto";
import { type Learnt, sizes } from "./chunks.ts";
import type { Found } from "./walk.ts";

/** Where records are kept between two runs; `LinkMemory` is one. Values are JSON. */
export interface SdrCache {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** What is kept of one BMC. */
export interface Kept {
  readonly source: "repository" | "device";
  readonly identity: string;
  /** What must be the same for the records to be good: part of what the BMC says about them. Empty: they are not. */
  readonly stamp: string;
  readonly learnt: Learnt;
  readonly found: readonly Found[];
}

/** Counted up when the meaning of what is kept changes. */
const version = 1;

/** What was kept, or undefined when it is of another version, another BMC, or damaged. */
export function kept(cache: SdrCache | undefined, key: string, identity: string): Kept | undefined {
  const value = cache?.get(key);
  if (!isObject(value) || value.version !== version || value.identity !== identity) return undefined;
  const { source, stamp, size, headFirst, records } = value;
  if (source !== "repository" && source !== "device") return undefined;
  if (typeof stamp !== "string" || typeof headFirst !== "boolean") return undefined;
  if (typeof size !== "number" || !sizes.includes(size) || !Array.isArray(records)) return undefined;
  const found = records.map(foundFrom);
  if (!found.every((one) => one !== undefined) || value.digest !== digestOf(found)) return undefined;
  return { source, identity, stamp, learnt: { size, headFirst }, found };
}

/** Keeps what was found. */
export const keep = (cache: SdrCache | undefined, key: string, what: Kept): void =>
  cache?.set(key, {
    version,
    source: what.source,
    identity: what.identity,
    stamp: what.stamp,
    size: what.learnt.size,
    headFirst: what.learnt.headFirst,
    records: what.found.map(({ id, bytes }) => [id, bytes.toString("hex")]),
    digest: digestOf(what.found),
  });

/** Damage, not malice: who can write the cache can write anything. */
function digestOf(found: readonly Found[]): string {
  const hash = createHash("sha256");
  for (const { id, bytes } of found) hash.update(`${id} ${bytes.length} `).update(bytes);
  return hash.digest("hex").slice(0, 16);
}

function foundFrom(entry: unknown): Found | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [id, hex] = entry as readonly unknown[];
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id > 0xffff) return undefined;
  if (typeof hex !== "string" || !/^(?:[0-9a-f]{2}){1,260}$/u.test(hex)) return undefined;
  return { id, bytes: Buffer.from(hex, "hex") };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
