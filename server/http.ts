import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import fastify, { type FastifyInstance } from "fastify";
import { type Clock, type Millis, seconds } from "../devices/clock.ts";
import { BothyError } from "../devices/errors.ts";
import { inNetworks } from "./access/check.ts";
import { limitConnections } from "./access/connections.ts";
import { addAccess, auditEvent, auditFailure } from "./access/hooks.ts";
import type { TlsSection } from "./access/schema.ts";
import { tlsServer } from "./access/tls.ts";
import { errorBody, HttpError, sendError } from "./faults.ts";
import { toJson } from "./json.ts";
import { Checker } from "./config-check.ts";
import { requestIdHeader, requestIds } from "./request-id.ts";
import { addAccessRoutes } from "./routes/access.ts";
import { addApiRoutes } from "./routes/api.ts";
import { addDeviceReadings } from "./routes/device-readings.ts";
import { addControllerRoutes } from "./routes/controllers.ts";
import { allowOrigins } from "./routes/cors.ts";
import { strangeName } from "./routes/origin.ts";
import { described } from "./routes/describe.ts";
import { addPageRoutes } from "./routes/page.ts";
import { Metrics } from "./metrics/metrics.ts";
import { escaped } from "./page.ts";
import type { RouteParts } from "./routes/parts.ts";
import { addStreamRoutes } from "./routes/streams.ts";
import { addSynseRoutes } from "./routes/synse.ts";
import { addWriteRoutes } from "./routes/writes.ts";
import { addWebSocket } from "./websocket/index.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** When it came, on `Clock.monotonic`. */
    begun: Millis;
  }
}

/** No write is longer than this: it names an action and a value. */
const bodyLimit = 1_048_576;
/** How long a client may take to say what it wants, on a line however slow; looked after every few seconds. */
const requestTimeout = 30_000;
const headersTimeout = 10_000;
const connectionsCheckingInterval = 5_000;
/** How long a connection is kept that asks for nothing more. */
const keepAliveTimeout = 72_000;

/** The HTTP side of a site, ready to listen or to be asked by `inject`. Synse v3 §1, and our own below /api. */
export async function createHttp(parts: RouteParts): Promise<FastifyInstance> {
  const { clock, log } = parts;
  const deps = { now: () => clock.now(), log };
  const { tls, behindProxy, limits = {} } = parts.config.http;
  const app = fastify({
    logger: false,
    bodyLimit,
    requestTimeout,
    keepAliveTimeout,
    http: { headersTimeout, connectionsCheckingInterval },
    ...(tls === undefined ? {} : { serverFactory: secureServer(tls, parts) }),
    ...(behindProxy === undefined ? {} : { trustProxy: inNetworks(behindProxy) }),
    return503OnClosing: false,
    forceCloseConnections: "idle",
    genReqId: requestIds(),
    routerOptions: { maxParamLength: 1024 },
    // Damaged percent signs and the like never reach a route.
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply, deps),
    clientErrorHandler: (error, socket) => answerDamaged(error as NodeJS.ErrnoException, socket, clock),
  });
  limitConnections(app.server, limits, behindProxy ?? [], parts);
  app.setErrorHandler((error, request, reply) => {
    auditFailure(parts.audit, request, error);
    return sendError(error, request, reply, deps);
  });
  app.setNotFoundHandler((request, reply) =>
    sendError(
      new HttpError(404, `there is nothing at ${request.method} ${pathOf(request.url)}`),
      request,
      reply,
      deps,
    ),
  );
  const metrics = parts.config.metrics?.enabled === false ? undefined : new Metrics(parts);
  metrics?.countRequests(app);
  app.decorateRequest("begun", 0);
  const strange = strangeName(parts.config.http, parts.config.access);
  app.addHook("onRequest", (request, reply, done) => {
    request.begun = clock.monotonic();
    reply.header(requestIdHeader, request.id);
    const { headers } = request.raw;
    // What is no content type at all would be refused before any parser is asked.
    if (headers["content-type"] !== undefined) delete headers["content-type"];
    done(strange(headers.host));
  });
  allowOrigins(app, parts.config.http);
  addAccess(app, parts);
  checkBodies(app);
  readAnyBody(app);
  await app.register(swagger, {
    openapi: openapi(parts.version),
    transform: ({ schema, url, route: { method } }) => ({
      schema: described(schema, url, String(method)),
      url,
    }),
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    logLevel: "silent",
    staticCSP:
      "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'",
    theme: { title: escaped(`${parts.config.site.name} · HTTP interface`) },
    // Nobody else is asked whether the description is valid; without the bar, it fits the screen.
    uiConfig: { validatorUrl: null, layout: "BaseLayout", deepLinking: true },
  });
  for (const add of [
    addSynseRoutes,
    addWriteRoutes,
    addApiRoutes,
    addDeviceReadings,
    addControllerRoutes,
    addStreamRoutes,
    addAccessRoutes,
    addWebSocket,
    addPageRoutes,
  ])
    add(app, parts);
  metrics?.routes(app, parts);
  for (const add of parts.more ?? []) add(app, parts);
  app.sockets.watch((answered) => auditEvent(parts.audit, answered));
  await app.ready();
  return app;
}

