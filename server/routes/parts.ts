import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { BothyError } from "../../devices/errors.ts";
import type { Permission } from "../access/principal.ts";
import { HttpError } from "../faults.ts";
import type { BusPart, SiteParts } from "../parts.ts";
import type { SynseService } from "../synse/service.ts";
import type { SocketLimits } from "../websocket/limits.ts";
import { foreignWrite } from "./origin.ts";

export type AddRoutes = (app: FastifyInstance, parts: RouteParts) => void;

/** What routes are made of. */
export interface RouteParts extends SiteParts {
  readonly synse: SynseService;
  /** Routes of whoever made the site, e.g. the simulator's in a demonstration. */
  readonly more?: readonly AddRoutes[];
  /** What WebSockets may make the site hold. Default: `socketLimits`. */
  readonly sockets?: SocketLimits;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export interface RouteDefinition {
  /** Who may ask. Default: whoever may read for GET, whoever may write for all else; `undefined` written out: anybody. */
  readonly needs?: Permission | undefined;
  readonly schema?: FastifySchema;
  readonly handler: Handler;
}

const standardMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] as const;

/**
 * Adds what a path answers to, OPTIONS, and a 405 that names those methods for all others. A trailing slash is the same path,
 * unless `slash` is false: then it would be an item without a name.
 */
export function route(
  app: FastifyInstance,
  url: string,
  methods: Readonly<Record<string, RouteDefinition>>,
  slash = true,
): void {
  const taken = [...Object.keys(methods), "OPTIONS", ...("GET" in methods ? ["HEAD"] : [])];
  const allow = standardMethods.filter((name) => taken.includes(name));
  const urls = slash && url !== "/" ? [url, `${url}/`] : [url];
  for (const path of urls) {
    for (const [method, definition] of Object.entries(methods)) {
      const { schema, handler } = definition;
      const shown = path === url ? schema : { ...schema, hide: true };
      const needs = "needs" in definition ? definition.needs : method === "GET" ? "read" : "write";
      app.route({
        method,
        url: path,
        config: { needs },
        onRequest: method === "GET" ? [] : [refuseForeign],
        ...(shown === undefined ? {} : { schema: shown }),
        handler,
      });
    }
    app.route({
      method: "OPTIONS",
      url: path,
      config: { needs: undefined },
      schema: { hide: true },
      handler: (_request, reply) => reply.code(204).header("allow", allow.join(", ")).send(),
    });
    app.route({
      method: standardMethods.filter((name) => !allow.includes(name)),
      url: path,
      config: { needs: undefined },
      schema: { hide: true },
      onRequest: (request, _reply, done) =>
        done(new HttpError(405, `${request.method} is not supported here`, { allow: allow.join(", ") })),
      handler: () => undefined,
    });
  }
}

type Hook = (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => void;

const refuseForeign: Hook = (request, _reply, done) => done(foreignWrite(request));

/** A part of the path; empty when it is not there. */
export const param = (request: FastifyRequest, name: string): string =>
  (request.params as Readonly<Record<string, string | undefined>>)[name] ?? "";

/** @throws BothyError `NOT_FOUND` */
export function busNamed(parts: RouteParts, name: string): BusPart {
  const bus = parts.buses.get(name);
  if (bus === undefined) throw new BothyError("NOT_FOUND", { source: `bus ${name}` });
  return bus;
}
