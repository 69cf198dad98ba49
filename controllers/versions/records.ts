import type { Instant, Millis } from "../../devices/clock.ts";
import { isEntry } from "../../devices/entry.ts";
import type { Alarm } from "../contract.ts";
import type { By } from "../runtime/api.ts";
import { isAlarm, isBy } from "../runtime/kept-parts.ts";
import type { Bundle, Source } from "../runtime/source.ts";

/** Names a version: the hash of its text, or `name@version` of one that comes with Bothy. */
export type VersionId = string;

/** A version that can be put in force. Plain JSON. */
export interface Version {
  readonly id: VersionId;
  /** Of its definition. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly kind: Source["kind"];
  /** Where its text came from. */
  readonly file?: string;
  readonly added: Instant;
  readonly by: By;
}

/** Until when a version may be taken back by itself, and to what. */
export interface KeptProbation {
  readonly until: Instant;
  /** Of it, when it was kept: a wall clock that was set back makes it no longer. Absent in what programs of long ago kept. */
  readonly left?: Millis;
  readonly previous: VersionId;
}

/** What is in force. */
export interface InForce {
  readonly id: VersionId;
  /** What the configuration named then: when it names something else, that goes before. */
  readonly configured: VersionId;
  readonly since: Instant;
  readonly by: By;
  /** Until when it may be taken back by itself, and to what. */
  readonly probation?: KeptProbation;
  /** How many times the program started while on probation. */
  readonly starts?: number;
  /** Why a version was taken back when the program started, until an alarm says so. */
  readonly untold?: Alarm;
}

export type Happening =
  "configured" | "added" | "swapped" | "rolled back" | "promoted" | "shadowed" | "refused";

/** One line of a controller's history. */
export interface HistoryEntry {
  readonly at: Instant;
  readonly what: Happening;
  readonly id: VersionId;
  /** What was in force before. */
  readonly from?: VersionId;
  readonly by: By;
}

/** With its text. */
export interface KeptVersion extends Version {
  readonly bundle: Bundle;
}

/*
 * What is read back may have been written by another version of this program: what does not look like what this one
 * writes is not taken for it, and what it has besides is passed over.
 */

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const orNone =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || is(value);

const isProbation = (value: unknown): boolean =>
  isEntry(value) && isNumber(value["until"]) && orNone(isNumber)(value["left"]) && isText(value["previous"]);

export const isInForce = (value: unknown): value is InForce =>
  isEntry(value) &&
  isText(value["id"]) &&
  isText(value["configured"]) &&
  isNumber(value["since"]) &&
  isBy(value["by"]) &&
  orNone(isProbation)(value["probation"]) &&
  orNone(isNumber)(value["starts"]) &&
  orNone(isAlarm)(value["untold"]);

export const isHistoryEntry = (value: unknown): value is HistoryEntry =>
  isEntry(value) &&
  isNumber(value["at"]) &&
  isText(value["what"]) &&
  isText(value["id"]) &&
  orNone(isText)(value["from"]) &&
  isBy(value["by"]);

export const isKeptVersion = (value: unknown): value is KeptVersion =>
  isEntry(value) &&
  [value["id"], value["name"], value["version"]].every(isText) &&
  value["kind"] === "bundle" &&
  orNone(isText)(value["file"]) &&
  isNumber(value["added"]) &&
  isBy(value["by"]) &&
  isBundle(value["bundle"]);

const isBundle = (value: unknown): boolean =>
  isEntry(value) &&
  value["kind"] === "bundle" &&
  [value["file"], value["text"], value["map"], value["hash"]].every(isText);
