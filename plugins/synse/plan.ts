import type { Millis } from "../../devices/clock.ts";
import { parseDuration } from "../../devices/duration.ts";
import type { Fault, Path } from "../../devices/plugin.ts";
import { fullTag } from "../../devices/tag.ts";
import type { Overlay } from "./device.ts";
import { defaults, type DurationOption, type LinkOptions, type SynseConfig } from "./schema.ts";

/** Where one plugin is. */
export interface Place {
  /** As gRPC names it. */
  readonly target: string;
  readonly network: { readonly address: string; readonly protocol: "tcp" | "unix" };
}

/** Everything that is the same for all plugins of a bus. Durations in ms; `staleAfter` may be infinite. */
export interface Settings extends Readonly<Record<DurationOption, Millis>> {
  readonly tls: LinkOptions["tls"];
  /** In full. */
  readonly tags: readonly string[];
  /** By the id of the device they are for. */
  readonly overlays: ReadonlyMap<string, Overlay>;
}

export type Way =
  { readonly kind: "plugin"; readonly place: Place } | { readonly kind: "folder"; readonly folder: string };

export const unixPlace = (path: string): Place => ({
  target: `unix:${path}`,
  network: { address: `unix:${path}`, protocol: "unix" },
});

const tcpPlace = (address: string): Place => ({
  target: `dns:${address}`,
  network: { address, protocol: "tcp" },
});

/** Expands the configuration of a bus. Pure. */
export function planBus(config: SynseConfig): {
  readonly way: Way;
  readonly settings: Settings;
  readonly faults: readonly Fault[];
} {
  const { link } = config;
  const faults: Fault[] = [];
  const complain: Complain = (path, message, remedy, unless) => {
    faults.push({ path, message, remedy, ...(unless === undefined ? {} : { unless }) });
  };
  const { tls, tags = [] } = link.config;
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    complain(
      [...link.path, "tls"],
      "a certificate is of use only with its key",
      "give both `cert` and `key`",
    );
  const overlays = new Map<string, Overlay>();
  for (const { path, config: device } of config.devices) {
    if (overlays.has(device.id))
      complain([...path, "id"], `${device.id} is listed twice on ${config.name}`, "merge the two entries");
    overlays.set(device.id, { ...device, tags: device.tags?.map((tag) => fullTag(tag)) });
  }
  const settings = {
    ...durationsOf(config),
    tls,
    tags: [...config.site.tags, ...tags].map((tag) => fullTag(tag)),
    overlays,
  };
  return { way: wayOf(config, complain), settings, faults };
}

type Complain = (path: Path, message: string, remedy: string, unless?: readonly Path[]) => void;

function wayOf({ link }: SynseConfig, complain: Complain): Way {
  const { address, socket, socketFolder } = link.config;
  const given = [address, socket, socketFolder].filter((way) => way !== undefined);
  if (given.length !== 1)
    complain(
      link.path,
      given.length === 0 ? "it is not said where the plugin is" : "a plugin is in one place only",
      "give one of `address`, `socket`, `socketFolder`",
      ["address", "socket", "socketFolder"].map((way) => [...link.path, way]),
    );
  if (address !== undefined && Number(address.slice(address.lastIndexOf(":") + 1)) > 65_535)
    complain([...link.path, "address"], "there is no such port", "use a port from 1 to 65535");
  if (socketFolder !== undefined) return { kind: "folder", folder: socketFolder };
  return { kind: "plugin", place: address === undefined ? unixPlace(socket ?? "/") : tcpPlace(address) };
}

/** Ranges are checked with the schema. */
function durationsOf({ link }: SynseConfig): Record<DurationOption, Millis> {
  const read = (option: DurationOption): Millis => {
    const text = link.config[option] ?? defaults[option];
    if (text === "never") return Infinity;
    return parseDuration(text) ?? 0;
  };
  return {
    timeout: read("timeout"),
    poll: read("poll"),
    refresh: read("refresh"),
    health: read("health"),
    staleAfter: read("staleAfter"),
    writeTimeout: read("writeTimeout"),
  };
}
