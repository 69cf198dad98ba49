import type { FastifyReply, FastifyRequest } from "fastify";
import { asBothyError, BothyError } from "../devices/errors.ts";
import type { Instant } from "../devices/clock.ts";
import type { Log } from "../devices/plugin.ts";
import { toJson } from "./json.ts";
import { requestIdHeader } from "./request-id.ts";

/** What a client is told when something is wrong; the same shape everywhere. Synse v3 §1.2. */
export interface ErrorBody {
  readonly http_code: number;
  readonly description: string;
  readonly timestamp: string;
  readonly context: string;
  /** Below /api only: the code of docs/errors.md. */
  readonly code?: string;
}

/** Something wrong with a request that says what HTTP should say of it, beyond what `BothyError` does. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, context: string, headers: Readonly<Record<string, string>> = {}) {
    super(context);
    this.name = "HttpError";
    this.status = status;
    this.headers = headers;
  }
}

/** Synse clients compare these texts. */
const descriptions: Readonly<Record<number, string>> = {
  400: "invalid user input",
  401: "not authenticated",
  403: "not allowed",
  404: "resource not found",
  405: "device action not supported",
  408: "the request took too long",
  409: "conflict",
  413: "invalid user input",
  414: "invalid user input",
  429: "too many requests",
  431: "invalid user input",
  500: "error processing the request",
};

/** Seconds are as fine as Synse writes these. */
const wholeSeconds = (at: Instant): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

export function errorBody(status: number, context: string, now: Instant, code?: string): ErrorBody {
  const description =
    descriptions[status] ?? (status < 500 ? "invalid user input" : "error processing the request");
  return {
    http_code: status,
    description,
    timestamp: wholeSeconds(now),
    context,
    ...(code === undefined ? {} : { code }),
  };
}

/** What a thrown error comes to over HTTP. */
interface Outcome {
  readonly status: number;
  readonly context: string;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly unexpected?: boolean;
}

interface FromFastify {
  readonly statusCode?: number;
  readonly validation?: unknown;
  readonly message: string;
}

function outcomeOf(thrown: unknown): Outcome {
  if (thrown instanceof HttpError) {
    const code = thrown.status === 404 ? "NOT_FOUND" : thrown.status === 403 ? "FORBIDDEN" : "BAD_INPUT";
    return { status: thrown.status, context: thrown.message, code, headers: thrown.headers };
  }
  if (!(thrown instanceof BothyError) && thrown instanceof Error) {
    const { statusCode, message } = thrown as FromFastify;
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
      return { status: statusCode, context: message, code: "BAD_INPUT" };
    }
  }
  const error = asBothyError(thrown, "the request");
  return {
    status: error.http,
    context: error.message,
    code: error.code,
    headers: headersOf(error),
    unexpected: error.code === "INTERNAL",
  };
}

/** What HTTP says of some errors besides the status. RFC 9110 §11.6.1 and §10.2.3. */
function headersOf({ code, params }: BothyError): Readonly<Record<string, string>> {
  if (code === "UNAUTHENTICATED") return { "www-authenticate": 'Bearer realm="bothy"' };
  if (code === "TOO_MANY" || code === "UNVERIFIABLE") return { "retry-after": String(params["after"] ?? 5) };
  return {};
}

/** What a request that failed is told, whichever way it came. */
export function toldOf(
  thrown: unknown,
  now: Instant,
  own = false,
): {
  readonly body: ErrorBody;
  readonly headers: Readonly<Record<string, string>>;
  readonly unexpected: boolean;
} {
  const { status, context, code, headers = {}, unexpected = false } = outcomeOf(thrown);
  const body = errorBody(status, context, now, own ? code : undefined);
  const told = unexpected ? { ...body, description: "an unexpected error occurred" } : body;
  return { body: told, headers, unexpected };
}

/** Answers a request that failed. */
export function sendError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: { readonly now: () => Instant; readonly log: Log },
): FastifyReply {
  const { body, headers, unexpected } = toldOf(thrown, deps.now(), isOwn(request.url));
  if (unexpected) {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    const { id, method, url } = request;
    deps.log.error({ request: id, method, url, stack }, `a request failed: ${body.context}`);
  }
  // A path nobody can read fails before any hook.
  reply.header(requestIdHeader, request.id);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  return sendJson(reply.code(body.http_code), body);
}

const isOwn = (url: string): boolean => url === "/api" || url.startsWith("/api/");

/** Synse says `application/json` and nothing more. */
export const sendJson = (reply: FastifyReply, body: unknown): FastifyReply =>
  reply.header("content-type", "application/json").send(Buffer.from(toJson(body)));
