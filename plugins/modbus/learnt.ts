import type { Instant, Millis } from "../../devices/clock.ts";
import { type ErrorCode, errorTable } from "../../devices/errors.ts";
import type { LinkMemory } from "../../devices/plugin.ts";
import type { Range } from "./batch.ts";
import type { Table } from "./product-schema.ts";

/** A range a unit does not have. */
interface Refusal extends Range {
  readonly table: Table;
  readonly code: ErrorCode;
  readonly text: string;
  /** When it may be asked for again, and how long that was to wait. */
  readonly until: Instant;
  readonly delay: Millis;
}

/** A place requests must not reach across. */
interface Cut extends Range {
  /** Until when; absent: for good. */
  readonly until?: Instant;
}

/** What reading a unit has taught. JSON. */
interface Facts {
  readonly cuts: Readonly<Partial<Record<Table, readonly Cut[]>>>;
  readonly refused: readonly Refusal[];
  /** What has been read in one request: a unit that refuses it later on has a fault rather than a gap. */
  readonly proven: Readonly<Partial<Record<Table, readonly Range[]>>>;
  /** Longest request that went well, and shortest that was too long. */
  readonly length: Readonly<Partial<Record<Table, { readonly fine: number; readonly tooLong: number }>>>;
}

type Kept<T> = Partial<Readonly<Record<keyof T, unknown>>>;

const tables: readonly Table[] = ["coil", "discrete", "holding", "input"];
const fields = <T extends object>(value: unknown): Kept<T> =>
  typeof value === "object" && value !== null ? value : {};
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
/** Addresses are 0 to 65,535; a cut may have nothing in it. */
const isRange = (value: unknown): value is Range => {
  const { from, to } = fields<Range>(value);
  return (
    Number.isInteger(from) &&
    Number.isInteger(to) &&
    Number(from) >= 0 &&
    Number(from) <= Number(to) &&
    Number(to) <= 65_536
  );
};
const isCut = (value: unknown): value is Cut => {
  const { until } = fields<Cut>(value);
  return isRange(value) && (until === undefined || isNumber(until));
};
const isRefusal = (value: unknown): value is Refusal => {
  const { table, code, text, until, delay } = fields<Refusal>(value);
  return (
    isRange(value) &&
    tables.some((known) => known === table) &&
    typeof code === "string" &&
    Object.hasOwn(errorTable, code) &&
    typeof text === "string" &&
    isNumber(until) &&
    isNumber(delay)
  );
};
const isLength = (value: unknown): value is { fine: number; tooLong: number } => {
  const { fine, tooLong } = fields<{ fine: number; tooLong: number }>(value);
  return (
    Number.isInteger(fine) && Number.isInteger(tooLong) && Number(fine) >= 0 && Number(fine) < Number(tooLong)
  );
};

const listOf = <T>(value: unknown, is: (one: unknown) => one is T): readonly T[] =>
  Array.isArray(value) ? value.filter(is) : [];

function byTable<T>(
  value: unknown,
  read: (one: unknown) => T | undefined,
): Readonly<Partial<Record<Table, T>>> {
  const kept = fields<Record<Table, unknown>>(value);
  return Object.fromEntries(
    tables.flatMap((table) => {
      const one = read(kept[table]);
      return one === undefined ? [] : [[table, one] as const];
    }),
  );
}

/** What was kept, without what makes no sense: it may come from a disk, and be of another version. */
function keptFacts(value: unknown): Facts {
  const kept = fields<Facts>(value);
  const ranges =
    <T>(is: (one: unknown) => one is T) =>
    (one: unknown): readonly T[] | undefined => {
      const list = listOf(one, is);
      return list.length === 0 ? undefined : list;
    };
  return {
    cuts: byTable(kept.cuts, ranges(isCut)),
    refused: listOf(kept.refused, isRefusal),
    proven: byTable(kept.proven, ranges(isRange)),
    length: byTable(kept.length, (one) => (isLength(one) ? one : undefined)),
  };
}

/** How long a refused address is left alone: the unit may have been starting. Doubles each time it is refused again. */
const askAgainAfter: Millis = 10_000;
/** Longest: an option may be fitted, a firmware loaded. An address that could be read before never waits longer. */
const longestDelay: Millis = 300_000;
/** How long a gap that could be bridged before is not. */
const bridgeProvenAgainAfter: Millis = 600_000;
/** So often in a row something proven must be refused before that counts as more than a fault. */
const strikesAgainstProof = 3;

/** Whether a time is still to come. One that is further away than was ever planned is of a clock since set back. */
const ahead = (until: Instant, now: Instant, planned: Millis): boolean =>
  until > now && until <= now + planned;

const contains = (outer: Range, inner: Range): boolean => outer.from <= inner.from && inner.to <= outer.to;

const isOf = (known: Refusal, table: Table, { from, to }: Range): boolean =>
  known.table === table && known.from === from && known.to === to;

