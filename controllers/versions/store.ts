import { readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { isMissing, readIfThere } from "../../devices/files.ts";
import type { Log } from "../../devices/plugin.ts";
import type { By } from "../runtime/api.ts";
import type { Bundle } from "../runtime/source.ts";
import { appendToFile, replaceFile, sealed, unsealed } from "./files.ts";
import { notKept } from "./not-kept.ts";
import { Owed } from "./owed.ts";
import {
  type Happening,
  type HistoryEntry,
  type InForce,
  isHistoryEntry,
  isInForce,
  isKeptVersion,
  type KeptVersion,
  type Version,
  type VersionId,
} from "./records.ts";

export type { Happening, HistoryEntry, InForce, KeptProbation, Version, VersionId } from "./records.ts";

export interface StoreDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** In memory only when absent. */
  readonly folder?: string | undefined;
  /** Told before, within and after every write, for tests that end the program there. */
  readonly phase?: (name: string) => void;
}

/** Entries of a history that are told of. */
const mostHistory = 500;
const mostVersions = 50;
const ofVersions = "the history of versions";

/**
 * The versions of a site's controllers. A text is on disk before anything names it, and which one is in force is one
 * file that is replaced in one step: whenever the program ends, exactly one is.
 */
export class VersionStore {
  readonly #deps: StoreDeps;
  readonly #texts = new Map<string, Map<VersionId, KeptVersion>>();
  /** Undefined: that there is none, or none that can be read, is known. */
  readonly #inForce = new Map<string, InForce | undefined>();
  readonly #history = new Map<string, HistoryEntry[]>();
  /** Controllers whose history this program has added to. */
  readonly #begun = new Set<string>();
  readonly #owed: Owed;

  constructor(deps: StoreDeps) {
    this.#deps = deps;
    this.#owed = new Owed(deps);
  }

