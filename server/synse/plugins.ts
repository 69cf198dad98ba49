import type { Instant } from "../../devices/clock.ts";
import { pluginTag } from "../../devices/ids.ts";
import { sitePluginId } from "../../devices/make-device.ts";
import type { Plugin, RemotePlugin } from "../../devices/plugin.ts";
import { HttpError } from "../faults.ts";
import { isoTime } from "../json.ts";
import type { BusPart, SiteParts } from "../parts.ts";
import { type PluginHealth, pluginHealth } from "./health.ts";

type Parts = Pick<SiteParts, "config" | "plugins" | "buses" | "clock">;

/** One plugin of the listing: of this process with all its buses, or one that runs by itself behind a bus. */
type Listed =
  | { readonly id: string; readonly buses: readonly BusPart[]; readonly plugin: Plugin }
  | { readonly id: string; readonly buses: readonly BusPart[]; readonly remote: RemotePlugin };

const isOpen = ({ link }: BusPart): boolean => link.status().state === "open";

/** Whether it answers. One in this process does for as long as the site does; another, while its bus is open. */
const isActive = (listed: Listed): boolean => "plugin" in listed || listed.buses.some(isOpen);

const isHealthy = (listed: Listed): boolean =>
  "plugin" in listed ? listed.buses.every(isOpen) : listed.remote.health.status === "OK";

export interface PluginState {
  readonly id: string;
  readonly active: boolean;
  readonly opened: number;
  readonly closed: number;
}

/** The plugins of a site. Synse v3 §1.3 and §1.4. */
export class PluginViews {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list(): readonly object[] {
    return this.#all().map(summary);
  }

  /**
   * @param seen the buses whoever asks may know of; absent: all
   * @throws HttpError 404
   */
  info(id: string, seen?: ReadonlySet<string>): object {
    const found = this.#all().find((listed) => listed.id === id);
    if (found === undefined) throw new HttpError(404, `plugin not found: ${id}`);
    return { ...summary(found), ...details(found, this.#parts.clock.now(), seen) };
  }

  has(id: string): boolean {
    return this.#all().some((listed) => listed.id === id);
  }

  /** For metrics: whether each answers, and how often its connections came and went. */
  states(): readonly PluginState[] {
    return this.#all().map((listed) => {
      const statuses = listed.buses.map(({ link }) => link.status());
      const opened = statuses.reduce((sum, status) => sum + status.opened, 0);
      const open = statuses.filter(({ state }) => state === "open").length;
      return { id: listed.id, active: isActive(listed), opened, closed: opened - open };
    });
  }

  /** Plugins that do not answer are in neither list, but make the whole unhealthy. */
  health(): object {
    const all = this.#all();
    const active = all.filter(isActive);
    const healthy = active.filter(isHealthy);
    return {
      status: healthy.length === all.length ? "healthy" : "unhealthy",
      updated: isoTime(this.#parts.clock.now()),
      healthy: healthy.map(({ id }) => id),
      unhealthy: active.filter((listed) => !healthy.includes(listed)).map(({ id }) => id),
      active: active.length,
      inactive: all.length - active.length,
    };
  }

  #all(): readonly Listed[] {
    const { config, plugins, buses } = this.#parts;
    const all = [...buses.values()];
    const own = plugins
      .filter(({ remote }) => remote !== true)
      .map((plugin) => ({
        id: sitePluginId(plugin.meta, config.site),
        plugin,
        buses: all.filter((bus) => bus.plugin === plugin),
      }))
      // What no bus uses is not there to clients: Synse lists what is configured.
      .filter(({ buses }) => buses.length > 0);
    const others = new Map<string, Listed>();
    for (const bus of all) {
      const { remote } = bus.link;
      if (remote !== undefined && !others.has(remote.id))
        others.set(remote.id, { id: remote.id, remote, buses: [bus] });
    }
    return [...own, ...others.values()];
  }
}

function summary(listed: Listed): object {
  const { name, maintainer, description } = "plugin" in listed ? listed.plugin.meta : listed.remote;
  const tag = "plugin" in listed ? pluginTag(maintainer, name) : listed.remote.tag;
  return { name, maintainer, tag, description, id: listed.id, active: isActive(listed) };
}

const unset = "-";

function details(listed: Listed, now: Instant, seen: ReadonlySet<string> | undefined): object {
  if ("remote" in listed) {
    const { vcs, network, version, health } = listed.remote;
    const { at, status, checks } = health;
    return { vcs, network, version, health: { timestamp: isoTime(at), status, checks } };
  }
  return {
    vcs: listed.plugin.meta.vcs,
    network: { address: "in-process", protocol: "unix" },
    version: {
      plugin_version: listed.plugin.meta.version,
      sdk_version: unset,
      build_date: unset,
      git_commit: unset,
      git_tag: unset,
      arch: process.arch,
      os: process.platform,
    },
    health: { timestamp: isoTime(now), ...healthJson(pluginHealth(listed.buses, now, seen)) },
  };
}

const healthJson = ({ status, checks }: PluginHealth): object => ({
  status,
  checks: checks.map(({ name, status: word, message, at, type }) => ({
    name,
    status: word,
    message,
    timestamp: isoTime(at),
    type,
  })),
});
