import { beatOf, fed } from "../../controllers/runtime/heartbeat.ts";
import { parseData } from "../../devices/accepts.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Path } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { CheckFault } from "../config-check.ts";
import type { ControllerSection } from "./section.ts";

/** A watchdog that would not be fed; `unbound`: by what is known so far. */
export interface HeartbeatFault {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
  readonly kind?: "unbound";
}

/** A controller that may feed watchdogs, and in which profiles it works; absent: in all. */
export interface Feeding {
  readonly name: string;
  readonly section: ControllerSection;
  readonly profiles?: readonly string[];
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
    const all = fedBy(beat, registry);
    if (all === undefined) continue;
    const { tags, action, value = "toggle" } = beat;
    const path: Path = ["heartbeat", i];
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

/** What one entry feeds; undefined when its shape is wrong. */
function fedBy(
  { tags, action }: NonNullable<ControllerSection["heartbeat"]>[number],
  registry: Pick<Registry, "select">,
): ReturnType<typeof fed> | undefined {
  if (!Array.isArray(tags) || !tags.every(isText) || tags.length === 0 || !isText(action)) return undefined;
  return fed(registry, tags, action);
}

/**
 * Watchdogs that some profile leaves without anybody who feeds them: notes, since equipment on its own may be meant.
 * @param profiles those of the site
 */
export function hungryNotes(
  all: readonly Feeding[],
  profiles: readonly string[],
  registry: Pick<Registry, "select">,
): readonly CheckFault[] {
  const feeds = ({ section: { heartbeat } }: Feeding): readonly (readonly [key: string, text: string])[] =>
    (Array.isArray(heartbeat) ? heartbeat : []).flatMap((beat) =>
      (fedBy(beat, registry) ?? []).map(
        ({ device, name }) => [`${device} ${beat.action}`, `${name} ${beat.action}`] as const,
      ),
    );
  return profiles.flatMap((profile) => {
    const works = (one: Feeding): boolean => one.profiles === undefined || one.profiles.includes(profile);
    const taken = new Set(all.filter(works).flatMap((one) => feeds(one).map(([key]) => key)));
    return all
      .filter((one) => !works(one))
      .flatMap((one) => {
        const [first, ...others] = feeds(one).filter(([key]) => !taken.has(key));
        if (first === undefined) return [];
        const more = others.length === 0 ? "" : ` and ${others.length} more`;
        return [
          {
            path: ["controllers", one.name, "profiles"],
            message: `in profile ${profile} nobody feeds ${first[1]}${more}: what has that watchdog goes on its own then`,
            remedy: `have one that works in \`${profile}\` feed it too, under \`heartbeat\`, or leave it so`,
            isNote: true,
          } satisfies CheckFault,
        ];
      });
  });
}
