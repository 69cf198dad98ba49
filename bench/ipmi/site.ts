import { type Millis, systemClock as clock } from "../../devices/clock.ts";
import { type Plugin, silentLog } from "../../devices/plugin.ts";
import { ipmi } from "../../plugins/ipmi/index.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { createSite, type Site } from "../../server/site.ts";
import { usageHere } from "../processes.ts";
import { account } from "./account.ts";

/**
 * A process of its own: a site that polls BMCs. Takes the ports of theirs from its parent, and then says how it goes
 * when asked.
 */
export interface Progress {
  readonly rss: number;
  readonly cpu: number;
  /** BMCs of which every sensor has been read, and sensors read so far. */
  readonly complete: number;
  readonly readings: number;
  /** Sensors that are read, and those of them whose last reading is bad. */
  readonly sensors: number;
  readonly bad: number;
  readonly polls: number;
  readonly missed: number;
  readonly failed: number;
  /** The age of the oldest last reading of a sensor, ms. */
  readonly oldest: Millis;
}

export interface Order {
  readonly ports: readonly number[];
  readonly sensors: number;
  readonly period: string;
}

const plugins = [ipmi as unknown as Plugin];

function siteOf({ ports, period }: Order): Site {
  const config = {
    site: { id: "bench" },
    log: { level: "silent" },
    buses: {
      bmcs: {
        plugin: "ipmi",
        user: account.user,
        password: { env: "PASSWORD" },
        poll: { fast: period },
      },
    },
    devices: ports.map((port) => ({ bus: "bmcs", address: `127.0.0.1:${port}`, alias: `bmc-${port}` })),
  };
  const read = readConfig(JSON.stringify(config), "bench", plugins, { PASSWORD: account.password });
  if (read.config === undefined) throw new Error(read.faults.map(faultText).join("\n"));
  return createSite(read.config, read.plans, { clock, log: silentLog, plugins });
}

process.once("message", (message) => {
  const order = message as Order;
  const site = siteOf(order);
  const isSensor = sensorsOf(site);
  let readings = 0;
  site.store.subscribe((published) => {
    for (const { id, quality } of published) if (quality === "good" && isSensor(id.device)) readings++;
  });
  site.start();
  process.on("message", () => process.send?.(progress(site, isSensor, order, readings)));
  process.send?.("started");
});
process.on("disconnect", () => process.exit(0));

/** Tells devices that are sensors from all else that a BMC has. */
function sensorsOf({ registry }: Site): (device: string) => boolean {
  const known = new Map<string, boolean>();
  return (id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const is = registry.get(id)?.context["sensor"] !== undefined;
    known.set(id, is);
    return is;
  };
}

function progress(
  { buses, registry, store }: Site,
  isSensor: (device: string) => boolean,
  { sensors: wanted }: Order,
  readings: number,
): Progress {
  let [complete, sensors, bad, polls, missed, failed] = [0, 0, 0, 0, 0, 0];
  const now = clock.now();
  let oldest = 0;
  const perLink = new Map<string, number>();
  for (const { id, link } of registry.all()) {
    if (!isSensor(id)) continue;
    const latest = store.latest(id);
    sensors++;
    if (latest.every(({ quality }) => quality === "bad")) bad++;
    else perLink.set(link, (perLink.get(link) ?? 0) + 1);
    for (const { at } of latest) oldest = Math.max(oldest, now - at);
  }
  for (const count of perLink.values()) if (count >= wanted) complete++;
  for (const { link } of buses.values()) {
    const { poller } = link.status();
    polls += poller?.runs ?? 0;
    missed += poller?.missed ?? 0;
    failed += poller?.failed ?? 0;
  }
  return { ...usageHere(), complete, readings, sensors, bad, polls, missed, failed, oldest };
}
