import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { Clock } from "../../devices/clock.ts";
import type { Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Link } from "../../devices/link.ts";
import type { Log, Plugin } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Writer } from "../../devices/writer.ts";
import type { SiteConfig } from "../config-schema.ts";
import { HttpError } from "../faults.ts";
import type { ReadingJson } from "../json.ts";
import { foreignWrite } from "./origin.ts";

/** One bus as routes see it. */
export interface BusPart {
  readonly link: Link;
  readonly plugin: Plugin;
}

export type AddRoutes = (app: FastifyInstance, parts: RouteParts) => void;

/** What routes are made of. */
export interface RouteParts {
  readonly config: SiteConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly json: ReadingJson;
  readonly plugins: readonly Plugin[];
  readonly buses: ReadonlyMap<string, BusPart>;
  /** Aborts when the site stops: streams end. */
  readonly signal: AbortSignal;
  /** Routes of whoever made the site, e.g. the simulator's in a demonstration. */
  readonly more?: readonly AddRoutes[];
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export interface RouteDefinition {
  readonly schema?: FastifySchema;
  readonly handler: Handler;
}

const standardMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] as const;

/**
 * Adds what a path answers to, and a 405 that names those methods for all others. A trailing slash is the same path,
 * unless `slash` is false: then it would be an item without a name.
 */
export function route(
  app: FastifyInstance,
  url: string,
  methods: Readonly<Record<string, RouteDefinition>>,
  slash = true,
): void {
  const taken = Object.keys(methods);
  const allow = standardMethods.filter(
    (name) => taken.includes(name) || (name === "HEAD" && taken.includes("GET")),
  );
  const urls = slash && url !== "/" ? [url, `${url}/`] : [url];
  for (const path of urls) {
    for (const [method, { schema, handler }] of Object.entries(methods)) {
      const shown = path === url ? schema : { ...schema, hide: true };
      app.route({
        method,
        url: path,
        ...(method === "GET" ? {} : { onRequest: refuseForeign }),
        ...(shown === undefined ? {} : { schema: shown }),
        handler,
      });
    }
    app.route({
      method: standardMethods.filter((name) => !allow.includes(name)),
      url: path,
      schema: { hide: true },
      onRequest: (request, _reply, done) =>
        done(new HttpError(405, `${request.method} is not supported here`, { allow: allow.join(", ") })),
      handler: () => undefined,
    });
  }
}

const refuseForeign = (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void =>
  done(foreignWrite(request));

/** A part of the path; empty when it is not there. */
export const param = (request: FastifyRequest, name: string): string =>
  (request.params as Readonly<Record<string, string | undefined>>)[name] ?? "";

/** @throws BothyError `NOT_FOUND`, its text as Synse clients know it */
export function deviceNamed(
  parts: RouteParts,
  name: string,
  context = `plugin not found for device ${name}`,
): Device {
  const device = parts.registry.get(name);
  if (device === undefined) throw new HttpError(404, context);
  return device;
}

/** @throws BothyError `NOT_FOUND` */
export function busNamed(parts: RouteParts, name: string): BusPart {
  const bus = parts.buses.get(name);
  if (bus === undefined) throw new BothyError("NOT_FOUND", { source: `bus ${name}` });
  return bus;
}
