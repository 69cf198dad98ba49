import type { Chassis } from "./chassis.ts";
import type { Host } from "./host.ts";
import type { EventLog } from "./sel.ts";

export interface StateSources {
  readonly chassis: Chassis;
  readonly host: () => Host;
  readonly log: EventLog;
  /** Whether a power supply has voltage at its input, counted from 0. */
  readonly supplied: (supply: number) => boolean;
}

const supply = { present: 0x01, inputLost: 0x08 };
const redundancy = { full: 0x01, lost: 0x02 };
const processorPresent = 0x80;
const acpi = { s0: 0x01, s5: 0x20 };
const logFilled = { full: 0x10, almost: 0x20 };
const almost = 0.75;

/** Finds what tells the states of a discrete sensor, as bits, by the name of its source. */
export function statesOf(sources: StateSources): (source: string) => (() => number) | undefined {
  const { chassis, log, supplied } = sources;
  const single = new Map<string, () => number>([
    ["redundancy", () => (supplied(0) && supplied(1) ? redundancy.full : redundancy.lost)],
    ["intrusion", () => (chassis.open ? 1 : 0)],
    ["acpi", () => (sources.host().powered ? acpi.s0 : acpi.s5)],
    ["log", () => filled(log)],
  ]);
  const numbered = new Map<string, (n: number) => number>([
    ["supply-status", (n) => supply.present | (supplied(n - 1) ? 0 : supply.inputLost)],
    ["cpu-status", () => processorPresent],
    ["drive", (n) => chassis.drives[n] ?? 0],
  ]);
  return (source) => {
    const [, name = "", n = ""] = /^(.*)-(\d+)$/.exec(source) ?? [];
    const tell = numbered.get(name);
    return tell === undefined ? single.get(source) : () => tell(Number(n));
  };
}

function filled({ entries, capacity }: EventLog): number {
  if (entries.length >= capacity) return logFilled.full;
  return entries.length >= almost * capacity ? logFilled.almost : 0;
}
