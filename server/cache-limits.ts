import type { Millis } from "../devices/clock.ts";
import { parseDuration } from "../devices/duration.ts";
import type { SiteConfig } from "./config-schema.ts";

/** What is kept in memory, and how long. */
export interface CacheLimits {
  readonly readings: {
    /** 0 keeps none. */
    readonly keepFor: Millis;
    /** How many at the most, the newest. */
    readonly most: number;
  };
  readonly transactions: {
    /** After their end. */
    readonly keepFor: Millis;
  };
}

/** The limits of a checked configuration, with the defaults filled in. */
export function cacheLimits({ cache = {} }: Pick<SiteConfig, "cache">): CacheLimits {
  const { keepFor = "3m", most = 100_000 } = cache.readings ?? {};
  const { keepFor: life = "5m" } = cache.transactions ?? {};
  return {
    readings: { keepFor: parseDuration(keepFor) ?? 0, most },
    transactions: { keepFor: parseDuration(life) ?? 0 },
  };
}
