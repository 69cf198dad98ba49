import type { FastifyRequest } from "fastify";
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
