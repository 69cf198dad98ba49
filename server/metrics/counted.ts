import { Counter, type Registry } from "prom-client";

type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** A counter that is looked up when somebody asks, from what is counted elsewhere. */
export function counted(
  register: Registry,
  {
    name,
    help,
    labelNames,
    samples,
  }: {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
    readonly samples: () => Iterable<Sample>;
  },
): void {
  new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [register],
    collect() {
      this.reset();
      for (const [labels, value] of samples()) this.inc(labels, value);
    },
  });
}
