import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import type { SiteConfig } from "../config-schema.ts";

/** What of a site's configuration belongs to one plugin. */
export function partOf(
  plugin: Plugin,
  config: SiteConfig,
  plans: readonly LinkPlan[],
): { readonly config: SiteConfig; readonly plans: readonly LinkPlan[] } {
  const buses = Object.fromEntries(
    Object.entries(config.buses).filter(([, { plugin: name }]) => name === plugin.name),
  );
  return { config: { ...config, buses }, plans: plans.filter(({ name }) => Object.hasOwn(buses, name)) };
}
