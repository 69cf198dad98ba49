import { readFileSync } from "node:fs";
import { namePattern } from "../devices/device.ts";
import type { Fault, LinkPlan, Path, Plugin, Sourced } from "../devices/plugin.ts";
import { parseTag } from "../devices/tag.ts";
import { type CheckFault, Checker } from "./config-check.ts";
import { defaultPlugin, frameSchema, type SiteConfig } from "./config-schema.ts";
import { type Environment, type ParsedYaml, parseYaml, type Place } from "./config-yaml.ts";
import { nearest } from "./nearest.ts";

export { type LogLevel, type SiteConfig, siteSchema } from "./config-schema.ts";
export type { Environment } from "./config-yaml.ts";

/** Something wrong in a configuration file: where, what, and what to do about it. */
export interface LocatedFault extends Place {
  readonly file: string;
  /** e.g. `devices[3].unit`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

/** Either a configuration and what it would open, or faults; never both. */
export type ConfigResult =
  | { readonly config: SiteConfig; readonly plans: readonly LinkPlan[]; readonly faults: readonly [] }
  | {
      readonly config?: undefined;
      readonly plans: readonly [];
      readonly faults: readonly [LocatedFault, ...LocatedFault[]];
    };

/** One line for people: `file:line:column  path  message  remedy`. */
export const faultText = (fault: LocatedFault): string =>
  [
    `${fault.file}:${fault.line}:${fault.column}`,
    ...(fault.path === "" ? [] : [fault.path]),
    fault.message,
    fault.remedy,
  ].join("  ");

/** Reads and checks a configuration file. Opens nothing else. Throws nothing. */
export function loadConfig(file: string, plugins: readonly Plugin[], env: Environment): ConfigResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const fault = {
      file,
      line: 1,
      column: 1,
      path: "",
      message,
      remedy: "check the name and who may read it",
    };
    return { plans: [], faults: [fault] };
  }
  return readConfig(text, file, plugins, env);
}

/** Checks the text of a configuration file: every fault at once, by line. Pure; throws nothing. */
export function readConfig(
  text: string,
  file: string,
  plugins: readonly Plugin[],
  env: Environment,
): ConfigResult {
  const yaml = parseYaml(text, env);
  const faults: LocatedFault[] = yaml.faults.map((fault) => ({ ...fault, file, path: pathText(fault.path) }));
  const read = yaml.value === undefined ? undefined : new Reader(yaml.value, plugins).read();
  faults.push(...(read?.faults ?? []).map((fault) => located(fault, file, yaml)));
  const [first, ...others] = faults.sort(byPlace);
  if (first !== undefined) return { plans: [], faults: [first, ...others] };
  if (read?.config === undefined) {
    const nothing = {
      file,
      line: 1,
      column: 1,
      path: "",
      message: "says nothing",
      remedy: "describe the site",
    };
    return { plans: [], faults: [nothing] };
  }
  return { config: read.config, plans: read.plans, faults: [] };
}

const byPlace = (a: LocatedFault, b: LocatedFault): number => a.line - b.line || a.column - b.column;

const located = (fault: CheckFault, file: string, yaml: ParsedYaml): LocatedFault => ({
  file,
  ...yaml.placeOf(fault.path, fault.atKey === true ? "key" : "value"),
  path: pathText(fault.path),
  message: fault.message,
  remedy: fault.remedy,
});

const pathText = (path: Path): string =>
  path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("");

type Entry = Readonly<Record<string, unknown>>;

/** A bus, device or product with the key that belongs to the frame taken out. */
interface Bus {
  readonly plugin: Plugin;
  readonly settings: object;
  readonly valid: boolean;
}

/** One pass over a parsed file: the frame, then what belongs to plugins, then what the plugins make of it. */
class Reader {
  readonly #faults: CheckFault[] = [];
  readonly #frame = new Checker(true);
  /** Plugins fill in their own defaults: they must be able to tell what was written from what was not. */
  readonly #checker = new Checker(false);
  readonly #plugins: readonly Plugin[];
  readonly #value: unknown;

  constructor(value: unknown, plugins: readonly Plugin[]) {
    this.#value = value;
    this.#plugins = plugins;
  }

