import type { IncomingHttpHeaders } from "node:http";

/**
 * Browsers cannot give a WebSocket a header, only names of subprotocols. One that begins like this is a token; another,
 * `synse`, should go before it, for the server answers with the first.
 */
const bearerProtocol = "bothy.bearer.";

/**
 * The token a request carries. RFC 6750 §2.1; never in the address, where it would be logged and kept.
 * @returns an Error for an `Authorization` that holds none
 */
export function bearerIn(headers: IncomingHttpHeaders): string | Error | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const found = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
    return found ?? new Error("Authorization holds no Bearer token");
  }
  const protocols = headers["sec-websocket-protocol"];
  if (protocols === undefined || headers.upgrade === undefined) return undefined;
  return protocols
    .split(",")
    .map((name) => name.trim())
    .find((name) => name.startsWith(bearerProtocol))
    ?.slice(bearerProtocol.length);
}
