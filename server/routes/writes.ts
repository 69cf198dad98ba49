import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { sendJson } from "../faults.ts";
import { sendReady } from "../ready.ts";
import { type AddRoutes, param, route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["synse"];
const item = Type.Object({
  action: Type.String({ examples: ["speed"] }),
  data: Type.Optional(Type.Union([Type.String(), Type.Null()], { examples: ["80"] })),
  transaction: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: "An id of your own." })),
});
const body = Type.Union([item, Type.Array(item, { minItems: 1 })]);

const ended = schemas.answers(schemas.list(schemas.transactionStatus), "One transaction per write, ended.");

/** Writes and their transactions. Synse v3 §1.6 and §4. */
export const addWriteRoutes: AddRoutes = (app, parts) => {
  const { synse } = parts;
  addWrites(app, parts);
  addTransactions(app, parts);
  route(app, "/v3/device/:device", {
    GET: {
      schema: {
        tags,
        summary: "As `/v3/read/{device}`.",
        response: schemas.answers(schemas.list(schemas.reading), "The readings."),
      },
      handler: (request, reply) =>
        sendReady(reply, synse.readDevice(request.principal, param(request, "device"))),
    },
    POST: {
      schema: { tags, summary: "As `/v3/write/wait/{device}`.", body, response: ended },
      handler: (request, reply) => writeAndWait(parts, request, reply),
    },
  });
};

function addWrites(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/v3/write/:device", {
    POST: {
      schema: {
        tags,
        summary: "Writes; answers as soon as the writes are accepted.",
        body,
        response: schemas.answers(schemas.list(schemas.transactionInfo), "One transaction per write."),
      },
      handler: async (request, reply) =>
        sendJson(reply, await parts.synse.write(request.principal, param(request, "device"), request.body)),
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
      handler: (request, reply) => writeAndWait(parts, request, reply),
    },
  });
}

async function writeAndWait(
  { synse }: RouteParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return sendJson(reply, await synse.writeAndWait(request.principal, param(request, "device"), request.body));
}

function addTransactions(app: FastifyInstance, { synse }: RouteParts): void {
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
        handler: (request, reply) => sendJson(reply, synse.transactions(request.principal)),
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
      handler: async (request, reply) =>
        sendJson(reply, await synse.transaction(request.principal, param(request, "id"))),
    },
  });
}
