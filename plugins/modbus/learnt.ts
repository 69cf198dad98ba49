import type { Instant } from "../../devices/clock.ts";
import type { ErrorCode } from "../../devices/errors.ts";
import type { LinkMemory } from "../../devices/plugin.ts";
import type { Range } from "./batch.ts";
import type { Table } from "./product-schema.ts";

/** A range a unit does not have. */
interface Refusal extends Range {
  readonly table: Table;
  readonly code: ErrorCode;
  readonly text: string;
  /** When it may be asked for again. */
  readonly until: Instant;
}

/** What reading a unit has taught. JSON. */
interface Facts {
  /** Places requests must not reach across. */
  readonly cuts: Readonly<Partial<Record<Table, readonly Range[]>>>;
  readonly refused: readonly Refusal[];
  /** Longest request that went well, and shortest that was too long. */
  readonly length: Readonly<Partial<Record<Table, { readonly fine: number; readonly tooLong: number }>>>;
}

/** How long a refused address is left alone: an option may be fitted, a firmware loaded. */
const askAgainAfter = 300_000;

/** What was learnt about one unit; kept in the link's memory, so that it outlives the connection. */
export class Learnt {
  readonly #memory: LinkMemory;
  readonly #key: string;
  #facts: Facts;
  /** Grows whenever plans made before may no longer hold. */
  version = 0;

  constructor(memory: LinkMemory, key: string) {
    this.#memory = memory;
    this.#key = key;
    this.#facts = (memory.get(key) as Facts | undefined) ?? { cuts: {}, refused: [], length: {} };
  }

  cuts(table: Table): readonly Range[] {
    return this.#facts.cuts[table] ?? [];
  }

  /** @param declared what the map says is the most */
  longest(table: Table, declared: number): number {
    const known = this.#facts.length[table];
    if (known === undefined) return declared;
    // Half way between what went well and what did not, until they are neighbours.
    return Math.min(declared, Math.max(known.fine, Math.floor((known.fine + known.tooLong) / 2), 1));
  }

  /** The reason when a range is being left alone. */
  refusal(
    table: Table,
    range: Range,
    now: Instant,
  ): { readonly code: ErrorCode; readonly text: string } | undefined {
    return this.#facts.refused.find(
      (known) =>
        known.table === table && known.from === range.from && known.to === range.to && known.until > now,
    );
  }

  refuse(
    table: Table,
    range: Range,
    reason: { readonly code: ErrorCode; readonly text: string },
    now: Instant,
  ): void {
    const others = this.#facts.refused.filter(
      (known) =>
        known.until > now && (known.table !== table || known.from !== range.from || known.to !== range.to),
    );
    const { code, text } = reason;
    const { from, to } = range;
    this.#keep({
      ...this.#facts,
      refused: [...others, { table, from, to, code, text, until: now + askAgainAfter }],
    });
  }

  cut(table: Table, gap: Range): void {
    const cuts = this.cuts(table);
    if (cuts.some(({ from, to }) => from === gap.from && to === gap.to)) return;
    this.#keep({ ...this.#facts, cuts: { ...this.#facts.cuts, [table]: [...cuts, gap] } });
  }

  /** @param fine a length that went well @param refused one that did not, for no other reason */
  tooLong(table: Table, fine: number, refused: number): void {
    const known = this.#facts.length[table];
    const next = {
      fine: Math.min(Math.max(known?.fine ?? 0, fine), refused - 1),
      tooLong: Math.min(known?.tooLong ?? refused, refused),
    };
    this.#keep({ ...this.#facts, length: { ...this.#facts.length, [table]: next } });
  }

  /** Tells that a request of this length went well; matters only while the limit is being looked for. */
  fine(table: Table, length: number): void {
    const known = this.#facts.length[table];
    if (known !== undefined && length > known.fine && length < known.tooLong)
      this.tooLong(table, length, known.tooLong);
  }

  /** Plain JSON, for people. */
  report(): object {
    return this.#facts;
  }

  #keep(facts: Facts): void {
    this.#facts = facts;
    this.version += 1;
    this.#memory.set(this.#key, facts);
  }
}
