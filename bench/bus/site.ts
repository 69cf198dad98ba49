import { type Clock, seconds } from "../../devices/clock.ts";
import { Link } from "../../devices/link.ts";
import { type LinkPlan, silentLog } from "../../devices/plugin.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import { Writer } from "../../devices/writer.ts";
import { modbus } from "../../plugins/modbus/index.ts";
import type { Product } from "../../plugins/modbus/product-schema.ts";
import { type BenchUnit, units } from "./units.ts";

const path = [] as const;

/** A unit as a register map; the first holding register of each takes writes. */
function product({ kind, maxRegisters, islands }: BenchUnit): Product {
  const outputs = islands.flatMap(({ table, address, width, values }) =>
    Array.from({ length: values }, (_, i) => ({
      output: "number",
      channel: `${table}-${address + i * width}`,
      table,
      address: address + i * width,
      type: width === 1 ? ("uint16" as const) : ("uint32" as const),
      poll: "fast" as const,
    })),
  );
  const writable = islands.find(({ table }) => table === "holding");
  const actions = [writable ?? []].flat().map(({ table, address }) => ({
    name: "set",
    table,
    address,
    type: "uint16" as const,
    min: 0,
    max: 65_535,
    shows: { output: "number", channel: `${table}-${address}` },
  }));
  return {
    product: `bench-${kind}`,
    title: kind,
    manual: "bench/bus/units.ts",
    certainty: "S",
    limits: { maxRegisters, gaps: "unknown" },
    devices: [{ name: "", type: "bench", info: kind, outputs, ...(actions.length > 0 ? { actions } : {}) }],
  };
}

/** The bus as a configuration would describe it, polled as fast as it can be. */
export function benchPlan(port: string, baudRate: number): LinkPlan {
  const kinds = new Map(units.map((unit) => [unit.kind, unit]));
  const plan = modbus.plan({
    site: { id: "bench", tags: [] },
    name: "line",
    link: { path, config: { transport: "serial", path: port, baudRate, poll: { fast: "50ms" } } },
    devices: units.map(({ unit, kind }) => ({
      path,
      config: { unit, product: `bench-${kind}`, alias: `${kind}-${unit}` },
    })),
    products: [...kinds.values()].map((unit) => ({ path, config: product(unit) })),
  });
  if (plan.faults.length > 0) throw new Error(JSON.stringify(plan.faults, null, 2));
  return plan;
}

export interface BenchSite {
  readonly link: Link;
  readonly store: ReadingStore;
  readonly registry: Registry;
  readonly writer: Writer;
  close(): Promise<void>;
}

export function startSite(plan: LinkPlan, clock: Clock): BenchSite {
  const registry = new Registry();
  const store = new ReadingStore({ clock });
  const link = new Link(plan, { clock, log: silentLog, registry, store });
  const writer = new Writer({ clock, log: silentLog, registry, store, links: () => link });
  link.start();
  writer.start();
  return {
    link,
    store,
    registry,
    writer,
    close: async () => {
      writer.stop();
      await link.stop();
    },
  };
}

/** Resolves when `done` says so, looked at after every publication. @throws Error after `limit` ms */
export function until(
  store: ReadingStore,
  clock: Clock,
  done: () => boolean,
  limit = seconds(120),
): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.at(clock.monotonic() + limit, () => {
      stop();
      reject(new Error("the bench did not get on"));
    });
    const stop = store.subscribe(() => {
      if (!done()) return;
      stop();
      cancel();
      resolve();
    });
  });
}