/** What was learnt about one unit; kept in the link's memory, so that it outlives the connection. */
export class Learnt {
  readonly #memory: LinkMemory;
  readonly #key: string;
  readonly #strikes = new Map<string, number>();
  #facts: Facts;
  /** Grows whenever plans made before may no longer hold. */
  version = 0;

  constructor(memory: LinkMemory, key: string) {
    this.#memory = memory;
    this.#key = key;
    this.#facts = keptFacts(memory.get(key));
  }

  cuts(table: Table): readonly Range[] {
    return this.#facts.cuts[table] ?? [];
  }

  /** Forgets gaps whose time is over. */
  expire(now: Instant): void {
    for (const [table, cuts] of Object.entries(this.#facts.cuts) as [Table, readonly Cut[]][]) {
      const current = cuts.filter(
        ({ until }) => until === undefined || ahead(until, now, bridgeProvenAgainAfter),
      );
      if (current.length < cuts.length)
        this.#keep({ ...this.#facts, cuts: { ...this.#facts.cuts, [table]: current } });
    }
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
      (known) => isOf(known, table, range) && ahead(known.until, now, known.delay),
    );
  }

  refuse(
    table: Table,
    range: Range,
    reason: { readonly code: ErrorCode; readonly text: string },
    now: Instant,
  ): void {
    const proven = this.#isProven(table, range);
    if (proven && !this.#struck(table, range)) return;
    const before = this.#facts.refused.find((known) => isOf(known, table, range));
    const delay = proven || before === undefined ? askAgainAfter : Math.min(before.delay * 2, longestDelay);
    const others = this.#facts.refused.filter((known) => !isOf(known, table, range));
    const { code, text } = reason;
    const { from, to } = range;
    this.#keep({
      ...this.#facts,
      refused: [...others, { table, from, to, code, text, delay, until: now + delay }],
    });
  }

  /** A gap between two ranges that can be read each alone, but not together. */
  cut(table: Table, { from, to }: Range, now: Instant): void {
    const cuts = this.cuts(table);
    if (cuts.some((known) => known.from === from && known.to === to)) return;
    const proven = this.#isProven(table, { from: from - 1, to: to + 1 });
    if (proven && !this.#struck(table, { from, to })) return;
    const cut = proven ? { from, to, until: now + bridgeProvenAgainAfter } : { from, to };
    this.#keep({ ...this.#facts, cuts: { ...this.#facts.cuts, [table]: [...cuts, cut] } });
  }

  /** @param fine a length that went well @param refused one that did not, for no other reason */
  tooLong(table: Table, fine: number, refused: number): void {
    if (this.#facts.proven[table]?.some(({ from, to }) => to - from >= refused) === true) return;
    this.#limit(table, fine, refused);
  }

  #limit(table: Table, fine: number, refused: number): void {
    const known = this.#facts.length[table];
    const next = {
      fine: Math.min(Math.max(known?.fine ?? 0, fine), refused - 1),
      tooLong: Math.min(known?.tooLong ?? refused, refused),
    };
    this.#keep({ ...this.#facts, length: { ...this.#facts.length, [table]: next } });
  }

  /** Tells that this could be read in one request. */
  fine(table: Table, { from, to }: Range): void {
    const length = to - from;
    const known = this.#facts.length[table];
    if (known !== undefined && length > known.fine && length < known.tooLong)
      this.#limit(table, length, known.tooLong);
    if (this.#strikes.size > 0) this.#acquit(table, { from, to });
    const refused = this.#facts.refused.filter((old) => old.table !== table || !contains({ from, to }, old));
    if (refused.length < this.#facts.refused.length) this.#keep({ ...this.#facts, refused });
    if (this.#isProven(table, { from, to })) return;
    const others = (this.#facts.proven[table] ?? []).filter((old) => !contains({ from, to }, old));
    // No reason to plan anew: what was proven does not change what is asked.
    this.#facts = { ...this.#facts, proven: { ...this.#facts.proven, [table]: [...others, { from, to }] } };
    this.#memory.set(this.#key, this.#facts);
  }

  #isProven(table: Table, range: Range): boolean {
    return this.#facts.proven[table]?.some((proven) => contains(proven, range)) === true;
  }

  /** @returns whether this was the last straw */
  #struck(table: Table, { from, to }: Range): boolean {
    const key = `${table} ${from}-${to}`;
    const strikes = (this.#strikes.get(key) ?? 0) + 1;
    this.#strikes.set(key, strikes % strikesAgainstProof);
    return strikes >= strikesAgainstProof;
  }

  #acquit(table: Table, read: Range): void {
    for (const key of this.#strikes.keys()) {
      const [of, from = 0, to = 0] = key.split(/[ -]/).map((part, i) => (i === 0 ? part : Number(part)));
      if (of === table && contains(read, { from: Number(from), to: Number(to) })) this.#strikes.delete(key);
    }
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
