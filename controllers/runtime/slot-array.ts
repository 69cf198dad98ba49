import type { Slot } from "../../devices/transaction.ts";
import type { HeldSlot, Target } from "./frame.ts";

/** A slot that is filled, and by whom. */
export interface FilledSlot extends HeldSlot {
  readonly who: string;
}

/** One priority array in memory, for whoever steps engines without a writer. Obeys at once. */
export class SlotArray {
  #filled: readonly FilledSlot[] = [];

  /** In no order; another list after every change. */
  get filled(): readonly FilledSlot[] {
    return this.#filled;
  }

  /** The strongest one. */
  get inForce(): FilledSlot | undefined {
    let found: FilledSlot | undefined;
    for (const one of this.#filled) if (found === undefined || one.slot < found.slot) found = one;
    return found;
  }

  fill(slot: Slot, value: number | string, who: string): void {
    this.#filled = [...this.#without(slot), { slot, value, who }];
  }

  /** Whoever filled it. */
  release(slot: Slot): void {
    this.#filled = this.#without(slot);
  }

  #without(slot: Slot): FilledSlot[] {
    return this.#filled.filter((one) => one.slot !== slot);
  }
}

/** What is commanded through an array, as its binding describes it. */
export type TargetParts = Pick<Target, "device" | "name" | "accepts"> & Partial<Pick<Target, "tags">>;

/** An array as one controller sees it: the same object for as long as nothing changes there. */
export class TargetView {
  readonly #array: SlotArray;
  readonly #parts: TargetParts;
  readonly #who: string;
  #seen: readonly FilledSlot[] | undefined;
  #target: Target;

  constructor(array: SlotArray, parts: TargetParts, who: string) {
    this.#array = array;
    this.#parts = parts;
    this.#who = who;
    this.#target = this.#look();
  }

  get now(): Target {
    if (this.#seen !== this.#array.filled) this.#target = this.#look();
    return this.#target;
  }

  #look(): Target {
    const { device, name, accepts, tags = [] } = this.#parts;
    const { filled, inForce } = this.#array;
    this.#seen = filled;
    const held = filled.flatMap(({ who, slot, value }) => (who === this.#who ? [{ slot, value }] : []));
    if (inForce === undefined) return { device, name, tags, accepts, mine: false, held };
    const { value, slot, who } = inForce;
    return { device, name, tags, accepts, mine: who === this.#who, held, value, slot };
  }
}
