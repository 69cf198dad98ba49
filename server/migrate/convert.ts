import { type Party, pick, type Section, section } from "./input.ts";
import { modbusParts } from "./modbus-ip.ts";
import { freeName, nameFrom } from "./names.ts";
import type { Note } from "./note.ts";
import {
  type Address,
  devicesOf,
  type Kind,
  kindOf,
  networkOf,
  pluginIdOf,
  readInterval,
  socketPath,
} from "./plugin-party.ts";

export interface MigrateOptions {
  /** The site's id. */
  readonly site: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A configuration of ours, as plain data in the order it is to be written. */
export interface Migrated {
  readonly site: { readonly id: string };
  readonly log?: { readonly level: string };
  readonly metrics?: object;
  readonly buses: Readonly<Record<string, object>>;
  readonly devices?: readonly object[];
  readonly products?: readonly object[];
}

/** A plugin's address in a server's configuration, and the CA its certificate hangs below. */
interface Remote extends Address {
  readonly ca?: string;
}

/** The original's levels under our names. */
const levels: Readonly<Record<string, string>> = {
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  critical: "fatal",
};

/**
 * One configuration out of a server's and its plugins'. Modbus and emulated devices become devices of this site; other
 * plugins stay, and are asked over their own protocol. Ids and aliases stay in either case.
 */
export function convert(parties: readonly Party[], { site, env }: MigrateOptions, notes: Note[]): Migrated {
  const merged = new Merge(env, notes);
  const servers = parties.flatMap(({ server }) => (server === undefined ? [] : [server]));
  const remotes = servers.flatMap(remotesOf);
  const native: Address[] = [];
  for (const party of parties) {
    if (party.plugin === undefined && party.prototypes.length === 0) continue;
    const address = merged.plugin(party);
    if (address !== undefined) native.push(address);
  }
  for (const remote of remotes) {
    if (native.some((address) => isSame(address, remote)))
      notes.push({
        where: remote.address,
        what: "that plugin's devices are now this site's own",
        remedy: "stop the plugin before this site starts",
        lost: false,
      });
    else merged.remote(remote);
  }
  return {
    site: { id: site },
    ...serverParts(servers, notes),
    ...merged.parts(),
  };
}

/** Behind another name of its host it is still the same plugin: ports and sockets are what the two have in common. */
const isSame = (one: Address, other: Address): boolean =>
  one.protocol === other.protocol &&
  (one.protocol === "unix" ? one.address === other.address : portOf(one.address) === portOf(other.address));

const portOf = (address: string): string => address.slice(address.lastIndexOf(":") + 1);

function remotesOf(server: Section): readonly Remote[] {
  const plugin = section(pick(server, "plugin"));
  const list = (key: string): readonly string[] => {
    const value = pick(plugin, key);
    return Array.isArray(value) ? value.map(String) : [];
  };
  const ca = pick(section(pick(section(pick(server, "grpc")), "tls")), "cert");
  const tls = typeof ca === "string" ? { ca } : {};
  return [
    ...list("tcp").map((address): Remote => ({ protocol: "tcp", address, ...tls })),
    ...list("unix").map((name): Remote => ({ protocol: "unix", address: socketPath(name), ...tls })),
  ];
}

function serverParts(servers: readonly Section[], notes: Note[]): Pick<Migrated, "log" | "metrics"> {
  if (servers.length === 0) return {};
  const server: Section = Object.assign({}, ...servers) as Section;
  const logging = pick(server, "logging") ?? "debug";
  const level = typeof logging === "string" && Object.hasOwn(levels, logging) ? levels[logging] : undefined;
  const metrics = pick(section(pick(server, "metrics")), "enabled") === true;
  const say = (where: string, what: string, remedy: string, lost = true): void => {
    notes.push({ where, what, remedy, lost });
  };
  say(
    "http",
    "it listened on every address, asking nobody who they are",
    "see docs/access.md before you open it beyond this machine",
  );
  if (pick(server, "ssl") !== undefined)
    say("ssl", "certificate and key are not taken over", "name them below `access.tls`; see docs/access.md");
  if (pick(section(pick(section(pick(server, "plugin")), "discover")), "kubernetes") !== undefined)
    say(
      "plugin.discover.kubernetes",
      "clusters are not searched for plugins",
      "name each plugin below `buses`",
    );
  if (pick(server, "cache") !== undefined)
    say(
      "cache",
      "nothing is rebuilt from time to time: devices and plugins are always as they are",
      "nothing to do",
      false,
    );
  return {
    ...(level === undefined ? {} : { log: { level } }),
    ...(metrics ? { metrics: { enabled: true, synseNames: true } } : { metrics: { enabled: false } }),
  };
}

/** Collects what the parties become. */
class Merge {
  readonly #env: MigrateOptions["env"];
  readonly #notes: Note[];
  readonly #buses = new Map<string, object>();
  readonly #taken = new Set<string>();
  readonly #devices: object[] = [];
  readonly #products: object[] = [];

