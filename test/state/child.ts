/**
 * A site for tests that kill it: fans in a table, on a line that takes a moment for each write. Arguments: the state
 * folder, and the number of fans. Prints its address. The hardware is lost with the process, as when the power goes.
 */
import type { Connection, LinkPlan } from "../../devices/plugin.ts";
import { sleep, systemClock as clock } from "../../devices/clock.ts";
import { createLog } from "../../server/logger.ts";
import { serveSite } from "../../server/serve.ts";
import { createSite } from "../../server/site.ts";
import { openState } from "../../server/state/state.ts";
import { speed, Table, tablePlugin } from "../support/table-plugin.ts";

const [folder = "", fans = "4"] = process.argv.slice(2);
const log = createLog("warn");
const table = new Table();
const plugin = tablePlugin(table);
const aliases = Array.from({ length: Number(fans) }, (_, i) => `fan-${i}`);
for (const alias of aliases) table.values.set(`${alias}/duty`, 20);
const site = { id: "hut", name: "Hut", tags: [] };
const plan = plugin.plan({
  site,
  name: "t",
  link: { path: ["buses", "t"], config: {} },
  devices: aliases.map((alias, i) => ({
    path: ["devices", i],
    config: { alias, type: "fan", outputs: [["duty"]], actions: [speed] },
  })),
  products: [],
});

/** Each write takes between nothing and 20 ms. */
const slowly = (connection: Connection): Connection => ({
  ...connection,
  write: async (command, signal) => {
    await sleep(clock, Math.random() * 20);
    return (await connection.write?.(command, signal)) ?? [];
  },
});
const slow: LinkPlan = { ...plan, open: async (deps) => slowly(await plan.open(deps)) };

const state = await openState(folder, { clock, log });
const config = {
  site,
  http: { host: "127.0.0.1", port: 0 },
  log: { level: "warn" as const },
  state: { folder },
  buses: { t: { plugin: "table", settings: {} } },
};
const served = await serveSite(createSite(config, [slow], { clock, log, plugins: [plugin], state }));
process.on("SIGTERM", () => void served.stop().then(() => process.exit(0)));
process.stdout.write(`${served.url}\n`);
