import type { Slot } from "../../devices/transaction.ts";
import type { HeldSlot, Order, Target } from "./frame.ts";

/** Something an output commands, as whoever steps an engine by hand describes it. */
export type TargetParts = Pick<Target, "device" | "name" | "accepts"> & Partial<Pick<Target, "tags">>;

/**
 * Priority arrays in memory, for whoever steps engines without a writer: benches, replay, tests. Obeys at once.
 * Several engines share one: each gives its own name.
 */
export class Targets {
  readonly #of = new Map<
    string,
    { readonly slots: Map<Slot, { readonly value: number | string; readonly who: string }> }
  >();
  readonly #parts: Readonly<Record<string, readonly TargetParts[]>>;

  /** @param parts by output */
  constructor(parts: Readonly<Record<string, readonly TargetParts[]>>) {
    this.#parts = parts;
    for (const [output, all] of Object.entries(parts))
      for (const { device } of all) this.#of.set(`${output} ${device}`, { slots: new Map() });
  }

  /** What enters a frame of the engine called `who`. */
  frame(who = "engine"): Readonly<Record<string, readonly Target[]>> {
    const all: Record<string, readonly Target[]> = {};
    for (const output in this.#parts)
      all[output] = (this.#parts[output] ?? []).map((part) => this.#target(output, part, who));
    return all;
  }

  obey(orders: readonly Order[], who = "engine"): void {
    for (const order of orders) {
      const array = this.#of.get(`${order.output} ${order.device}`);
      if (order.kind === "fill") array?.slots.set(order.slot, { value: order.value, who });
      else array?.slots.delete(order.slot);
    }
  }

  /** Somebody else holds it, e.g. an operator; no value: gives it up. */
  hold(output: string, device: string, slot: Slot, value?: number | string): void {
    const array = this.#of.get(`${output} ${device}`);
    if (value === undefined) array?.slots.delete(slot);
    else array?.slots.set(slot, { value, who: "somebody" });
  }

  /** What is in force. */
  value(output: string, device: string): number | string | undefined {
    return strongest(this.#of.get(`${output} ${device}`)?.slots)?.[1].value;
  }

  #target(output: string, { device, name, accepts, tags = [] }: TargetParts, who: string): Target {
    const array = this.#of.get(`${output} ${device}`)?.slots;
    const inForce = strongest(array);
    const held: HeldSlot[] = [];
    for (const [slot, entry] of array ?? []) if (entry.who === who) held.push({ slot, value: entry.value });
    if (inForce === undefined) return { device, name, tags, accepts, mine: false, held };
    const [slot, entry] = inForce;
    return { device, name, tags, accepts, value: entry.value, slot, mine: entry.who === who, held };
  }
}

function strongest<T>(array: ReadonlyMap<Slot, T> | undefined): readonly [Slot, T] | undefined {
  let found: readonly [Slot, T] | undefined;
  for (const entry of array ?? []) if (found === undefined || entry[0] < found[0]) found = entry;
  return found;
}

/** A duty from 0 to 100 % in whole percent, what most fans take. */
export const dutyTarget = (device: string): TargetParts => ({
  device,
  name: device,
  accepts: { kind: "number", min: 0, max: 100, step: 1, unit: "%" },
});
