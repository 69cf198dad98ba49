import { getEventListeners } from "node:events";
import type { AddressInfo } from "node:net";
import { systemClock as clock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import type { SiteConfig } from "../../server/config.ts";
import { createHttp } from "../../server/http.ts";
import { createSite } from "../../server/site.ts";
import { speed, Table, tablePlugin } from "./table-plugin.ts";

/*
 * A site in a process of its own, with garbage collection on request: tells its port, and whenever it is asked, what
 * it holds. Run with --expose-gc.
 */

/** What a server holds that must not grow with those who come and go. */
export interface Holding {
  /** Bytes, after garbage collection. */
  readonly heap: number;
  readonly connections: number;
  /** Of the site's end: every stream has one. */
  readonly streams: number;
  /** Who watches the line. */
  readonly taps: number;
  /** Handles and requests of the process, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** E.g. of too many listeners. */
  readonly warnings: number;
}

const table = new Table();
const plugin = tablePlugin(table);
const config: SiteConfig = {
  site: { id: "hut", name: "hut", tags: [] },
  http: { host: "127.0.0.1", port: 0 },
  log: { level: "silent" },
  // What is kept on purpose is full before anybody counts, or gone.
  cache: { readings: { most: 2000 }, transactions: { keepFor: "100ms" } },
  buses: { t: { plugin: "table", settings: {} } },
};
const devices = Array.from({ length: 100 }, (_, i) => ({
  ...{ alias: `fan-${i}`, type: "fan", outputs: [["rpm"], ["duty"]] as const, actions: [speed] },
}));
const plan = plugin.plan({
  site: config.site,
  name: "t",
  link: { path: ["buses", "t"], config: {} },
  devices: devices.map((device, i) => ({ path: ["devices", i], config: device })),
  products: [],
});
const site = createSite(config, [plan], { clock, log: silentLog, plugins: [plugin] });
const http = await createHttp(site);
let warnings = 0;
process.on("warning", () => warnings++);
site.start();
await http.listen({ host: "127.0.0.1", port: 0 });
process.send?.({ port: (http.server.address() as AddressInfo).port });

async function holding(): Promise<Holding> {
  const connections = await new Promise<number>((resolve) =>
    http.server.getConnections((_error, count) => resolve(count)),
  );
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const streams = getEventListeners(site.signal, "abort").length;
  return { heap, connections, streams, taps: table.taps.size, resources, warnings };
}

process.on("message", () => void holding().then((held) => process.send?.(held)));
process.on("disconnect", () => process.exit(0));
