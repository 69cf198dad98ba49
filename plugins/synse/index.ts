import { join } from "node:path";
import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import { FolderConnection } from "./folder.ts";
import { meta } from "./meta.ts";
import { openPlugin } from "./open.ts";
import { planBus, unixPlace } from "./plan.ts";
import {
  deviceSchema,
  type DeviceOptions,
  type LinkOptions,
  linkSchema,
  type SynseConfig,
} from "./schema.ts";

function plan(config: SynseConfig): LinkPlan {
  const { way, settings, faults } = planBus(config);
  const { name } = config;
  if (way.kind === "plugin")
    return { name, devices: [], faults, open: (deps) => openPlugin(name, way.place, settings, deps) };
  const below = (file: string): LinkPlan => ({
    name: `${name}:${file}`,
    devices: [],
    faults: [],
    open: (deps) => openPlugin(`${name}:${file}`, unixPlace(join(way.folder, file)), settings, deps),
  });
  return {
    name,
    devices: [],
    faults,
    open: async (deps) => {
      const connection = new FolderConnection(way.folder, below, deps);
      await connection.start();
      return connection;
    },
  };
}

/** Plugins of the Synse v3 protocol, each in a process of its own. */
export const synse: Plugin<LinkOptions, DeviceOptions> = {
  name: meta.name,
  meta,
  remote: true,
  schema: { link: linkSchema, device: deviceSchema },
  plan,
};
