import type { PluginMeta } from "../../devices/plugin.ts";

/** Maintainer and name enter the ids of all devices: they never change. */
export const meta: PluginMeta = {
  maintainer: "bothy",
  name: "modbus",
  description: "Modbus RTU, RTU over TCP and Modbus TCP; products as register maps",
  vcs: "",
  version: "0.1.0",
};
