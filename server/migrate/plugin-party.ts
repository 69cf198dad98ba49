import { formatDuration } from "../../devices/duration.ts";
import { parseGoSetting } from "../../devices/go-duration.ts";
import { pluginId, pluginTag } from "../../devices/ids.ts";
import type { PluginMeta } from "../../devices/plugin.ts";
import type { Prototype } from "../../plugins/emulator/schema.ts";
import { type ConfiguredDevice, readDeviceConfig } from "../../plugins/emulator/device-config.ts";
import { meta as emulatorMeta } from "../../plugins/emulator/plan.ts";
import { handlers as emulatorHandlers } from "../../plugins/emulator/handlers.ts";
import { type Party, pick, type Section, section } from "./input.ts";
import { modbusHandlers } from "./modbus-types.ts";
import type { Note } from "./note.ts";

/** Which plugin of the original a configuration is for. */
export type Kind = "modbus-ip" | "emulator" | "ipmi" | "snmp" | "other";

/** Where a plugin listened. */
export interface Address {
  readonly protocol: "tcp" | "unix";
  readonly address: string;
}

const modbusMeta: PluginMeta = {
  maintainer: "vaporio",
  name: "modbus ip",
  description: "",
  vcs: "",
  version: "",
};

/** What a plugin's devices or entries tell of it. */
export function kindOf({ plugin, prototypes }: Party): Kind {
  const handlers = new Set(
    prototypes.flatMap((prototype) =>
      (prototype.instances ?? []).map(
        (instance) => instance.handler ?? prototype.handler ?? instance.type ?? prototype.type ?? "",
      ),
    ),
  );
  if (handlers.size > 0) {
    if ([...handlers].every((handler) => modbusHandlers.has(handler))) return "modbus-ip";
    return [...handlers].every((handler) => emulatorHandlers.has(handler)) ? "emulator" : "other";
  }
  const entries = pick(section(pick(plugin, "dynamicRegistration")), "config");
  const first = section(Array.isArray(entries) ? (entries as unknown[])[0] : undefined);
  if (pick(first, "hostname") !== undefined) return "ipmi";
  return pick(first, "model") !== undefined ? "snmp" : "other";
}

/** The id a plugin had; undefined, with a note, when that cannot be known here. Synse v3 §3.4. */
export function pluginIdOf(
  kind: "modbus-ip" | "emulator",
  { plugin, path }: Party,
  env: Readonly<Record<string, string | undefined>>,
  notes: Note[],
): string | undefined {
  const { maintainer, name } = kind === "emulator" ? emulatorMeta : modbusMeta;
  const id = section(pick(plugin, "id"));
  const cannot = (what: string): string | undefined => {
    notes.push({
      where: path,
      what,
      remedy: "keep that plugin running for the ids of its devices",
      lost: true,
    });
    return undefined;
  };
  if (pick(id, "useMachineID") === true) return cannot("its id was made of the machine's id");
  const variables = texts(pick(id, "useEnv"));
  const missing = variables.find((variable) => env[variable] === undefined);
  if (missing !== undefined) return cannot(`its id was made of ${missing}, which is not set here`);
  const components = [
    ...(pick(id, "usePluginTag") === false ? [] : [pluginTag(maintainer, name)]),
    ...variables.map((variable) => env[variable] ?? ""),
    ...texts(pick(id, "useCustom")),
  ];
  const [first, ...others] = components;
  return first === undefined ? cannot("its id was made of nothing") : pluginId(first, ...others);
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** The devices of a configuration, and the configuration without what is wrong with it, which becomes notes. */
export function devicesOf(
  kind: "modbus-ip" | "emulator",
  { prototypes, path }: Party,
  env: Readonly<Record<string, string | undefined>>,
  notes: Note[],
): { readonly devices: readonly ConfiguredDevice[]; readonly prototypes: readonly Prototype[] } {
  const meta = kind === "emulator" ? emulatorMeta : modbusMeta;
  const { devices, faults } = readDeviceConfig(prototypes, [], { meta, env });
  for (const fault of faults)
    notes.push({
      where: `${path} devices.${fault.path.join(".")}`,
      what: fault.message,
      remedy: fault.remedy,
      lost: true,
    });
  return {
    devices,
    prototypes: without(
      prototypes,
      faults.map(({ path: at }) => at),
    ),
  };
}

/** Prototypes without the aliases and the items of lists that faults lie in; other faults cannot be cut out. */
function without(
  prototypes: readonly Prototype[],
  paths: readonly (readonly (string | number)[])[],
): readonly Prototype[] {
  const kept = structuredClone(prototypes) as unknown;
  const lists = new Set<unknown[]>();
  for (const path of paths) {
    let at: unknown = kept;
    for (const [i, key] of path.entries()) {
      const inner = (at as Record<string | number, unknown> | undefined)?.[key];
      if (key === "alias") delete (at as Record<string, unknown>)["alias"];
      const item = path[i + 1];
      if ((key === "tags" || key === "transforms") && Array.isArray(inner)) {
        if (typeof item === "number") inner[item] = undefined;
        lists.add(inner as unknown[]);
        break;
      }
      at = inner;
    }
  }
  for (const list of lists) list.splice(0, list.length, ...list.filter((item) => item !== undefined));
  return kept as readonly Prototype[];
}

/** How often a plugin read, as a duration of ours. */
export function readInterval(plugin: Section | undefined, usual: string): string {
  const text = pick(section(pick(section(pick(plugin, "settings")), "read")), "interval");
  const span = typeof text === "string" ? parseGoSetting(text) : undefined;
  return span === undefined || span <= 0 ? usual : formatDuration(Math.max(50, span));
}

/** Where a plugin listens, as a server on the same machine reaches it. Synse v3 §5.1. */
export function networkOf(plugin: Section | undefined): Address | undefined {
  const network = section(pick(plugin, "network"));
  const address = pick(network, "address");
  if (typeof address !== "string" || address === "") return undefined;
  if (pick(network, "type") === "unix") return { protocol: "unix", address: socketPath(address) };
  return { protocol: "tcp", address: address.startsWith(":") ? `127.0.0.1${address}` : address };
}

export const socketPath = (name: string): string => (name.startsWith("/") ? name : `/tmp/synse/${name}`);
