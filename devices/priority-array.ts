import type { Millis } from "./clock.ts";
import { type Slot, type SlotEntry, strengthOf } from "./transaction.ts";

export interface Held {
  readonly entry: SlotEntry;
  /** On the monotonic clock: when it relinquishes itself. */
  readonly until: Millis;
}

/** Who wants what of one output, and how firmly. The smallest filled slot is in force, but for what is forced. */
export class PriorityArray {
  readonly #held = new Map<Slot, Held>();
  #entries: readonly SlotEntry[] = [];

  /** Fills a slot, in place of what it held. @param until on the monotonic clock; `Infinity` for good */
  fill(entry: SlotEntry, until: Millis = Infinity): void {
    this.#held.set(entry.slot, { entry, until });
    this.#changed();
  }

  /** Empties a slot. @returns what it held */
  relinquish(slot: Slot): SlotEntry | undefined {
    const held = this.#held.get(slot);
    this.#held.delete(slot);
    this.#changed();
    return held?.entry;
  }

  /** Empties every slot whose time is over. @returns what they held */
  expire(now: Millis): readonly SlotEntry[] {
    const over = [...this.#held.values()].filter(({ until }) => until <= now).map(({ entry }) => entry);
    for (const { slot } of over) this.#held.delete(slot);
    if (over.length > 0) this.#changed();
    return over;
  }

  /** The strongest entry. */
  get inForce(): SlotEntry | undefined {
    return this.#entries[0];
  }

  /** Filled slots, the strongest first. The same array until something changes. */
  get entries(): readonly SlotEntry[] {
    return this.#entries;
  }

  /** Filled slots, in no order, with the end of each. */
  get held(): readonly Held[] {
    return [...this.#held.values()];
  }

  /** When the next slot relinquishes itself; `Infinity` when none does. */
  get nextExpiry(): Millis {
    return Math.min(Infinity, ...[...this.#held.values()].map(({ until }) => until));
  }

  #changed(): void {
    this.#entries = [...this.#held.values()]
      .map(({ entry }) => entry)
      .sort((a, b) => strengthOf(a) - strengthOf(b));
  }
}
