import { formatDuration } from "../../devices/duration.ts";
import { type Party, pick, type Section, section } from "./input.ts";
import { ipmiParts } from "./ipmi.ts";
import { modbusParts } from "./modbus-ip.ts";
import { fateNote, fateOf, mayBe, type Remote, type Replaced, words } from "./fate.ts";
import { freeName, nameFrom } from "./names.ts";
import type { Note } from "./note.ts";
import {
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
  /** BMCs become devices of this site, and the files of their passwords stand there. Absent: their plugin stays. */
  readonly bmcPasswords?: { readonly folder: string; readonly secrets: Map<string, string> };
}

/** A configuration of ours, as plain data in the order it is to be written. */
export interface Migrated {
  readonly site: { readonly id: string };
  readonly log?: { readonly level: string };
  readonly cache?: object;
  readonly metrics?: object;
  readonly buses: Readonly<Record<string, object>>;
  readonly devices?: readonly object[];
  readonly products?: readonly object[];
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
export function convert(parties: readonly Party[], options: MigrateOptions, notes: Note[]): Migrated {
  const merged = new Merge(options, notes);
  const servers = parties.flatMap(({ server }) => (server === undefined ? [] : [server]));
  const remotes = servers.flatMap(remotesOf);
  const asked = parties.filter(({ plugin, prototypes }) => plugin !== undefined || prototypes.length > 0);
  const replaced: Replaced[] = [];
  const staying: Remote[] = [];
  for (const party of asked) {
    const address = networkOf(party.plugin);
    const kind = merged.plugin(party);
    if (address === undefined) continue;
    if (kind === undefined) staying.push(address);
    else replaced.push({ ...address, word: words[kind] });
  }
  for (const remote of remotes) {
    const fate = fateOf(remote, remotes, replaced, staying);
    if (fate !== "other") notes.push(fateNote(remote, fate));
    if (fate !== "replaced") merged.remote(remote);
  }
  // Where a server knows a plugin under a name of its host, that is its address; its own file says only the port.
  for (const address of staying)
    if (!remotes.some((remote) => mayBe(address, remote))) merged.remote(address);
  return {
    site: { id: options.site },
    ...serverParts(servers, notes),
    ...merged.parts(),
  };
}

function remotesOf(server: Section): readonly Remote[] {
  const plugin = section(pick(server, "plugin"));
  const list = (key: string): readonly string[] => {
    const value = pick(plugin, key);
    return Array.isArray(value) ? value.map(String) : [];
  };
  const grpc = section(pick(server, "grpc"));
  const ca = pick(section(pick(grpc, "tls")), "cert");
  const timeout = seconds(pick(grpc, "timeout"), 300);
  const how = {
    ...(typeof ca === "string" ? { ca } : {}),
    ...(timeout === undefined || timeout === "3s" ? {} : { timeout }),
  };
  return [
    ...list("tcp").map((address): Remote => ({ protocol: "tcp", address, ...how })),
    ...list("unix").map((name): Remote => ({ protocol: "unix", address: socketPath(name), ...how })),
  ];
}

/** A whole number of seconds as a duration of ours; undefined for what is none, or more than `most`. */
const seconds = (value: unknown, most: number): string | undefined =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most
    ? formatDuration(value * 1000)
    : undefined;

function serverParts(
  servers: readonly Section[],
  notes: Note[],
): Pick<Migrated, "log" | "metrics" | "cache"> {
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
    say("ssl", "certificate and key are not taken over", "name them below `http.tls`; see docs/access.md");
  if (pick(section(pick(section(pick(server, "plugin")), "discover")), "kubernetes") !== undefined)
    say(
      "plugin.discover.kubernetes",
      "clusters are not searched for plugins",
      "name each plugin below `buses`",
    );
  const cache = section(pick(server, "cache"));
  const keepFor = seconds(pick(section(pick(cache, "transaction")), "ttl"), 86_400);
  if (pick(cache, "device") !== undefined || pick(cache, "plugin") !== undefined)
    say(
      "cache",
      "nothing is rebuilt from time to time: devices and plugins are always as they are",
      "nothing to do",
      false,
    );
  return {
    ...(level === undefined ? {} : { log: { level } }),
    ...(keepFor === undefined ? {} : { cache: { transactions: { keepFor } } }),
    ...(metrics ? { metrics: { enabled: true, synseNames: true } } : { metrics: { enabled: false } }),
  };
}

/** Collects what the parties become. */
class Merge {
  readonly #env: MigrateOptions["env"];
  readonly #bmcPasswords: MigrateOptions["bmcPasswords"];
  readonly #notes: Note[];
  readonly #buses = new Map<string, object>();
  readonly #taken = new Set<string>();
  readonly #devices: object[] = [];
  readonly #products: object[] = [];

