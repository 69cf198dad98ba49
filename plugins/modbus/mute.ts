import type { Millis } from "../../devices/clock.ts";
import type { BothyError } from "../../devices/errors.ts";
import type { Range } from "./batch.ts";
import type { Table } from "./product-schema.ts";

interface Silence {
  /** How often in a row nothing came, although the unit answered other requests at the time. */
  readonly times: number;
  readonly error: BothyError;
  /** On `Clock.monotonic`: when it is worth asking again. */
  readonly until: Millis;
}

const patience = 2;
const askAgainAfter: Millis = 10_000;
const mostKept = 64;

const keyOf = (table: Table, { from, to }: Range): string => `${table} ${from}-${to}`;

/**
 * Requests that a unit does not answer, though it answers others: there are units that say nothing to what they do
 * not know. Such a request must neither be the one by which the unit is judged, nor cost a time-out every time.
 */
export class Mute {
  /** The one that was silent longest ago comes first. */
  readonly #silent = new Map<string, Silence>();

  /** Sorts: what was answered last time, then what was not, that which was asked longest ago first. */
  readonly order = (a: { table: Table; block: Range }, b: { table: Table; block: Range }): number =>
    this.#rank(a.table, a.block) - this.#rank(b.table, b.block);

  /** Why a request is not worth making now. */
  reason(table: Table, block: Range, now: Millis): BothyError | undefined {
    const known = this.#silent.get(keyOf(table, block));
    return known !== undefined && known.times >= patience && known.until > now ? known.error : undefined;
  }

  heard(table: Table, block: Range): void {
    if (this.#silent.size > 0) this.#silent.delete(keyOf(table, block));
  }

  /** @param alive whether the unit answered something else */
  silent(table: Table, block: Range, error: BothyError, alive: boolean, now: Millis): void {
    const key = keyOf(table, block);
    const times = alive ? (this.#silent.get(key)?.times ?? 0) + 1 : 0;
    this.#silent.delete(key);
    this.#silent.set(key, { times, error, until: now + askAgainAfter });
    const [oldest] = this.#silent.keys();
    if (this.#silent.size > mostKept && oldest !== undefined) this.#silent.delete(oldest);
  }

  #rank(table: Table, block: Range): number {
    return [...this.#silent.keys()].indexOf(keyOf(table, block));
  }
}
