import { statSync } from "node:fs";
import { numbered } from "../../devices/numbered.ts";
import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import { plugins } from "../../plugins/index.ts";
import { faultText, loadConfig, type SiteConfig } from "../config.ts";
import { CannotRun, complain, FaultyConfig } from "./terminal.ts";

export const allPlugins: readonly Plugin[] = [...plugins.values()];

/** @throws CannotRun when there is no such file */
export function mustBeFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new CannotRun(`there is no file ${file}`);
  if (found.isDirectory()) throw new CannotRun(`${file} is a directory; name the file in it`);
}

/**
 * Loads a configuration for running it.
 * @throws CannotRun when there is no such file, FaultyConfig after printing every fault
 */
export function loadOrExplain(file: string): { config: SiteConfig; plans: readonly LinkPlan[] } {
  mustBeFile(file);
  const result = loadConfig(file, allPlugins, process.env);
  if (result.config !== undefined) return result;
  for (const fault of result.faults) complain(faultText(fault));
  throw new FaultyConfig(`${file} has ${numbered(result.faults.length, "fault")}`);
}

/** The same configuration listening elsewhere. */
export const listeningOn = (
  config: SiteConfig,
  port: number | undefined,
  host: string | undefined,
  behindProxy?: readonly string[],
): SiteConfig => ({
  ...config,
  http: {
    ...config.http,
    port: port ?? config.http.port,
    host: host ?? config.http.host,
    ...(behindProxy === undefined ? {} : { behindProxy }),
  },
});
