import type { Instant } from "../../devices/clock.ts";
import { pluginTag } from "../../devices/ids.ts";
import { sitePluginId } from "../../devices/make-device.ts";
import type { Plugin, RemoteHealth, RemotePlugin } from "../../devices/plugin.ts";
import { HttpError } from "../faults.ts";
import { isoTime } from "../json.ts";
import type { BusPart, SiteParts } from "../parts.ts";
import { type PluginHealth, pluginHealth } from "./health.ts";

type Parts = Pick<SiteParts, "config" | "plugins" | "buses" | "clock">;

/** Of this process with all its buses, or one that runs by itself behind a bus. */
type Part =
  | { readonly buses: readonly BusPart[]; readonly plugin: Plugin }
  | { readonly buses: readonly BusPart[]; readonly remote: RemotePlugin };

/** One plugin of the listing. Usually of one part; several that have one id are shown as one. */
interface Listed {
  readonly id: string;
  /** The first is the one that describes it. */
  readonly parts: readonly [Part, ...Part[]];
}

const isOpen = ({ link }: BusPart): boolean => link.status().state === "open";

/** Whether it answers. One in this process does for as long as the site does; another, while its bus is open. */
const isAnswering = (part: Part): boolean => "plugin" in part || part.buses.some(isOpen);
const isActive = ({ parts }: Listed): boolean => parts.some(isAnswering);

const isWell = (part: Part): boolean =>
  "plugin" in part ? part.buses.every(isOpen) : isAnswering(part) && part.remote.health.status === "OK";
const isHealthy = ({ parts }: Listed): boolean => parts.every(isWell);

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
      const statuses = listed.parts.flatMap(({ buses }) => buses).map(({ link }) => link.status());
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
      .map((plugin) => ({ plugin, buses: all.filter((bus) => bus.plugin === plugin) }))
      // What no bus uses is not there to clients: Synse lists what is configured.
      .filter(({ buses }) => buses.length > 0);
    const listed = new Map<string, Listed>();
    const add = (id: string, part: Part): void => {
      const known = listed.get(id);
      listed.set(id, { id, parts: known === undefined ? [part] : [...known.parts, part] });
    };
    for (const part of own) add(sitePluginId(part.plugin.meta, config.site), part);
    for (const bus of all) {
      const { remote } = bus.link;
      if (remote !== undefined) add(remote.id, { remote, buses: [bus] });
    }
    return [...listed.values()];
  }
}

function summary(listed: Listed): object {
  const [first] = listed.parts;
  const { name, maintainer, description } = "plugin" in first ? first.plugin.meta : first.remote;
  const tag = "plugin" in first ? pluginTag(maintainer, name) : first.remote.tag;
  return { name, maintainer, tag, description, id: listed.id, active: isActive(listed) };
}

const unset = "-";

function details({ parts }: Listed, now: Instant, seen: ReadonlySet<string> | undefined): object {
  const [first] = parts;
  return { ...programOf(first), health: healthOf(parts, now, seen) };
}

/** Which program it is. */
function programOf(part: Part): object {
  if ("remote" in part) {
    const { vcs, network, version } = part.remote;
    return { vcs, network, version };
  }
  return {
    vcs: part.plugin.meta.vcs,
    network: { address: "in-process", protocol: "unix" },
    version: {
      plugin_version: part.plugin.meta.version,
      sdk_version: unset,
      build_date: unset,
      git_commit: unset,
      git_tag: unset,
      arch: process.arch,
      os: process.platform,
    },
  };
}

/** The worst of all parts, as old as the oldest, with the checks of all. */
function healthOf(parts: Listed["parts"], now: Instant, seen: ReadonlySet<string> | undefined): object {
  const healths = parts.map((part) => partHealth(part, now, seen));
  return {
    timestamp: isoTime(Math.min(...healths.map(({ at }) => at))),
    status:
      (["FAILING", "UNKNOWN"] as const).find((word) => healths.some(({ status }) => status === word)) ?? "OK",
    checks: healths.flatMap(({ checks }) => checks),
  };
}

function partHealth(part: Part, now: Instant, seen: ReadonlySet<string> | undefined): RemoteHealth {
  if ("plugin" in part) return { at: now, ...healthJson(pluginHealth(part.buses, now, seen)) };
  const { health } = part.remote;
  if (isAnswering(part)) return health;
  const timestamp = isoTime(Math.max(...part.buses.map(({ link }) => link.status().since)));
  const gone = {
    name: "answers",
    status: "FAILING",
    message: "it is not connected",
    timestamp,
    type: "periodic",
  } as const;
  return { ...health, status: "FAILING", checks: [...health.checks, gone] };
}

const healthJson = ({ status, checks }: PluginHealth): Omit<RemoteHealth, "at"> => ({
  status,
  checks: checks.map(({ name, status: word, message, at, type }) => ({
    name,
    status: word,
    message,
    timestamp: isoTime(at),
    type,
  })),
});
