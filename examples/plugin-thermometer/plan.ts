import type { Millis } from "../../devices/clock.ts";
import type { Action, Device } from "../../devices/device.ts";
import { parseDuration } from "../../devices/duration.ts";
import { makeDevice } from "../../devices/make-device.ts";
import { outputNamed } from "../../devices/output.ts";
import type { Fault, LinkConfig, Path, PluginMeta } from "../../devices/plugin.ts";
import type { DeviceOptions, LinkOptions } from "./schema.ts";

/** Maintainer and name enter the ids of all devices: they never change. */
export const meta: PluginMeta = {
  maintainer: "bothy",
  name: "thermometer",
  description: "Thermometer boxes with relays, line protocol over TCP",
  vcs: "",
  version: "0.1.0",
};

export type BoxConfig = LinkConfig<LinkOptions, DeviceOptions, unknown>;

/** A channel and the device it is. */
export interface PlannedChannel {
  readonly channel: string;
  readonly device: Device;
}

/** Everything a connection needs to know. */
export interface BoxPlan {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly timeout: Millis;
  readonly period: Millis;
  readonly channels: readonly PlannedChannel[];
}

const shortestPoll: Millis = 100;

/** What a relay can be told, and which output shows that it did. */
const switching: Action = {
  name: "switch",
  kind: "level",
  accepts: { kind: "choice", choices: ["off", "on"] },
  shows: { output: "switch" },
  storage: "ram",
};

/** Expands the configuration of a box. Pure. */
export function planBox(config: BoxConfig): { readonly plan: BoxPlan; readonly faults: readonly Fault[] } {
  const { link, name } = config;
  const faults: Fault[] = [];
  const complain = (path: Path, message: string, remedy: string): void => {
    faults.push({ path, message, remedy });
  };
  const period = parseDuration(link.config.poll ?? "2s") ?? 0;
  const timeout = parseDuration(link.config.timeout ?? "1s") ?? 0;
  if (period < shortestPoll)
    complain([...link.path, "poll"], "the box is too slow for that", "use 100ms or more");
  if (timeout <= 0) complain([...link.path, "timeout"], "nobody answers in no time", "use 1s");
  const seen = new Set<string>();
  for (const { path, config: device } of config.devices) {
    if (seen.has(device.channel))
      complain([...path, "channel"], `${device.channel} is used twice on ${name}`, "use another channel");
    seen.add(device.channel);
  }
  const channels = config.devices.map(({ config: device }) => planChannel(config, device));
  const plan = { name, host: link.config.host, port: link.config.port ?? 7070, timeout, period, channels };
  return { plan, faults };
}

function planChannel(config: BoxConfig, { channel, alias, info, tags }: DeviceOptions): PlannedChannel {
  const relay = channel.startsWith("R");
  const place = { site: config.site, link: config.name, at: [channel] };
  const device = makeDevice(meta, place, {
    alias,
    type: relay ? "relay" : "temperature",
    info: info ?? `${relay ? "Relay" : "Sensor"} ${channel} of ${config.name}`,
    tags: [...config.site.tags, ...(tags ?? [])],
    context: { channel, bus: config.name },
    outputs: [{ output: outputNamed(relay ? "switch" : "temperature") }],
    actions: relay ? [switching] : [],
  });
  return { channel, device };
}