const secureServer =
  (tls: TlsSection, parts: RouteParts) =>
  (handler: RequestListener): Server => {
    const server = tlsServer(
      tls,
      { headersTimeout, connectionsCheckingInterval, requestTimeout },
      handler,
      parts,
    );
    server.keepAliveTimeout = keepAliveTimeout;
    return server;
  };

const pathOf = (url: string): string => url.split("?")[0] ?? url;

const openapi = (version: string) => ({
  openapi: "3.1.0",
  info: {
    title: "Bothy site",
    description: "Devices of one site: the Synse v3 interface below /v3, our own below /api.",
    version,
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  tags: [
    { name: "synse", description: "As Synse v3 clients know it." },
    { name: "bothy", description: "What Synse does not have: buses, priority arrays, errors." },
    {
      name: "controllers",
      description: "What controls the site: why it does so, and how one has it do something else.",
    },
  ],
});

/**
 * Bodies below /api are checked against their schemas, and so are the names of what a change there is asked for with: one
 * that is misspelt would make it mean more than was meant. Everything else of a schema is documentation: Synse's rules for
 * queries (blank is absent, unknown is ignored) and bodies are not JSON Schema's. No answer is serialised by schema:
 * all are sent as ready text.
 */
function checkBodies(app: FastifyInstance): void {
  const checker = new Checker(false);
  app.setValidatorCompiler(({ schema, method, url, httpPart }) => {
    if (!url.startsWith("/api/")) return () => true;
    if (httpPart === "querystring" && method !== "GET" && method !== "HEAD") return namesOf(schema);
    if (httpPart !== "body") return () => true;
    // Who needs to say nothing may send nothing.
    const { required = [] } = schema as { readonly required?: readonly string[] };
    return (body: unknown) => {
      if ((body === undefined || body === null) && required.length === 0) return true;
      const faults = checker.check(schema, body, []);
      if (faults.length === 0) return true;
      const told = faults.map(({ path, atKey, message, remedy }) => {
        const where = atKey === true || path.length === 0 ? "" : `\`${path.join(".")}\`: `;
        return `${where}${message} (${remedy})`;
      });
      return { error: new BothyError("BAD_INPUT", { source: "the body", fault: told.join("; ") }) };
    };
  });
  // A route that tells of no parameters has none: else its query would not be looked at.
  app.addHook("onRoute", (route) => {
    if (route.url.startsWith("/api/"))
      route.schema = { ...route.schema, querystring: route.schema?.querystring ?? noParameters };
  });
  app.setSerializerCompiler(() => toJson);
}

const noParameters = { type: "object", properties: {} };

/** Only what there is, and is asked of whoever changes something. */
function namesOf(schema: unknown): (query: unknown) => true | { readonly error: BothyError } {
  const names = Object.keys((schema as { readonly properties?: object }).properties ?? {});
  return (query) => {
    const other = Object.keys(query ?? {}).find((name) => !names.includes(name));
    if (other === undefined) return true;
    const fault = `there is no parameter ${JSON.stringify(other.slice(0, 64))} (${names.length === 0 ? "there are none" : `there are: ${names.join(", ")}`})`;
    return { error: new BothyError("BAD_INPUT", { source: "the query", fault }) };
  };
}

/** Nothing that is asked for is as deep; whoever looks into it goes as deep as it is. */
const mostLevels = 64;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

/** Clients send bodies under every content type or none; all are JSON. Synse v3 §1.1. */
function readAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("*", { parseAs: "string" }, (_request, body, done) => {
    if (body.trim() === "") {
      done(null, undefined);
      return;
    }
    try {
      const value: unknown = JSON.parse(body);
      if (isDeeper(value, mostLevels)) {
        done(
          new HttpError(400, `the body: lists and groups are within each other more than ${mostLevels} deep`),
        );
        return;
      }
      done(null, value);
    } catch (error) {
      done(
        new HttpError(400, `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
  });
}

/** The request never became one: too long a header, no HTTP at all. */
function answerDamaged(error: NodeJS.ErrnoException, socket: Socket, clock: Clock): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const body = toJson(
    errorBody(status, `the request is not readable: ${error.code ?? error.message}`, clock.now()),
  );
  const reasons: Readonly<Record<number, string>> = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
  };
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? ""}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  // Whoever does not hang up after that would keep the connection for ever.
  const cancel = clock.at(clock.monotonic() + seconds(2), () => socket.destroy());
  socket.once("close", cancel);
}
