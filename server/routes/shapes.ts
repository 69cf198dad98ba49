import type { Instant } from "../../devices/clock.ts";
import { type Device, isReadable, isWritable } from "../../devices/device.ts";
import { pluginTag } from "../../devices/ids.ts";
import { sitePluginId } from "../../devices/make-device.ts";
import type { Plugin } from "../../devices/plugin.ts";
import type { Transaction } from "../../devices/transaction.ts";
import { isoTime } from "../json.ts";
import type { BusPart } from "./parts.ts";

/** The JSON objects of Synse v3 §1.4, field names and their mixed case included. */

export const deviceSummary = (device: Device): object => ({
  id: device.id,
  alias: device.alias ?? "",
  info: device.info,
  type: device.type,
  plugin: device.plugin,
  tags: device.tags,
  metadata: device.context,
});

export const deviceInfo = (device: Device, since: Instant): object => ({
  timestamp: isoTime(since),
  id: device.id,
  type: device.type,
  plugin: device.plugin,
  info: device.info,
  alias: device.alias ?? "",
  capabilities: capabilities(device),
  tags: device.tags,
  outputs: device.outputs.map(({ output }) => ({
    name: output.name,
    type: output.type,
    precision: output.precision,
    scalingFactor: 0,
    ...(output.unit === undefined ? {} : { unit: { name: output.unit.name, symbol: output.unit.symbol } }),
  })),
  metadata: device.context,
  sort_index: device.sortIndex,
});

const capabilities = (device: Device): object => ({
  mode: `${isReadable(device) ? "r" : ""}${isWritable(device) ? "w" : ""}`,
  write: { actions: device.actions.map((action) => action.name) },
});

/** As a Go duration prints: `30s`, `1m30s`, `500ms`, `1h0m0s`. */
export function goDuration(span: number): string {
  if (span === 0) return "0s";
  if (span < 1000) return `${span}ms`;
  const hours = Math.floor(span / 3_600_000);
  const minutes = Math.floor((span % 3_600_000) / 60_000);
  const seconds = `${(span % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

const writeContext = ({ request }: Transaction): object => ({
  action: request.action,
  data: request.data ?? "",
  ...(request.transaction === undefined ? {} : { transaction: request.transaction }),
});

export const transactionInfo = (transaction: Transaction, device: string): object => ({
  id: transaction.id,
  device,
  context: writeContext(transaction),
  timeout: goDuration(transaction.timeout),
});

export const transactionStatus = (transaction: Transaction, device: string): object => ({
  id: transaction.id,
  created: isoTime(transaction.created),
  updated: isoTime(transaction.updated),
  message: transaction.message,
  timeout: goDuration(transaction.timeout),
  status: transaction.status,
  context: writeContext(transaction),
  device,
});

/** A plugin with what it is used for here. */
export interface PluginPart {
  readonly id: string;
  readonly plugin: Plugin;
  readonly buses: readonly BusPart[];
}

/** Plugins in the order they are listed, with the ids their devices name. */
export const pluginParts = (
  site: { readonly id: string },
  plugins: readonly Plugin[],
  buses: Iterable<BusPart>,
): readonly PluginPart[] => {
  const all = [...buses];
  return plugins.map((plugin) => ({
    id: sitePluginId(plugin.meta, site),
    plugin,
    buses: all.filter((bus) => bus.plugin === plugin),
  }));
};

export const pluginSummary = ({ id, plugin }: PluginPart): object => ({
  name: plugin.meta.name,
  maintainer: plugin.meta.maintainer,
  tag: pluginTag(plugin.meta.maintainer, plugin.meta.name),
  description: plugin.meta.description,
  id,
  // In-process: it answers for as long as the site does.
  active: true,
});

export const isHealthy = ({ buses }: PluginPart): boolean =>
  buses.every(({ link }) => link.status().state === "open");

export const pluginInfo = (part: PluginPart, now: Instant): object => ({
  ...pluginSummary(part),
  vcs: part.plugin.meta.vcs,
  network: { address: "in-process", protocol: "unix" },
  version: {
    plugin_version: part.plugin.meta.version,
    sdk_version: "-",
    build_date: "-",
    git_commit: "-",
    git_tag: "-",
    arch: process.arch,
    os: process.platform,
  },
  health: {
    timestamp: isoTime(now),
    status: isHealthy(part) ? "OK" : "FAILING",
    checks: part.buses.map(({ link }) => busCheck(link.status())),
  },
});

const busCheck = (status: ReturnType<BusPart["link"]["status"]>): object => ({
  name: `bus ${status.name}`,
  status: status.state === "open" ? "OK" : "FAILING",
  message: status.state === "open" ? "" : (status.lastError?.text ?? `the bus is ${status.state}`),
  timestamp: isoTime(status.since),
  type: "periodic",
});
