import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Sockets } from "../websocket/sockets.ts";
import { latencyBounds } from "../../devices/latency.ts";

const labelNames = ["event"] as const;
/** What is no event is counted under one name, however many names are tried. */
const none = "unknown";

/**
 * Counts what is asked over WebSockets, by event. Synse v3 §1.9.
 * @param names of the latency, and of the number of sessions
 */
export function countSockets(
  sockets: Sockets,
  register: Registry,
  names: { readonly latencies: readonly string[]; readonly sessions: readonly string[] },
): void {
  const registers = [register];
  const counter = (name: string, help: string): Counter<"event"> =>
    new Counter({ name, help, labelNames, registers });
  const requests = counter("synse_websocket_request_count_total", "Requests over WebSockets.");
  const asked = counter("synse_websocket_request_bytes_total", "Characters of requests over WebSockets.");
  const answered = counter(
    "synse_websocket_response_bytes_total",
    "Characters of answers over WebSockets, without those of streams.",
  );
  const errors = counter(
    "synse_websocket_error_response_count_total",
    "Requests over WebSockets that were answered with an error.",
  );
  const latencies = names.latencies.map(
    (name) =>
      new Histogram({
        name,
        help: "Seconds from a request over a WebSocket to its answer.",
        labelNames,
        buckets: [...latencyBounds],
        registers,
      }),
  );
  const gauge = (name: string, help: string, of: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(of());
      },
    });
  };
  for (const name of names.sessions) gauge(name, "WebSockets that are open.", () => sockets.counts().sockets);
  gauge("bothy_websocket_streams", "Streams of readings under way.", () => sockets.counts().streams);
  gauge(
    "bothy_websocket_waiting_readings",
    "Readings that wait for slow clients.",
    () => sockets.counts().readings,
  );
  sockets.watch((one) => {
    const event = one.event ?? none;
    requests.inc({ event });
    asked.inc({ event }, one.asked);
    answered.inc({ event }, one.answered);
    if (one.status >= 400) errors.inc({ event });
    for (const latency of latencies) latency.observe({ event }, one.took / 1000);
  });
}
