import type { Millis } from "../../devices/clock.ts";
import type { Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { type Command, type Connection, type LinkPlan, type Poll, priority } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { badReading } from "../../devices/store.ts";
import type { ValueId } from "../../devices/value-id.ts";
import { linkName } from "./devices.ts";
import type { BusWatch } from "./score-bus.ts";
import { sensorOf, unitOfAlias } from "./substitutes.ts";
import type { Getter, Values } from "./values.ts";

/** How units answer; asked each time. */
export interface Behaviour {
  /** What a unit fails with now; undefined when it answers. */
  failure(unit: string): BothyError | undefined;
  /** What is shown in place of a value, NaN for none; undefined: the value itself. */
  instead(unit: string, sensor: string): number | undefined;
}

export interface DirectLinkOptions {
  readonly devices: readonly Device[];
  readonly values: Values;
  readonly behaviour: Behaviour;
  /** How often everything is read. */
  readonly poll: Millis;
  /** Told of every request and write. */
  readonly told?: Pick<BusWatch, "asked" | "written">;
}

interface Point {
  readonly id: ValueId;
  readonly get: Getter;
  readonly unit: string;
  readonly sensor: string;
  readonly source: string;
}

/** A link that reads and writes the simulated site without any wire: answers take no time. */
export function directLink(options: DirectLinkOptions): LinkPlan {
  const { devices } = options;
  return {
    name: linkName,
    devices,
    faults: [],
    open: (deps) => Promise.resolve(connect(options, () => deps.clock.now())),
  };
}

function connect(
  { devices, values, behaviour, poll, told }: DirectLinkOptions,
  now: () => number,
): Connection {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const points = devices.flatMap((device) => pointsOf(device, values));
  const units = [...new Set(points.map(({ unit }) => unit))];
  const polled = new Map(units.map((unit) => [unit, points.filter((point) => point.unit === unit)]));
  const polls = units.map((unit): Poll => ({
    id: unit,
    unit,
    values: polled.get(unit)?.map(({ id }) => id) ?? [],
    period: poll,
    priority: priority.poll,
  }));
  let close: (error: BothyError | undefined) => void = () => undefined;
  const closed = new Promise<BothyError | undefined>((resolve) => (close = resolve));
  const ask = (unit: string): void => {
    const failure = behaviour.failure(unit);
    told?.asked(failure === undefined);
    if (failure !== undefined) throw failure;
    values.heard(unit);
  };
  const read = (all: readonly Point[]): readonly Reading[] => {
    const at = now();
    return all.map((point) => readPoint(point, at, behaviour));
  };
  return {
    polls,
    closed,
    read({ unit }) {
      return attempt(() => {
        ask(unit);
        return read(polled.get(unit) ?? []);
      });
    },
    write(command: Command) {
      return attempt(() => {
        const alias = byId.get(command.device)?.alias ?? "";
        const unit = unitOfAlias(alias);
        ask(unit);
        const { value } = command;
        told?.written(`${alias} ${command.action.name}`);
        values.setter(alias, command.action.name)?.(typeof value === "number" ? value : String(value ?? ""));
        return read(points.filter(({ id }) => id.device === command.device));
      });
    },
    close() {
      close(undefined);
      return Promise.resolve();
    },
  };
}

/** A promise of what runs at once. */
function attempt<T>(run: () => T): Promise<T> {
  try {
    return Promise.resolve(run());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

function pointsOf(device: Device, values: Values): readonly Point[] {
  const alias = device.alias ?? device.id;
  const unit = unitOfAlias(alias);
  return device.outputs.flatMap(({ output, channel }) => {
    const get = values.getter(alias, output.name, channel);
    if (get === undefined) return [];
    const id = { device: device.id, output: output.name, ...(channel === undefined ? {} : { channel }) };
    return [{ id, get, unit, sensor: sensorOf(alias, output.name), source: `${alias} ${output.name}` }];
  });
}

function readPoint(point: Point, at: number, behaviour: Behaviour): Reading {
  const { id, get, unit, sensor, source } = point;
  const value = behaviour.instead(unit, sensor) ?? get();
  if (typeof value === "number" && !Number.isFinite(value))
    return badReading(id, at, new BothyError("ABSENT", { source, fault: "simulated" }));
  return { id, at, quality: "good", value };
}
