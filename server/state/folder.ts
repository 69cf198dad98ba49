import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { SiteConfig } from "../config-schema.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a site keeps what must outlast a restart: as configured, as systemd says, or below the user's home. Absolute. */
export function stateFolder(config: Pick<SiteConfig, "site" | "state">, env: Environment): string {
  if (config.state !== undefined) return resolve(config.state.folder);
  // systemd names several folders with colons between them; the first is ours.
  const given = env["STATE_DIRECTORY"]?.split(":")[0];
  if (given !== undefined && given !== "") return resolve(given);
  const home = env["XDG_STATE_HOME"];
  // The specification of XDG has relative ones ignored.
  const base = home?.startsWith("/") === true ? home : join(homedir(), ".local", "state");
  return join(base, "bothy", config.site.id);
}

/** The same configuration with its folder filled in. */
export const keepingState = (
  config: SiteConfig,
  env: Environment,
): SiteConfig & { readonly state: { readonly folder: string } } => ({
  ...config,
  state: { folder: stateFolder(config, env) },
});
