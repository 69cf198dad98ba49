import type { Registry } from "prom-client";
import { type Durations, latencyBounds } from "../../devices/latency.ts";

type Metric = Parameters<Registry["registerMetric"]>[0];
type Labels = Readonly<Record<string, string>>;

/** What one series of a histogram is made of. */
export interface Series {
  readonly labels: Labels;
  readonly durations: Durations;
}

/**
 * A histogram of what was put into its classes elsewhere: its own would be looked up by its labels with every request,
 * which takes as long as answering a small one.
 */
export function histogram(name: string, help: string, series: () => Iterable<Series>): Metric {
  const samples = ({ labels, durations: { within, seconds, count } }: Series): readonly object[] => [
    ...latencyBounds.map((le, i) => ({
      labels: { ...labels, le },
      value: within[i] ?? 0,
      metricName: `${name}_bucket`,
    })),
    { labels: { ...labels, le: "+Inf" }, value: count, metricName: `${name}_bucket` },
    { labels, value: seconds, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
  const get = () =>
    Promise.resolve({
      name,
      help,
      type: "histogram",
      values: [...series()].flatMap(samples),
      aggregator: "sum",
    });
  return { name, help, get, reset: () => undefined } as unknown as Metric;
}