  read(): { config?: SiteConfig; plans: readonly LinkPlan[]; faults: readonly CheckFault[] } {
    this.#faults.push(...this.#frame.check(frameSchema, this.#value, []));
    if (!isEntry(this.#value)) return { plans: [], faults: this.#faults };
    const file = this.#value;
    const site = isEntry(file["site"]) ? file["site"] : {};
    const buses = this.#buses(isEntry(file["buses"]) ? file["buses"] : {});
    const products = this.#products(listOf(file["products"]));
    const devices = this.#devices(listOf(file["devices"]), buses);
    const tags = this.#siteTags(site);
    const id = typeof site["id"] === "string" ? site["id"] : "";
    const plans = [...buses].flatMap(([name, bus]) => {
      if (!bus.valid) return [];
      const plan = this.#plan(
        name,
        bus,
        { id, tags },
        devices.get(name) ?? [],
        products.get(bus.plugin) ?? [],
      );
      return plan === undefined ? [] : [plan];
    });
    this.#unique(plans);
    if (this.#faults.length > 0) return { plans: [], faults: this.#faults };
    return { config: this.#config(file, { id, tags }, buses), plans, faults: [] };
  }

  #config(
    file: Entry,
    site: { id: string; tags: readonly string[] },
    buses: ReadonlyMap<string, Bus>,
  ): SiteConfig {
    const name = (file["site"] as { name?: string }).name ?? site.id;
    const http = file["http"] as SiteConfig["http"] | undefined;
    const log = file["log"] as SiteConfig["log"] | undefined;
    return {
      site: { ...site, name },
      http: http ?? { host: "127.0.0.1", port: 5000, allowInsecure: false },
      log: log ?? { level: "info" },
      buses: Object.fromEntries(
        [...buses].map(([bus, { plugin, settings }]) => [bus, { plugin: plugin.name, settings }]),
      ),
    };
  }

  #siteTags(site: Entry): readonly string[] {
    return listOf(site["tags"]).filter((tag, i): tag is string => {
      if (typeof tag !== "string") return false;
      if (parseTag(tag) !== undefined) return true;
      this.#fault(
        ["site", "tags", i],
        `\`${tag}\` is no tag`,
        "write `namespace/annotation:label`, e.g. `rack:r1`",
      );
      return false;
    });
  }

