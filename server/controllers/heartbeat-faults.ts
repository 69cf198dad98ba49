import { beatOf, fed } from "../../controllers/runtime/heartbeat.ts";
import { parseData } from "../../devices/accepts.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Path } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ControllerSection } from "./section.ts";

/** A watchdog that would not be fed; `unbound`: by what is known so far. */
export interface HeartbeatFault {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
  readonly kind?: "unbound";
}

const isText = (value: unknown): value is string => typeof value === "string";

/**
 * Which watchdogs a controller says it feeds and cannot: nobody would turn the fans up when it is gone.
 * @param section what is wrong with its shape is said elsewhere
 */
export function* heartbeatFaults(
  { heartbeat }: ControllerSection,
  registry: Pick<Registry, "select">,
): Generator<HeartbeatFault> {
  if (!Array.isArray(heartbeat)) return;
  for (const [i, beat] of heartbeat.entries()) {
    const { tags, action, value = "toggle" } = beat;
    if (!Array.isArray(tags) || !tags.every(isText) || tags.length === 0 || !isText(action)) continue;
    const path: Path = ["heartbeat", i];
    const all = fed(registry, tags, action);
    if (all.length === 0) {
      const message = `nobody would be fed: no device with ${tags.join(" ")} has an action ${action}`;
      const remedy = "name tags that a device with that action has, or another action";
      yield { path, message, remedy, kind: "unbound" };
    }
    const refusals = all.flatMap(({ name, accepts }) => {
      try {
        for (const count of [0, 1]) parseData(accepts, beatOf(accepts, value, count), `${name} ${action}`);
        return [];
      } catch (thrown) {
        return [asBothyError(thrown, name).message];
      }
    });
    for (const message of refusals.slice(0, 1))
      yield { path: [...path, "value"], message, remedy: "write a value that it takes" };
  }
}
