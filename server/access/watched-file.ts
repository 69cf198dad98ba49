import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { type Clock, every, type Millis, seconds } from "../../devices/clock.ts";

/** How soon a changed file is noticed. */
const lookEvery: Millis = seconds(2);

/** What a file was like; another text when it has changed. Looking at it costs nothing on any file system. */
const looksOf = (found: { mtimeMs: number; size: number; ino: number } | undefined): string =>
  found === undefined ? "" : `${found.mtimeMs} ${found.size} ${found.ino}`;

/** One that cannot be looked at is as if not there: whoever reads it then says why. */
function looksNow(file: string): string {
  try {
    return looksOf(statSync(file, { throwIfNoEntry: false }));
  } catch {
    return looksOf(undefined);
  }
}

/** Files that are read again when they change. */
export class WatchedFiles {
  readonly #files: readonly string[];
  readonly #changed: () => void;
  #known: string;

  /** @param changed told after any of the files has changed, come or gone */
  constructor(files: readonly string[], changed: () => void) {
    this.#files = files;
    this.#changed = changed;
    this.#known = this.#lookNow();
  }

  /** Looks every few seconds until aborted. */
  async watch(clock: Clock, signal: AbortSignal): Promise<void> {
    await every(clock, lookEvery, () => this.#look(), signal);
  }

  /** Looks at once. */
  refresh(): void {
    this.#compare(this.#lookNow());
  }

  async #look(): Promise<void> {
    const found = await Promise.all(
      this.#files.map((file) => stat(file).then(looksOf, () => looksOf(undefined))),
    );
    this.#compare(found.join("|"));
  }

  #lookNow(): string {
    return this.#files.map(looksNow).join("|");
  }

  #compare(now: string): void {
    if (now === this.#known) return;
    this.#known = now;
    this.#changed();
  }
}
