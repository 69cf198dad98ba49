import { createHash } from "node:crypto";
import type { Keeper } from "../../devices/keeper.ts";
import type { TokenRecord } from "./token.ts";

/** What is remembered of a token that was told of. */
interface Note {
  readonly name: string;
  /** Of its whole record: a token whose scope was widened is another one. */
  readonly digest: string;
}

/** A change of the tokens. */
export interface TokenChanges {
  readonly come: readonly TokenRecord[];
  /** Revoked, or changed; those that were changed have come too. */
  readonly gone: readonly { readonly id: string; readonly name: string }[];
  /** Whether it may have come about while nobody looked: before this program. */
  readonly unseen: boolean;
}

const digestOf = (record: TokenRecord): string =>
  createHash("sha256").update(JSON.stringify(record)).digest("hex");

function noteOf(kept: unknown): Note | undefined {
  if (typeof kept !== "object" || kept === null) return undefined;
  const { name, digest } = kept as Partial<Note>;
  return typeof name === "string" && typeof digest === "string" ? { name, digest } : undefined;
}

/** Which tokens were told of. Remembered across restarts, so that a change made meanwhile is told of too. */
export class ToldTokens {
  readonly #keeper: Keeper;
  readonly #notes = new Map<string, Note>();
  #unseen = true;
  /** Whether nothing is known of what was before this program: then all would be new. */
  readonly #blank: boolean;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    for (const [id, kept] of keeper.load("token")) {
      const note = noteOf(kept);
      if (note !== undefined) this.#notes.set(id, note);
    }
    this.#blank = !keeper.status().kept && this.#notes.size === 0;
  }

  /** What has changed since it was last asked; undefined: nothing, or nobody knows. */
  changes(records: readonly TokenRecord[]): TokenChanges | undefined {
    const unseen = this.#unseen;
    this.#unseen = false;
    const now = new Map(records.map((record) => [record.id, { record, digest: digestOf(record) }]));
    const come = [...now.values()].filter(
      ({ record, digest }) => this.#notes.get(record.id)?.digest !== digest,
    );
    const gone = [...this.#notes].filter(([id, { digest }]) => now.get(id)?.digest !== digest);
    for (const [id] of gone) {
      this.#notes.delete(id);
      this.#keeper.drop("token", id);
    }
    for (const { record, digest } of come) {
      const note: Note = { name: record.name, digest };
      this.#notes.set(record.id, note);
      this.#keeper.put("token", record.id, note, "now");
    }
    if (come.length + gone.length === 0 || (unseen && this.#blank)) return undefined;
    return {
      come: come.map(({ record }) => record),
      gone: gone.map(([id, { name }]) => ({ id, name })),
      unseen,
    };
  }
}
