import { collectDefaultMetrics, Registry } from "prom-client";

let made: Registry | undefined;

/** Names that Prometheus' own rules do not allow: gauges that end like counters. */
const misnamed = /^nodejs_active_.*_total$/;

/** What concerns the process as a whole: CPU, memory, garbage collection, lag of the event loop. Made once. */
export function processMetrics(): Registry {
  if (made === undefined) {
    made = new Registry();
    collectDefaultMetrics({ register: made });
    for (const { name } of made.getMetricsAsArray()) if (misnamed.test(name)) made.removeSingleMetric(name);
  }
  return made;
}
