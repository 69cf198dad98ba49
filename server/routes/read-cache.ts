import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { Type } from "typebox";
import { encodingFor } from "../ready.ts";
import { type AddRoutes, route } from "./parts.ts";
import { single } from "./query.ts";
import * as schemas from "./schemas.ts";

const bound = (which: string) =>
  Type.Optional(
    Type.String({
      description: `The ${which} that is wanted, as RFC 3339 writes times; it belongs to what is answered.`,
      examples: ["2031-05-06T07:08:09Z"],
    }),
  );

/** Lines that are sent in one piece, in characters. */
const pieceLength = 32_768;

/** Readings of the last minutes: one JSON object per line. Synse v3 §1.7. */
export const addReadCacheRoutes: AddRoutes = (app, { synse }) => {
  route(app, "/v3/readcache", {
    GET: {
      schema: {
        tags: ["synse"],
        summary: "The readings of the last minutes, in the order they came in; one JSON object per line.",
        querystring: Type.Object({ start: bound("oldest"), end: bound("newest") }),
        response: schemas.lines("A reading.", "application/json; charset=utf-8"),
      },
      handler: (request, reply) => {
        const bounds = { start: single(request, "start"), end: single(request, "end") };
        const pieces = piecesOf(synse.readCache(request.principal, bounds));
        const first = pieces.next();
        reply.header("content-type", "application/json; charset=utf-8");
        if (first.done === true) return reply.send("");
        // Nothing is made before the client has taken what went before.
        const body = Readable.from(preceded(first.value, pieces), { highWaterMark: 1 });
        reply.raw.once("close", () => body.destroy());
        if (first.value.length < pieceLength) return reply.send(body);
        const before = reply.getHeader("vary");
        reply.header("vary", before === undefined ? "accept-encoding" : `${String(before)}, accept-encoding`);
        if (encodingFor(request.headers["accept-encoding"]) === undefined) return reply.send(body);
        // Gzip for whoever takes anything smaller: unlike brotli it says something before all is said.
        reply.header("content-encoding", "gzip");
        return reply.send(pipeline(body, createGzip({ level: 4 }), () => undefined));
      },
    },
  });
};

function* piecesOf(lines: Iterable<string>): Generator<string, void, undefined> {
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

function* preceded<T>(first: T, others: Iterable<T>): Generator<T, void, undefined> {
  yield first;
  yield* others;
}
