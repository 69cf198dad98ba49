import { namePattern } from "../devices/device.ts";
import { type Entry, isEntry } from "../devices/entry.ts";
import type { Fault, LinkPlan, Path, Plugin, Sourced } from "../devices/plugin.ts";
import { parseTag, tagRemedy } from "../devices/tag.ts";
import { accessFaults } from "./access/check.ts";
import { type CheckFault, Checker } from "./config-check.ts";
import { isWithin, repaired } from "./config-repair.ts";
import { controllerFaults } from "./controllers/faults.ts";
import { profileFaults } from "./controllers/profile-faults.ts";
import { defaultPlugin, frameSchema, type SiteConfig } from "./config-schema.ts";
import type { Environment } from "./config-yaml.ts";
import { nearest } from "../devices/nearest.ts";

/** Reads a file that a configuration names. */
export type ReadFile = (file: string) => Uint8Array;

/** A bus, device or product with the key that belongs to the frame taken out. */
interface Bus {
  readonly plugin: Plugin;
  /** Undefined when nothing can be made of them; its devices are still checked each for itself. */
  readonly settings: object | undefined;
}

/** One pass over a parsed file: the frame, then what belongs to plugins, then what the plugins make of it. */
export class ConfigReader {
  readonly #faults: CheckFault[] = [];
  readonly #frame = new Checker(true);
  /** Plugins fill in their own defaults: they must be able to tell what was written from what was not. */
  readonly #checker = new Checker(false);
  readonly #plugins: readonly Plugin[];
  readonly #value: unknown;
  readonly #env: Environment;
  readonly #files: { readonly readFile?: ReadFile };
  /** Places of which all has been said. */
  readonly #settled: Path[] = [];

  constructor(value: unknown, plugins: readonly Plugin[], env: Environment = {}, readFile?: ReadFile) {
    this.#env = env;
    this.#files = readFile === undefined ? {} : { readFile };
    this.#value = value;
    this.#plugins = plugins;
  }

