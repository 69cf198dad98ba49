import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import type { SiteConfig } from "../config-schema.ts";

/**
 * What of a site's configuration belongs to one plugin. Who may ask over HTTP, and where the site keeps what it knows,
 * does not.
 */
export function partOf(
  plugin: Plugin,
  { site, http, log, cache, buses }: SiteConfig,
  plans: readonly LinkPlan[],
): { readonly config: SiteConfig; readonly plans: readonly LinkPlan[] } {
  const own = Object.fromEntries(
    Object.entries(buses).filter(([, { plugin: name }]) => name === plugin.name),
  );
  const config = { site, http, log, buses: own, ...(cache === undefined ? {} : { cache }) };
  return { config, plans: plans.filter(({ name }) => Object.hasOwn(own, name)) };
}
