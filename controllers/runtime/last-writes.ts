import { setMaxListeners } from "node:events";
import { type Clock, seconds } from "../../devices/clock.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { Writer } from "../../devices/writer.ts";
import type { StopReport } from "./api.ts";
import type { Order } from "./frame.ts";

/** How long fail-safe writes are waited for at the end. */
const stopWithin = seconds(10);

export interface LastWrite {
  readonly controller: string;
  readonly order: Order;
  readonly transaction: string;
}

interface Deps {
  readonly clock: Clock;
  readonly writer: Writer;
  readonly registry: Registry;
  readonly log: Log;
}

/** Waits for the fail-safe writes of a program that ends. @returns those that are not in place, which are logged too */
export async function lastWrites(writes: readonly LastWrite[], deps: Deps): Promise<StopReport["undone"]> {
  if (writes.length === 0) return [];
  const { clock, writer, registry, log } = deps;
  const over = new AbortController();
  // Every write listens to it.
  setMaxListeners(0, over.signal);
  const cancel = clock.at(clock.monotonic() + stopWithin, () => over.abort());
  const ends = await Promise.all(
    writes.map(async (write) => ({ ...write, ended: await writer.wait(write.transaction, over.signal) })),
  );
  cancel();
  const undone = ends.flatMap(({ controller, order, ended }) => {
    const beaten = ended.reason?.code === "OVERRIDDEN" || ended.reason?.code === "SUPERSEDED";
    if (ended.status === "DONE" || beaten) return [];
    const device = registry.get(order.device)?.alias ?? order.device;
    return [{ controller, device, action: order.action, why: ended.message }];
  });
  for (const { controller, device, action, why } of undone)
    log.error(
      { controller },
      `${controller}: the fail-safe value of ${device} ${action} is not in place: ${why}`,
    );
  return undone;
}
