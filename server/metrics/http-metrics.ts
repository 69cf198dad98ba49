import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Counter, Histogram, type Registry } from "prom-client";
import type { Clock, Millis } from "../../devices/clock.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** When it came, on `Clock.monotonic`. */
    begun: Millis;
  }
}

/** Seconds; Synse's. Synse v3 §1.9. */
export const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const labelNames = ["method", "template", "endpoint", "http_code"] as const;
type Label = (typeof labelNames)[number];

/** What is counted of one route and status. */
interface Row {
  readonly requests: Counter.Internal;
  readonly bytes: Counter.Internal;
  readonly latencies: readonly Histogram.Internal<Label>[];
}

/** As Synse writes a route: `/v3/read/<device:str>`. */
export const templateOf = (url: string): string => url.replaceAll(/:(\w+)/g, "<$1:str>");

/**
 * Counts requests by route. Synse labels each series with the path and the client's address as well: on a site with a
 * thousand devices that is a series for each. Here `endpoint` is the route too, and there is no address.
 * @param latencyNames the latency is kept under each of these names
 */
export function countRequests(
  app: FastifyInstance,
  register: Registry,
  clock: Clock,
  latencyNames: readonly string[],
): void {
  const registers = [register];
  const requests = new Counter({
    name: "synse_http_request_count_total",
    help: "HTTP requests answered.",
    labelNames,
    registers,
  });
  const bytes = new Counter({
    name: "synse_http_response_bytes_total",
    help: "Bytes of HTTP answers, without headers.",
    labelNames,
    registers,
  });
  const latencies = latencyNames.map(
    (name) =>
      new Histogram({
        name,
        help: "Seconds from a request to the end of its answer.",
        labelNames,
        buckets: latencyBuckets,
        registers,
      }),
  );
  const rows = new Map<string, Row>();
  const rowOf = (request: FastifyRequest, reply: FastifyReply, url: string): Row => {
    const code = reply.raw.statusCode;
    const key = `${request.method} ${code} ${url}`;
    const known = rows.get(key);
    if (known !== undefined) return known;
    const template = templateOf(url);
    const labels = { method: request.method, template, endpoint: template, http_code: String(code) };
    const row = {
      requests: requests.labels(labels),
      bytes: bytes.labels(labels),
      latencies: latencies.map((histogram) => histogram.labels(labels)),
    };
    rows.set(key, row);
    return row;
  };
  app.decorateRequest("begun", 0);
  app.addHook("onRequest", (request, _reply, done) => {
    request.begun = clock.monotonic();
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { url } = request.routeOptions;
    // What nobody has a route for, and asking for these numbers, is not counted.
    if (url !== undefined && url !== "/metrics") {
      const row = rowOf(request, reply, url);
      row.requests.inc();
      row.bytes.inc(Number(reply.raw.getHeader("content-length") ?? 0));
      const took = (clock.monotonic() - request.begun) / 1000;
      for (const latency of row.latencies) latency.observe(took);
    }
    done();
  });
}
