import type { Keeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { Writer } from "../../devices/writer.ts";
import type { ControllersConfig } from "./api.ts";
import { keptController } from "./kept.ts";
import { whoOf } from "./observe.ts";
import { Orders } from "./orders.ts";

/** Controllers the configuration names no longer hold nothing. */
export function forgetOthers(
  config: ControllersConfig,
  keeper: Keeper,
  deps: { readonly writer: Writer; readonly registry: Registry; readonly log: Log },
): void {
  for (const name of keeper.load("controller").keys()) {
    if (Object.hasOwn(config, name)) continue;
    const kept = keptController(keeper, name);
    const orders = new Orders(whoOf(name), deps);
    orders.know(kept?.outputs ?? []);
    orders.giveUpLost([]);
    keeper.drop("controller", name);
  }
}
