import type { FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { Type } from "typebox";
import { refusal } from "../access/principal.ts";
import { type AddRoutes, route, type RouteParts } from "../routes/parts.ts";
import * as schemas from "../routes/schemas.ts";
import { countCalls } from "./call-metrics.ts";
import { addFamilies } from "./families.ts";
import { countRequests } from "./http-metrics.ts";
import { countSockets } from "./socket-metrics.ts";
import { processMetrics } from "./process-metrics.ts";

const answersText = schemas.answers(Type.String(), "Text format 0.0.4.");

/** The numbers of one site, as Prometheus reads them. */
export class Metrics {
  readonly #parts: RouteParts;
  readonly #register = new Registry();

  constructor(parts: RouteParts) {
    this.#parts = parts;
    addFamilies(this.#register, parts);
    const synse = parts.config.metrics?.synseNames ?? false;
    countCalls(this.#register, parts, latencyNames("synse_grpc_request_latency", synse));
  }

  /** Prometheus' text format 0.0.4, process metrics included. */
  async text(): Promise<string> {
    return Registry.merge([processMetrics(), this.#register]).metrics();
  }

  /** Counts the requests of an HTTP server, from before anything else looks at them. */
  countRequests(app: FastifyInstance): void {
    const { clock, config } = this.#parts;
    const names = latencyNames("synse_http_request_latency", config.metrics?.synseNames ?? false);
    countRequests(app, this.#register, clock, names);
  }

  readonly routes: AddRoutes = (app) => {
    const synse = this.#parts.config.metrics?.synseNames ?? false;
    countSockets(app.sockets, this.#register, {
      latencies: latencyNames("synse_websocket_request_latency", synse),
      sessions: ["synse_websocket_sessions", ...(synse ? ["synse_websocket_session_count"] : [])],
    });
    route(app, "/metrics", {
      GET: {
        schema: {
          tags: ["bothy"],
          summary: "Numbers of this site and process, as Prometheus reads them.",
          response: answersText,
        },
        handler: async (request, reply) => {
          // They count, and name the buses of, devices that are to such a one as if not there.
          if (request.principal.scope !== undefined)
            throw refusal(request.principal, "see the numbers of the whole site");
          return reply.header("content-type", Registry.PROMETHEUS_CONTENT_TYPE).send(await this.text());
        },
      },
    });
  };
}

/** Seconds are written out, as Prometheus asks; Synse's own short name goes with it where somebody still needs that. */
export const latencyNames = (stem: string, synse: boolean): readonly string[] => [
  `${stem}_seconds`,
  ...(synse ? [`${stem}_sec`] : []),
];
