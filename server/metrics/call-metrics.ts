import { Counter, type Registry } from "prom-client";
import { type CallCount, latencyBounds } from "../../plugins/synse/call-counts.ts";
import type { SiteParts } from "../parts.ts";

/** The service all Synse plugins serve. Synse v3 §5. */
const service = "synse.V3Plugin";
const labelNames = ["type", "service", "method", "plugin"];

interface Row {
  readonly count: CallCount;
  readonly labels: Readonly<Record<string, string>>;
}

/** The calls to each plugin that runs by itself, since its connection was opened. */
function rows({ buses }: SiteParts): readonly Row[] {
  return [...buses.values()].flatMap(({ link }) => {
    const { calls } = (link.status().report ?? {}) as { readonly calls?: readonly CallCount[] };
    return (calls ?? []).map((count) => ({
      count,
      labels: { type: count.kind, service, method: count.method, plugin: link.remote?.id ?? "" },
    }));
  });
}

/** Adds what is counted of calls to plugins that run by themselves. Synse v3 §1.9. */
export function countCalls(register: Registry, parts: SiteParts, latencies: readonly string[]): void {
  const counter = (name: string, help: string, of: (count: CallCount) => number): void => {
    new Counter({
      name,
      help,
      labelNames,
      registers: [register],
      collect() {
        this.reset();
        for (const { labels, count } of rows(parts)) this.inc(labels, of(count));
      },
    });
  };
  counter(
    "synse_grpc_message_sent_total",
    "Messages sent to plugins that run by themselves.",
    ({ sent }) => sent,
  );
  counter(
    "synse_grpc_message_received_total",
    "Messages received from plugins that run by themselves.",
    ({ received }) => received,
  );
  for (const name of latencies) register.registerMetric(histogram(name, parts));
}

type Metric = Parameters<Registry["registerMetric"]>[0];

/** A histogram of what was put into its classes elsewhere. */
function histogram(name: string, parts: SiteParts): Metric {
  const help = "Seconds calls to plugins that run by themselves took, streams to their end.";
  const samples = ({ labels, count: { within, seconds, ended } }: Row): readonly object[] => [
    ...latencyBounds.map((le, i) => ({
      labels: { ...labels, le },
      value: within[i] ?? 0,
      metricName: `${name}_bucket`,
    })),
    { labels: { ...labels, le: "+Inf" }, value: ended, metricName: `${name}_bucket` },
    { labels, value: seconds, metricName: `${name}_sum` },
    { labels, value: ended, metricName: `${name}_count` },
  ];
  const get = () =>
    Promise.resolve({
      name,
      help,
      type: "histogram",
      values: rows(parts).flatMap(samples),
      aggregator: "sum",
    });
  return { name, help, get, reset: () => undefined } as unknown as Metric;
}
