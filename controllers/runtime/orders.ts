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

  constructor(
    who: string,
    deps: { readonly writer: Writer; readonly registry: Registry; readonly log: Log },
  ) {
    this.#who = who;
    this.#deps = deps;
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

  /** Outputs that are bound no longer are given up, as far as their devices are there. */
  giveUpLost(before: readonly BoundOutput[], now: readonly BoundOutput[]): void {
    const keyOf = ({ device, action }: BoundOutput): string => `${device} ${action}`;
    const still = new Set(now.map(keyOf));
    const { registry, writer } = this.#deps;
    for (const lost of before) {
      if (still.has(keyOf(lost)) || registry.get(lost.device) === undefined) continue;
      const array = writer.array(lost.device).find(({ action }) => action === lost.action);
      for (const { slot, who } of array?.entries ?? [])
        if (who === this.#who)
          writer.relinquish({ ...lost, slot, who, why: "it is not bound to this controller any more" });
    }
  }

  #fault(key: string, { device, action }: Order, why: string): void {
    const text = `${this.#deps.registry.get(device)?.alias ?? device} ${action}: ${why}`;
    if (!this.#faults.has(key)) this.#deps.log.warn({ device, action }, `${this.#who} cannot write: ${text}`);
    this.#faults.set(key, { id: `write:${key}`, severity: "major", text, device });
  }
}
