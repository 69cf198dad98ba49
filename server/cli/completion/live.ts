import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type Instant, type Millis, seconds } from "../../../devices/clock.ts";
import { askJson, connect } from "../client.ts";
import { contextsFile, type Env, folder, loadContexts } from "../contexts.ts";
import { lookUp } from "../on-call/look-up.ts";
import { type Target, targetOf, type TargetOptions } from "../target.ts";

/** Something that can be completed to, and what it is. */
export interface Answer {
  readonly text: string;
  readonly about?: string;
}

/** A device as far as completion cares. */
export interface KnownDevice {
  readonly id: string;
  readonly alias: string;
  readonly type: string;
  readonly info: string;
  readonly tags: readonly string[];
}

/** A controller as far as completion cares. */
export interface KnownController {
  readonly outputs: readonly string[];
  readonly alarms: readonly KnownAlarm[];
  /** Their ids and numbers. */
  readonly versions: readonly Answer[];
}

export interface KnownAlarm {
  readonly id: string;
  readonly text: string;
  readonly latch?: { readonly over: boolean; readonly acknowledged?: unknown };
  readonly shelved?: unknown;
}

/** What a server and the saved contexts know. Nothing here throws: a shell wants silence. */
export interface Live {
  devices(): Promise<readonly KnownDevice[]>;
  /** @param word a device as somebody wrote it */
  actions(word: string): Promise<readonly string[]>;
  plugins(): Promise<readonly Answer[]>;
  buses(): Promise<readonly Answer[]>;
  controllers(): Promise<readonly Answer[]>;
  /** @returns undefined for one that nothing is known of */
  controller(name: string): Promise<KnownController | undefined>;
  transactions(): Promise<readonly Answer[]>;
  contexts(): readonly Answer[];
}

/** Somebody is waiting with a finger on the key. */
const patience: Millis = seconds(1.5);
/** As long as one thinks about the next word. */
const fresh: Millis = seconds(10);
/** A server that did not answer is left alone for so long. */
const givenUp: Millis = seconds(5);

interface Entry {
  readonly at: Instant;
  readonly value: unknown;
}
interface Cache {
  readonly failed?: Instant;
  readonly entries: Readonly<Record<string, Entry>>;
}

/** @param options those on the command line that say which server */
export function liveAnswers(options: TargetOptions, env: Env, clock: Clock): Live {
  const ask = asker(options, env, clock);
  const contexts = (): readonly Answer[] => {
    try {
      const all = loadContexts(contextsFile(env)).contexts;
      return Object.entries(all).map(([text, { url }]) => ({ text, about: url }));
    } catch {
      return [];
    }
  };
  const devices = (): Promise<readonly KnownDevice[]> =>
    ask("devices", async ({ client }) =>
      (await client.scan()).map(({ id, alias, type, info, tags }) => ({ id, alias, type, info, tags })),
    );
  return {
    devices,
    contexts,
    actions: async (word) => {
      const known = await devices();
      const [device] = meant(known, word);
      if (device === undefined) return [];
      return ask(`actions ${device.id}`, async ({ client }) => [
        ...(await client.info(device.id)).capabilities.write.actions,
      ]);
    },
    plugins: () =>
      ask("plugins", async ({ client }) =>
        (await client.plugins()).map(({ tag, description }) => ({ text: tag, about: description })),
      ),
    buses: () =>
      ask("buses", async ({ client }) =>
        (await client.buses()).map(({ name, state }) => ({ text: name, about: state })),
      ),
    controllers: () =>
      ask("controllers", async ({ target }) =>
        (await askJson<readonly { name: string; summary?: string }[]>(target, "/api/controllers")).map(
          ({ name, summary = "" }) => ({ text: name, about: summary }),
        ),
      ),
    controller: async (name) => (await ask(`controller ${name}`, (server) => controllerOf(server, name)))[0],
    transactions: () =>
      ask("transactions", async ({ client }) => (await client.transactions()).map((text) => ({ text }))),
  };
}

/** What is said of one controller in several places. */
async function controllerOf(
  { target }: ReturnType<typeof connect>,
  name: string,
): Promise<readonly KnownController[]> {
  const path = `/api/controllers/${encodeURIComponent(name)}`;
  const [{ alarms, targets }, { versions }] = await Promise.all([
    askJson<{ alarms: readonly KnownAlarm[]; targets: readonly { output: string }[] }>(target, path),
    askJson<{ versions: readonly { id: string; version: string; file?: string }[] }>(
      target,
      `${path}/versions`,
    ),
  ]);
  return [
    {
      alarms,
      outputs: [...new Set(targets.map(({ output }) => output))],
      versions: versions.map(({ id, version, file = "" }) => ({
        text: id,
        about: `${version} ${file}`.trim(),
      })),
    },
  ];
}

function meant(known: readonly KnownDevice[], word: string): readonly KnownDevice[] {
  try {
    const found = new Set(
      lookUp(
        known.map((one) => ({ ...one, plugin: "", metadata: {} })),
        word,
      ).map(({ id }) => id),
    );
    return known.filter(({ id }) => found.has(id));
  } catch {
    return [];
  }
}

type Ask = <T>(
  key: string,
  question: (server: ReturnType<typeof connect>) => Promise<readonly T[]>,
) => Promise<readonly T[]>;

/** Answers from the cache while they are fresh, else from the server, else from the cache however old. */
function asker(options: TargetOptions, env: Env, clock: Clock): Ask {
  let target: Target;
  try {
    target = targetOf(options, env);
  } catch {
    return () => Promise.resolve([]);
  }
  const file = cacheFile(target, env);
  return async <T>(key: string, question: (server: ReturnType<typeof connect>) => Promise<readonly T[]>) => {
    const cache = readCache(file);
    const kept = cache.entries[key] as { readonly at: Instant; readonly value: readonly T[] } | undefined;
    const within = (at: Instant | undefined, span: Millis): boolean =>
      at !== undefined && Math.abs(clock.now() - at) < span;
    if (kept !== undefined && within(kept.at, fresh)) return kept.value;
    if (within(cache.failed, givenUp)) return kept?.value ?? [];
    try {
      const value = await question(connect(target, { timeout: patience, retry: false }));
      writeCache(file, { entries: { ...recent(cache, clock.now()), [key]: { at: clock.now(), value } } });
      return value;
    } catch {
      writeCache(file, { ...cache, failed: clock.now() });
      return kept?.value ?? [];
    }
  };
}

/** What is not worth keeping goes: the actions of every device ever completed. */
const recent = ({ entries }: Cache, now: Instant): Cache["entries"] =>
  Object.fromEntries(Object.entries(entries).filter(([, { at }]) => now - at < seconds(3600)));

/** One for each server and token: with another one other devices may be seen. */
function cacheFile({ url, token = "" }: Target, env: Env): string {
  const name = createHash("sha256").update(`${url}\n${token}`).digest("hex").slice(0, 16);
  return join(folder(env, "XDG_CACHE_HOME", ".cache"), "bothy", `complete-${name}.json`);
}

function readCache(file: string): Cache {
  try {
    const found = JSON.parse(readFileSync(file, "utf8")) as Partial<Cache> | null;
    return typeof found?.entries === "object" ? { ...found, entries: found.entries } : { entries: {} };
  } catch {
    return { entries: {} };
  }
}

function writeCache(file: string, cache: Cache): void {
  const beside = `${file}.${process.pid}.new`;
  try {
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
    writeFileSync(beside, JSON.stringify(cache), { mode: 0o600 });
    renameSync(beside, file);
  } catch {
    // Without a cache every key is one question more.
  }
}
