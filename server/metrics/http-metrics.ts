import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import type { Clock } from "../../devices/clock.ts";
import { Latency } from "../../devices/latency.ts";
import { counted } from "./counted.ts";
import { histogram } from "./histogram.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** To be told of each answer that goes out past the framework; it tells of the others itself. */
    answered?: (request: FastifyRequest, status: number, bytes: number) => void;
  }
}

const labelNames = ["method", "template", "endpoint", "http_code"] as const;

/** What is counted of one route and status. */
interface Row {
  readonly code: number;
  readonly labels: Readonly<Record<(typeof labelNames)[number], string>>;
  readonly latency: Latency;
  requests: number;
  bytes: number;
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
  const rows: Row[] = [];
  const routes = new Map<string, Row[]>();
  const rowOf = ({ method }: FastifyRequest, code: number, url: string): Row => {
    const known = routes.get(url)?.find((row) => row.code === code && row.labels.method === method);
    if (known !== undefined) return known;
    const template = templateOf(url);
    const labels = { method, template, endpoint: template, http_code: String(code) };
    const row = { code, labels, latency: new Latency(), requests: 0, bytes: 0 };
    rows.push(row);
    routes.set(url, [...(routes.get(url) ?? []), row]);
    return row;
  };
  counted(register, {
    name: "synse_http_request_count_total",
    help: "HTTP requests answered.",
    labelNames,
    samples: () => rows.map(({ labels, requests }) => [labels, requests]),
  });
  counted(register, {
    name: "synse_http_response_bytes_total",
    help: "Bytes of HTTP answers whose length was known when they began, without headers.",
    labelNames,
    samples: () => rows.map(({ labels, bytes }) => [labels, bytes]),
  });
  const help = "Seconds from a request to the beginning of its answer.";
  const series = () => rows.map(({ labels, latency }) => ({ labels, durations: latency.durations() }));
  for (const name of latencyNames) register.registerMetric(histogram(name, help, series));
  const answered = (request: FastifyRequest, status: number, bytes: number): void => {
    const { url } = request.routeOptions;
    // What nobody has a route for, and asking for these numbers, is not counted.
    if (url === undefined || url === "/metrics") return;
    const row = rowOf(request, status, url);
    row.requests++;
    row.bytes += bytes;
    row.latency.add(clock.monotonic() - request.begun);
  };
  app.decorate("answered", answered);
  // Not when it has gone out: watching every answer to its end costs as much as making a small one.
  app.addHook("onSend", (request, reply, payload, done) => {
    answered(request, reply.statusCode, Buffer.isBuffer(payload) ? payload.length : 0);
    done(null, payload);
  });
}
