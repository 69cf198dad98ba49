import { statSync } from "node:fs";
import type { Clock } from "../../devices/clock.ts";
import type { Log } from "../../devices/plugin.ts";
import { parseScope, type Scope } from "./principal.ts";
import { loadTokens } from "./token-file.ts";
import { isExpired, isTokenOf, tokenId, type TokenRecord } from "./token.ts";
import { WatchedFiles } from "./watched-file.ts";

/** Who holds a token; the same object for as long as the token is good. */
export interface TokenHolder {
  readonly record: TokenRecord;
  readonly scope?: Scope;
}

/** The tokens of a site's file, as it is now. */
export class Tokens {
  readonly #file: string | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #watched: WatchedFiles;
  readonly #changed: (records: readonly TokenRecord[]) => void;
  #holders: ReadonlyMap<string, TokenHolder> = new Map();
  #watching = false;
  #wasRead = false;

  /**
   * @param file absent: there are none
   * @param changed told which there are, whenever that may have changed, from `watch` on
   */
  constructor(
    file: string | undefined,
    deps: { readonly clock: Clock; readonly log: Log },
    changed: (records: readonly TokenRecord[]) => void,
  ) {
    this.#file = file;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#changed = changed;
    this.#watched = new WatchedFiles(file === undefined ? [] : [file], () => this.#load());
    this.#load();
    this.#warnOfReaders();
  }

  watch(signal: AbortSignal): Promise<void> {
    this.#watching = true;
    this.#tell();
    return this.#watched.watch(this.#clock, signal);
  }

  /** Who holds a token; a text when it is not good, saying why. */
  holder(token: string): TokenHolder | string {
    const id = tokenId(token);
    if (id === undefined) return "the token is damaged or cut short";
    const found = this.#holders.get(id) ?? this.#lookAgain(id);
    if (found === undefined || !isTokenOf(found.record, token))
      return "the token is not known, or was revoked";
    if (isExpired(found.record, this.#clock.now())) return "the token has expired";
    return found;
  }

  /** Whether a holder's token is still good. */
  isGood(holder: TokenHolder): boolean {
    return this.#holders.get(holder.record.id) === holder && !isExpired(holder.record, this.#clock.now());
  }

  /** A token may be used at once after it was made; looking whether the file has changed costs microseconds. */
  #lookAgain(id: string): TokenHolder | undefined {
    this.#watched.refresh();
    return this.#holders.get(id);
  }

  /** What cannot be read is not gone. */
  #tell(): void {
    if (this.#watching && this.#wasRead)
      this.#changed([...this.#holders.values()].map(({ record }) => record));
  }

  #load(): void {
    if (this.#file === undefined) return;
    let records: readonly TokenRecord[];
    try {
      records = loadTokens(this.#file);
    } catch (error) {
      // Whoever had a token keeps it: a damaged file must not lock everybody out of a running site.
      this.#log.error({ file: this.#file, error: String(error) }, "the tokens cannot be read; as before");
      return;
    }
    const before = this.#holders;
    this.#holders = new Map(
      records.map((record) => {
        const known = before.get(record.id);
        const same = known !== undefined && JSON.stringify(known.record) === JSON.stringify(record);
        return [record.id, same ? known : holderOf(record)];
      }),
    );
    this.#wasRead = true;
    this.#tell();
  }

  #warnOfReaders(): void {
    if (this.#file === undefined) return;
    if (modeOf(this.#file) & 0o077)
      this.#log.warn(
        { file: this.#file },
        "other users of this machine may read or write the tokens: chmod 600",
      );
  }
}

/** 0 for what is not there, or cannot be looked at: then it could not be read either, and that was said. */
function modeOf(file: string): number {
  try {
    return statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  } catch {
    return 0;
  }
}

const holderOf = (record: TokenRecord): TokenHolder => ({
  record,
  ...(record.scope === undefined ? {} : { scope: parseScope(record.scope) }),
});
