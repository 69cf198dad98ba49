import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { HttpSection } from "../config-schema.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whether it comes from a page of an origin the configuration names: such pages may also write. */
    fromNamedOrigin: boolean;
  }
  interface FastifyInstance {
    /** Headers that may be set before an answer is known; for who sends it past the framework. */
    carriedHeaders: readonly string[];
  }
}

/** Every origin, for reading only. */
const anyOrigin = "*";
const readable = "etag, x-request-id, retry-after";
const sendable = "authorization, content-type, if-none-match, x-request-id";
const said = ["vary", "access-control-allow-origin", "access-control-expose-headers"];
/** How long a browser need not ask again, in seconds. */
const askedAgainAfter = "600";

/**
 * Lets pages of other origins use the site, as `http.cors.origins` says; nothing is added where it says nothing. Must
 * come before whatever asks who somebody is: a browser's question whether it may ask carries no credentials.
 */
export function allowOrigins(app: FastifyInstance, { cors }: HttpSection): void {
  app.decorateRequest("fromNamedOrigin", false);
  const speaks = cors !== undefined && cors.origins.length > 0;
  app.decorate("carriedHeaders", speaks ? said : []);
  if (!speaks) return;
  const named = new Set(cors.origins.map((origin) => origin.toLowerCase()));
  const everybody = named.delete(anyOrigin);
  app.addHook("onRequest", (request, reply, done) => {
    const { origin } = request.headers;
    request.fromNamedOrigin = origin !== undefined && named.has(origin.toLowerCase());
    const allowed = request.fromNamedOrigin ? origin : everybody ? anyOrigin : undefined;
    if (!everybody || named.size > 0) reply.header("vary", "origin");
    if (origin === undefined || allowed === undefined) {
      done();
      return;
    }
    reply.header("access-control-allow-origin", allowed);
    reply.header("access-control-expose-headers", readable);
    if (isQuestion(request)) answer(request, reply);
    else done();
  });
}

/** A browser asks whether a page may ask. */
const isQuestion = ({ method, headers }: FastifyRequest): boolean =>
  method === "OPTIONS" && headers["access-control-request-method"] !== undefined;

function answer(request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(204)
    .header(
      "access-control-allow-methods",
      request.fromNamedOrigin ? "GET, HEAD, POST, PUT, DELETE" : "GET, HEAD",
    )
    .header("access-control-allow-headers", sendable)
    .header("access-control-max-age", askedAgainAfter)
    .send();
}
