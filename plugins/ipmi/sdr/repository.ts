import type { Clock } from "../../../devices/clock.ts";
import type { Priority } from "../../../devices/plugin.ts";
import type { Requester } from "../contract.ts";
import type { SdrRecord } from "./model.ts";

/** Where records are kept between two runs; `LinkMemory` is one. Values are JSON. */
export interface SdrCache {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

export interface RepositoryOptions {
  readonly clock: Clock;
  /** 0..1, for the pause before a reservation is made again. Default Math.random. */
  readonly random?: () => number;
  /** Absent: nothing is kept. */
  readonly cache?: SdrCache;
  /** One per BMC. Default `sdr`. */
  readonly cacheKey?: string;
  /**
   * Who the BMC is: whatever of device id, firmware revision and GUID the caller knows without asking for it. Records
   * kept under another identity are not used.
   */
  readonly identity?: string;
  /** Where to look first: bit 1 of Get Device ID's support byte. Absent: the repository, then the controller's own. */
  readonly source?: "repository" | "device";
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
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
 * All records of a BMC, from the cache when the BMC says that nothing changed since. IPMI v2.0 §33, §35.2 to §35.4.
 * @throws BothyError when nobody answered, or the BMC has no records to give
 */
export declare function readRepository(
  requester: Requester,
  options: RepositoryOptions,
): Promise<SdrRepository>;
