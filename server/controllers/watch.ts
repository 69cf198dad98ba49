import { stat } from "node:fs/promises";
import type { By } from "../../controllers/runtime/api.ts";
import type { Bundle } from "../../controllers/runtime/source.ts";
import type { Versions } from "../../controllers/versions/versions.ts";
import { type Clock, every, type Millis, seconds } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import { isMissing } from "../../devices/files.ts";
import type { Log } from "../../devices/plugin.ts";

/** How soon a saved file is noticed. */
const lookEvery: Millis = seconds(1);

export interface WatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly versions: Pick<Versions, "add" | "swap">;
  readonly bundle: (file: string) => Promise<Bundle>;
  readonly signal: AbortSignal;
  /** Loads what could not be loaded so far. @returns false: it runs already */
  readonly revive: (name: string, by: By) => Promise<boolean>;
  /** Told why what was saved is not in force; undefined once it is. */
  readonly refused: (name: string, why: string | undefined) => void;
}

interface Watched {
  readonly name: string;
  readonly file: string;
}

/**
 * Puts files in force when they are saved. What does not load, or fails while on probation, changes nothing: the version
 * before goes on. What is saved while another change is under way is put in force after that, the last save of several.
 */
export function watchSources(watched: readonly Watched[], deps: WatchDeps): void {
  for (const one of watched) void watchOne(one, deps);
}

async function watchOne(
  { name, file }: Watched,
  { clock, log, versions, bundle, signal, revive, refused }: WatchDeps,
): Promise<void> {
  const looks = looksOf({ name, file }, log);
  let known = await looks();
  let unchanged = known;
  let waits = false;
  await every(
    clock,
    lookEvery,
    async () => {
      const now = await looks();
      // An editor may write in several goes: what looks the same twice is whole.
      const settled = now === unchanged;
      unchanged = now;
      if (now === known || now === "" || !settled) return;
      const before = known;
      known = now;
      const by = { who: "file", why: `${file} was saved` };
      try {
        if (await revive(name, by)) return;
        const version = await versions.add(name, await bundle(file), by);
        await versions.swap(name, version.id, by);
        refused(name, undefined);
      } catch (thrown) {
        const { message, code } = asBothyError(thrown, file);
        if (code === "BUSY") {
          known = before;
          if (!waits) log.info({ controller: name, file }, `what was saved waits: ${message}`);
          waits = true;
          return;
        }
        refused(name, message);
        log.error(
          { controller: name, file },
          `what was saved is not in force, the version before is: ${message}`,
        );
      }
      waits = false;
    },
    signal,
  );
}

/** Asks what a file is like: another text when it has changed, an empty one when it is not there or cannot be seen. */
function looksOf({ name, file }: Watched, log: Log): () => Promise<string> {
  let unseen = false;
  return async () => {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      unseen = false;
      return `${mtimeMs} ${size} ${ino}`;
    } catch (thrown) {
      if (isMissing(thrown) || unseen) return "";
      unseen = true;
      const { message } = asBothyError(thrown, file);
      log.error({ controller: name, file }, `it cannot be seen whether it is saved: ${message}`);
      return "";
    }
  };
}
