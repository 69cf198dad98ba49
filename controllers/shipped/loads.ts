import { type Static, Type } from "typebox";
import type { Applied, Observation } from "../sample.ts";
import { plain } from "../settings.ts";
import { priorityOf, valueAt } from "./parts.ts";

/** Which loads go first when there is too little, and come back last. */
export const prioritySettings = Type.Object({
  priorities: Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 9 }), {
    default: {},
    description:
      "Priority of each outlet by its name, e.g. `pdu-1.outlet-1: 7`, or of a whole PDU: 0 never loses power, 9 first. A tag `priority:7` says it too.",
  }),
  otherwise: plain({
    default: 5,
    minimum: 0,
    maximum: 9,
    description: "Priority of outlets nothing is said of.",
  }),
});
export type PrioritySettings = Static<typeof prioritySettings>;

export interface KnownLoad {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly on?: boolean;
}

/** Outlets with their priorities and what they show. */
export const loadsOf = (
  targets: readonly Applied[],
  switches: readonly Observation<string>[],
  settings: PrioritySettings,
): readonly KnownLoad[] =>
  targets.map((target) => {
    const { device, name } = target;
    const shows = switches.find((one) => one.device === device);
    const word =
      shows === undefined
        ? valueAt(switches, name, device)
        : shows.quality === "bad"
          ? undefined
          : shows.value;
    const priority = priorityOf(target, settings.priorities, settings.otherwise);
    return word === undefined
      ? { id: device, name, priority }
      : { id: device, name, priority, on: word === "on" };
  });
