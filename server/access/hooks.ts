import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import { type Audit, factsOf } from "../audit/audit.ts";
import type { AuditFacts } from "../audit/entry.ts";
import { HttpError } from "../faults.ts";
import type { Access } from "./access.ts";
import { demand, type Permission, type Principal } from "./principal.ts";

/** Who may use a route. */
export interface RouteDecision {
  readonly method: string;
  readonly url: string;
  /** Undefined: anybody. */
  readonly needs: Permission | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; set before any route is asked. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** Who may use the route; `undefined` written out: anybody. Without it, whoever may read. */
    needs?: Permission | undefined;
  }
  interface FastifyInstance {
    /** Every route and who may use it. */
    decisions: readonly RouteDecision[];
  }
}

interface Parts {
  readonly access: Access;
  readonly audit: Audit;
}

/** Has every request said by whom it is, and every route be asked only by those who may. Before any route is added. */
export function addAccess(app: FastifyInstance, parts: Parts): void {
  const decisions: RouteDecision[] = [];
  app.decorate("decisions", decisions);
  app.decorateRequest("principal");
  app.addHook("onRoute", (options) => {
    const { config } = options;
    const needs = config !== undefined && "needs" in config ? config.needs : "read";
    for (const method of [options.method].flat())
      if (!decisions.some((known) => known.method === method && known.url === options.url))
        decisions.push({ method, url: options.url, needs });
    if (needs === undefined) return;
    const before = [options.onRequest ?? []].flat() as onRequestHookHandler[];
    options.onRequest = [demandHook(needs), ...before];
    if (needs === "administer" && [options.method].flat().some(changes))
      options.onResponse = told(parts.audit);
  });
  app.addHook("onRequest", identifyHook(parts.access));
}

const identifyHook =
  (access: Access): onRequestHookHandler =>
  (request, _reply, done) => {
    // Should it fail, this is who was refused.
    if (access.asks)
      request.principal = { name: request.ip, role: "nobody", from: request.ip, request: request.id };
    let found: Principal | Promise<Principal>;
    try {
      found = access.identify(request);
    } catch (error) {
      done(asBothyError(error, "who asks"));
      return;
    }
    if (!(found instanceof Promise)) {
      request.principal = found;
      if (request.raw.headers.upgrade !== undefined) access.stay(request.raw.socket, found);
      done();
      return;
    }
    found.then(
      (by) => {
        request.principal = by;
        if (request.raw.headers.upgrade !== undefined) access.stay(request.raw.socket, by);
        done();
      },
      (error: unknown) => done(asBothyError(error, "who asks")),
    );
  };

const demandHook =
  (needs: Permission): onRequestHookHandler =>
  (request, _reply, done) => {
    try {
      demand(request.principal, needs);
    } catch (error) {
      done(asBothyError(error, "the request"));
      return;
    }
    done();
  };

const changes = (method: string): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);
const pathOf = (url: string): string => (url.split("?")[0] ?? url).slice(0, 300);

/** What was done to the site itself. Writes to devices tell of themselves. */
const told =
  (audit: Audit) =>
  (request: FastifyRequest, reply: { readonly statusCode: number }, done: () => void): void => {
    if (reply.statusCode < 400)
      audit.record({
        ...factsOf(request.principal),
        what: "request",
        route: `${request.method} ${pathOf(request.url)}`,
        ...askedIn(request.body),
        result: "done",
      });
    done();
  };

const mostSaid = 100;

/** What was asked for and why, as far as a line of the log has room for it. */
function askedIn(body: unknown): Pick<AuditFacts, "value" | "why"> {
  if (typeof body !== "object" || body === null) return {};
  const { why, ...rest } = body as Readonly<Record<string, unknown>>;
  const cut = (_key: string, value: unknown): unknown =>
    typeof value === "string" && value.length > mostSaid ? `${value.slice(0, mostSaid)}…` : value;
  const value = JSON.stringify(rest, cut).slice(0, 500);
  return { ...(value === "{}" ? {} : { value }), ...(typeof why === "string" ? { why } : {}) };
}

const isRefusal = (status: number): boolean => status === 401 || status === 403 || status === 429;

/** Tells of a request that was refused, or that wanted to change something and failed. */
export function auditFailure(audit: Audit, request: FastifyRequest, error: unknown): void {
  const status = statusOf(error);
  const code = codeOf(error, status);
  const aimed = changes(request.method) && !request.is404 && !(error instanceof HttpError && status === 405);
  if (!isRefusal(status) && !aimed) return;
  // Damaged requests reach no hook.
  const by = (request.principal as Principal | undefined) ?? {
    name: request.ip,
    role: "nobody",
    from: request.ip,
  };
  const route = `${request.method} ${pathOf(request.url)}`;
  const { message } = error as Error;
  audit.refused(
    { ...factsOf(by), what: "request", route },
    error instanceof BothyError ? error : { code, message },
  );
}

/** The same of what was asked over a connection that stays. */
export function auditEvent(
  audit: Audit,
  { by, event, status, fault }: { by: Principal; event: string | undefined; status: number; fault?: unknown },
): void {
  const aimed = event?.startsWith("request/write") === true && status >= 400;
  if (!isRefusal(status) && !aimed) return;
  const error = fault instanceof BothyError ? fault : { code: codeOf(fault, status), message: String(fault) };
  audit.refused({ ...factsOf(by), what: "request", route: `event ${event ?? "that is none"}` }, error);
}

const codeOf = (error: unknown, status: number): string => {
  if (error instanceof BothyError) return error.code;
  return status === 404 ? "NOT_FOUND" : isRefusal(status) ? "FORBIDDEN" : "BAD_INPUT";
};

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  const { statusCode } = error as { readonly statusCode?: number };
  return !(error instanceof BothyError) && statusCode !== undefined
    ? statusCode
    : asBothyError(error, "").http;
}