  constructor({ env, bmcPasswords }: MigrateOptions, notes: Note[]) {
    this.#env = env;
    this.#bmcPasswords = bmcPasswords;
    this.#notes = notes;
  }

  /** @returns the kind of a plugin that is needed no more; undefined when it stays */
  plugin(party: Party): keyof typeof words | undefined {
    const kind = kindOf(party);
    if (kind === "ipmi" && this.#bmcPasswords !== undefined) {
      this.#ipmi(party, this.#bmcPasswords);
      return kind;
    }
    if (kind !== "modbus-ip" && kind !== "emulator") {
      this.#stays(kind, party);
      return undefined;
    }
    const id = pluginIdOf(kind, party, this.#env, this.#notes);
    if (id === undefined) return undefined;
    if (kind === "emulator") this.#emulator(party, id);
    else this.#modbus(party, id);
    return kind;
  }

  remote({ protocol, address, ca, timeout }: Remote): void {
    const where = protocol === "tcp" ? { address } : { socket: address };
    const known = [...this.#buses.values()].some((bus) =>
      Object.entries(where).every(([k, v]) => (bus as Section)[k] === v),
    );
    if (known) return;
    this.#add(nameFrom(`plugin-${protocol === "tcp" ? address : (address.split("/").at(-1) ?? "")}`), {
      plugin: "synse",
      ...where,
      ...(ca === undefined ? {} : { tls: { ca } }),
      ...(timeout === undefined ? {} : { timeout }),
    });
  }

  parts(): Pick<Migrated, "buses" | "devices" | "products"> {
    return {
      buses: Object.fromEntries(this.#buses),
      ...(this.#devices.length === 0 ? {} : { devices: this.#devices }),
      ...(this.#products.length === 0 ? {} : { products: this.#products }),
    };
  }

  #add(wanted: string, bus: object): string {
    const name = freeName(wanted, this.#taken);
    this.#buses.set(name, bus);
    return name;
  }

  #ipmi(party: Party, { folder, secrets }: NonNullable<MigrateOptions["bmcPasswords"]>): void {
    const { bus, devices } = ipmiParts(party, folder, secrets, this.#notes);
    const name = this.#add("bmcs", bus);
    this.#devices.push(...devices.map((device) => ({ bus: name, ...device })));
  }

  #modbus(party: Party, id: string): void {
    const { devices } = devicesOf("modbus-ip", party, this.#env, this.#notes);
    const interval = readInterval(party.plugin, "5s");
    const made = modbusParts(devices, id, interval, this.#notes);
    for (const [name, bus] of Object.entries(made.buses)) this.#add(name, bus);
    this.#devices.push(...made.devices);
    this.#products.push(...made.products);
  }

  #emulator(party: Party, id: string): void {
    const { prototypes } = devicesOf("emulator", party, this.#env, this.#notes);
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
      devices: prototypes,
    });
  }

  #stays(kind: Kind, { path, plugin }: Party): void {
    const name = kind === "other" ? "this plugin" : `the ${kind} plugin`;
    const address = networkOf(plugin);
    const keep =
      address === undefined
        ? "keep it running and name its address below `buses`"
        : "keep it running: its devices come from it as before";
    this.#notes.push({
      where: path,
      what: `${name} is not replaced`,
      remedy: kind === "ipmi" ? `${keep}; or let --bmc-passwords make its BMCs devices of this site` : keep,
      lost: address === undefined,
    });
  }
}

const usualEmulator = "4032ffbe-80db-5aa5-b794-f35c88dff85c";
