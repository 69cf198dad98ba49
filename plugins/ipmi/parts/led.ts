import type { Action, Device } from "../../../devices/device.ts";
import { BothyError } from "../../../devices/errors.ts";
import { outputNamed } from "../../../devices/output.ts";
import { type Command, priority } from "../../../devices/plugin.ts";
import type { Reading } from "../../../devices/reading.ts";
import type { ChassisStatus } from "../commands/chassis.ts";
import { type Identify, identify, longestIdentify } from "../commands/identify.ts";
import type { BmcSettings } from "../plan.ts";
import { effectsOf } from "../quirks.ts";
import type { Host } from "./host.ts";
import { bmcDevice, good, type PartDeps, valueAt } from "./part.ts";

/**
 * The lamp that tells a server from its neighbours.
 * @param seen whether the BMC tells if it shines; without that nobody can say a write was done
 */
export function ledDevice(settings: BmcSettings, seen: boolean): Device {
  return bmcDevice(settings, ["chassis", "identify"], "identify", {
    type: "led",
    info: "identify lamp",
    tags: ["ipmi/chassis-part:identify"],
    outputs: seen ? [{ output: outputNamed("state") }] : [],
    actions: settings.privilege < 3 ? [] : ledActions(seen),
  });
}

const ledActions = (seen: boolean): readonly Action[] => [
  {
    name: "state",
    accepts: { kind: "choice", choices: ["on", "off"] },
    ...(seen ? { kind: "level", shows: { output: "state" }, settle: 5000 } : { kind: "pulse" }),
    storage: "ram",
  },
  {
    name: "blink",
    kind: "pulse",
    accepts: { kind: "number", min: 1, max: longestIdentify, step: 1, unit: "s" },
    ...(seen ? { shows: { output: "state" } } : {}),
    storage: "ram",
  },
];

export function ledReadings(
  device: Device,
  at: number,
  { identify: how }: ChassisStatus,
): readonly Reading[] {
  if (device.outputs.length === 0) return [];
  const id = valueAt(device, "state");
  if (how !== undefined)
    return [good(id, at, how === "off" ? "off" : "on", how === "timed" ? { until: "its time is over" } : {})];
  const reason = new BothyError("ABSENT", { source: device.info, fault: "the BMC does not say it any more" });
  return [{ id, at, quality: "bad", reason: { code: reason.code, text: reason.message } }];
}

/** @throws BothyError */
export async function switchLed(
  { bmc, clock, settings }: PartDeps,
  host: Host,
  device: Device,
  { action, value }: Command,
  signal: AbortSignal,
): Promise<readonly Reading[]> {
  const wanted: Identify =
    action.name === "blink" ? { seconds: Math.round(Number(value)) } : value === "on" ? "on" : "off";
  const asked = { priority: priority.write, signal };
  const { identifyWithoutForce: withoutForce = false } = effectsOf(settings.quirks).commands;
  await identify(bmc, wanted, { ...asked, withoutForce });
  return device.outputs.length === 0 ? [] : ledReadings(device, clock.now(), await host.look(asked));
}
