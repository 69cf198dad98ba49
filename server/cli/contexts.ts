import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { isEntry } from "../../devices/entry.ts";
import { CannotRun } from "./terminal.ts";

/** A server somebody works with, under a name. The token itself is kept elsewhere. */
export interface Context {
  readonly url: string;
  readonly tokenFile?: string;
  readonly tokenEnv?: string;
  readonly ca?: string;
}

/** What is saved: every context, and which one is meant when none is named. */
export interface Contexts {
  readonly current?: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/bothy/contexts.yaml`, below `~/.config` where that is not set. */
export function contextsFile(env: Env): string {
  return join(folder(env, "XDG_CONFIG_HOME", ".config"), "bothy", "contexts.yaml");
}

/** A folder of the user, as the XDG base directories say: what is not absolute does not count. */
export function folder(env: Env, variable: string, otherwise: string): string {
  const set = env[variable];
  return set?.startsWith("/") === true ? set : join(env["HOME"] ?? homedir(), otherwise);
}

/** @throws CannotRun when the file is there but cannot be read, or is no list of contexts */
export function loadContexts(file: string): Contexts {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { contexts: {} };
    throw new CannotRun(`${file} cannot be read: ${(error as Error).message}`);
  }
  let found: unknown;
  try {
    found = parse(text);
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    throw new CannotRun(
      `${file} is no YAML: ${line.replace(/:$/, "")}; mend it, or remove it and start anew`,
    );
  }
  if (found === null) return { contexts: {} };
  if (isContexts(found)) return found;
  throw new CannotRun(
    `${file} holds no contexts as \`bothy context add\` writes them; mend it, or remove it and start anew`,
  );
}

const isText = (value: unknown): boolean => value === undefined || typeof value === "string";
const isContext = (value: unknown): boolean =>
  isEntry(value) &&
  typeof value["url"] === "string" &&
  ["tokenFile", "tokenEnv", "ca"].every((key) => isText(value[key]));
const isContexts = (value: unknown): value is Contexts =>
  isEntry(value) &&
  isText(value["current"]) &&
  isEntry(value["contexts"]) &&
  Object.values(value["contexts"]).every(isContext);

/**
 * Replaces the file in one step, readable by its owner only: names of equipment and where its keys are, are nobody
 * else's business.
 * @throws CannotRun when it cannot be written
 */
export function saveContexts(file: string, contexts: Contexts): void {
  const beside = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(beside, stringify(contexts), { mode: 0o600 });
    chmodSync(beside, 0o600);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new CannotRun(`${file} cannot be written: ${(error as Error).message}`);
  }
}
