import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type Millis, seconds } from "../../devices/clock.ts";
import { type Device, isReadable, isWritable } from "../../devices/device.ts";
import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import { nameOf } from "../../devices/registry.ts";
import { slots, type Transaction, type WriteRequest } from "../../devices/transaction.ts";
import { Transactions } from "../../devices/transactions.ts";
import { firstOf } from "../../devices/wait.ts";
import { HttpError, sendJson, sendReady } from "../faults.ts";
import { type AddRoutes, deviceNamed, param, route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";
import * as shapes from "./shapes.ts";

const tags = ["synse"];
const item = Type.Object({
  action: Type.String({ examples: ["speed"] }),
  data: Type.Optional(Type.Union([Type.String(), Type.Null()], { examples: ["80"] })),
  transaction: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: "An id of your own." })),
});
const body = Type.Union([item, Type.Array(item, { minItems: 1 })]);

const ended = schemas.answers(schemas.list(schemas.transactionStatus), "One transaction per write, ended.");

/** One write of a body: text only, null as absent. Synse v3 §1.6. */
interface Item {
  readonly action: string;
  readonly data?: string;
  readonly transaction?: string;
}

/** Writes and their transactions. Synse v3 §1.6 and §4. */
export const addWriteRoutes: AddRoutes = (app, parts) => {
  const desk = new WriteDesk(parts);
  addWrites(app, parts, desk);
  addTransactions(app, desk);
  route(app, "/v3/device/:device", {
    GET: {
      schema: {
        tags,
        summary: "As `/v3/read/{device}`.",
        response: schemas.answers(schemas.list(schemas.reading), "The readings."),
      },
      handler: (request, reply) => {
        const device = deviceNamed(parts, param(request, "device"));
        if (!isReadable(device)) throw new BothyError("NOT_READABLE", { source: nameOf(device) });
        return sendReady(reply, parts.json.ofDevice(device));
      },
    },
    POST: {
      schema: { tags, summary: "As `/v3/write/wait/{device}`.", body, response: ended },
      handler: (request, reply) => writeAndWait(parts, desk, request, reply),
    },
  });
};

function addWrites(app: FastifyInstance, parts: RouteParts, desk: WriteDesk): void {
  route(app, "/v3/write/:device", {
    POST: {
      schema: {
        tags,
        summary: "Writes; answers as soon as the writes are accepted.",
        body,
        response: schemas.answers(schemas.list(schemas.transactionInfo), "One transaction per write."),
      },
      handler: (request, reply) => {
        const name = param(request, "device");
        const device = writable(parts, name);
        const items = desk.items(request.body);
        const accepted = items.map((one) => desk.submit(device, one, device.id, request.ip));
        return sendJson(
          reply,
          accepted.map((transaction) => shapes.transactionInfo(transaction, device.id)),
        );
      },
    },
  });
  route(app, "/v3/write/wait/:device", {
    POST: {
      schema: {
        tags,
        summary: "Writes; answers when every write is done or has failed.",
        body,
        response: ended,
      },
      handler: (request, reply) => writeAndWait(parts, desk, request, reply),
    },
  });
}

async function writeAndWait(
  parts: RouteParts,
  desk: WriteDesk,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const name = param(request, "device");
  const device = writable(parts, name);
  const done: Transaction[] = [];
  // The next is submitted when the one before has ended: several writes of one action in one body all take effect.
  for (const one of desk.items(request.body)) {
    done.push(await desk.ended(desk.submit(device, one, name, request.ip)));
  }
  return sendJson(
    reply,
    done.map((transaction) => shapes.transactionStatus(transaction, name)),
  );
}

/** @throws BothyError `NOT_FOUND` or `NOT_WRITABLE` */
function writable(parts: RouteParts, name: string): Device {
  const device = deviceNamed(parts, name);
  if (!isWritable(device)) throw new BothyError("NOT_WRITABLE", { source: nameOf(device) });
  return device;
}

