import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { type Client, type ClientOptions, createClient } from "../../client/index.ts";
import { hours } from "../../devices/clock.ts";
import type { SiteConfig } from "../../server/config.ts";
import type { SiteDeps } from "../../server/site.ts";
import { socketLimits } from "../../server/websocket/limits.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { type TableSite, tableSite } from "../support/table-site.ts";

export const devices: readonly TableDevice[] = [
  {
    alias: "fan-1",
    type: "fan",
    outputs: [["rpm"], ["duty"]],
    actions: [speed],
    tags: ["rack:r1", "x/a"],
    context: { rack: "r1" },
  },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1"] },
  { alias: "meter", type: "power", outputs: [["count"], ["watt", "a"], ["watt", "b"]] },
];
export const counted = 18446744073709551615n;
export const values = {
  "fan-1/rpm": 4200,
  "fan-1/duty": 40,
  "probe/temperature": 21.5,
  "meter/count": counted,
  "meter/watt/a": 1,
};

export interface Served extends TableSite {
  readonly url: string;
  readonly client: (options?: Partial<ClientOptions>) => Client;
}

/** A site of a table behind a real port: any, or one that was used before. */
export async function served(
  t: TestContext,
  wanted = 0,
  rest: Partial<SiteConfig> = {},
  deps: Pick<SiteDeps, "controllers"> = {},
): Promise<Served> {
  // Time passes here many times as fast as a client can say that it is there.
  const sockets = { ...socketLimits, ping: hours(10_000) };
  const table = await tableSite(t, devices, values, rest, { sockets }, deps);
  await table.http.listen({ host: "127.0.0.1", port: wanted });
  const { port } = table.http.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { ...table, url, client: (options = {}) => createClient({ url, ...options }) };
}
