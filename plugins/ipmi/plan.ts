import { isIPv4 } from "node:net";
import type { Millis } from "../../devices/clock.ts";
import { parseDuration } from "../../devices/duration.ts";
import type { Fault, Path } from "../../devices/plugin.ts";
import { fullTag } from "../../devices/tag.ts";
import {
  defaults,
  type DeviceOptions,
  type DurationOption,
  type InsecureChoice,
  type IpmiConfig,
  privileges,
  type SharedOptions,
} from "./schema.ts";
import type { QuirkName } from "./quirks.ts";
import { mostBytes, mostKeyBytes, type Secret, secretFault, secretOf } from "./secret.ts";

/** Everything about one BMC, as configured. Durations in ms. */
export interface BmcSettings {
  readonly site: { readonly id: string };
  /** Of its link: the bus, a colon, its alias or address. */
  readonly name: string;
  /** What the ids of its devices follow from: its alias, or without one its address as configured. */
  readonly at: string;
  readonly alias?: string;
  readonly info?: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absent: none is needed. */
  readonly password?: Secret;
  readonly kg?: Secret;
  readonly suites: readonly number[];
  readonly version: "1.5" | "2.0";
  readonly insecure: readonly InsecureChoice[];
  /** 2 user, 3 operator, 4 administrator. */
  readonly privilege: number;
  readonly timeout: Millis;
  readonly window?: number;
  readonly quirks: readonly QuirkName[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly softWait: Millis;
  /** Whether `off` asks the operating system first. */
  readonly softAlways: boolean;
  readonly confirm: Millis;
  readonly fast: Millis;
  readonly slow: Millis;
  /** In full. */
  readonly tags: readonly string[];
  readonly context: Readonly<Record<string, string>>;
}

export interface LinkSettings {
  readonly bmcs: readonly BmcSettings[];
  readonly traps?: { readonly host: string; readonly port: number };
}

type Complain = (path: Path, message: string, remedy: string, unless?: readonly Path[]) => void;

/** Options with the place each was said at. */
interface Layer {
  readonly path: Path;
  readonly options: SharedOptions & Pick<DeviceOptions, "poll">;
}

type Option = keyof Layer["options"];

/** What is said of an option, nearest first. */
const saidIn = <K extends Option>(
  layers: readonly Layer[],
  key: K,
): NonNullable<Layer["options"][K]> | undefined =>
  layers.map(({ options }) => options[key]).find((value) => value !== undefined);

/** Expands the configuration of a bus. Pure. */
export function planBmcs(config: IpmiConfig): {
  readonly settings: LinkSettings;
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const complain: Complain = (path, message, remedy, unless) => {
    if (!faults.some((told) => told.message === message && String(told.path) === String(path)))
      faults.push({ path, message, remedy, ...(unless === undefined ? {} : { unless }) });
  };
  const seen = new Map<string, string>();
  const bmcs = config.devices.map(({ path, config: device }) => {
    const bmc = planBmc(config, path, device, complain);
    const place = `${bmc.host}:${bmc.port}`;
    const other = seen.get(place);
    if (other !== undefined)
      complain([...path, "address"], `${place} is also the address of ${other}`, "list each BMC once");
    seen.set(place, bmc.at);
    return bmc;
  });
  const { traps } = config.link.config;
  return {
    settings: { bmcs, ...(traps === undefined ? {} : { traps: { host: "0.0.0.0", ...traps } }) },
    faults,
  };
}

function planBmc(config: IpmiConfig, path: Path, device: DeviceOptions, complain: Complain): BmcSettings {
  const { link, site } = config;
  const layers: readonly Layer[] = [
    { path, options: device },
    { path: link.path, options: link.config },
  ];
  const said = <K extends Option>(key: K) => saidIn(layers, key);
  const { host, port } = placeOf(device.address, link.config.port ?? defaults.port);
  if (port < 1 || port > 65_535)
    complain([...path, "address"], "there is no such port", "use a port from 1 to 65535");
  if (/^[\d.]+$/.test(host) && !isIPv4(host))
    complain([...path, "address"], `${host} is no IPv4 address`, "write four numbers of 0 to 255, or a name");
  const at = device.alias ?? device.address;
  const name = `${config.name}:${at}`;
  const protection = protectionOf(layers, path, complain);
  const needless = protection.suites.every((suite) => suite === 0) && protection.version === "2.0";
  const password = secretFrom("password", layers, config, name, mostBytes(protection), complain);
  if (password === undefined && !needless && said("password") === undefined)
    complain(
      path,
      `no password is given for ${at}`,
      "add `password: { env: NAME }` or `{ file: PATH }`, here or on the bus",
      layers.map((layer) => [...layer.path, "password"]),
    );
  const kg = secretFrom("kg", layers, config, name, mostKeyBytes, complain);
  const privilege = privileges.indexOf(said("privilege") ?? defaults.privilege) + 2;
  return {
    site,
    name,
    at,
    ...(device.alias === undefined ? {} : { alias: device.alias }),
    ...(device.info === undefined ? {} : { info: device.info }),
    host,
    port,
    user: said("user") ?? "",
    ...(password === undefined ? {} : { password }),
    ...(kg === undefined ? {} : { kg }),
    ...protection,
    privilege,
    quirks: said("quirks") ?? [],
    include: said("sensors")?.include ?? [],
    exclude: said("sensors")?.exclude ?? [],
    ...timesOf(layers),
    ...windowOf(said("window")),
    tags: [...site.tags, ...(link.config.tags ?? []), ...(device.tags ?? [])].map((tag) => fullTag(tag)),
    context: device.context ?? {},
  };
}

const windowOf = (window: number | undefined) => (window === undefined ? {} : { window });

/** `host`, `host:port`, `[v6]`, `[v6]:port` taken apart. */
export function placeOf(address: string, port: number): { readonly host: string; readonly port: number } {
  const found = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(address);
  return {
    host: found?.[1] ?? found?.[2] ?? address,
    port: found?.[3] === undefined ? port : Number(found[3]),
  };
}

function secretFrom(
  key: "kg" | "password",
  layers: readonly Layer[],
  { env = {}, readFile }: IpmiConfig,
  source: string,
  most: number,
  complain: Complain,
): Secret | undefined {
  const layer = layers.find(({ options }) => options[key] !== undefined);
  const reference = layer?.options[key];
  if (layer === undefined || reference === undefined) return undefined;
  const where = [...layer.path, key];
  const fault = secretFault(reference, env, { key, most }, readFile);
  // What was wrong in it has been said: without that it is not whole.
  if (fault !== undefined) complain(where, ...fault, [where]);
  return secretOf(reference, env, `${source} ${key}`);
}

/** Suites there are, and what each of them lacks. */
const lacking: Readonly<Record<number, InsecureChoice | "nothing">> = {
  0: "cipher-suite-0",
  1: "no-integrity",
  2: "no-encryption",
  3: "nothing",
  15: "no-integrity",
  16: "no-encryption",
  17: "nothing",
};

/** What is used of what a configuration allows. Everything weak has to be said twice: that it is wanted, and what it is. */
function protectionOf(
  layers: readonly Layer[],
  own: Path,
  complain: Complain,
): Pick<BmcSettings, "insecure" | "suites" | "version"> {
  const at = (key: "insecure" | "suites" | "version"): Path => {
    const layer = layers.find(({ options }) => options[key] !== undefined);
    return [...(layer?.path ?? own), key];
  };
  const suites = saidIn(layers, "suites") ?? defaults.suites;
  const version = saidIn(layers, "version") ?? "2.0";
  const insecure = saidIn(layers, "insecure") ?? [];
  const wanted = new Set<InsecureChoice>(version === "1.5" ? ["ipmi-1.5"] : []);
  for (const suite of version === "1.5" ? [] : suites) {
    const lacks = lacking[suite];
    if (lacks === undefined)
      complain(
        at("suites"),
        `cipher suite ${suite} is not supported`,
        `use ${Object.keys(lacking).join(", ")}`,
      );
    else if (lacks !== "nothing") wanted.add(lacks);
  }
  for (const choice of wanted)
    if (!insecure.includes(choice))
      complain(
        at(choice === "ipmi-1.5" ? "version" : "suites"),
        `this is weak: ${meanings[choice]}`,
        `if it has to be, say so: \`insecure: [${[...insecure.filter((one) => wanted.has(one)), choice].join(", ")}]\``,
      );
  for (const choice of insecure)
    if (!wanted.has(choice))
      complain(at("insecure"), `\`${choice}\` is put up with, but nothing asks for it`, remedies[choice]);
  return { suites, version, insecure: [...wanted] };
}

/** For people. */
export const meanings: Readonly<Record<InsecureChoice, string>> = {
  "cipher-suite-0": "with cipher suite 0 anybody gets a session without a password",
  "no-integrity": "nothing is signed, so anybody on the way can change it",
  "no-encryption": "nothing is encrypted, so anybody on the way can read it",
  "ipmi-1.5": "IPMI 1.5 encrypts nothing and signs with MD5",
};

const remedies: Readonly<Record<InsecureChoice, string>> = {
  "cipher-suite-0": "take it out, or add `suites: [0]`",
  "no-integrity": "take it out, or add `suites: [15]`",
  "no-encryption": "take it out, or add `suites: [16]`",
  "ipmi-1.5": 'take it out, or add `version: "1.5"`',
};

/** Ranges are checked with the schema, also of what nothing uses. */
function timesOf(
  layers: readonly Layer[],
): Pick<BmcSettings, "confirm" | "fast" | "slow" | "softAlways" | "softWait" | "timeout"> {
  const read = (option: DurationOption, pick: (options: Layer["options"]) => string | undefined): Millis => {
    const said = layers.map(({ options }) => pick(options)).find((text) => text !== undefined);
    return parseDuration(said ?? defaults[option]) ?? 0;
  };
  return {
    fast: read("fast", ({ poll }) => poll?.fast),
    slow: read("slow", ({ poll }) => poll?.slow),
    timeout: read("timeout", ({ timeout }) => timeout),
    confirm: read("hard", ({ confirm }) => confirm),
    softWait: read("soft", ({ softOff }) => softOff?.wait),
    softAlways:
      layers.map(({ options }) => options.softOff?.always).find((one) => one !== undefined) ?? false,
  };
}
