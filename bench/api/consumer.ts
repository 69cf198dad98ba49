import { systemClock as clock } from "../../devices/clock.ts";
import { type Plugin, silentLog } from "../../devices/plugin.ts";
import { synse as typed } from "../../plugins/synse/index.ts";
import { readConfig } from "../../server/config.ts";
import { createSite } from "../../server/site.ts";
import { quantile, usageHere } from "../processes.ts";

/** A process of its own: a site with one gRPC plugin, whose address comes from its parent. */
export interface Received {
  readonly devices: number;
  readonly readings: number;
  /** ms from the reading's time at the plugin to its place in this site's store. */
  readonly p50: number;
  readonly p99: number;
}

let readings = 0;
let ages: number[] = [];

function begin(address: string): () => number {
  const synse = typed as Plugin;
  const text = JSON.stringify({ site: { id: "bench" }, buses: { remote: { plugin: "synse", address } } });
  const { config, plans, faults } = readConfig(text, "site.yaml", [synse], {});
  if (config === undefined) throw new Error(JSON.stringify(faults));
  const site = createSite(config, plans, { clock, log: silentLog, plugins: [synse] });
  site.store.subscribe((published) => {
    const now = clock.now();
    for (const { quality, at } of published) {
      if (quality === "bad") continue;
      readings++;
      ages.push(now - at);
    }
  });
  site.start();
  return () => site.registry.all().filter(({ type }) => type === "temperature").length;
}

let devices = (): number => 0;
process.on("message", (given) => {
  if (given === "usage") process.send?.(usageHere());
  else if (given === "received") {
    const sorted = ages.sort((a, b) => a - b);
    const received: Received = {
      devices: devices(),
      readings,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
    };
    readings = 0;
    ages = [];
    process.send?.(received);
  } else devices = begin(given as string);
});
process.on("disconnect", () => process.exit(0));
