import { isEntry } from "../../devices/entry.ts";
import type { Alarm } from "../contract.ts";
import type { By } from "./api.ts";

/*
 * Parts of what is kept. It may have been another version of this program that kept it: what does not look like what this
 * one keeps is not taken for it, and what it has besides is passed over.
 */

export const isBy = (value: unknown): value is By =>
  isEntry(value) && typeof value["who"] === "string" && typeof value["why"] === "string";

const severities: readonly unknown[] = [
  "notice",
  "warning",
  "major",
  "critical",
] satisfies Alarm["severity"][];

export const isAlarm = (value: unknown): value is Alarm =>
  isEntry(value) &&
  typeof value["id"] === "string" &&
  typeof value["text"] === "string" &&
  severities.includes(value["severity"]);
