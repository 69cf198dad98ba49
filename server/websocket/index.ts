import type { FastifyInstance } from "fastify";
import { HttpError } from "../faults.ts";
import { type AddRoutes, route, type RouteParts } from "../routes/parts.ts";
import { foreignSocket } from "../routes/origin.ts";
import * as schemas from "../routes/schemas.ts";
import { type SocketLimits, socketLimits } from "./limits.ts";
import { Sockets } from "./sockets.ts";
import { routeUpgrades } from "./upgrade.ts";

declare module "fastify" {
  interface FastifyInstance {
    sockets: Sockets;
  }
}

const path = "/v3/connect";

/** The WebSocket of Synse clients, and `app.sockets`, which knows them all. Synse v3 §2. */
export const addWebSocket: AddRoutes = (app, parts) => addSockets(app, parts, parts.sockets ?? socketLimits);

/** The same within other limits. */
export function addSockets(app: FastifyInstance, parts: RouteParts, limits: SocketLimits): void {
  const sockets = new Sockets(parts, limits);
  app.decorate("sockets", sockets);
  const upgradeOf = routeUpgrades(app, path);
  const { "4xx": refused, "5xx": full } = schemas.answers(schemas.texts, "");
  route(app, path, {
    GET: {
      schema: {
        tags: ["synse"],
        summary: "A WebSocket: what is below `/v3`, as events, and streams of readings.",
        response: { 101: { description: "It is open." }, "4xx": refused, "5xx": full },
      },
      handler: (request, reply) => {
        const upgrade = upgradeOf(request.raw);
        if (upgrade === undefined)
          throw new HttpError(400, `${path} is a WebSocket; a request must ask to become one`);
        const foreign = foreignSocket(request);
        if (foreign !== undefined) throw foreign;
        sockets.check(request.raw);
        reply.hijack();
        sockets.accept(request.raw, upgrade, request.principal);
        return reply;
      },
    },
  });
  endWith(app, parts.signal, () => sockets.end());
}

/** Ends sockets when the site stops, or only its HTTP side does: it waits for them. */
function endWith(app: FastifyInstance, signal: AbortSignal, end: () => void): void {
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  app.addHook("preClose", (done) => {
    signal.removeEventListener("abort", end);
    end();
    done();
  });
}