  /** Keeps a text. The same text again is the same version. @throws BothyError `NOT_KEPT` when the disk takes nothing */
  add(controller: string, bundle: Bundle, definition: Pick<Version, "name" | "version">, by: By): Version {
    const texts = this.#textsOf(controller);
    const known = texts.get(bundle.hash);
    if (known !== undefined) return versionOf(known);
    const kept: KeptVersion = {
      id: bundle.hash,
      name: definition.name,
      version: definition.version,
      kind: "bundle",
      file: bundle.file,
      added: this.#deps.clock.now(),
      by,
      bundle,
    };
    this.#disk("text", controller, ["texts", `${bundle.hash}.json`], (path, written) =>
      replaceFile(path, sealed(kept), written),
    );
    texts.set(kept.id, kept);
    this.tell(controller, { what: "added", id: kept.id, by });
    this.#makeRoom(controller, texts);
    return versionOf(kept);
  }

  /** Texts that are kept, the newest first. */
  list(controller: string): readonly Version[] {
    return [...this.#textsOf(controller).values()].map(versionOf).sort((a, b) => b.added - a.added);
  }

  /** @throws BothyError `NOT_FOUND` */
  bundle(controller: string, id: VersionId): Bundle {
    const kept = this.#textsOf(controller).get(id);
    if (kept === undefined) throw new BothyError("NOT_FOUND", { source: `version ${id} of ${controller}` });
    return kept.bundle;
  }

  /** What was put in force last; undefined when nothing ever was, or when the record of it is damaged. */
  inForce(controller: string): InForce | undefined {
    if (this.#inForce.has(controller)) return this.#inForce.get(controller);
    const line = this.#read(controller, "in-force.json");
    const read = line === undefined ? undefined : unsealed(line);
    const found = isInForce(read) ? read : undefined;
    this.#inForce.set(controller, found);
    if (line !== undefined && found === undefined) this.#setAside(controller, "in-force.json");
    return found;
  }

  /** What is put in force next takes its place; somebody may want to see what it was. */
  #setAside(controller: string, name: string): void {
    const { folder = "", log } = this.#deps;
    const aside = join(folder, controller, `${name}.unread`);
    try {
      renameSync(join(folder, controller, name), aside);
    } catch (error) {
      log.warn({ error, controller }, `${name} cannot be set aside`);
    }
    log.error(
      { controller, aside },
      `${controller}: which version was in force cannot be read; the configured one is, and the record was set aside`,
    );
  }

  /**
   * Says what is in force from now on; also after the program has ended, when the disk takes it. Never throws.
   * @returns why a restart would not know of it, as things are: it is tried again until the disk takes it
   */
  put(controller: string, what: Happening, next: Omit<InForce, "since">): string | undefined {
    const from = this.inForce(controller)?.id;
    const inForce: InForce = { ...next, since: this.#deps.clock.now() };
    const fault = this.#keepInForce("in force", controller, inForce);
    this.tell(controller, { what, id: next.id, ...(from === undefined ? {} : { from }), by: next.by });
    return fault;
  }

  /** Changes what is said of the version in force, without its being another. Never throws. */
  amend(controller: string, change: (before: InForce) => InForce): void {
    const before = this.inForce(controller);
    if (before !== undefined) this.#keepInForce("amended", controller, change(before));
  }

  /** Why a restart would not know which version is in force, or how that came about. */
  unkept(controller: string): string | undefined {
    return this.#owed.fault(controller);
  }

  /** Tries once more to write what the disk did not take. */
  close(): void {
    this.#owed.close();
  }

  /** The newest first. */
  history(controller: string): readonly HistoryEntry[] {
    return [...this.#historyOf(controller)].reverse();
  }

  /** Adds to the history. Never throws. */
  tell(controller: string, entry: Omit<HistoryEntry, "at">): void {
    const full: HistoryEntry = { at: this.#deps.clock.now(), ...entry };
    const history = this.#historyOf(controller);
    history.push(full);
    if (history.length > 2 * mostHistory) history.splice(0, history.length - mostHistory);
    // A line that a loss of power tore has no end: the first one of this program begins with one.
    const line = (this.#begun.has(controller) ? "" : "\n") + sealed(full);
    this.#begun.add(controller);
    // Where a line was not taken, part of it may be there: then all are written anew.
    let torn = this.#owed.has(controller, ofVersions);
    this.#owed.write(controller, ofVersions, () => {
      if (torn) this.#writeHistory("history", controller, history);
      else {
        torn = true;
        this.#disk("history", controller, ["history.jsonl"], (path) => appendToFile(path, line));
      }
    });
  }

  #historyOf(controller: string): HistoryEntry[] {
    let history = this.#history.get(controller);
    if (history === undefined) {
      const text = this.#read(controller, "history.jsonl") ?? "";
      const lines = text.split("\n").filter((line) => line !== "");
      const whole = lines.map(unsealed).filter(isHistoryEntry);
      const lost = lines.length - whole.length;
      if (lost > 0) this.#deps.log.warn({ controller, lost }, "lines of the history of versions are damaged");
      history = whole.slice(-mostHistory);
      this.#history.set(controller, history);
      const short = history;
      // A file that has grown for years begins anew with what is told of.
      if (lines.length > 2 * mostHistory)
        this.#owed.write(controller, ofVersions, () =>
          this.#writeHistory("shortened history", controller, short),
        );
    }
    return history;
  }

  #keepInForce(phase: string, controller: string, inForce: InForce): string | undefined {
    this.#inForce.set(controller, inForce);
    return this.#owed.write(controller, "which version is in force", () =>
      this.#disk(phase, controller, ["in-force.json"], (path, written) =>
        replaceFile(path, sealed(inForce), written),
      ),
    );
  }

  #writeHistory(phase: string, controller: string, history: readonly HistoryEntry[]): void {
    this.#disk(phase, controller, ["history.jsonl"], (path, written) =>
      replaceFile(path, history.map((entry) => sealed(entry)).join(""), written),
    );
  }

  #textsOf(controller: string): Map<VersionId, KeptVersion> {
    let texts = this.#texts.get(controller);
    if (texts === undefined) {
      texts = new Map();
      for (const name of this.#names(controller)) {
        const kept = unsealed(this.#read(controller, join("texts", name)) ?? "");
        if (isKeptVersion(kept)) texts.set(kept.id, kept);
        else this.#deps.log.error({ controller, name }, "a kept version is damaged");
      }
      this.#texts.set(controller, texts);
    }
    return texts;
  }

  /** Neither what is in force, nor what it may go back to, nor what it was before goes. */
  #makeRoom(controller: string, texts: Map<VersionId, KeptVersion>): void {
    const inForce = this.inForce(controller);
    const recent = this.history(controller)
      .slice(0, 20)
      .flatMap(({ id, from }) => [id, from]);
    const needed = new Set([inForce?.id, inForce?.probation?.previous, inForce?.configured, ...recent]);
    const spare = [...texts.values()].filter(({ id }) => !needed.has(id)).sort((a, b) => a.added - b.added);
    for (const { id } of spare.slice(0, Math.max(0, texts.size - mostVersions))) {
      texts.delete(id);
      this.#remove(controller, id);
    }
  }

  #remove(controller: string, id: VersionId): void {
    const { folder, log } = this.#deps;
    if (folder === undefined) return;
    try {
      rmSync(join(folder, controller, "texts", `${id}.json`), { force: true });
    } catch (error) {
      log.warn({ error, controller, id }, "a version that is not needed any more cannot be removed");
    }
  }

  #names(controller: string): readonly string[] {
    const { folder, log } = this.#deps;
    if (folder === undefined) return [];
    try {
      return readdirSync(join(folder, controller, "texts")).filter((name) => name.endsWith(".json"));
    } catch (error) {
      if (!isMissing(error))
        log.error({ error, controller }, "kept versions of a controller cannot be listed");
      return [];
    }
  }

  #read(controller: string, name: string): string | undefined {
    const { folder, log } = this.#deps;
    if (folder === undefined) return undefined;
    try {
      return readIfThere(join(folder, controller, name));
    } catch (error) {
      log.error({ error, controller, name }, "what was kept of a controller's versions cannot be read");
      return undefined;
    }
  }

  #disk(
    phase: string,
    controller: string,
    path: readonly string[],
    write: (path: string, written: () => void) => void,
  ): void {
    const { folder, phase: reached } = this.#deps;
    if (folder === undefined) return;
    reached?.(`before ${phase}`);
    const file = join(folder, controller, ...path);
    try {
      write(file, () => reached?.(`written ${phase}`));
    } catch (error) {
      throw notKept(`a version of ${controller}`, dirname(file), error);
    }
    reached?.(`after ${phase}`);
  }
}

const versionOf = ({ id, name, version, kind, file, added, by }: KeptVersion): Version => ({
  ...{ id, name, version, kind, added, by },
  ...(file === undefined ? {} : { file }),
});
