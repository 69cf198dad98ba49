import type { TestContext } from "node:test";
import type { FastifyInstance, InjectOptions } from "fastify";
import { silentLog } from "../../devices/plugin.ts";
import type { SiteConfig } from "../../server/config.ts";
import { createHttp } from "../../server/http.ts";
import type { RouteParts } from "../../server/routes/parts.ts";
import { createSite, type Site, type SiteDeps } from "../../server/site.ts";
import { Table, type TableDevice, tablePlugin } from "./table-plugin.ts";
import { settle, TestClock } from "./test-clock.ts";

export interface TableSite {
  readonly site: Site;
  readonly http: FastifyInstance;
  readonly table: Table;
  readonly clock: TestClock;
  /** Asks, and lets everything that needs no time happen. */
  readonly ask: (options: InjectOptions | string) => Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly text: string;
    readonly body: unknown;
  }>;
}

/** A started site whose one bus `t` has these devices, read once; ended with the test. */
export async function tableSite(
  t: TestContext,
  devices: readonly TableDevice[],
  values: Readonly<Record<string, number | bigint | string | boolean>> = {},
  rest: Partial<SiteConfig> = {},
  parts: Pick<RouteParts, "sockets"> = {},
  deps: Pick<SiteDeps, "controllers" | "state"> = {},
): Promise<TableSite> {
  const table = new Table();
  for (const [key, value] of Object.entries(values)) table.values.set(key, value);
  const plugin = tablePlugin(table);
  const clock = new TestClock();
  const config: SiteConfig = {
    site: { id: "hut", name: "The hut <1>", tags: [] },
    http: { host: "127.0.0.1", port: 0 },
    log: { level: "info" },
    buses: { t: { plugin: "table", settings: { password: "hush" } } },
    ...rest,
  };
  const plan = plugin.plan({
    site: config.site,
    name: "t",
    link: { path: ["buses", "t"], config: {} },
    devices: devices.map((device, i) => ({ path: ["devices", i], config: device })),
    products: [],
  });
  const site = createSite(config, [plan], { clock, log: silentLog, plugins: [plugin], ...deps });
  const http = await createHttp({ ...site, ...parts });
  site.start();
  await settle();
  await clock.advance(1500);
  t.after(async () => {
    await site.stop();
    await http.close();
  });
  return {
    site,
    http,
    table,
    clock,
    ask: async (options) => {
      const answer = await http.inject(options);
      const text = answer.body;
      const isJson = String(answer.headers["content-type"]).startsWith("application/json") && text !== "";
      const body: unknown = isJson ? JSON.parse(text) : undefined;
      return { status: answer.statusCode, headers: answer.headers, text, body };
    },
  };
}
