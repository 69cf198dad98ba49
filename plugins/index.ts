import type { Plugin } from "../devices/plugin.ts";
import { modbus } from "./modbus/index.ts";

/**
 * Every protocol there is, by the name a configuration calls it. Each is only ever given what its own schemas let
 * through, which is what makes forgetting their types here safe.
 */
export const plugins: ReadonlyMap<string, Plugin> = new Map(
  [modbus].map((plugin) => [plugin.name, plugin as Plugin]),
);
