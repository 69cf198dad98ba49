import { type Millis, seconds } from "../../devices/clock.ts";
import { type Device, isWritable } from "../../devices/device.ts";
import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import { nameOf } from "../../devices/registry.ts";
import { slots, type Transaction, type WriteRequest } from "../../devices/transaction.ts";
import { isTerminal } from "../../devices/transactions.ts";
import { firstOf } from "../../devices/wait.ts";
import { originOf, type Principal, slotsFor } from "../access/principal.ts";
import { HttpError } from "../faults.ts";
import type { SiteParts } from "../parts.ts";
import type { DeviceViews } from "./devices.ts";
import { transactionInfo, transactionStatus } from "./shapes.ts";

type Parts = Pick<SiteParts, "clock" | "writer" | "registry" | "signal">;

/** One write of a body: text only, null as absent. Synse v3 §1.6. */
interface Item {
  readonly action: string;
  readonly data?: string;
  readonly transaction?: string;
}

/** What Synse reports in a transaction that ends in ERROR, not as an error of the request. Synse v3 §4. */
const refusals: ReadonlySet<ErrorCode> = new Set(["UNKNOWN_ACTION", "BAD_VALUE", "OUT_OF_RANGE"]);
const grace: Millis = seconds(5);
const mostWrites = 1000;
/** Names and values are short; what is longer would be kept with its transaction for minutes. */
const longestText = 1000;

/** Synse's view of writing: refused writes are transactions too, and a transaction knows the name it was asked under. */
export class WriteDesk {
  readonly #parts: Parts;
  readonly #devices: DeviceViews;

  constructor(parts: Parts, devices: DeviceViews) {
    this.#parts = parts;
    this.#devices = devices;
  }

  /**
   * Accepts writes in order; answers once they outlast the program, before they are done.
   * @throws HttpError 400, 404, BothyError `NOT_WRITABLE`, `DUPLICATE_TRANSACTION`: before anything is written
   */
  async write(by: Principal, name: string, body: unknown): Promise<readonly object[]> {
    const device = this.#writable(by, name);
    const accepted = this.#items(body).map((one) => this.#submit(by, device, one, device.id));
    await this.#parts.writer.kept();
    return accepted.map((transaction) => transactionInfo(transaction, device.id));
  }

  /** Carries writes out, one after the other; answers when the last has ended. @throws as `write` */
  async writeAndWait(by: Principal, name: string, body: unknown): Promise<readonly object[]> {
    const device = this.#writable(by, name);
    const done: Transaction[] = [];
    // The next is submitted when the one before has ended: several writes of one action in one body all take effect.
    for (const one of this.#items(body)) done.push(await this.#ended(this.#submit(by, device, one, name)));
    await this.#parts.writer.kept();
    return done.map((transaction) => transactionStatus(transaction, name));
  }

  /** @throws HttpError 404 */
  async transaction(by: Principal, id: string): Promise<object> {
    const { writer } = this.#parts;
    const found = writer.get(id);
    if (found === undefined || !this.#visible(by, found))
      throw new HttpError(404, `transaction not found: ${id}`);
    // Nobody is told of an end that a crash could take back.
    if (isTerminal(found.status)) await writer.kept();
    return transactionStatus(found, found.request.askedAs ?? found.request.device);
  }

  /** Sorted ids. */
  transactions(by: Principal): readonly string[] {
    const all = this.#parts.writer.list();
    if (by.scope === undefined) return all;
    return all.filter((id) => {
      const found = this.#parts.writer.get(id);
      return found !== undefined && this.#visible(by, found);
    });
  }

  #visible(by: Principal, { request }: Transaction): boolean {
    return by.scope === undefined || this.#devices.has(by, request.device);
  }

  #writable(by: Principal, name: string): Device {
    const device = this.#devices.named(by, name);
    if (!isWritable(device)) throw new BothyError("NOT_WRITABLE", { source: nameOf(device) });
    return device;
  }

  #items(given: unknown): readonly Item[] {
    const list = Array.isArray(given) ? (given as unknown[]) : [given];
    if (list.length === 0) throw new HttpError(400, "the list of writes is empty");
    if (list.length > mostWrites)
      throw new HttpError(400, `${list.length} writes are more than ${mostWrites}`);
    const items = list.map(itemOf);
    const own = new Set<string>();
    for (const { transaction } of items) {
      if (transaction === undefined) continue;
      if (own.has(transaction) || this.#parts.writer.get(transaction) !== undefined) {
        throw new BothyError("DUPLICATE_TRANSACTION", { source: transaction });
      }
      own.add(transaction);
    }
    return items;
  }

  #submit(by: Principal, device: Device, one: Item, name: string): Transaction {
    const request: WriteRequest = {
      device: device.id,
      action: one.action,
      ...(one.data === undefined ? {} : { data: one.data }),
      ...(one.transaction === undefined ? {} : { transaction: one.transaction }),
      ...(name === device.id ? {} : { askedAs: name }),
      slot: slotsFor(by)[0] ?? slots.operator,
      who: by.name,
      why: "Synse write",
      origin: originOf(by),
    };
    return this.#accepted(request, device.writeTimeout);
  }

  #accepted(request: WriteRequest, timeout: Millis): Transaction {
    try {
      return this.#parts.writer.submit(request);
    } catch (error) {
      if (!(error instanceof BothyError) || !refusals.has(error.code)) throw error;
      return this.#parts.writer.refuse(request, error, timeout);
    }
  }

  /** The transaction once it has ended; as it stands when that takes far longer than it may. */
  async #ended(transaction: Transaction): Promise<Transaction> {
    if (transaction.status === "ERROR" || transaction.status === "DONE") return transaction;
    const { clock, signal, writer } = this.#parts;
    const overdue = new AbortController();
    const cancel = clock.at(clock.monotonic() + transaction.timeout + grace, () => overdue.abort());
    const first = firstOf(overdue.signal, signal);
    try {
      return await writer.wait(transaction.id, first.signal);
    } finally {
      first.done();
      cancel();
    }
  }
}

function itemOf(given: unknown): Item {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new HttpError(400, 'a write is an object such as {"action": "speed", "data": "80"}');
  }
  const action = textOf(given, "action");
  if (action === undefined) throw new HttpError(400, "a write needs an action");
  const data = textOf(given, "data");
  const transaction = textOf(given, "transaction");
  return {
    action,
    ...(data === undefined ? {} : { data }),
    // Empty is what clients send that have none.
    ...(transaction === undefined || transaction === "" ? {} : { transaction }),
  };
}

function textOf(given: object, key: string): string | undefined {
  const value = (given as Readonly<Record<string, unknown>>)[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new HttpError(400, `${key} must be text, such as "${toText(value)}"`);
  if (value.length > longestText) throw new HttpError(400, `${key} is longer than ${longestText} characters`);
  return value;
}

const toText = (value: unknown): string =>
  typeof value === "object" ? "80" : JSON.stringify(value).slice(0, 20);
