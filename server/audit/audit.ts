import { join } from "node:path";
import { type Cancel, type Clock, type Instant, type Millis, minutes } from "../../devices/clock.ts";
import type { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { Transaction, WriteRequest } from "../../devices/transaction.ts";
import type { Relinquished, WriteWitness } from "../../devices/witness.ts";
import type { Principal } from "../access/principal.ts";
import { Limiter } from "../access/limits.ts";
import { isoTime } from "../json.ts";
import type { AuditEntry, AuditFacts, AuditStatus, AuditStore } from "./entry.ts";
import { FileStore } from "./file-store.ts";
import { MemoryStore } from "./memory-store.ts";

const megabyte = 1_048_576;
const mostFileBytes = 8 * megabyte;
/** Refusals of one kind are written one by one this often; more are counted, and told once a minute. */
const sameKind = { perSecond: 5 / 60, burst: 5 };
/** The same for all refusals: whoever floods the site must neither fill the disk nor push out what others wrote. */
const allKinds = { perSecond: 6 / 60, burst: 100 };
const summaryEvery: Millis = minutes(1);
const mostKinds = 5;

export interface AuditDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Pick<Registry, "get">;
  /** Where it is kept; in memory only when absent. */
  readonly folder?: string | undefined;
  readonly megabytes?: number | undefined;
}

export interface AuditQuery {
  readonly since?: Instant;
  readonly until?: Instant;
  /** Exactly, or a part of it. */
  readonly who?: string;
  /** Its id or alias. */
  readonly device?: string;
  /** Only entries whose number is below this: the next page begins below the last of this one. */
  readonly before?: number;
  readonly limit: number;
}

/** Who did what, and who was not let: every write and every refusal, in the order in which they came about. */
export class Audit implements WriteWitness {
  readonly #deps: AuditDeps;
  readonly #store: AuditStore;
  readonly #ofKind: Limiter;
  readonly #ofAll: Limiter;
  /** Refusals that were only counted, by kind. */
  readonly #counted = new Map<string, { facts: AuditFacts; count: number }>();
  readonly #told = new WeakSet<object>();
  #cancelSummary: Cancel | undefined;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
    const { clock, folder, megabytes = 64 } = deps;
    const mostBytes = megabytes * megabyte;
    this.#store =
      folder === undefined
        ? new MemoryStore()
        : new FileStore(join(folder, "audit"), {
            ...deps,
            mostBytes,
            fileBytes: Math.min(mostFileBytes, Math.ceil(mostBytes / 4)),
          });
    this.#ofKind = new Limiter(clock, sameKind.perSecond, sameKind.burst);
    this.#ofAll = new Limiter(clock, allKinds.perSecond, allKinds.burst);
  }

  /** Adds an entry. It outlasts the program when this returns. Never throws. */
  record(facts: AuditFacts): void {
    this.#store.append({ n: this.#store.next, at: isoTime(this.#deps.clock.now()), ...facts });
  }

  /**
   * Adds a refusal, or counts it when there are too many.
   * @param error the same error is told of once, however many notice it
   */
  refused(facts: Omit<AuditFacts, "result">, error: BothyError | { code: string; message: string }): void {
    if (this.#told.has(error)) return;
    this.#told.add(error);
    const entry: AuditFacts = { ...facts, result: "refused", code: error.code, text: short(error.message) };
    const kind = [entry.code, entry.from, entry.who, entry.what].join(" ");
    if (this.#ofKind.take(kind) === 0 && this.#ofAll.take("") === 0) {
      this.record(entry);
      return;
    }
    const key = this.#counted.has(kind) || this.#counted.size < mostKinds - 1 ? kind : "";
    const counted = this.#counted.get(key);
    if (counted !== undefined) counted.count += 1;
    else this.#counted.set(key, { facts: key === "" ? manyOf(entry) : entry, count: 1 });
    const { clock } = this.#deps;
    this.#cancelSummary ??= clock.at(clock.monotonic() + summaryEvery, () => this.#summarize());
  }

  accepted({ id, request }: Transaction): void {
    this.record({ ...this.#write(request), transaction: id, result: "accepted" });
  }

  ended({ id, request, status, message, reason }: Transaction): void {
    this.record({
      ...this.#write(request),
      transaction: id,
      result: status === "DONE" ? "done" : "error",
      ...(reason === undefined ? {} : { code: reason.code }),
      text: short(message),
    });
  }

  writeRefused(request: WriteRequest, error: BothyError): void {
    this.refused(this.#write(request), error);
  }

  relinquished(request: Relinquished): void {
    this.record({ ...this.#write(request), what: "relinquish", result: "done" });
  }

  /** The newest first. */
  async *query(query: AuditQuery): AsyncGenerator<AuditEntry> {
    let left = query.limit;
    for await (const entry of this.#store.backwards(query.before ?? Infinity)) {
      if (left <= 0) return;
      if (!fits(entry, query)) continue;
      left -= 1;
      yield entry;
    }
  }

  status = (): AuditStatus => this.#store.status();

  close(): void {
    this.#summarize();
    this.#store.close();
  }

  #summarize(): void {
    this.#cancelSummary?.();
    this.#cancelSummary = undefined;
    for (const { facts, count } of this.#counted.values()) this.record({ ...facts, count });
    this.#counted.clear();
  }

  #write({ device, action, slot, who, why, origin, ...rest }: Relinquished & Written): WriteFacts {
    const alias = this.#deps.registry.get(device)?.alias;
    return {
      who,
      ...origin,
      what: "write",
      device: short(device),
      ...(alias === undefined ? {} : { alias }),
      action: short(action),
      ...(rest.data === undefined ? {} : { value: short(rest.data) }),
      slot,
      ...(rest.forced === true ? { forced: true } : {}),
      why: short(why),
    };
  }
}

type Written = Pick<WriteRequest, "data" | "forced">;
type WriteFacts = Omit<AuditFacts, "result">;

/** Nobody decides how long a line becomes. */
const longest = 500;
const short = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}…`);

const manyOf = ({ code, text, ...entry }: AuditFacts): AuditFacts => ({
  who: "several",
  what: entry.what,
  result: "refused",
  ...(code === undefined ? {} : { code }),
  ...(text === undefined ? {} : { text: "refusals of several kinds" }),
});

function fits(entry: AuditEntry, { since, until, who, device }: AuditQuery): boolean {
  const at = Date.parse(entry.at);
  return (
    (since === undefined || at >= since) &&
    (until === undefined || at <= until) &&
    (who === undefined || entry.who.includes(who)) &&
    (device === undefined || entry.device === device || entry.alias === device)
  );
}

/** What an entry says of somebody. */
export const factsOf = ({
  name,
  via,
  from,
  request,
}: Principal): Pick<AuditFacts, "who" | "via" | "from" | "request"> => ({
  who: name,
  ...(via === undefined ? {} : { via }),
  ...(from === undefined ? {} : { from }),
  ...(request === undefined ? {} : { request }),
});
