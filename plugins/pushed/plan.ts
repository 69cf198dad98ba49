import type { Millis } from "../../devices/clock.ts";
import type { Accepts, Device } from "../../devices/device.ts";
import { parseDuration } from "../../devices/duration.ts";
import { makeDevice } from "../../devices/make-device.ts";
import { type Output, outputNamed } from "../../devices/output.ts";
import type { Fault, LinkConfig, PluginMeta } from "../../devices/plugin.ts";
import type { DeviceOptions, LinkOptions } from "./schema.ts";

/** Maintainer and name enter the ids of all devices: they never change. */
export const meta: PluginMeta = {
  maintainer: "bothy",
  name: "pushed",
  description: "Values that programs bring, each with its own time limit",
  vcs: "",
  version: "1.0.0",
};

export type PushedConfig = LinkConfig<LinkOptions, DeviceOptions, unknown>;

/** A value, and how long it counts. */
export interface PushedPoint {
  readonly device: Device;
  readonly timeout: Millis;
}

export interface PushedPlan {
  readonly name: string;
  readonly points: readonly PushedPoint[];
}

const shortest: Millis = 1000;

/** Expands a configuration. Pure. */
export function planPushed(config: PushedConfig): {
  readonly plan: PushedPlan;
  readonly faults: readonly Fault[];
} {
  const { link, name } = config;
  const faults: Fault[] = [];
  const timeoutAt = (text: string, path: Fault["path"]): Millis => {
    const timeout = parseDuration(text) ?? 0;
    if (timeout < shortest)
      faults.push({
        path: [...path, "timeout"],
        message: "no value counts that long",
        remedy: "use 1s or more",
      });
    return timeout;
  };
  const usual = timeoutAt(link.config.timeout ?? "1m", link.path);
  const points = config.devices.map(({ config: point, path }): PushedPoint => {
    const { min = -1e9, max = 1e9 } = point;
    if (min >= max)
      faults.push({ path: [...path, "min"], message: `${min} is not below max ${max}`, remedy: "swap them" });
    const timeout = point.timeout === undefined ? usual : timeoutAt(point.timeout, path);
    return { timeout, device: deviceOf(config, point) };
  });
  return { plan: { name, points }, faults };
}

/** Types of outputs whose values are words. */
const worded: ReadonlySet<string> = new Set(["state", "status", "string", "color", "direction", "timestamp"]);

function accepts(output: Output, { min = -1e9, max = 1e9, words }: DeviceOptions): Accepts {
  if (words !== undefined) return { kind: "choice", choices: words };
  if (worded.has(output.type)) return { kind: "text", maxLength: 256 };
  const step = 10 ** -output.precision;
  return { kind: "number", min, max, step, unit: output.unit?.symbol ?? "" };
}

function deviceOf({ site, name }: PushedConfig, point: DeviceOptions): Device {
  const output = outputNamed(point.output);
  const place = { site, link: name, at: [point.alias] };
  return makeDevice(meta, place, {
    alias: point.alias,
    type: point.type ?? point.output,
    info: point.info ?? `${output.name} brought to ${name}`,
    tags: [...site.tags, ...(point.tags ?? [])],
    ...(point.context === undefined ? {} : { context: point.context }),
    outputs: [{ output }],
    actions: [
      {
        name: "value",
        kind: "pulse",
        accepts: accepts(output, point),
        shows: { output: output.name },
        storage: "ram",
      },
    ],
  });
}
