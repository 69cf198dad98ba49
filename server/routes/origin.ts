import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { HttpSection } from "../config-schema.ts";
import { HttpError } from "../faults.ts";

/**
 * A page of another origin may make a browser on this machine send writes. Browsers always say where such a request
 * comes from; other clients say nothing.
 */
export function foreignWrite(request: FastifyRequest): Error | undefined {
  const { origin, host } = request.headers;
  if (origin === undefined || request.method === "GET" || request.method === "HEAD") return undefined;
  const from = URL.canParse(origin) ? new URL(origin) : undefined;
  if (
    from !== undefined &&
    from.host === host &&
    (isLoopbackName(from.hostname) || !isLoopbackSocket(request))
  ) {
    return undefined;
  }
  return new HttpError(403, `writes from pages of ${origin} are not taken`);
}

const isLoopbackName = (name: string): boolean =>
  name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
const isLoopbackSocket = (request: FastifyRequest): boolean => /^(::1|(::ffff:)?127\.)/.test(request.ip);

/**
 * The names a site is asked under. A page of another origin can have its own name resolve to this machine; the browser
 * then takes the site for part of that page, and lets it read everything. Such a request carries the page's name.
 * @returns what is wrong with a `Host` header; undefined when nothing is
 */
export function strangeName({
  host,
  names = [],
  allowInsecure,
}: HttpSection): (asked: string | undefined) => Error | undefined {
  const known = new Set(["localhost", host, ...names].map((name) => name.toLowerCase()));
  let good: string | undefined;
  return (asked) => {
    if (asked === undefined || asked === good || allowInsecure) return undefined;
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
