import { cacheLimits } from "../cache-limits.ts";
import type { LogLevel, SiteConfig } from "../config-schema.ts";

/** Keys whose values nobody should see. */
const secret = /pass(word|phrase|wd)?|secret|token|credential|private|community|\bkey\b|kg\b/i;

function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      secret.test(key) ? "***" : hidden(inner),
    ]),
  );
}

/** As Synse calls them. */
const synseLevels: Readonly<Record<LogLevel, string>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
  fatal: "critical",
  silent: "critical",
};

/** Where plugins of their own process are, as far as it is written down. */
function plugins({ buses }: SiteConfig): object {
  const of = (...keys: readonly string[]): readonly string[] =>
    Object.values(buses)
      .filter(({ plugin }) => plugin === "synse")
      .flatMap(({ settings }) => keys.map((key) => (settings as Readonly<Record<string, unknown>>)[key]))
      .filter((place) => typeof place === "string");
  return { tcp: of("address"), unix: of("socket", "socketFolder") };
}

/** What Synse's configuration says of itself, with the values this program behaves by, and our own sections. */
function configOf(config: SiteConfig): object {
  return {
    logging: synseLevels[config.log.level],
    pretty_json: false,
    plugin: plugins(config),
    cache: {
      // Known at once, in truth: no later than Synse by default.
      device: { rebuild_every: 180 },
      plugin: { refresh_every: 120 },
      transaction: { ttl: Math.ceil(cacheLimits(config).transactions.keepFor / 1000) },
    },
    grpc: { timeout: 3 },
    metrics: { enabled: config.metrics?.enabled ?? true },
    ...(config.http.tls === undefined ? {} : { ssl: { cert: config.http.tls.cert, key: "***" } }),
    site: config.site,
    http: hidden(config.http),
    buses: hidden(config.buses),
  };
}

/** @param seen only these buses, when given */
export const publicConfig = (config: SiteConfig, seen?: ReadonlySet<string>): object =>
  configOf({
    ...config,
    buses: Object.fromEntries(Object.entries(config.buses).filter(([name]) => seen?.has(name) ?? true)),
  });
