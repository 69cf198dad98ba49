import { asBothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Alarm } from "../contract.ts";
import type { BoundOutput } from "./binding.ts";
import type { Order } from "./frame.ts";
import { dataOf, rivalKey } from "./observe.ts";

/** What one controller tells the writer. */
export class Orders {
  readonly #who: string;
  readonly #deps: { readonly writer: Writer; readonly registry: Registry; readonly log: Log };
  /** What is wrong with orders, by device, action and slot, until one is taken. */
  readonly #faults = new Map<string, Alarm>();
  readonly #known = new Map<string, Pick<BoundOutput, "device" | "action">>();

  constructor(
    who: string,
    deps: { readonly writer: Writer; readonly registry: Registry; readonly log: Log },
  ) {
    this.#who = who;
    this.#deps = deps;
  }

  /** Counts as commanded by this controller, perhaps by the program before. */
  know(outputs: readonly Pick<BoundOutput, "device" | "action">[]): void {
    for (const { device, action } of outputs) this.#known.set(`${device} ${action}`, { device, action });
  }

  get alarms(): readonly Alarm[] {
    return [...this.#faults.values()];
  }

  /**
   * @param rivals who else holds slots of the same outputs: one slot has one owner
   * @returns the fills that were accepted
   */
  send(
    orders: readonly Order[],
    rivals: ReadonlyMap<string, string>,
  ): readonly { readonly order: Order; readonly transaction: string }[] {
    const sent: { order: Order; transaction: string }[] = [];
    for (const order of orders) {
      const { device, action, slot, why } = order;
      const key = rivalKey(device, action, slot);
      const rival = rivals.get(key);
      if (rival !== undefined) {
        this.#fault(key, order, `slot ${slot} is held by ${rival}: let one of the two command it`);
        continue;
      }
      try {
        if (order.kind === "release")
          this.#deps.writer.relinquish({ device, action, slot, who: this.#who, why });
        else {
          const request = { device, action, slot, who: this.#who, why, data: dataOf(order.value) };
          sent.push({ order, transaction: this.#deps.writer.submit(request).id });
        }
        this.#faults.delete(key);
      } catch (thrown) {
        this.#fault(key, order, asBothyError(thrown, this.#who).message);
      }
    }
    return sent;
  }

  /** Whatever it ever commanded and is not bound to any more is given up, once its device is there. */
  giveUpLost(now: readonly Pick<BoundOutput, "device" | "action">[]): void {
    const still = new Set(now.map(({ device, action }) => `${device} ${action}`));
    const { registry, writer } = this.#deps;
    // Keys end with the slot.
    for (const key of this.#faults.keys())
      if (!still.has(key.slice(0, key.lastIndexOf(" ")))) this.#faults.delete(key);
    for (const [key, { device, action }] of this.#known) {
      if (still.has(key) || registry.get(device) === undefined) continue;
      const array = writer.array(device).find((one) => one.action === action);
      for (const { slot, who } of array?.entries ?? [])
        if (who === this.#who)
          writer.relinquish({
            device,
            action,
            slot,
            who,
            why: "it is not bound to this controller any more",
          });
    }
    this.know(now);
  }

  #fault(key: string, { device, action }: Order, why: string): void {
    const text = `${this.#deps.registry.get(device)?.alias ?? device} ${action}: ${why}`;
    if (!this.#faults.has(key)) this.#deps.log.warn({ device, action }, `${this.#who} cannot write: ${text}`);
    this.#faults.set(key, { id: `write:${key}`, severity: "major", text, device });
  }
}