  read(): { config?: SiteConfig; plans: readonly LinkPlan[]; faults: readonly CheckFault[] } {
    if (this.#value === null) return { plans: [], faults: [] };
    this.#add(this.#frame.check(frameSchema, this.#value, []));
    if (!isEntry(this.#value)) return { plans: [], faults: this.#faults };
    const file = this.#value;
    const site = isEntry(file["site"]) ? file["site"] : {};
    const buses = this.#buses(isEntry(file["buses"]) ? file["buses"] : {});
    const products = this.#products(listOf(file["products"]));
    const devices = this.#devices(listOf(file["devices"]), buses);
    const tags = this.#siteTags(site);
    const id = typeof site["id"] === "string" ? site["id"] : "";
    this.#add(accessFaults(file));
    this.#add(controllerFaults(file["controllers"]));
    this.#add([...profileFaults(file)]);
    const plans = [...buses].flatMap(([name, bus]) => {
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
    const access = file["access"] as SiteConfig["access"];
    const log = file["log"] as SiteConfig["log"] | undefined;
    const folder = (file["state"] as Partial<NonNullable<SiteConfig["state"]>> | undefined)?.folder;
    const cache = file["cache"] as SiteConfig["cache"];
    const metrics = file["metrics"] as SiteConfig["metrics"];
    const trace = file["trace"] as SiteConfig["trace"];
    const watchdog = file["watchdog"] as SiteConfig["watchdog"];
    const controllers = file["controllers"] as SiteConfig["controllers"];
    const profiles = file["profiles"] as SiteConfig["profiles"];
    return {
      site: { ...site, name },
      http: http ?? { host: "127.0.0.1", port: 5000 },
      ...(access === undefined ? {} : { access }),
      log: log ?? { level: "info" },
      ...(folder === undefined ? {} : { state: { folder } }),
      ...(cache === undefined ? {} : { cache }),
      ...(metrics === undefined ? {} : { metrics }),
      ...(trace === undefined ? {} : { trace }),
      ...(watchdog === undefined ? {} : { watchdog }),
      ...(controllers === undefined ? {} : { controllers }),
      ...(profiles === undefined ? {} : { profiles }),
      buses: Object.fromEntries(
        [...buses].map(([bus, { plugin, settings = {} }]) => [bus, { plugin: plugin.name, settings }]),
      ),
    };
  }

  #siteTags(site: Entry): readonly string[] {
    return listOf(site["tags"]).filter((tag, i): tag is string => {
      if (typeof tag !== "string") return false;
      if (parseTag(tag) !== undefined) return true;
      this.#fault(["site", "tags", i], `\`${tag}\` is no tag`, tagRemedy);
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
      const settings = this.#usable(plugin.schema.link, without(entry, "plugin"), path);
      if (settings !== undefined) this.#samePort(name, settings, buses);
      buses.set(name, { plugin, settings });
    }
    return buses;
  }

  /** A serial port carries one bus: two would take each other's answers. */
  #samePort(name: string, settings: object, others: ReadonlyMap<string, Bus>): void {
    const portOf = (one: object | undefined): unknown =>
      (one as { readonly path?: unknown } | undefined)?.path;
    const port = portOf(settings);
    const other = [...others].find(([, bus]) => port !== undefined && portOf(bus.settings) === port);
    if (other === undefined) return;
    const message = `\`${String(port)}\` is also the port of bus \`${other[0]}\``;
    this.#fault(["buses", name, "path"], message, "put its devices on that bus, or name another port");
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
      const config = this.#usable(plugin.schema.product, without(entry, "plugin"), path);
      if (config === undefined) this.#settleUsers(entry["product"]);
      else products.set(plugin, [...(products.get(plugin) ?? []), { path, config }]);
    });
    return products;
  }

  /** Of devices whose product is faulty it need not be said that there is no such product. */
  #settleUsers(product: unknown): void {
    listOf((this.#value as Entry)["devices"]).forEach((entry, i) => {
      if (isEntry(entry) && entry["product"] === product) this.#settled.push(["devices", i, "product"]);
    });
  }

  #devices(
    entries: readonly unknown[],
    buses: ReadonlyMap<string, Bus>,
  ): ReadonlyMap<string, Sourced<unknown>[]> {
    const devices = new Map<string, Sourced<unknown>[]>();
    const aliases = new Map<string, number>();
    entries.forEach((entry, i) => {
      const path = ["devices", i];
      if (!isEntry(entry)) return;
      this.#sameAlias(entry["alias"], i, aliases);
      const name = entry["bus"];
      if (typeof name !== "string") return;
      const bus = buses.get(name);
      const known = Object.keys((this.#value as { buses?: object }).buses ?? {});
      if (bus === undefined) {
        if (known.includes(name)) return; // what is wrong with that bus has been said
        this.#fault([...path, "bus"], `there is no bus \`${name}\``, meantOr(name, known, "buses"));
        return;
      }
      const config = this.#usable(bus.plugin.schema.device, without(entry, "bus"), path);
      if (config === undefined) return;
      const others = devices.get(name);
      if (others === undefined) devices.set(name, [{ path, config }]);
      else others.push({ path, config });
    });
    return devices;
  }

  #sameAlias(alias: unknown, index: number, seen: Map<string, number>): void {
    if (typeof alias !== "string" || alias === "") return;
    const first = seen.get(alias);
    if (first === undefined) {
      seen.set(alias, index);
      return;
    }
    const path = ["devices", index, "alias"];
    this.#fault(
      path,
      `\`${alias}\` is also the alias of devices[${first}]`,
      "give one of the two another alias",
    );
    this.#settled.push(path);
  }

  #plan(
    name: string,
    bus: Bus,
    site: { id: string; tags: readonly string[] },
    devices: readonly Sourced<unknown>[],
    products: readonly Sourced<unknown>[],
  ): LinkPlan | undefined {
    if (bus.settings === undefined) return undefined;
    const link = { path: ["buses", name], config: bus.settings };
    try {
      const plan = bus.plugin.plan({ site, name, link, devices, products, env: this.#env, ...this.#files });
      // Several buses see the same products, so the same fault may be told more than once.
      this.#add(
        plan.faults.filter(
          (fault) =>
            !this.#settled.some((settled) => isWithin(fault.path, settled)) &&
            !fault.unless?.some((place) => this.#settled.some((settled) => isWithin(settled, place))) &&
            !this.#faults.some((told) => sameFault(told, fault)),
        ),
      );
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
    if (this.#settled.some((settled) => isWithin(path, settled))) return;
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

  /** An entry as it is, or without its faults, so that those of the rest are found in the same run. */
  #usable(schema: Plugin["schema"]["link"], value: object, path: Path): object | undefined {
    const faults = this.#checker.check(schema, value, path);
    if (faults.length === 0) return value;
    this.#add(faults);
    const rest = repaired(this.#checker, schema, value, faults, path);
    this.#settled.push(...(rest?.removed ?? []));
    return rest?.value;
  }

  #add(faults: readonly CheckFault[]): void {
    for (const fault of faults) this.#faults.push(fault);
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

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const without = (entry: Entry, key: string): object =>
  structuredClone(Object.fromEntries(Object.entries(entry).filter(([name]) => name !== key)));
