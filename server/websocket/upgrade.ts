import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { FastifyInstance } from "fastify";

/** A request that asked to become something else, before it did. */
export interface Upgrade {
  readonly wire: Socket;
  /** What the client has sent already. */
  readonly head: Buffer;
  /** Ends HTTP on the wire. */
  readonly leave: () => void;
}

/**
 * Sends requests that ask to become a WebSocket at `path` through the routes like any other: whoever decides who may
 * ask decides about these too. All other requests that ask to become something are answered as they are: several
 * clients ask for HTTP/2 with every first request.
 * @returns what a request came with; undefined for those that asked for no WebSocket
 */
export function routeUpgrades(
  app: FastifyInstance,
  path: string,
): (request: IncomingMessage) => Upgrade | undefined {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  app.server.on("upgrade", (request: IncomingMessage, _duplex: unknown, head: Buffer) => {
    const wire = request.socket;
    if (!asksForSocket(request, path)) {
      asOrdinary(app.server, request, wire, head);
      return;
    }
    // Nobody listens to it until a WebSocket does.
    wire.on("error", () => wire.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(wire);
    response.once("finish", () => {
      response.detachSocket(wire);
      wire.destroySoon();
    });
    upgrades.set(request, { wire, head, leave: () => response.detachSocket(wire) });
    app.routing(request, response);
  });
  return (request) => upgrades.get(request);
}

function asksForSocket({ method, url = "", headers }: IncomingMessage, path: string): boolean {
  const asked = url.split("?")[0];
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    (asked === path || asked === `${path}/`)
  );
}

/** Hands a request back to the server, without its wish: as bytes, since it stopped reading before the body. */
function asOrdinary(server: Server, request: IncomingMessage, wire: Socket, head: Buffer): void {
  const { method = "", url = "", rawHeaders, httpVersion } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = rawHeaders.slice(i, i + 2);
    const kept = name.toLowerCase() === "connection" ? withoutUpgrade(value) : value;
    if (name.toLowerCase() !== "upgrade" && kept !== "") lines.push(`${name}: ${kept}`);
  }
  wire.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit(wire instanceof TLSSocket ? "secureConnection" : "connection", wire);
}

const withoutUpgrade = (connection: string): string =>
  connection
    .split(",")
    .map((token) => token.trim())
    .filter((token) => token.toLowerCase() !== "upgrade")
    .join(", ");
