import type { Instant, Millis } from "./clock.ts";
import { isEntry } from "./entry.ts";
import { BothyError, errorTable } from "./errors.ts";
import type { Reason } from "./reading.ts";
import { slotNames, type Transaction, type WriteRequest } from "./transaction.ts";

const isText = (value: unknown): value is string => typeof value === "string";
/** A moment or a span. */
export const isTime = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);
const optional = (is: (value: unknown) => boolean, value: unknown): boolean =>
  value === undefined || is(value);
const statuses: readonly unknown[] = ["PENDING", "WRITING", "DONE", "ERROR"];

const isRequest = (value: unknown): value is WriteRequest =>
  isEntry(value) &&
  [value["device"], value["action"], value["who"], value["why"]].every(isText) &&
  [value["data"], value["transaction"], value["askedAs"], value["called"]].every((text) =>
    optional(isText, text),
  ) &&
  Object.hasOwn(slotNames, String(value["slot"])) &&
  typeof value["slot"] === "number" &&
  optional(isTime, value["holdFor"]) &&
  optional(isEntry, value["origin"]);

const isReason = (value: unknown): value is Reason =>
  isEntry(value) &&
  isText(value["text"]) &&
  isText(value["code"]) &&
  Object.hasOwn(errorTable, value["code"]);

/** A transaction as it was kept; undefined when it is none. */
export function keptTransaction(id: string, value: unknown): Transaction | undefined {
  if (!isEntry(value) || value["id"] !== id || !isRequest(value["request"])) return undefined;
  const { created, updated, status, message, timeout, reason, ...rest } = value;
  if (![created, updated, timeout].every(isTime) || !isText(message) || !statuses.includes(status))
    return undefined;
  const known = isReason(reason) ? { reason } : {};
  return { ...rest, created, updated, status, message, timeout, ...known } as Transaction;
}

/**
 * How long ago something happened that an earlier program noted, within 0..`most`. The wall clock may have been set
 * meanwhile: what seems still to come has just happened.
 */
export const ageOf = (then: Instant, now: Instant, most: Millis): Millis =>
  Math.min(Math.max(now - then, 0), most);

/** How a write ends that was under way when the program did. */
export const interrupted = ({ request }: Transaction): BothyError =>
  new BothyError("INTERRUPTED", {
    source: `${request.called ?? request.askedAs ?? request.device} ${request.action}`,
  });