  constructor(env: MigrateOptions["env"], notes: Note[]) {
    this.#env = env;
    this.#notes = notes;
  }

  /** @returns the address of a plugin that is needed no more */
  plugin(party: Party): Address | undefined {
    const kind = kindOf(party);
    const address = networkOf(party.plugin);
    if (kind !== "modbus-ip" && kind !== "emulator") {
      this.#stays(kind, party, address);
      return undefined;
    }
    const id = pluginIdOf(kind, party, this.#env, this.#notes);
    if (id === undefined) {
      if (address !== undefined) this.remote(address);
      return undefined;
    }
    if (kind === "emulator") this.#emulator(party, id);
    else this.#modbus(party, id);
    return address;
  }

  remote({ protocol, address, ca }: Remote): void {
    const where = protocol === "tcp" ? { address } : { socket: address };
    const known = [...this.#buses.values()].some((bus) =>
      Object.entries(where).every(([k, v]) => (bus as Section)[k] === v),
    );
    if (known) return;
    this.#add(nameFrom(`plugin-${protocol === "tcp" ? address : (address.split("/").at(-1) ?? "")}`), {
      plugin: "synse",
      ...where,
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
  }

  parts(): Pick<Migrated, "buses" | "devices" | "products"> {
    return {
      buses: Object.fromEntries(this.#buses),
      ...(this.#devices.length === 0 ? {} : { devices: this.#devices }),
      ...(this.#products.length === 0 ? {} : { products: this.#products }),
    };
  }

  #add(wanted: string, bus: object): void {
    this.#buses.set(freeName(wanted, this.#taken), bus);
  }

  #modbus(party: Party, id: string): void {
    const devices = devicesOf("modbus-ip", party, this.#env, this.#notes);
    const interval = readInterval(party.plugin, "5s");
    const made = modbusParts(devices, id, interval, this.#notes);
    for (const [name, bus] of Object.entries(made.buses)) this.#add(name, bus);
    this.#devices.push(...made.devices);
    this.#products.push(...made.products);
  }

  #emulator(party: Party, id: string): void {
    devicesOf("emulator", party, this.#env, this.#notes);
    if (id !== usualEmulator)
      this.#notes.push({
        where: party.path,
        what: "its plugin's id was composed in a way of its own; the devices get the usual ids",
        remedy: "change whoever knows the ids",
        lost: true,
      });
    this.#add("emulator", {
      plugin: "emulator",
      poll: readInterval(party.plugin, "1s"),
      devices: party.prototypes,
    });
  }

  #stays(kind: Kind, { path }: Party, address: Remote | undefined): void {
    const name = kind === "other" ? "this plugin" : `the ${kind} plugin`;
    if (address !== undefined) this.remote(address);
    this.#notes.push({
      where: path,
      what: `${name} is not replaced`,
      remedy:
        address === undefined
          ? "keep it running and name its address below `buses`"
          : "keep it running: its devices come from it as before",
      lost: address === undefined,
    });
  }
}

const usualEmulator = "4032ffbe-80db-5aa5-b794-f35c88dff85c";
