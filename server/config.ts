import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { LinkPlan, Path, Plugin } from "../devices/plugin.ts";
import type { CheckFault } from "./config-check.ts";
import { ConfigReader, type ReadFile } from "./config-reader.ts";
import type { SiteConfig } from "./config-schema.ts";
import { isFile } from "./controllers/section.ts";
import { type Environment, type ParsedYaml, parseYaml, type Place } from "./config-yaml.ts";

export { type LogLevel, type SiteConfig, siteSchema } from "./config-schema.ts";
export type { ReadFile } from "./config-reader.ts";
export type { Environment } from "./config-yaml.ts";

/** Something wrong in a configuration file: where, what, and what to do about it. */
export interface LocatedFault extends Place {
  readonly file: string;
  /** e.g. `devices[3].unit`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
  /** Nothing is wrong as far as that can be told now. */
  readonly isNote?: true;
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
    fault.isNote === true ? `note: ${fault.message}` : fault.message,
    fault.remedy,
  ].join("  ");

/** More than the largest site needs; what is larger is no configuration, and would keep the machine busy for minutes. */
const mostBytes = 2_097_152;

/**
 * Reads and checks a configuration file. Opens nothing else. Throws nothing.
 * @param readFile for files it names, such as secrets; absent: they are not looked at
 */
export function loadConfig(
  file: string,
  plugins: readonly Plugin[],
  env: Environment,
  readFile?: ReadFile,
): ConfigResult {
  const no = (message: string, remedy: string, at: Place = { line: 1, column: 1 }): ConfigResult => ({
    plans: [],
    faults: [{ file, ...at, path: "", message, remedy }],
  });
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > mostBytes) return no(`is larger than ${mostBytes} bytes`, "check that it is the right file");
    bytes = readFileSync(file);
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return no(`cannot be read: ${fault}`, "check the name and who may read it");
  }
  const text = bytes.toString("utf8");
  if (text.includes("\0") || !Buffer.from(text).equals(bytes)) {
    return no("is no text in UTF-8", "save it as UTF-8 in your editor", placeOf(text, /[\0\uFFFD]/));
  }
  return readConfig(text, file, plugins, env, readFile);
}

function placeOf(text: string, pattern: RegExp): Place {
  const before = text.slice(0, Math.max(0, text.search(pattern))).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** Checks the text of a configuration file: every fault at once, by line. Pure, but for `readFile`; throws nothing. */
export function readConfig(
  text: string,
  file: string,
  plugins: readonly Plugin[],
  env: Environment,
  readFile?: ReadFile,
): ConfigResult {
  const yaml = parseYaml(text, env);
  const textFaults = yaml.faults.map((fault) => ({ ...fault, file, path: pathText(fault.path) }));
  const told = new Set(textFaults.map(({ path }) => path));
  const read =
    yaml.value === undefined ? undefined : new ConfigReader(yaml.value, plugins, env, readFile).read();
  // What could not be filled in is no value: nothing more needs to be said of it.
  const faults = (read?.faults ?? [])
    .map((fault) => located(fault, file, yaml))
    .filter(({ path }) => path === "" || !told.has(path));
  const [first, ...others] = [...textFaults, ...faults].sort(byPlace);
  if (first !== undefined) return { plans: [], faults: [first, ...others] };
  if (read?.config === undefined) {
    const remedy = "describe the site: examples/demo-site.yaml shows how";
    return { plans: [], faults: [{ file, line: 1, column: 1, path: "", message: "says nothing", remedy }] };
  }
  return { config: withFiles(read.config, file), plans: read.plans, faults: [] };
}

/** Files of controllers are relative to the configuration that names them. */
function withFiles(config: SiteConfig, file: string): SiteConfig {
  if (config.controllers === undefined) return config;
  const controllers = Object.entries(config.controllers).map(([name, one]) => [
    name,
    isFile(one.use) ? { ...one, use: resolve(dirname(file), one.use) } : one,
  ]);
  return {
    ...config,
    controllers: Object.fromEntries(controllers) as NonNullable<SiteConfig["controllers"]>,
  };
}

/**
 * More that is wrong with a file that was read: what only shows when something it names is tried.
 * @param find is given what is in the file, which may be of any shape
 * @returns each with its place; none when the file is no YAML
 */
export async function furtherFaults(
  file: string,
  env: Environment,
  find: (value: unknown) => Promise<readonly CheckFault[]>,
): Promise<readonly LocatedFault[]> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  if (text.length > mostBytes) return [];
  const yaml = parseYaml(text, env);
  if (yaml.value === undefined) return [];
  return (await find(yaml.value)).map((fault) => located(fault, file, yaml)).sort(byPlace);
}

const byPlace = (a: LocatedFault, b: LocatedFault): number => a.line - b.line || a.column - b.column;

const located = (fault: CheckFault, file: string, yaml: ParsedYaml): LocatedFault => ({
  file,
  ...yaml.placeOf(fault.path, fault.atKey === true ? "key" : "value"),
  path: pathText(fault.isHidden === true ? fault.path.slice(0, -1) : fault.path),
  message: fault.message,
  remedy: fault.remedy,
  ...(fault.isNote === true ? { isNote: true } : {}),
});

const pathText = (path: Path): string =>
  path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("");