  #pluginOf(entry: Entry, path: Path): Plugin | undefined {
    const name = entry["plugin"] ?? defaultPlugin;
    if (typeof name !== "string") return undefined;
    const found = this.#plugins.find((plugin) => plugin.name === name);
    if (found === undefined) {
      const known = this.#plugins.map((plugin) => plugin.name);
      this.#fault([...path, "plugin"], `there is no plugin \`${name}\``, meantOr(name, known, "plugins"));
    }
    return found;
  }

  #buses(entries: Entry): ReadonlyMap<string, Bus> {
    const buses = new Map<string, Bus>();
    for (const [name, entry] of Object.entries(entries)) {
      const path = ["buses", name];
      if (!new RegExp(namePattern).test(name)) {
        const remedy = "use letters, digits, `.`, `_` and `-` only";
        this.#faults.push({ path, atKey: true, message: `\`${name}\` cannot be the name of a bus`, remedy });
      }
      if (!isEntry(entry)) continue;
      const plugin = this.#pluginOf(entry, path);
      if (plugin === undefined) continue;
      const settings = without(entry, "plugin");
      const valid = this.#fits(plugin.schema.link, settings, path);
      buses.set(name, { plugin, settings, valid });
    }
    return buses;
  }

  #products(entries: readonly unknown[]): ReadonlyMap<Plugin, Sourced<unknown>[]> {
    const products = new Map<Plugin, Sourced<unknown>[]>();
    entries.forEach((entry, i) => {
      const path = ["products", i];
      if (!isEntry(entry)) return;
      const plugin = this.#pluginOf(entry, path);
      if (plugin === undefined) return;
      if (plugin.schema.product === undefined) {
        this.#fault(path, `the plugin ${plugin.name} knows no products`, "remove it");
        return;
      }
      const config = without(entry, "plugin");
      if (!this.#fits(plugin.schema.product, config, path)) return;
      products.set(plugin, [...(products.get(plugin) ?? []), { path, config }]);
    });
    return products;
  }

  #devices(
    entries: readonly unknown[],
    buses: ReadonlyMap<string, Bus>,
  ): ReadonlyMap<string, Sourced<unknown>[]> {
    const devices = new Map<string, Sourced<unknown>[]>();
    entries.forEach((entry, i) => {
      const path = ["devices", i];
      if (!isEntry(entry)) return;
      const name = entry["bus"];
      if (typeof name !== "string") return;
      const bus = buses.get(name);
      const known = Object.keys((this.#value as { buses?: object }).buses ?? {});
      if (bus === undefined) {
        if (known.includes(name)) return; // what is wrong with that bus has been said
        this.#fault([...path, "bus"], `there is no bus \`${name}\``, meantOr(name, known, "buses"));
        return;
      }
      const config = without(entry, "bus");
      if (!this.#fits(bus.plugin.schema.device, config, path)) return;
      devices.set(name, [...(devices.get(name) ?? []), { path, config }]);
    });
    return devices;
  }

  #plan(
    name: string,
    bus: Bus,
    site: { id: string; tags: readonly string[] },
    devices: readonly Sourced<unknown>[],
    products: readonly Sourced<unknown>[],
  ): LinkPlan | undefined {
    const link = { path: ["buses", name], config: bus.settings };
    try {
      const plan = bus.plugin.plan({ site, name, link, devices, products });
      // Several buses see the same products, so the same fault may be told more than once.
      for (const fault of plan.faults)
        if (!this.#faults.some((told) => sameFault(told, fault))) this.#faults.push(fault);
      return plan;
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      this.#fault(
        link.path,
        `the plugin ${bus.plugin.name} fails on it: ${fault}`,
        "report this as a defect of Bothy",
      );
      return undefined;
    }
  }

  /** Ids and aliases must differ at the whole site; inside one bus the plugin may have said so already. */
  #unique(plans: readonly LinkPlan[]): void {
    const owners = new Map<string, string>();
    for (const plan of plans) {
      const said = plan.faults.length > 0;
      for (const device of plan.devices) {
        const names = device.alias === undefined ? [device.id] : [device.alias, device.id];
        const taken = names.find((name) => owners.has(name) && !(said && owners.get(name) === plan.name));
        const owner = owners.get(taken ?? "");
        if (owner !== undefined) this.#taken(device.alias ?? device.id, plan.name, owner);
        for (const name of names) owners.set(name, owners.get(name) ?? plan.name);
      }
    }
  }

  #taken(name: string, bus: string, owner: string): void {
    const path = this.#pathOfAlias(name, bus);
    const message = `\`${name}\` is also the name of a device on bus \`${owner}\``;
    this.#fault(path, message, "give one of the two another alias");
  }

  /** The last entry whose alias a device's alias begins with: the one that took it from another. */
  #pathOfAlias(alias: string, bus: string): Path {
    const entries = listOf((this.#value as Entry)["devices"]);
    const index = entries.findLastIndex((entry) => {
      if (!isEntry(entry) || entry["bus"] !== bus || typeof entry["alias"] !== "string") return false;
      return alias === entry["alias"] || alias.startsWith(`${entry["alias"]}.`);
    });
    return index < 0 ? ["buses", bus] : ["devices", index, "alias"];
  }

  #fits(schema: Plugin["schema"]["link"], value: unknown, path: Path): boolean {
    const faults = this.#checker.check(schema, value, path);
    this.#faults.push(...faults);
    return faults.length === 0;
  }

  #fault(path: Path, message: string, remedy: string): void {
    this.#faults.push({ path, message, remedy });
  }
}

const sameFault = (a: Fault, b: Fault): boolean =>
  a.message === b.message && JSON.stringify(a.path) === JSON.stringify(b.path);

function meantOr(word: string, known: readonly string[], what: string): string {
  const meant = nearest(word, known);
  if (meant !== undefined) return `write \`${meant}\``;
  return known.length === 0 ? `there are no ${what}` : `${what}: ${known.join(", ")}`;
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const without = (entry: Entry, key: string): object =>
  structuredClone(Object.fromEntries(Object.entries(entry).filter(([name]) => name !== key)));
