import type { Instant, Millis } from "./clock.ts";
import type { Reason, Value } from "./reading.ts";
import type { DeviceId } from "./value-id.ts";

/**
 * How firmly a write holds an output; the smallest filled slot is in force. Design: one priority array per level
 * action of a device, as in a building-automation system's commandable points.
 */
export const slots = {
  lifeSafety: 1,
  failSafe: 2,
  equipmentProtection: 5,
  minimumOnOff: 6,
  operator: 8,
  plan: 10,
  controller: 12,
  schedule: 15,
  default: 16,
} as const;
export type Slot = (typeof slots)[keyof typeof slots];

export const slotNames: Readonly<Record<Slot, string>> = {
  1: "life safety",
  2: "fail-safe",
  5: "equipment protection",
  6: "minimum on/off",
  8: "operator",
  10: "plan",
  12: "controller",
  15: "schedule",
  16: "default",
};

/** What a filled slot holds. */
export interface SlotEntry {
  readonly slot: Slot;
  readonly value: Value;
  readonly who: string;
  readonly why: string;
  readonly since: Instant;
  /** When it relinquishes itself; absent: never. */
  readonly expires?: Instant;
  /** Of the slot `operator`: it passes the guards of a device (`minimumOnOff`), and nothing stronger. */
  readonly forced?: true;
}

/** Where an entry stands among others of its array: of two, the smaller one is in force. */
export const strengthOf = ({ slot, forced }: Pick<SlotEntry, "slot" | "forced">): number =>
  forced === true ? slots.minimumOnOff - 0.5 : slot;

/** What a slot is called, for people. */
export const meaningOf = ({ slot, forced }: Pick<SlotEntry, "slot" | "forced">): string =>
  forced === true ? `${slotNames[slot]}, past ${slotNames[slots.minimumOnOff]}` : slotNames[slot];

/** Where a write comes from, besides who wants it. For the audit log. */
export interface Origin {
  /** How whoever wants it proved who they are. */
  readonly via?: string;
  /** An address. */
  readonly from?: string;
  /** A request's id. */
  readonly request?: string;
}

/** Somebody wants something of a device. */
export interface WriteRequest {
  readonly device: DeviceId;
  readonly action: string;
  /** As text, the way Synse clients send it: `"80"`, `"on"`. */
  readonly data?: string;
  readonly slot: Slot;
  readonly who: string;
  readonly why: string;
  /** How long the slot stays filled; absent: the slot's own default (operator: 30 min; others: for good). */
  readonly holdFor?: Millis;
  /** It passes the guards of the device, for an hour at the most: see `SlotEntry`. */
  readonly forced?: true;
  /** A custom transaction id, used verbatim. */
  readonly transaction?: string;
  /** What the device was called, when that was not its id. */
  readonly askedAs?: string;
  /** What it is called in messages; the writer fills it in. */
  readonly called?: string;
  readonly origin?: Origin;
}

export type TransactionStatus = "PENDING" | "WRITING" | "DONE" | "ERROR";

/** One accepted write and its life: PENDING → WRITING → DONE | ERROR. Done means read back, not sent. */
export interface Transaction {
  readonly id: string;
  readonly request: WriteRequest;
  readonly created: Instant;
  readonly updated: Instant;
  readonly status: TransactionStatus;
  /** For people: what was read back, or what went wrong. */
  readonly message: string;
  readonly reason?: Reason;
  readonly timeout: Millis;
}
