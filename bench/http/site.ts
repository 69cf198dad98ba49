import { seconds, systemClock as clock } from "../../devices/clock.ts";
import { type Device, defaultWriteTimeout } from "../../devices/device.ts";
import { outputNamed } from "../../devices/output.ts";
import { type Connection, type LinkPlan, type Poll, priority, silentLog } from "../../devices/plugin.ts";
import { deviceId, pluginId } from "../../devices/ids.ts";
import type { Reading } from "../../devices/reading.ts";
import { generatedTags } from "../../devices/tag.ts";
import type { SiteConfig } from "../../server/config-schema.ts";
import { serveSite } from "../../server/serve.ts";
import { createSite } from "../../server/site.ts";
import { usageHere } from "../processes.ts";

/**
 * A process of its own: a site of 1,000 devices whose hardware costs nothing, each read once a second, behind the real
 * store and the real HTTP server. Sends its port to its parent.
 */
const devices = 1000;
const plugin = pluginId("bothy/bench");

const device = (n: number): Device => {
  const id = deviceId(plugin, "temperature", "bench", String(n));
  return {
    id,
    alias: `probe-${n}`,
    type: "temperature",
    info: `Probe ${n}`,
    plugin,
    handler: "bench",
    link: "bench",
    tags: ["default/rack:r1", `default/zone:z${n % 4}`, ...generatedTags(id, "temperature")],
    context: { rack: "r1" },
    outputs: [{ output: outputNamed("temperature") }],
    actions: [],
    sortIndex: 0,
    writeTimeout: defaultWriteTimeout,
  };
};

const known = Array.from({ length: devices }, (_, n) => device(n));

/** Ten polls of a hundred devices, each once a second. */
function connection(): Connection {
  const polls: Poll[] = Array.from({ length: 10 }, (_, p) => ({
    id: `poll-${p}`,
    unit: `unit-${p}`,
    values: known.slice(p * 100, p * 100 + 100).map(({ id }) => ({ device: id, output: "temperature" })),
    period: seconds(1),
    priority: priority.poll,
  }));
  return {
    polls,
    read: (poll) =>
      Promise.resolve(
        poll.values.map((id): Reading => ({
          id,
          at: clock.now(),
          quality: "good",
          value: Math.round(Math.random() * 400) / 10,
        })),
      ),
    closed: new Promise(() => undefined),
    close: () => Promise.resolve(),
  };
}

const plan: LinkPlan = {
  name: "bench",
  devices: known,
  faults: [],
  open: () => Promise.resolve(connection()),
};

const config: SiteConfig = {
  site: { id: "bench", name: "Bench", tags: [] },
  http: { host: "127.0.0.1", port: 0 },
  log: { level: "silent" },
  buses: {},
};
const served = await serveSite(createSite(config, [plan], { clock, log: silentLog, plugins: [] }));
process.send?.({ port: Number(new URL(served.url).port) });
process.on("message", () => process.send?.(usageHere()));
process.on("disconnect", () => process.exit(0));
