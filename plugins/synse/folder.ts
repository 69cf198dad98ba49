import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Instant, type Millis, minutes, seconds, sleep } from "../../devices/clock.ts";
import { namePattern } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Connection, LinkDeps, LinkPlan, Poll } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";

/** How often a folder is looked at. */
const lookEvery: Millis = seconds(2);
/** How long the plugin of a socket that is gone stays known. */
const forgetAfter: Millis = minutes(7 * 24 * 60);
const mostSockets = 256;
const key = "sockets-1";

/** A folder of sockets: each is a link of its own below this one, so that none of them bothers another. */
export class FolderConnection implements Connection {
  readonly polls: readonly Poll[] = [];
  readonly closed: Promise<undefined>;
  readonly #folder: string;
  readonly #plan: (file: string) => LinkPlan;
  readonly #deps: LinkDeps;
  readonly #over = new AbortController();
  readonly #seen: Map<string, Instant>;
  readonly #said = new Set<string>();
  #end: () => void = () => undefined;
  #present: readonly string[] = [];
  #declared = false;

  /** @param plan of the plugin behind a socket, by its file name */
  constructor(folder: string, plan: (file: string) => LinkPlan, deps: LinkDeps) {
    this.#folder = folder;
    this.#plan = plan;
    this.#deps = deps;
    this.#seen = new Map(remembered(deps.memory.get(key)));
    this.closed = new Promise((resolve) => {
      this.#end = () => resolve(undefined);
    });
  }

  /** Looks at once, then every two seconds. */
  async start(): Promise<void> {
    await this.refresh();
    void this.#watch();
  }

  /** Looks for sockets. */
  async refresh(): Promise<void> {
    const { clock, memory } = this.#deps;
    const now = clock.now();
    const present = await this.#sockets();
    if (this.#over.signal.aborted) return;
    const before = [...this.#seen.keys()].join("/");
    for (const file of present) this.#seen.set(file, now);
    for (const [file, at] of [...this.#seen]) if (now - at > forgetAfter) this.#seen.delete(file);
    const isChanged = before !== [...this.#seen.keys()].join("/");
    if (isChanged || present.join("/") !== this.#present.join("/"))
      memory.set(key, Object.fromEntries(this.#seen));
    if (isChanged || !this.#declared) this.#deps.branches([...this.#seen.keys()].map(this.#plan));
    this.#declared = true;
    this.#present = present;
  }

  read(): Promise<readonly Reading[]> {
    return Promise.reject(new BothyError("NOT_READABLE", { source: this.#folder }));
  }

  close(): Promise<void> {
    this.#over.abort();
    this.#end();
    return Promise.resolve();
  }

  report(): object {
    return { folder: this.#folder, sockets: this.#present, known: [...this.#seen.keys()] };
  }

  async #watch(): Promise<void> {
    const { signal } = this.#over;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await sleep(this.#deps.clock, lookEvery, signal);
      if (!isOver()) await this.refresh();
    }
  }

  async #sockets(): Promise<readonly string[]> {
    try {
      const entries = await readdir(this.#folder, { withFileTypes: true });
      const sockets = entries.filter((entry) => entry.isSocket()).map(({ name }) => name);
      const strange = sockets.filter((name) => !fitting.test(name));
      for (const name of strange)
        this.#say(`the name of the socket ${JSON.stringify(name)} cannot stand in a URL; it is left out`);
      return sockets
        .filter((name) => fitting.test(name))
        .sort()
        .slice(0, mostSockets);
    } catch (thrown) {
      this.#say(thrown instanceof Error ? thrown.message : String(thrown));
      return [];
    }
  }

  #say(text: string): void {
    if (this.#said.has(text) || this.#said.size > 100) return;
    this.#said.add(text);
    this.#deps.log.warn({ folder: this.#folder }, `${join(this.#folder, "/")}: ${text}`);
  }
}

const fitting = new RegExp(namePattern);

const remembered = (kept: unknown): readonly (readonly [string, Instant])[] =>
  typeof kept !== "object" || kept === null
    ? []
    : Object.entries(kept).filter(
        (entry): entry is [string, Instant] => fitting.test(entry[0]) && typeof entry[1] === "number",
      );
