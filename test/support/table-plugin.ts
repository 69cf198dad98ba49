import { Type } from "typebox";
import type { Instant } from "../../devices/clock.ts";
import { type Action, defaultWriteTimeout, type Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { deviceId } from "../../devices/ids.ts";
import { sitePluginId } from "../../devices/make-device.ts";
import { outputNamed } from "../../devices/output.ts";
import {
  type Command,
  type Connection,
  type LinkConfig,
  type LinkDeps,
  type LinkPlan,
  type Plugin,
  priority,
  type ScanResult,
  type TappedFrame,
} from "../../devices/plugin.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { fullTag, generatedTags } from "../../devices/tag.ts";

/** One device of the table: what it reads, and what it can be told. */
export interface TableDevice {
  readonly alias: string;
  readonly type: string;
  readonly outputs: readonly (readonly [output: string, channel?: string])[];
  readonly actions?: readonly Action[];
  readonly tags?: readonly string[];
  readonly context?: Readonly<Record<string, string>>;
  readonly sortIndex?: number;
}

const meta = {
  maintainer: "bothy",
  name: "table",
  description: "values from a table",
  vcs: "none",
  version: "1.0.0",
};

/** A level from 0 to 100 that shows in `duty`. */
export const speed: Action = {
  name: "speed",
  kind: "level",
  accepts: { kind: "number", min: 0, max: 100, step: 1, unit: "%" },
  shows: { output: "duty" },
  storage: "ram",
};

/** What the hardware behind the plugin holds, by `alias/output[/channel]`. A missing value reads as no answer. */
export class Table {
  readonly values = new Map<string, Value>();
  readonly taps = new Set<(frame: TappedFrame) => void>();
  readonly commands: Command[] = [];
  /** Writes to a device, by alias, are carried out once this resolves. */
  readonly gates = new Map<string, Promise<void>>();
  /** Writes to a device, by alias, fail with this. */
  readonly refusals = new Map<string, Error>();
  /** Ends the connection that is open. */
  cut: () => void = () => undefined;
}

const keyOf = (alias: string, output: string, channel?: string): string =>
  [alias, output, ...(channel === undefined ? [] : [channel])].join("/");

function deviceOf(entry: TableDevice, link: string, site: { readonly id: string }): Device {
  const plugin = sitePluginId(meta, site);
  const id = deviceId(plugin, entry.type, "table", entry.alias);
  return {
    id,
    alias: entry.alias,
    type: entry.type,
    info: `${entry.type} ${entry.alias}`,
    plugin,
    handler: "table",
    link,
    tags: [...(entry.tags ?? []).map((tag) => fullTag(tag)), ...generatedTags(id, entry.type)],
    context: entry.context ?? {},
    outputs: entry.outputs.map(([name, channel]) => ({
      output: outputNamed(name),
      ...(channel === undefined ? {} : { channel }),
    })),
    actions: entry.actions ?? [],
    sortIndex: entry.sortIndex ?? 0,
    writeTimeout: defaultWriteTimeout,
  };
}

function connect(devices: readonly Device[], table: Table, { clock }: LinkDeps): Connection {
  let end: (reason: BothyError | undefined) => void = () => undefined;
  const closed = new Promise<BothyError | undefined>((resolve) => {
    end = resolve;
  });
  table.cut = () => end(new BothyError("LINE_DOWN", { source: "the table", fault: "it was cut" }));
  const readDevice = (device: Device, at: Instant): Reading[] =>
    device.outputs.map(({ output, channel }): Reading => {
      const id = { device: device.id, output: output.name, ...(channel === undefined ? {} : { channel }) };
      const value = table.values.get(keyOf(device.alias ?? "", output.name, channel));
      if (value !== undefined) return { id, at, quality: "good", value };
      return { id, at, quality: "bad", reason: { code: "NO_ANSWER", text: "the table has no value" } };
    });
  return {
    polls: devices
      .filter((device) => device.outputs.length > 0)
      .map((device) => ({
        id: device.id,
        unit: "",
        values: device.outputs.map(({ output, channel }) => ({
          device: device.id,
          output: output.name,
          ...(channel === undefined ? {} : { channel }),
        })),
        period: 1000,
        priority: priority.poll,
      })),
    read: (poll) => {
      const device = devices.find(({ id }) => id === poll.id);
      return Promise.resolve(device === undefined ? [] : readDevice(device, clock.now()));
    },
    write: async (command) => {
      table.commands.push(command);
      const device = devices.find(({ id }) => id === command.device);
      const shows = command.action.shows;
      if (device === undefined) throw new BothyError("NOT_FOUND", { source: command.device });
      await table.gates.get(device.alias ?? "");
      const refusal = table.refusals.get(device.alias ?? "");
      if (refusal !== undefined) throw refusal;
      if (shows !== undefined && command.value !== undefined) {
        table.values.set(keyOf(device.alias ?? "", shows.output, shows.channel), command.value);
      }
      return readDevice(device, clock.now());
    },
    closed,
    close: () => {
      end(undefined);
      return Promise.resolve();
    },
    report: () => ({ kind: "table" }),
    tap: (listener) => {
      table.taps.add(listener);
      return () => table.taps.delete(listener);
    },
    scan: async function* ({ from, to }, signal): AsyncGenerator<ScanResult> {
      for (let address = from; address <= to && !signal.aborted; address++) {
        await Promise.resolve();
        yield { address, answered: address % 2 === 0 };
      }
    },
  };
}

/** A plugin whose hardware is a table in memory; its devices are the configuration's, as they stand. */
export function tablePlugin(table: Table): Plugin<unknown, TableDevice> {
  return {
    name: "table",
    meta,
    schema: { link: Type.Object({}), device: Type.Object({}), product: Type.Object({}) },
    plan: (config: LinkConfig<unknown, TableDevice, unknown>): LinkPlan => {
      const devices = config.devices.map((entry) => deviceOf(entry.config, config.name, config.site));
      return {
        name: config.name,
        devices,
        faults: [],
        open: (deps) => Promise.resolve(connect(devices, table, deps)),
      };
    },
  };
}
