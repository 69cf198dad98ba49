import { randomUUID } from "node:crypto";
import { type Clock, type Millis, minutes } from "./clock.ts";
import { BothyError } from "./errors.ts";
import type { Reason } from "./reading.ts";
import type { Transaction, TransactionStatus, WriteRequest } from "./transaction.ts";

/** How long an ended transaction is remembered. */
export const transactionLife: Millis = minutes(5);
const mostTransactions = 10_000;

export const isTerminal = (status: TransactionStatus): boolean => status === "DONE" || status === "ERROR";

/** Every write under way, and those that ended a short while ago. */
export class Transactions {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #all = new Map<string, Transaction>();
  /** Ended ones and when, the oldest first. */
  readonly #ended = new Map<string, Millis>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(deps: { readonly clock: Clock; readonly limit?: number }) {
    this.#clock = deps.clock;
    this.#limit = deps.limit ?? mostTransactions;
  }

  /**
   * A new transaction, `PENDING`. Its id is the request's own, or a random UUID.
   * @throws BothyError `DUPLICATE_TRANSACTION`, or `BUSY` when too many have not ended yet
   */
  create(request: WriteRequest, timeout: Millis): Transaction {
    this.#forget();
    const id = request.transaction ?? randomUUID();
    if (this.#all.has(id)) throw new BothyError("DUPLICATE_TRANSACTION", { source: id });
    this.#makeRoom();
    const now = this.#clock.now();
    const made: Transaction = {
      id,
      request,
      created: now,
      updated: now,
      status: "PENDING",
      message: "accepted",
      timeout,
    };
    this.#all.set(id, made);
    return made;
  }

  /** Moves a transaction on; one that has ended stays as it is. @returns it as it is now */
  update(id: string, status: TransactionStatus, message: string, reason?: Reason): Transaction | undefined {
    const before = this.#all.get(id);
    if (before === undefined || isTerminal(before.status)) return before;
    const updated = this.#clock.now();
    const now = { ...before, status, message, updated, ...(reason === undefined ? {} : { reason }) };
    this.#all.set(id, now);
    if (isTerminal(status)) {
      this.#ended.set(id, this.#clock.monotonic());
      for (const wake of this.#waiting.get(id) ?? []) wake();
      this.#waiting.delete(id);
    }
    return now;
  }

  get(id: string): Transaction | undefined {
    this.#forget();
    return this.#all.get(id);
  }

  /** The ids of all remembered ones, sorted. */
  list(): readonly string[] {
    this.#forget();
    return [...this.#all.keys()].sort();
  }

  /**
   * Resolves with the transaction once it has ended, or as it stands when `signal` aborts first.
   * @throws BothyError `NOT_FOUND`
   */
  async wait(id: string, signal?: AbortSignal): Promise<Transaction> {
    const found = this.get(id);
    if (found === undefined) throw new BothyError("NOT_FOUND", { source: `transaction ${id}` });
    if (isTerminal(found.status) || signal?.aborted === true) return found;
    await new Promise<void>((resolve) => {
      const wakers = this.#waiting.get(id) ?? new Set();
      const wake = (): void => {
        wakers.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.set(id, wakers.add(wake));
      signal?.addEventListener("abort", wake, { once: true });
    });
    return this.#all.get(id) ?? found;
  }

  /** Ends all that have not ended, with an error. */
  endAll(error: BothyError): void {
    for (const { id } of this.#all.values())
      this.update(id, "ERROR", error.message, { code: error.code, text: error.message });
  }

  #forget(): void {
    const before = this.#clock.monotonic() - transactionLife;
    for (const [id, ended] of this.#ended) {
      if (ended > before) return;
      this.#drop(id);
    }
  }

  #makeRoom(): void {
    if (this.#all.size < this.#limit) return;
    const [oldest] = this.#ended.keys();
    if (oldest === undefined)
      throw new BothyError("BUSY", { source: "the writer", fault: `${this.#limit} writes are under way` });
    this.#drop(oldest);
  }

  #drop(id: string): void {
    this.#ended.delete(id);
    this.#all.delete(id);
  }
}
