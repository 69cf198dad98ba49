import type { ControllerAlarm } from "../../../client/index.ts";
import { ageOf } from "../on-call/texts.ts";

/** Whether somebody must look at it: nobody knows of it yet, and it is not just a part of another. */
export const counts = ({ severity, shelved, partOf }: ControllerAlarm): boolean =>
  severity !== "notice" && shelved === undefined && partOf === undefined;

/** Of one that no step tells of any more: how old it is what is known. */
export const unsure = ({ asOf }: Pick<ControllerAlarm, "asOf">, now: number): string =>
  asOf === undefined ? "" : ` (as of ${ageOf(asOf, now)} ago: not known since)`;
