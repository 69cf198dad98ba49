import type { Plugin } from "../devices/plugin.ts";
import { emulator } from "./emulator/index.ts";
import { ipmi } from "./ipmi/index.ts";
import { modbus } from "./modbus/index.ts";
import { pushed } from "./pushed/index.ts";
import { synse } from "./synse/index.ts";

/** Every protocol there is. Each is only ever given what its own schemas let through: here their types are forgotten. */
const all: readonly Plugin[] = [modbus, ipmi, emulator, pushed, synse];

/** By the name a configuration calls it. */
export const plugins: ReadonlyMap<string, Plugin> = new Map(all.map((plugin) => [plugin.name, plugin]));
