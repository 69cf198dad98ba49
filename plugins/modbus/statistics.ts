import type { Millis } from "../../devices/clock.ts";
import type { Device } from "../../devices/device.ts";
import { makeDevice } from "../../devices/make-device.ts";
import { outputNamed } from "../../devices/output.ts";
import type { Value } from "../../devices/reading.ts";
import type { ValueId } from "../../devices/value-id.ts";
import { meta } from "./meta.ts";
import type { ModbusConfig } from "./schema.ts";
import type { BusStats, UnitStats } from "./stats.ts";

/** How often the readings of the bus itself are taken. */
export const statisticsPeriod: Millis = 5000;

/** Counters of a unit that are shown, by the end of their channel. */
const counters: Readonly<Record<string, (unit: UnitStats) => number>> = {
  requests: (unit) => unit.requests,
  answers: (unit) => unit.answers,
  exceptions: (unit) => unit.exceptions,
  timeouts: (unit) => unit.timeouts,
  "late-answers": (unit) => unit.lateAnswers,
  "checksum-errors": (unit) => unit.checksumErrors,
  "damaged-frames": (unit) => unit.wrongSender + unit.shortFrames + unit.longFrames + unit.badFrames,
};

/**
 * The bus as a device: utilisation in percent, requests per second, reads that ended after their deadline, registers
 * whose writes wait because their memory wears out, and for each unit its counters (`<alias>.timeouts`, …) and turnaround (`<alias>`, ms). Called like the bus.
 */
export function busDevice(config: ModbusConfig): Device {
  const units = config.devices.map(({ config: { alias } }) => alias);
  const [count, time] = [outputNamed("count"), outputNamed("milliseconds")];
  const place = { site: config.site, link: config.name, at: [] };
  return makeDevice(meta, place, {
    alias: config.name,
    type: "bus",
    info: `Modbus bus ${config.name}`,
    tags: [...config.site.tags, ...(config.link.config.tags ?? [])],
    context: { bus: config.name, transport: config.link.config.transport },
    outputs: [
      { output: outputNamed("utilisation") },
      { output: outputNamed("rate"), channel: "requests" },
      { output: count, channel: "missed-deadlines" },
      { output: count, channel: "waiting" },
      { output: count, channel: "held-writes" },
      ...units.flatMap((unit) => [
        ...Object.keys(counters).map((name) => ({ output: count, channel: `${unit}.${name}` })),
        { output: time, channel: unit },
      ]),
    ],
  });
}

/** What the statistics were last time, to make rates of counts. */
export interface Before {
  readonly requests: number;
  readonly at: Millis;
}

/** Values of the bus's own device. `undefined`: not known yet. */
export function statisticsOf(
  stats: BusStats,
  units: readonly { readonly unit: number; readonly alias: string }[],
  { missed, heldWrites }: { readonly missed: number; readonly heldWrites: number },
  before: Before,
  now: Millis,
): ReadonlyMap<string, Value | undefined> {
  const span = (now - before.at) / 1000;
  const values = new Map<string, Value | undefined>([
    ["utilisation", stats.utilisation],
    ["rate/requests", span > 0 ? (stats.sentFrames - before.requests) / span : undefined],
    ["count/missed-deadlines", missed],
    ["count/waiting", stats.waiting],
    ["count/held-writes", heldWrites],
  ]);
  for (const { unit, alias } of units) {
    const found = stats.units[unit];
    for (const [name, pick] of Object.entries(counters))
      values.set(`count/${alias}.${name}`, found === undefined ? 0 : pick(found));
    values.set(`milliseconds/${alias}`, found?.turnaround);
  }
  return values;
}

/** The key of a value in `statisticsOf`. */
export const statisticsKey = ({ output, channel }: ValueId): string =>
  channel === undefined ? output : `${output}/${channel}`;
