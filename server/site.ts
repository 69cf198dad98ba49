import { setMaxListeners } from "node:events";
import type { Clock } from "../devices/clock.ts";
import { noKeeper } from "../devices/keeper.ts";
import { keptMemories } from "../devices/kept-memory.ts";
import { Link } from "../devices/link.ts";
import { newMemory } from "../devices/link-memory.ts";
import type { LinkPlan, Log, Plugin } from "../devices/plugin.ts";
import { Registry } from "../devices/registry.ts";
import { ReadingStore } from "../devices/store.ts";
import { Writer } from "../devices/writer.ts";
import { Access } from "./access/access.ts";
import { Audit } from "./audit/audit.ts";
import { SiteControllers, type SiteControllersDeps } from "./controllers/site-controllers.ts";
import { cacheLimits } from "./cache-limits.ts";
import type { SiteConfig } from "./config-schema.ts";
import { ReadingJson } from "./json.ts";
import { bothWitnesses, WriteCounts } from "./metrics/write-counts.ts";
import { packageInfo } from "./package-info.ts";
import { SynseService } from "./synse/service.ts";
import type { BusPart, SiteParts } from "./parts.ts";
import type { State } from "./state/state.ts";

export interface SiteDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly plugins: readonly Plugin[];
  /** What outlasts the program; closed when the site stops. Absent: nothing does. */
  readonly state?: State;
  /** In place of what comes with Bothy, for tests. */
  readonly controllers?: Pick<SiteControllersDeps, "shipped" | "loader" | "localHour" | "more">;
}

/** Everything of one site, joined. Nothing is open before `start`. */
export interface Site extends SiteParts {
  readonly synse: SynseService;
  readonly links: readonly Link[];
  /**
   * Makes the devices known and begins to open the links; returns at once.
   * @throws BothyError `BAD_CONFIG` when an id or alias is used twice
   */
  start(): void;
  /** Ends streams and writes, closes the links, then keeps what is to be kept. Any number of times. */
  stop(): Promise<void>;
}

/**
 * The only place that joins the objects of a site. Keeps nothing outside them, so a process may hold many sites.
 * @param plans of `config`, as `loadConfig` gives them: without faults
 */
export function createSite(config: SiteConfig, plans: readonly LinkPlan[], deps: SiteDeps): Site {
  const { clock, log, plugins, state } = deps;
  const keeper = state ?? noKeeper;
  const registry = new Registry();
  const store = new ReadingStore({ clock, log });
  const json = new ReadingJson(registry, store);
  const branch = (link: Link, below: Link): (() => void) => {
    const plugin = buses.get(below.name)?.plugin;
    byName.set(link.name, link);
    if (plugin !== undefined) buses.set(link.name, { link, plugin });
    return () => {
      byName.delete(link.name);
      buses.delete(link.name);
    };
  };
  const names = plans.map(({ name }) => name);
  const memory = state === undefined ? newMemory : keptMemories(state, names);
  const links = plans.map(
    (plan) => new Link(plan, { clock, log, registry, store, memory: memory(plan.name), branch }),
  );
  const byName = new Map(links.map((link) => [link.name, link]));
  const buses = busParts(config, links, plugins);
  const audit = new Audit({
    clock,
    log,
    registry,
    folder: config.state?.folder,
    megabytes: config.access?.auditMegabytes,
  });
  const access = new Access(config, { clock, log, audit, keeper });
  const writeCounts = new WriteCounts();
  const writer = new Writer({
    transactionLife: cacheLimits(config).transactions.keepFor,
    ...{ clock, log, registry, store, keeper },
    links: (name) => byName.get(name),
    witness: bothWitnesses(audit, writeCounts),
  });
  const controllers = new SiteControllers(config, {
    ...{ clock, log, registry, store, writer, keeper },
    ...deps.controllers,
  });
  const ended = new AbortController();
  // Every stream listens to it.
  setMaxListeners(0, ended.signal);
  const parts: SiteParts = {
    config,
    access,
    audit,
    version: packageInfo().version,
    clock,
    log,
    registry,
    store,
    writer,
    writeCounts,
    keeper,
    controllers,
    json,
    plugins,
    buses,
    signal: ended.signal,
  };
  return {
    ...parts,
    synse: new SynseService(parts),
    links,
    start: () => {
      access.start(ended.signal);
      for (const link of links) link.start();
      writer.start();
      controllers.start();
    },
    stop: async () => {
      ended.abort();
      await controllers.stop();
      writer.stop();
      await Promise.all(links.map((link) => link.stop()));
      store.stop();
      await state?.close();
      audit.close();
    },
  };
}

function busParts(
  config: SiteConfig,
  links: readonly Link[],
  plugins: readonly Plugin[],
): Map<string, BusPart> {
  const parts = new Map<string, BusPart>();
  for (const link of links) {
    const plugin = plugins.find(({ name }) => name === config.buses[link.name]?.plugin);
    if (plugin !== undefined) parts.set(link.name, { link, plugin });
  }
  return parts;
}
