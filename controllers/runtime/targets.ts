import type { Slot } from "../../devices/transaction.ts";
import type { Order, Target } from "./frame.ts";
import { SlotArray, type TargetParts, TargetView } from "./slot-array.ts";

/**
 * The outputs of one controller in memory, for whoever steps engines by hand: replay, tests. Several engines share one:
 * each gives its own name.
 */
export class Targets {
  readonly #arrays = new Map<string, SlotArray>();
  readonly #parts: Readonly<Record<string, readonly TargetParts[]>>;

  /** @param parts by output */
  constructor(parts: Readonly<Record<string, readonly TargetParts[]>>) {
    this.#parts = parts;
  }

  /** What enters a frame of the engine called `who`. */
  frame(who = "engine"): Readonly<Record<string, readonly Target[]>> {
    const all: Record<string, readonly Target[]> = {};
    for (const output in this.#parts)
      all[output] = (this.#parts[output] ?? []).map(
        (part) => new TargetView(this.#array(output, part.device), part, who).now,
      );
    return all;
  }

  obey(orders: readonly Order[], who = "engine"): void {
    for (const order of orders) {
      const array = this.#array(order.output, order.device);
      if (order.kind === "fill") array.fill(order.slot, order.value, who);
      else array.release(order.slot);
    }
  }

  /** Somebody else holds it, e.g. an operator; no value: gives it up. */
  hold(output: string, device: string, slot: Slot, value?: number | string): void {
    const array = this.#array(output, device);
    if (value === undefined) array.release(slot);
    else array.fill(slot, value, "somebody");
  }

  /** What is in force. */
  value(output: string, device: string): number | string | undefined {
    return this.#array(output, device).inForce?.value;
  }

  #array(output: string, device: string): SlotArray {
    const key = `${output} ${device}`;
    const known = this.#arrays.get(key);
    if (known !== undefined) return known;
    const made = new SlotArray();
    this.#arrays.set(key, made);
    return made;
  }
}

/** A duty from 0 to 100 % in whole percent, what most fans take. */
export const dutyTarget = (device: string): TargetParts => ({
  device,
  name: device,
  accepts: { kind: "number", min: 0, max: 100, step: 1, unit: "%" },
});
