import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { AccessSection } from "../access/schema.ts";
import type { HttpSection } from "../config-schema.ts";
import { HttpError } from "../faults.ts";

/**
 * A page of another origin may make a browser on this machine send writes. Browsers always say where such a request
 * comes from; other clients say nothing.
 */
export function foreignWrite(request: FastifyRequest): Error | undefined {
  if (request.method === "GET" || request.method === "HEAD" || !isForeign(request)) return undefined;
  return new HttpError(403, `writes from pages of ${request.headers.origin ?? ""} are not taken`);
}

/** The same for a connection that stays: browsers let pages of every origin open one, and read what comes. */
export const foreignSocket = (request: FastifyRequest): Error | undefined =>
  isForeign(request)
    ? new HttpError(403, `pages of ${request.headers.origin ?? ""} may not open a WebSocket here`)
    : undefined;

function isForeign(request: FastifyRequest): boolean {
  const { origin } = request.headers;
  if (origin === undefined || request.fromNamedOrigin) return false;
  const from = URL.canParse(origin) ? new URL(origin) : undefined;
  return (
    from === undefined ||
    from.host !== request.host ||
    (!isLoopbackName(from.hostname) && isLoopbackSocket(request))
  );
}

const isLoopbackName = (name: string): boolean =>
  name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
const isLoopbackSocket = (request: FastifyRequest): boolean => /^(::1|(::ffff:)?127\.)/.test(request.ip);

/**
 * The names a site is asked under. A page of another origin can have its own name resolve to this machine; the browser
 * then takes the site for part of that page, and lets it read everything. Such a request carries the page's name.
 * @returns what is wrong with a `Host` header; undefined when nothing is
 */
export function strangeName(
  { host, names = [] }: HttpSection,
  access: AccessSection | undefined,
): (asked: string | undefined) => Error | undefined {
  // Where only those may read who say who they are, such a page learns nothing: no browser does that for it.
  const open = access === undefined || access.loopback === true || access.anonymous === "viewer";
  if (!open) return () => undefined;
  const known = new Set(["localhost", host, ...names].map((name) => name.toLowerCase()));
  let good: string | undefined;
  return (asked) => {
    if (asked === undefined || asked === good) return undefined;
    const name = asked
      .replace(/:\d*$/, "")
      .replace(/^\[(.*)\]$/, "$1")
      .toLowerCase();
    if (name !== "" && isIP(name) === 0 && !known.has(name)) {
      return new HttpError(
        403,
        `this site is not known as ${name}; names it is reached by go below http.names`,
      );
    }
    good = asked;
    return undefined;
  };
}
