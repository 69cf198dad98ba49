import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../devices/clock.ts";
import { pluginTag } from "../../devices/ids.ts";
import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import { plugins } from "../../plugins/index.ts";
import { readConfig, type SiteConfig } from "../config.ts";
import { createLog, levelFrom } from "../logger.ts";
import { nearest } from "../../devices/nearest.ts";
import { parseListen, socketAt } from "../plugin-server/address.ts";
import { servePlugin, type ServerTls } from "../plugin-server/serve.ts";
import { partOf } from "../plugin-server/site-of.ts";
import { createSite } from "../site.ts";
import { stateFolder } from "../state/folder.ts";
import { openState } from "../state/state.ts";
import { allPlugins, loadOrExplain } from "./load.ts";
import { CannotRun, exit, type ExitCode, print, printJson, untilStopped } from "./terminal.ts";

export interface ServeOptions {
  readonly config?: string;
  readonly listen?: string;
  readonly socket?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly allowInsecure?: boolean;
}

export interface ListOptions {
  readonly json?: boolean;
}

/** Where Synse's plugins listen, but for this machine only. */
const usualAddress = "127.0.0.1:5001";

/** Prints which plugins there are. */
export function listPlugins({ json }: ListOptions): ExitCode {
  const rows = allPlugins.map(({ name, meta }) => ({
    name,
    tag: pluginTag(meta.maintainer, meta.name),
    version: meta.version,
    description: meta.description,
  }));
  if (json === true) printJson(rows);
  else {
    const width = Math.max(...rows.map(({ name }) => name.length));
    for (const { name, description } of rows) print(`${name.padEnd(width)}  ${description}`);
  }
  return exit.good;
}

/**
 * Serves a plugin until it is told to stop.
 * @throws CannotRun, BothyError `BAD_CONFIG`, `BAD_INPUT`, FaultyConfig
 */
export async function runPlugin(name: string, options: ServeOptions): Promise<ExitCode> {
  const plugin = pluginNamed(name);
  const [whole, all] = configOf(plugin, options);
  const { config: part, plans } = partOf(plugin, whole, all);
  if (plans.length === 0)
    throw new CannotRun(`${options.config ?? "the configuration"} has no bus of the plugin ${name}`);
  if (options.listen !== undefined && options.socket !== undefined)
    throw new CannotRun("give --listen or --socket, not both");
  const address =
    options.socket === undefined ? parseListen(options.listen ?? usualAddress) : socketAt(options.socket);
  const tls = tlsOf(options);
  const log = createLog(levelFrom(process.env) ?? part.log.level);
  const stopped = untilStopped();
  // Beside the site's own: each of its plugins may be served by a program of its own.
  const folder =
    options.config === undefined ? undefined : join(stateFolder(whole, process.env), `plugin-${name}`);
  const config = folder === undefined ? part : { ...part, state: { folder } };
  const state = folder === undefined ? undefined : await openState(folder, { clock: systemClock, log });
  const kept = state === undefined ? {} : { state };
  const site = createSite(config, plans, { clock: systemClock, log, plugins: allPlugins, ...kept });
  const served = await servePlugin(site, plugin, {
    address,
    ...(tls === undefined ? {} : { tls }),
    allowInsecure: options.allowInsecure === true,
  }).catch(async (error: unknown) => {
    await state?.close();
    throw error;
  });
  const devices = site.registry.all().length;
  log.info(
    { plugin: served.id, target: served.target, buses: plans.length, devices },
    "the plugin is served",
  );
  print(served.target);
  await stopped;
  log.info({}, "stopping");
  await served.stop();
  return exit.good;
}

/** @throws CannotRun */
function pluginNamed(name: string): Plugin {
  const found = plugins.get(name);
  if (found !== undefined) return found;
  const known = [...plugins.keys()];
  const meant = nearest(name, known);
  throw new CannotRun(
    `there is no plugin ${name}; ${meant === undefined ? `there are ${known.join(", ")}` : `write ${meant}`}`,
  );
}

/** @throws CannotRun, FaultyConfig */
function configOf(plugin: Plugin, { config: file }: ServeOptions): [SiteConfig, readonly LinkPlan[]] {
  if (file !== undefined) {
    const { config, plans } = loadOrExplain(file);
    return [config, plans];
  }
  const { name } = plugin;
  const text = `site: { id: ${name} }\nbuses: { ${name}: { plugin: ${name} } }\n`;
  const result = readConfig(text, "a configuration with nothing in it", allPlugins, process.env);
  if (result.config !== undefined) return [result.config, result.plans];
  // What is wrong stands in no file of whoever asks.
  throw new CannotRun(`a bus of ${name} needs options: give --config`);
}

/** @throws CannotRun */
function tlsOf({ tlsCert, tlsKey, tlsClientCa }: ServeOptions): ServerTls | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new CannotRun("TLS needs both --tls-cert and --tls-key");
  return {
    cert: pem(tlsCert),
    key: pem(tlsKey),
    ...(tlsClientCa === undefined ? {} : { clientCa: pem(tlsClientCa) }),
  };
}

function pem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CannotRun(error instanceof Error ? error.message : String(error));
  }
}
