import { randomUUID } from "node:crypto";
import { type Clock, type Millis, minutes } from "./clock.ts";
import { BothyError } from "./errors.ts";
import { type Keeper, noKeeper } from "./keeper.ts";
import { ageOf, interrupted, keptTransaction } from "./kept-transaction.ts";
import { type Log, silentLog } from "./plugin.ts";
import type { Reason } from "./reading.ts";
import { slots, type Transaction, type TransactionStatus, type WriteRequest } from "./transaction.ts";
import { noWitness, type WriteWitness } from "./witness.ts";

/** How long an ended transaction is remembered unless somebody says otherwise. */
export const transactionLife: Millis = minutes(5);
const mostTransactions = 10_000;

export const isTerminal = (status: TransactionStatus): boolean => status === "DONE" || status === "ERROR";

export interface TransactionsDeps {
  readonly clock: Clock;
  readonly log?: Log;
  /** Where they outlast the program; nowhere when absent. */
  readonly keeper?: Keeper;
  readonly limit?: number;
  readonly life?: Millis;
  readonly witness?: WriteWitness;
}

/** Every write under way, and those that ended a short while ago, also in the program before this one. */
export class Transactions {
  readonly #clock: Clock;
  readonly #keeper: Keeper;
  readonly #limit: number;
  readonly #life: Millis;
  readonly #witness: WriteWitness;
  /** Those whose end the witness need not see. */
  readonly #unseen = new Set<string>();
  readonly #all = new Map<string, Transaction>();
  /** Ended ones and when, the oldest first. */
  readonly #ended = new Map<string, Millis>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(deps: TransactionsDeps) {
    this.#clock = deps.clock;
    this.#keeper = deps.keeper ?? noKeeper;
    this.#limit = deps.limit ?? mostTransactions;
    this.#life = deps.life ?? transactionLife;
    this.#witness = deps.witness ?? noWitness;
    this.#load(deps.log ?? silentLog);
  }

  /**
   * A new transaction, `PENDING`. Its id is the request's own, or a random UUID.
   * @param seen whether the witness has yet to see it
   * @throws BothyError `DUPLICATE_TRANSACTION`, or `BUSY` when too many have not ended yet
   */
  create(request: WriteRequest, timeout: Millis, seen = true): Transaction {
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
    this.#keep(made);
    if (seen) this.#witness.accepted(made);
    else this.#unseen.add(id);
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
      // How far one has come that has not ended is of no use to the next program: it cannot go on with it.
      this.#keep(now);
      this.#ended.set(id, this.#clock.monotonic());
      for (const wake of this.#waiting.get(id) ?? []) wake();
      this.#waiting.delete(id);
      if (!this.#unseen.delete(id)) this.#witness.ended(now);
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

  /** Takes over those of the program before this one; what was under way then ends now, with an error. */
  #load(log: Log): void {
    const now = this.#clock.now();
    const kept = [...this.#keeper.load("transaction")].map(([id, value]) => ({
      id,
      found: keptTransaction(id, value),
    }));
    const known = kept.flatMap(({ found }) => (found === undefined ? [] : [found]));
    for (const { id, found } of kept) if (found === undefined) this.#keeper.drop("transaction", id);
    const age = ({ updated }: Transaction): Millis => ageOf(updated, now, this.#life);
    const ended = known.filter(({ status }) => isTerminal(status)).sort((a, b) => age(b) - age(a));
    for (const transaction of ended) {
      this.#all.set(transaction.id, transaction);
      this.#ended.set(transaction.id, this.#clock.monotonic() - age(transaction));
      // Otherwise a clock that was set back would make it young again at every start.
      if (transaction.updated > now) this.#keep({ ...transaction, updated: now });
    }
    const open = known.filter(({ status }) => !isTerminal(status));
    for (const transaction of open) {
      this.#all.set(transaction.id, transaction);
      const error = interrupted(transaction);
      this.update(transaction.id, "ERROR", error.message, { code: error.code, text: error.message });
    }
    if (open.length > 0)
      log.warn(
        { writes: open.length },
        "writes were under way when the program ended; they end as INTERRUPTED",
      );
    if (known.length < kept.length)
      log.warn({ entries: kept.length - known.length }, "kept transactions make no sense and are left out");
    while (this.#all.size > this.#limit) this.#drop(this.#ended.keys().next().value ?? "");
  }

  #keep(transaction: Transaction): void {
    this.#all.set(transaction.id, transaction);
    const when = transaction.request.slot <= slots.operator ? "now" : "soon";
    this.#keeper.put("transaction", transaction.id, transaction, when);
  }

  #forget(): void {
    const before = this.#clock.monotonic() - this.#life;
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
    this.#keeper.drop("transaction", id);
  }
}
