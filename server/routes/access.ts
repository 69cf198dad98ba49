import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { BothyError } from "../../devices/errors.ts";
import { slotsFor } from "../access/principal.ts";
import { sessionCookie, sessionIn } from "../access/sessions.ts";
import { type AuditQuery, factsOf } from "../audit/audit.ts";
import type { AuditEntry } from "../audit/entry.ts";
import { sendJson } from "../faults.ts";
import { toJson } from "../json.ts";
import * as own from "./own-schemas.ts";
import { type AddRoutes, route, type RouteParts } from "./parts.ts";
import { first } from "./query.ts";
import * as schemas from "./schemas.ts";

const tags = ["bothy"];
const usualEntries = 100;
const mostEntries = 10_000;

/** Who one is to the site, and who did what. */
export const addAccessRoutes: AddRoutes = (app, parts) => {
  const { access, audit } = parts;
  const answer = schemas.answers(own.session, "Who you are.");
  route(app, "/api/session", {
    GET: {
      needs: undefined,
      schema: { tags, summary: "Who you are to the site, and what you may do.", response: answer },
      handler: (request, reply) => sendJson(reply, told(parts, request)),
    },
    POST: {
      needs: "read",
      schema: {
        tags,
        summary: "Logs a browser in: with `Authorization` once, then with a cookie no script can read.",
        response: answer,
      },
      handler: (request, reply) => {
        const secret = access.openSession(request.principal);
        if (secret !== undefined) {
          reply.header("set-cookie", sessionCookie(secret, request.protocol === "https"));
          audit.record({
            ...factsOf(request.principal),
            what: "session",
            result: "accepted",
            text: "logged in",
          });
        }
        return sendJson(reply, told(parts, request));
      },
    },
    DELETE: {
      needs: undefined,
      schema: { tags, summary: "Logs a browser out.", response: schemas.nothing("It is.") },
      handler: (request, reply) => {
        const secret = sessionIn(request.headers.cookie);
        if (secret !== undefined) access.closeSession(secret);
        return reply
          .code(204)
          .header("set-cookie", sessionCookie(undefined, request.protocol === "https"))
          .send();
      },
    },
  });
  route(app, "/api/audit", {
    GET: {
      needs: "administer",
      schema: {
        tags,
        summary:
          "Who wrote what, and who was refused; the newest first. For the next page, the last `n` is `before`.",
        querystring: auditQuery,
        response: schemas.answers(schemas.list(own.auditEntry), "Entries; a line each with `format=ndjson`."),
      },
      handler: async (request, reply) => {
        const found = audit.query(queryOf(request));
        if (first(request, "format") === "ndjson")
          return reply.header("content-type", "application/x-ndjson").send(Readable.from(linesOf(found)));
        const entries: AuditEntry[] = [];
        for await (const entry of found) entries.push(entry);
        return sendJson(reply, entries);
      },
    },
  });
};

const auditQuery = Type.Object({
  since: Type.Optional(Type.String({ description: "Not before this moment, ISO 8601." })),
  until: Type.Optional(Type.String({ description: "Not after it." })),
  who: Type.Optional(Type.String({ description: "A part of who it was, e.g. `night-shift`." })),
  device: Type.Optional(Type.String({ description: "A device's id or alias." })),
  before: Type.Optional(Type.String({ description: "Only entries with a smaller `n`." })),
  limit: Type.Optional(
    Type.String({ description: `So many, at the most ${mostEntries}. Default: ${usualEntries}.` }),
  ),
  format: Type.Optional(Type.String({ description: "`ndjson`: an entry per line." })),
});

async function* linesOf(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${toJson(entry)}\n`;
}

/** @throws BothyError `BAD_INPUT` */
function queryOf(request: FastifyRequest): AuditQuery {
  const since = moment(request, "since");
  const until = moment(request, "until");
  const who = first(request, "who");
  const device = first(request, "device");
  const before = whole(request, "before");
  return {
    limit: Math.min(whole(request, "limit") ?? usualEntries, mostEntries),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(who === undefined ? {} : { who }),
    ...(device === undefined ? {} : { device }),
    ...(before === undefined ? {} : { before }),
  };
}

function moment(request: FastifyRequest, name: string): number | undefined {
  const text = first(request, name);
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new BothyError("BAD_INPUT", {
    source: name,
    fault: `\`${text}\` is no moment such as 2026-11-21T12:00:00Z`,
  });
}

function whole(request: FastifyRequest, name: string): number | undefined {
  const text = first(request, name);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new BothyError("BAD_INPUT", { source: name, fault: `\`${text}\` is no whole number` });
}

function told({ access }: RouteParts, { principal }: FastifyRequest): object {
  const { name, role, scope, via, from } = principal;
  const groups = scope?.map((group) => group.join(","));
  return { name, role, scope: groups, via, from, slots: slotsFor(principal), asks: access.asks };
}
