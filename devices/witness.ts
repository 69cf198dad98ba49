import type { BothyError } from "./errors.ts";
import type { Origin, Slot, Transaction, WriteRequest } from "./transaction.ts";

/** Somebody gave up a slot. */
export interface Relinquished {
  readonly device: string;
  readonly action: string;
  readonly slot: Slot;
  readonly who: string;
  readonly why: string;
  readonly origin?: Origin;
}

/** Sees everything that is written, whoever wants it. Must neither wait nor throw. */
export interface WriteWitness {
  accepted(transaction: Transaction): void;
  /** Done, or ended with an error. */
  ended(transaction: Transaction): void;
  /** Never became a transaction. */
  writeRefused(request: WriteRequest, error: BothyError): void;
  relinquished(request: Relinquished): void;
}

/** For whoever need not know. */
export const noWitness: WriteWitness = {
  accepted: () => undefined,
  ended: () => undefined,
  writeRefused: () => undefined,
  relinquished: () => undefined,
};
