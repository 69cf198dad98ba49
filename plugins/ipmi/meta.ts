import type { PluginMeta } from "../../devices/plugin.ts";

export const meta: PluginMeta = {
  maintainer: "bothy",
  name: "ipmi",
  description: "Servers by their BMCs: IPMI v2.0 over LAN",
  vcs: "",
  version: "0.1.0",
};
