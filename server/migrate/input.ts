import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { parseDocument } from "yaml";
import { BothyError } from "../../devices/errors.ts";
import type { Prototype } from "../../plugins/emulator/schema.ts";
import type { Note } from "./note.ts";

export type Section = Readonly<Record<string, unknown>>;

/** What one argument holds: a server's configuration, or a plugin's with its devices. */
export interface Party {
  readonly path: string;
  readonly server?: Section;
  readonly plugin?: Section;
  /** Everything below `devices` of its files, in order. */
  readonly prototypes: readonly Prototype[];
}

const mostBytes = 2_097_152;
const serverKeys = ["grpc", "cache", "pretty_json", "ssl"];
const pluginKeys = ["network", "id", "settings", "dynamicRegistration", "health"];

/** @returns undefined for what is no map */
export const section = (value: unknown): Section | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Section) : undefined;

/** A value under a key whose case does not matter, as the original looks it up. */
export function pick(from: Section | undefined, key: string): unknown {
  const wanted = key.toLowerCase();
  return Object.entries(from ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/**
 * Reads a configuration of the original: a file, or a folder with all its YAML files.
 * @throws BothyError `BAD_CONFIG` naming the file and what is wrong with it
 */
export function readParty(path: string, notes: Note[]): Party {
  let party: { server?: Section; plugin?: Section; prototypes: Prototype[] } = { prototypes: [] };
  for (const file of yamlFiles(path)) {
    const content = readYaml(file);
    if (content === undefined) continue;
    const devices = pick(content, "devices");
    if (Array.isArray(devices)) {
      party.prototypes.push(
        ...(devices as unknown[]).flatMap((one, i) => prototypeOf(one, `${file} devices[${i}]`, notes)),
      );
    } else if (isServer(content)) {
      party = { ...party, server: { ...party.server, ...content } };
    } else if (pluginKeys.some((key) => pick(content, key) !== undefined)) {
      party = { ...party, plugin: { ...party.plugin, ...content } };
    } else {
      const what = "is neither a server's, nor a plugin's, nor a device configuration";
      notes.push({ where: file, what, remedy: "name only Synse's own files", lost: false });
    }
  }
  return { path, ...party };
}

/** A plugin says where it listens; a server says where its plugins are. */
const isServer = (content: Section): boolean =>
  section(pick(content, "plugin")) !== undefined ||
  serverKeys.some((key) => pick(content, key) !== undefined);

function yamlFiles(path: string): readonly string[] {
  try {
    if (statSync(path).isFile()) return [path];
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && [".yml", ".yaml"].includes(extname(entry.name)))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new BothyError("BAD_CONFIG", { source: path, fault: `cannot be read: ${fault}` });
  }
}

function readYaml(file: string): Section | undefined {
  if (statSync(file).size > mostBytes)
    throw new BothyError("BAD_CONFIG", { source: file, fault: `is larger than ${mostBytes} bytes` });
  // YAML 1.1, as the original's readers take it: `yes` is true there.
  const document = parseDocument(readFileSync(file, "utf8"), { version: "1.1", prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined)
    throw new BothyError("BAD_CONFIG", {
      source: file,
      fault: error.message.split(":\n")[0] ?? error.message,
    });
  return section(document.toJS({ maxAliasCount: 100 }));
}

const shared = ["type", "handler", "tags", "data", "context", "transforms", "writeTimeout"];
const ofInstances = [...shared, "info", "output", "sortIndex", "alias", "disableInheritance"];

/** A prototype without what the original does not look at. */
function prototypeOf(given: unknown, where: string, notes: Note[]): readonly Prototype[] {
  const prototype = section(given);
  if (prototype === undefined) {
    notes.push({ where, what: "is no map", remedy: "nothing was made of it", lost: true });
    return [];
  }
  const instances = pick(prototype, "instances");
  const list = Array.isArray(instances) ? (instances as unknown[]) : [];
  return [
    {
      ...known(prototype, shared, ["instances"], where, notes),
      instances: list.map((one, i) =>
        known(section(one) ?? {}, ofInstances, [], `${where}.instances[${i}]`, notes),
      ),
    },
  ];
}

function known(
  from: Section,
  keys: readonly string[],
  also: readonly string[],
  where: string,
  notes: Note[],
): Section {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(from)) {
    const key = keys.find((one) => one.toLowerCase() === name.toLowerCase());
    if (key !== undefined) kept[key] = value;
    else if (!also.includes(name))
      notes.push({ where, what: `\`${name}\` was never looked at`, remedy: "it is left out", lost: false });
  }
  return kept;
}
