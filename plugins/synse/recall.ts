import type { Device } from "../../devices/device.ts";
import type { LinkMemory, RemotePlugin } from "../../devices/plugin.ts";

/** What is kept of a plugin, so that its devices are known while it is down. */
export interface Remembered {
  readonly plugin: RemotePlugin;
  readonly devices: readonly Device[];
}

/** Changed whenever the shape of what is kept does. */
const key = "plugin-1";

export const remember = (memory: LinkMemory, remembered: Remembered): void => memory.set(key, remembered);

/** @returns undefined when nothing is kept, or nothing that makes sense */
export function recall(memory: LinkMemory): Remembered | undefined {
  const kept = memory.get(key);
  if (!isMap(kept) || !isMap(kept["plugin"]) || !isMap(kept["plugin"]["health"])) return undefined;
  const { devices } = kept;
  if (!Array.isArray(devices) || !devices.every(isDevice)) return undefined;
  return kept as unknown as Remembered;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isDevice = (value: unknown): boolean =>
  isMap(value) &&
  ["id", "type", "info", "plugin", "handler", "link"].every((name) => typeof value[name] === "string") &&
  ["tags", "outputs", "actions"].every((name) => Array.isArray(value[name])) &&
  isMap(value["context"]) &&
  (value["outputs"] as unknown[]).every((output) => isMap(output) && isMap(output["output"]));
