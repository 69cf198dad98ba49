import type { Registry } from "prom-client";
import type { CallCount } from "../../plugins/synse/call-counts.ts";
import type { SiteParts } from "../parts.ts";
import { counted } from "./counted.ts";
import { histogram } from "./histogram.ts";

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
  counted(register, {
    name: "synse_grpc_message_sent_total",
    help: "Messages sent to plugins that run by themselves.",
    labelNames,
    samples: () => rows(parts).map(({ labels, count }) => [labels, count.sent]),
  });
  counted(register, {
    name: "synse_grpc_message_received_total",
    help: "Messages received from plugins that run by themselves.",
    labelNames,
    samples: () => rows(parts).map(({ labels, count }) => [labels, count.received]),
  });
  const help = "Seconds calls to plugins that run by themselves took, streams to their end.";
  const series = () => rows(parts).map(({ labels, count }) => ({ labels, durations: count.took }));
  for (const name of latencies) register.registerMetric(histogram(name, help, series));
}