function addTransactions(app: FastifyInstance, desk: WriteDesk): void {
  route(
    app,
    "/v3/transaction",
    {
      GET: {
        schema: {
          tags,
          summary: "Ids of the writes of the last minutes.",
          response: schemas.answers(schemas.texts, "The ids, sorted."),
        },
        handler: (_request, reply) => sendJson(reply, desk.list()),
      },
    },
    false,
  );
  route(app, "/v3/transaction/:id", {
    GET: {
      schema: {
        tags,
        summary: "How far a write has come.",
        response: schemas.answers(schemas.transactionStatus, "The transaction."),
      },
      handler: (request, reply) => {
        const id = param(request, "id");
        const found = desk.get(id);
        if (found === undefined) throw new HttpError(404, `transaction not found: ${id}`);
        return sendJson(reply, shapes.transactionStatus(found, desk.givenName(found)));
      },
    },
  });
}

/** What Synse reports in a transaction that ends in ERROR, not as an error of the request. Synse v3 §4. */
const refusals: ReadonlySet<ErrorCode> = new Set(["UNKNOWN_ACTION", "BAD_VALUE", "OUT_OF_RANGE"]);
const grace: Millis = seconds(5);
const mostNames = 10_000;
const mostWrites = 1000;
/** Names and values are short; what is longer would be kept with its transaction for minutes. */
const longestText = 1000;

/** Synse's view of writing: refused writes are transactions too, and a transaction knows the name it was asked under. */
class WriteDesk {
  readonly #parts: RouteParts;
  readonly #refused: Transactions;
  readonly #names = new Map<string, string>();

  constructor(parts: RouteParts) {
    this.#parts = parts;
    this.#refused = new Transactions({ clock: parts.clock });
  }

  /** @throws HttpError 400, BothyError `DUPLICATE_TRANSACTION`: before anything is written */
  items(given: unknown): readonly Item[] {
    const list = Array.isArray(given) ? (given as unknown[]) : [given];
    if (list.length === 0) throw new HttpError(400, "the list of writes is empty");
    if (list.length > mostWrites)
      throw new HttpError(400, `${list.length} writes are more than ${mostWrites}`);
    const items = list.map(itemOf);
    const own = new Set<string>();
    for (const { transaction } of items) {
      if (transaction === undefined) continue;
      if (own.has(transaction) || this.get(transaction) !== undefined) {
        throw new BothyError("DUPLICATE_TRANSACTION", { source: transaction });
      }
      own.add(transaction);
    }
    return items;
  }

  /** Synse clients are operators: nobody says who they are yet. */
  submit(device: Device, one: Item, name: string, from: string): Transaction {
    const request: WriteRequest = {
      device: device.id,
      action: one.action,
      ...(one.data === undefined ? {} : { data: one.data }),
      ...(one.transaction === undefined ? {} : { transaction: one.transaction }),
      slot: slots.operator,
      who: from,
      why: "Synse write",
    };
    const transaction = this.#accepted(request, device.writeTimeout);
    if (name !== device.id) this.#remember(transaction.id, name);
    return transaction;
  }

  #accepted(request: WriteRequest, timeout: Millis): Transaction {
    try {
      return this.#parts.writer.submit(request);
    } catch (error) {
      if (!(error instanceof BothyError) || !refusals.has(error.code)) throw error;
      const { id } = this.#refused.create(request, timeout);
      const reason = { code: error.code, text: error.message };
      const refused = this.#refused.update(id, "ERROR", error.message, reason);
      if (refused === undefined) throw error;
      return refused;
    }
  }

  #remember(id: string, name: string): void {
    if (this.#names.size >= mostNames) this.#names.delete(this.#names.keys().next().value ?? "");
    this.#names.set(id, name);
  }

  /** The transaction once it has ended; as it stands when that takes far longer than it may. */
  async ended(transaction: Transaction): Promise<Transaction> {
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

  get(id: string): Transaction | undefined {
    return this.#parts.writer.get(id) ?? this.#refused.get(id);
  }

  /** What the device was called when the write was asked for. */
  givenName = ({ id, request }: Transaction): string => this.#names.get(id) ?? request.device;

  list(): readonly string[] {
    return [...this.#parts.writer.list(), ...this.#refused.list()].sort();
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
