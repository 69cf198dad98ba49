import type { PluginMeta } from "../../devices/plugin.ts";

/** Of the way to plugins, not of the plugins: those have ids of their own, which their devices' ids follow from. */
export const meta: PluginMeta = {
  maintainer: "bothy",
  name: "synse",
  description: "Synse v3 plugins over gRPC, on TCP or unix sockets",
  vcs: "",
  version: "0.1.0",
};
