import type { Requester } from "../contract.ts";
import { keep, kept, type Kept, type SdrCache } from "./cache.ts";
import { type Learnt, nothingLearnt, RecordReader } from "./chunks.ts";
import { type Info, infoOf, isDated } from "./info.ts";
import type { SdrRecord } from "./model.ts";
import { parseRecord } from "./record.ts";
import { Talk, type TalkOptions } from "./talk.ts";
import { type Found, walk } from "./walk.ts";

export interface RepositoryOptions extends TalkOptions {
  /** Absent: nothing is kept. */
  readonly cache?: SdrCache;
  /** One per BMC. Default `sdr`. */
  readonly cacheKey?: string;
  /**
   * Who the BMC is: whatever of device id, firmware revision and GUID the caller knows without asking for it. Records
   * kept under another identity are not used.
   */
  readonly identity?: string;
  /** Where to look first, e.g. by Get Device ID's bit of support. Default: where they were last time, the repository. */
  readonly source?: "repository" | "device";
}

export interface SdrRepository {
  readonly records: readonly SdrRecord[];
  /** The central repository, or the records of the controller itself. */
  readonly source: "repository" | "device";
  readonly fromCache: boolean;
  /** Requests this took. */
  readonly requests: number;
  /** For people: what was not as it should be. Faulty records are in `records`. */
  readonly warnings: readonly string[];
}

/**
 * All records of a BMC, from the cache when the BMC says that nothing changed since: that is one request. A BMC without
 * any records is an empty repository with a warning. IPMI v2.0 §33, §35.2 to §35.4.
 * @throws BothyError when nobody answered, or the BMC refuses
 */
export async function readRepository(
  requester: Requester,
  options: RepositoryOptions,
): Promise<SdrRepository> {
  const { cache, cacheKey = "sdr", identity = "" } = options;
  const talk = new Talk(requester, options);
  const before = kept(cache, cacheKey, identity);
  const first = options.source ?? before?.source ?? "repository";
  const warnings: string[] = [];
  for (const source of [first, first === "repository" ? "device" : "repository"] as const) {
    const info = await infoOf(talk, source);
    if (info === undefined) continue;
    if (before !== undefined && isGood(before, info))
      return result(source, before.found, { talk, fromCache: true, warnings: [] });
    const read = await readShelves(talk, info, before?.learnt ?? nothingLearnt);
    warnings.push(...read.warnings);
    if (read.found.length === 0) continue;
    keep(cache, cacheKey, { source, identity, stamp: read.complete ? info.stamp : "", ...read });
    return result(source, read.found, { talk, fromCache: false, warnings });
  }
  warnings.push(`${requester.name} has no sensor data records`);
  return result(first, [], { talk, fromCache: false, warnings });
}

/**
 * The records that are kept, when the times the BMC gives for its repository are the same: one request, and none when no
 * times are kept. They do not prove that it is the same BMC: another one may have been filled at the same time.
 * @returns undefined when records have to be read, or more be asked before
 * @throws BothyError when nobody answered
 */
export async function unchangedRepository(
  requester: Requester,
  options: Omit<RepositoryOptions, "source">,
): Promise<SdrRepository | undefined> {
  const { cache, cacheKey = "sdr", identity = "" } = options;
  const before = kept(cache, cacheKey, identity);
  if (before?.source !== "repository" || !isDated(before.stamp)) return undefined;
  const talk = new Talk(requester, options);
  const info = await infoOf(talk, "repository");
  if (info === undefined || !isGood(before, info)) return undefined;
  return result("repository", before.found, { talk, fromCache: true, warnings: [] });
}

const isGood = (before: Kept, info: Info): boolean =>
  before.source === info.source && info.stamp !== "" && before.stamp === info.stamp;

async function readShelves(talk: Talk, info: Info, learnt: Learnt) {
  const read = { found: [] as Found[], complete: true, warnings: [] as string[], learnt };
  for (const shelf of info.shelves) {
    const reader = new RecordReader(talk, shelf, read.learnt);
    const { found, complete, warnings } = await walk(reader, info.count);
    read.found.push(...found);
    read.warnings.push(...warnings);
    read.complete &&= complete;
    read.learnt = reader.learnt;
  }
  return read;
}

const result = (
  source: SdrRepository["source"],
  found: readonly Found[],
  about: { readonly talk: Talk; readonly fromCache: boolean; readonly warnings: readonly string[] },
): SdrRepository => ({
  records: found.map(({ id, bytes }) => parseRecord(bytes, id)),
  source,
  fromCache: about.fromCache,
  requests: about.talk.requests,
  warnings: about.warnings,
});
