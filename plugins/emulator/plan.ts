import { type Device, defaultWriteTimeout } from "../../devices/device.ts";
import type { Millis } from "../../devices/clock.ts";
import { parseDuration } from "../../devices/duration.ts";
import { makeDevice, sitePluginId } from "../../devices/make-device.ts";
import type { Fault, LinkConfig, PluginMeta } from "../../devices/plugin.ts";
import { wholeNumber } from "./behaviour.ts";
import { defaultDevices } from "./defaults.ts";
import { type ConfiguredDevice, configuredId, InstanceReader, readDeviceConfig } from "./device-config.ts";
import { type Handler, handlers } from "./handlers.ts";
import { isOutput } from "./outputs.ts";
import type { DeviceOptions, LinkOptions } from "./schema.ts";

/** Every word of it enters ids, and so is that of Synse's emulator. Synse v3 §8. */
export const meta: PluginMeta = {
  everywhere: true,
  maintainer: "vaporio",
  name: "emulator plugin",
  description: "A plugin with emulated devices and data",
  vcs: "github.com/vapor-ware/synse-emulator-plugin",
  version: "3.4.1",
};

export type EmulatorConfig = LinkConfig<LinkOptions, DeviceOptions, unknown>;

/** A device and what it is configured to be. */
export interface PlannedDevice {
  readonly device: Device;
  readonly configured: ConfiguredDevice;
  readonly handler: Handler;
}

export interface EmulatorPlan {
  readonly name: string;
  readonly period: Millis;
  readonly seed: number | undefined;
  readonly devices: readonly PlannedDevice[];
}

/** Commands are words and short JSON texts. */
const longestText = 1000;
const periods = { shortest: 100, longest: 3_600_000 };

/** Expands the configuration of an emulator. Pure. */
export function planEmulator(config: EmulatorConfig): {
  readonly plan: EmulatorPlan;
  readonly faults: readonly Fault[];
} {
  const { name, link } = config;
  const { devices: configured, faults: unreadable } = configuredDevices(config);
  const faults = [...unreadable];
  const period = parseDuration(link.config.poll ?? "1s") ?? 0;
  if (period < periods.shortest || period > periods.longest)
    faults.push({
      path: [...link.path, "poll"],
      message: "is no period values could change in",
      remedy: "write 100ms to 1h",
    });
  const devices = configured.flatMap((device) => {
    const handler = handlers.get(device.handler);
    faults.push(...faultsOf(device, handler));
    return handler === undefined ? [] : [plannedDevice(config, device, handler)];
  });
  faults.push(...duplicates(devices));
  return { plan: { name, period, seed: link.config.seed, devices }, faults };
}

function configuredDevices(config: EmulatorConfig): {
  readonly devices: readonly ConfiguredDevice[];
  readonly faults: readonly Fault[];
} {
  const { link, env = {} } = config;
  const surroundings = { meta, env };
  const nothing = link.config.devices === undefined && config.devices.length === 0;
  const prototypes = link.config.devices ?? (nothing ? defaultDevices : []);
  const { devices, faults } = readDeviceConfig(prototypes, [...link.path, "devices"], surroundings);
  const more: Fault[] = [];
  const single = config.devices.flatMap(({ path, config: { alias, ...rest } }) => {
    const instance = { ...rest, ...(alias === undefined ? {} : { alias: { name: alias } }) };
    return new InstanceReader(path, path, surroundings, more).read({}, instance) ?? [];
  });
  return { devices: [...devices, ...single], faults: [...faults, ...more] };
}

function plannedDevice(
  config: EmulatorConfig,
  configured: ConfiguredDevice,
  handler: Handler,
): PlannedDevice {
  const { type, info, alias, tags, context, sortIndex, writeTimeout } = configured;
  const place = { site: config.site, link: config.name, at: [] };
  const device = makeDevice(meta, place, {
    id: configuredId(sitePluginId(meta, config.site), configured),
    handler: configured.handler,
    type,
    info: info === "" ? type : info,
    ...(alias === undefined ? {} : { alias }),
    tags: [...config.site.tags, ...tags],
    context,
    outputs: handler.outputs,
    // The original lists none: what an action means, and whether it is one, only its handler knows.
    ...(handler.writable ? { otherActions: { kind: "text", maxLength: longestText } } : {}),
    sortIndex,
    writeTimeout: writeTimeout > 0 ? writeTimeout : defaultWriteTimeout,
  });
  return { device, configured, handler };
}

function faultsOf({ path, handler: name, data, output }: ConfiguredDevice, handler: Handler | undefined) {
  const faults: Fault[] = [];
  if (output !== undefined && !isOutput(output))
    faults.push({
      path: [...path, "output"],
      message: `there is no output \`${output}\``,
      remedy: "remove it: the handler knows its outputs",
    });
  if (handler === undefined) {
    const known = [...handlers.keys()].join(", ");
    faults.push({ path, message: `there is no handler \`${name}\``, remedy: `write one of ${known}` });
  }
  for (const [key, least] of Object.entries(handler?.settings ?? {})) {
    if (data[key] === undefined) continue;
    const number = wholeNumber(data[key]);
    if (number !== undefined && number >= least) continue;
    const range = Number.isFinite(least) ? ` from ${least} on` : "";
    faults.push({
      path: [...path, "data", key],
      message: `\`${key}\` of ${name} is not a whole number${range}`,
      remedy: "write one, here or in its prototype",
    });
  }
  return faults;
}

/** Two devices with one id or alias cannot be told apart. */
function duplicates(devices: readonly PlannedDevice[]): readonly Fault[] {
  const faults: Fault[] = [];
  const ids = new Set<string>();
  const aliases = new Set<string>();
  for (const { device, configured } of devices) {
    if (ids.has(device.id))
      faults.push({
        path: configured.path,
        message: "has type, handler and data of another device, and so its id",
        remedy: "give it other data, e.g. `data: { id: 2 }`",
      });
    ids.add(device.id);
    if (device.alias === undefined) continue;
    if (aliases.has(device.alias))
      faults.push({
        path: configured.path,
        message: `has the alias \`${device.alias}\` of another device`,
        remedy: "give one of the two another alias",
      });
    aliases.add(device.alias);
  }
  return faults;
}
