import type { BothyError } from "../../devices/errors.ts";
import { slotNames, type Transaction, type WriteRequest } from "../../devices/transaction.ts";
import type { WriteWitness } from "../../devices/witness.ts";

/** How many writes of one kind came to one end. */
export interface WriteCount {
  /** In words, e.g. `operator`. */
  readonly slot: string;
  /** `DONE`, or the code of the error. */
  readonly result: string;
  readonly count: number;
}

/** Counts how writes end. */
export class WriteCounts implements WriteWitness {
  readonly #ends = new Map<string, WriteCount>();
  #under = 0;

  accepted(): void {
    this.#under++;
  }

  ended({ request, status, reason }: Transaction): void {
    this.#under--;
    this.#count(request, status === "DONE" ? status : (reason?.code ?? status));
  }

  writeRefused(request: WriteRequest, error: BothyError): void {
    this.#count(request, error.code);
  }

  relinquished(): void {
    // Nothing is written by it that is not a write of its own.
  }

  /** Accepted and not ended. */
  get under(): number {
    return this.#under;
  }

  counts(): readonly WriteCount[] {
    return [...this.#ends.values()];
  }

  #count({ slot: number }: WriteRequest, result: string): void {
    const slot = slotNames[number];
    const key = `${slot} ${result}`;
    this.#ends.set(key, { slot, result, count: (this.#ends.get(key)?.count ?? 0) + 1 });
  }
}

/** Tells two. */
export const bothWitnesses = (one: WriteWitness, other: WriteWitness): WriteWitness => ({
  accepted: (transaction) => {
    one.accepted(transaction);
    other.accepted(transaction);
  },
  ended: (transaction) => {
    one.ended(transaction);
    other.ended(transaction);
  },
  writeRefused: (request, error) => {
    one.writeRefused(request, error);
    other.writeRefused(request, error);
  },
  relinquished: (request) => {
    one.relinquished(request);
    other.relinquished(request);
  },
});
