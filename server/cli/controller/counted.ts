import type { ControllerAlarm } from "../../../client/index.ts";

/** Whether somebody must look at it: nobody knows of it yet, and it is not just a part of another. */
export const counts = ({ severity, shelved, partOf }: ControllerAlarm): boolean =>
  severity !== "notice" && shelved === undefined && partOf === undefined;
