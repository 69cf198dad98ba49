import type { SiteConfig } from "../config-schema.ts";

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

/** What Synse's configuration says of itself, with the values this program behaves by, and our own sections. */
export const publicConfig = (config: SiteConfig): object => ({
  logging: config.log.level,
  pretty_json: false,
  plugin: { tcp: [], unix: [] },
  cache: { device: { rebuild_every: 180 }, plugin: { refresh_every: 120 }, transaction: { ttl: 300 } },
  grpc: { timeout: 3 },
  metrics: { enabled: false },
  site: config.site,
  http: config.http,
  buses: hidden(config.buses),
});
