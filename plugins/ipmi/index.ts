import { declare } from "../../devices/declare.ts";
import { numbered } from "../../devices/numbered.ts";
import type { Connection, LinkDeps, LinkPlan, Plugin } from "../../devices/plugin.ts";
import { BmcConnection } from "./bmc-connection.ts";
import { Door } from "./connect.ts";
import { Exchange, HubConnection, hubDevice } from "./hub.ts";
import { meta } from "./meta.ts";
import { assumedDevices, recall } from "./parts-of.ts";
import { type BmcSettings, planBmcs } from "./plan.ts";
import { deviceSchema, type DeviceOptions, type IpmiConfig, type LinkOptions, linkSchema } from "./schema.ts";

function plan(config: IpmiConfig): LinkPlan {
  const { name } = config;
  const { settings, faults } = planBmcs(config);
  const { bmcs } = settings;
  const device = hubDevice(config);
  const exchange = new Exchange();
  return {
    name,
    devices: [device],
    later: numbered(bmcs.length, "BMC"),
    faults,
    open: (deps) => {
      const below = bmcs.map((bmc) => planBmc(bmc, exchange));
      return Promise.resolve(new HubConnection({ device, exchange, below, ...settings }, deps));
    },
  };
}

/** A BMC as a link of its own. What was known of it is known at once, whether it answers or not. */
function planBmc(settings: BmcSettings, exchange: Exchange): LinkPlan {
  const door = new Door(settings);
  const { name } = settings;
  const logged = new Set<string>();
  const open = async (deps: LinkDeps): Promise<Connection> => {
    declare(recall(deps.memory, name) ?? assumedDevices(settings), deps, name);
    const client = await door.open(exchange.socket(name), deps);
    const connection = new BmcConnection(settings, client, deps, logged);
    try {
      await connection.begin();
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
    connection.start();
    exchange.join(name, connection);
    return connection;
  };
  return { name, devices: [], faults: [], open };
}

/** Servers by their BMCs: IPMI v2.0 over LAN, and v1.5 where it has to be. */
export const ipmi: Plugin<LinkOptions, DeviceOptions> = {
  name: meta.name,
  meta,
  schema: { link: linkSchema, device: deviceSchema },
  plan,
};
