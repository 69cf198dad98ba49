import type { Device } from "../../devices/device.ts";
import type { LinkDeps, LinkMemory } from "../../devices/plugin.ts";
import type { Known } from "./learn.ts";
import { bootPart } from "./parts/boot.ts";
import { chassisPart } from "./parts/chassis.ts";
import { controllerPart } from "./parts/controller.ts";
import { powerLimitPart, powerReadingPart } from "./parts/dcmi.ts";
import { eventsPart } from "./parts/events.ts";
import type { Host } from "./parts/host.ts";
import { inventoryPart } from "./parts/inventory.ts";
import type { Part, PartDeps } from "./parts/part.ts";
import { powerDevice } from "./parts/power.ts";
import { sensorsPart } from "./parts/sensors.ts";
import type { BmcSettings } from "./plan.ts";

/** Everything a BMC does, by what is known of it. */
export function partsOf(
  deps: PartDeps,
  host: Host,
  { abilities, identity, sensors, facts }: Known,
  { memory, publish }: Pick<LinkDeps, "memory" | "publish">,
): readonly Part[] {
  const { hours, selfTest } = abilities;
  return [
    ...(abilities.chassis ? [chassisPart(deps, host, abilities.lampIsSeen)] : []),
    sensorsPart(deps, host, sensors, facts),
    ...(abilities.powerReading ? [powerReadingPart(deps)] : []),
    ...(abilities.powerLimit ? [powerLimitPart(deps)] : []),
    ...(abilities.events ? [eventsPart(deps, { memory, publish, sensors: () => sensors })] : []),
    ...(abilities.boot ? [bootPart(deps)] : []),
    controllerPart(deps, { identity, hours, selfTest }),
    inventoryPart(deps, abilities.inventories),
  ];
}

/** What a BMC is taken to have before it ever answered: so that there is something to say why it does not. */
export const assumedDevices = (settings: BmcSettings): readonly Device[] => [powerDevice(settings)];

/** Changed whenever the shape of what is kept does. */
const key = "devices-1";

/** Keeps a BMC's devices, so that they are known while it is down. */
export const remember = (memory: LinkMemory, devices: readonly Device[]): void => memory.set(key, devices);

/** @returns undefined when nothing is kept, or nothing that makes sense */
export function recall(memory: LinkMemory, link: string): readonly Device[] | undefined {
  const kept = memory.get(key);
  if (!Array.isArray(kept) || !kept.every(isDevice)) return undefined;
  return (kept as readonly Device[]).filter((device) => device.link === link);
}

function isDevice(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const device = value as Record<string, unknown>;
  return (
    ["id", "type", "info", "plugin", "handler", "link"].every((name) => typeof device[name] === "string") &&
    ["tags", "outputs", "actions"].every((name) => Array.isArray(device[name])) &&
    typeof device["context"] === "object" &&
    device["context"] !== null &&
    (device["outputs"] as unknown[]).every(
      (one) => typeof one === "object" && one !== null && "output" in one,
    )
  );
}
