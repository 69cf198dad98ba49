import { outputs } from "../../devices/output.ts";
import { configuredId, type ConfiguredDevice } from "../../plugins/emulator/device-config.ts";
import { transformed } from "../../plugins/emulator/transform.ts";
import type { DeviceEntry, PointEntry, Product } from "../../plugins/modbus/product-schema.ts";
import type { UnitOptions } from "../../plugins/modbus/schema.ts";
import { pick } from "./input.ts";
import { modbusHandlers, ownOutputs, rawRange, registerType } from "./modbus-types.ts";
import { freeName, grouped, nameFrom } from "./names.ts";
import type { Note } from "./note.ts";

/** What devices of the original's Modbus plugin become. */
export interface ModbusParts {
  readonly buses: Readonly<Record<string, object>>;
  readonly devices: readonly (UnitOptions & { readonly bus: string })[];
  readonly products: readonly Product[];
}

/** One register or coil of the old configuration and where it stands. */
interface Register {
  readonly device: ConfiguredDevice;
  readonly bus: string;
  readonly host: string;
  readonly port: number;
  readonly unit: number;
  readonly address: number;
  readonly width: number;
  readonly type: string;
  readonly timeout: string | undefined;
}

/**
 * Units and register maps in place of a device for every register. Devices keep their ids, names, tags and context.
 * Synse v3 §9.1.
 * @param plugin the id of the plugin they hung below
 * @param interval how often they were read, as a duration
 */
export function modbusParts(
  devices: readonly ConfiguredDevice[],
  plugin: string,
  interval: string,
  notes: Note[],
): ModbusParts {
  const registers = devices.flatMap((device) => registerOf(device, notes) ?? []);
  const buses: Record<string, object> = {};
  const units: (UnitOptions & { readonly bus: string })[] = [];
  const products: Product[] = [];
  for (const [bus, onBus] of grouped(registers, ({ bus: name }) => name)) {
    const [first] = onBus;
    if (first === undefined) continue;
    const { host, port, timeout } = first;
    buses[bus] = {
      plugin: "modbus",
      transport: "tcp",
      host,
      port,
      ...(timeout === undefined ? {} : { responseTimeout: timeout }),
      poll: { fast: interval },
    };
    for (const [unit, ofUnit] of grouped(onBus, ({ unit: number }) => number)) {
      const made = unitParts(bus, unit, ofUnit, plugin, notes);
      if (made === undefined) continue;
      units.push(made.unit);
      products.push(made.product);
    }
  }
  return { buses, devices: units, products };
}

const whole = (value: unknown, least: number, most: number): number | undefined => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= least && number <= most
    ? number
    : undefined;
};

function registerOf(device: ConfiguredDevice, notes: Note[]): Register | undefined {
  const { data } = device;
  const lost = (what: string): Register | undefined => {
    notes.push({ where: called(device), what, remedy: "describe it by hand", lost: true });
    return undefined;
  };
  const host = pick(data, "host");
  const port = whole(pick(data, "port"), 1, 65_535);
  if (typeof host !== "string" || host === "" || port === undefined) return lost("has no host and port");
  const unit = whole(pick(data, "slaveId") ?? 0, 0, 255);
  const address = whole(pick(data, "address") ?? 0, 0, 65_535);
  if (unit === undefined || address === undefined) return lost("its slaveId or address is no such number");
  if (pick(data, "slave_id") !== undefined)
    notes.push({
      where: called(device),
      what: "`slave_id` was never looked at; unit 0 was asked",
      remedy: "check which unit it is",
      lost: false,
    });
  const type = pick(data, "type");
  const timeout = pick(data, "timeout");
  return {
    device,
    bus: nameFrom(`modbus-${host}-${port}`),
    host,
    port,
    unit,
    address,
    width: whole(pick(data, "width") ?? 1, 0, 125) ?? 1,
    type: typeof type === "string" ? type : "",
    timeout: typeof timeout === "string" && /^\d+(ms|s|m)$/.test(timeout) ? timeout : undefined,
  };
}

/** How people find a device of the old configuration. */
const called = ({ alias, info, type, path }: ConfiguredDevice): string =>
  `${alias ?? (info === "" ? type : info)} (${path.join(".")})`;

function unitParts(
  bus: string,
  unit: number,
  registers: readonly Register[],
  plugin: string,
  notes: Note[],
): { readonly unit: UnitOptions & { readonly bus: string }; readonly product: Product } | undefined {
  const name = `${bus}-unit-${unit}`;
  const taken = new Set<string>();
  const entries: DeviceEntry[] = [];
  const was: Record<string, { id: string; alias?: string; sortIndex?: number }> = {};
  for (const register of registers) {
    const { device } = register;
    const entry = entryOf(
      register,
      freeName(nameFrom(device.alias ?? `${device.type}-${register.address}`), taken),
      notes,
    );
    if (entry === undefined) continue;
    entries.push(entry);
    was[entry.name] = {
      id: configuredId(plugin, device),
      ...(device.alias === undefined ? {} : { alias: device.alias }),
      ...(device.sortIndex === 0 ? {} : { sortIndex: device.sortIndex }),
    };
  }
  if (entries.length === 0) return undefined;
  if (entries.some(({ actions = [] }) => actions.length > 0))
    notes.push({
      where: name,
      what: "takes no writes yet: they had any action's name and registers as hexadecimal numbers; here they are `write-coil` (true, false) and `write-decimal`",
      remedy: `change what writes, then set \`writable: true\` for ${name}`,
      lost: true,
    });
  return {
    unit: { bus, unit, product: name.toLowerCase(), alias: name, was },
    product: {
      product: name.toLowerCase(),
      title: `Unit ${unit} at ${bus}`,
      manual: "Taken over from the configuration of a Synse Modbus plugin.",
      certainty: "B",
      limits: { maxRegisters: 123 },
      devices: entries,
    },
  };
}

function entryOf(register: Register, name: string, notes: Note[]): DeviceEntry | undefined {
  const { device, address } = register;
  const handler = modbusHandlers.get(device.handler);
  if (handler === undefined) return undefined;
  const coil = handler.table === "coil";
  const typed = coil ? { type: "bit" as const } : registerType(register.type, register.width);
  const where = called(device);
  if (typed === undefined) {
    const what = `nothing here reads the type \`${register.type}\``;
    notes.push({ where, what, remedy: "describe the register by hand", lost: true });
    return undefined;
  }
  const type = typeName(device, notes);
  const { output, factor } = outputOf(device, notes);
  const linear = typed.type === "bit" || typed.type === "string" ? {} : linearOf(device, factor);
  const point: PointEntry = { output, table: handler.table, address, ...typed, ...linear };
  const action = handler.writes ? actionOf(point) : undefined;
  return {
    name,
    type,
    info: device.info === "" ? device.type : device.info,
    ...(device.tags.length === 0 ? {} : { tags: [...device.tags] }),
    ...(Object.keys(device.context).length === 0 ? {} : { context: { ...device.context } }),
    outputs: [point],
    ...(action === undefined ? {} : { actions: [action] }),
  };
}

function typeName({ type, ...device }: ConfiguredDevice, notes: Note[]): string {
  const name =
    type
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]+/g, "-")
      .replace(/^[^a-z0-9]+/, "") || "x";
  if (name !== type)
    notes.push({
      where: called({ type, ...device }),
      what: `its type is ${name} instead of ${type}; its id stays`,
      remedy: "look for it by id, name or the new tag",
      lost: false,
    });
  return name;
}

function outputOf(
  device: ConfiguredDevice,
  notes: Note[],
): { readonly output: string; readonly factor: number } {
  const { output = "" } = device;
  const own = Object.hasOwn(ownOutputs, output) ? ownOutputs[output] : undefined;
  if (own === undefined && outputs.has(output)) return { output, factor: 1 };
  const what = own?.change ?? `there is no output \`${output}\`; readings are of type number without a unit`;
  notes.push({
    where: called(device),
    what,
    remedy: "change whoever looks at the type or unit",
    lost: false,
  });
  return { output: own?.output ?? "number", factor: own?.factor ?? 1 };
}

/** All transforms there are change a number along a straight line. */
function linearOf(
  device: ConfiguredDevice,
  factor: number,
): { readonly scale?: number; readonly offset?: number } {
  const through = (raw: number): number => Number(transformed(raw, device.transforms) ?? raw) * factor;
  const offset = tidy(through(0));
  const scale = tidy(through(1) - through(0));
  return { ...(scale === 1 ? {} : { scale }), ...(offset === 0 ? {} : { offset }) };
}

/** Without the noise of arithmetic in doubles. */
const tidy = (value: number): number => Number(value.toPrecision(12));

function actionOf({
  output,
  table,
  address,
  type,
  scale = 1,
  offset = 0,
}: PointEntry): NonNullable<DeviceEntry["actions"]>[number] | undefined {
  const shows = { output };
  if (type === "bit")
    return { name: "write-coil", table, address, type, shows, states: { 0: "false", 1: "true" } };
  const range = rawRange(type);
  if (range === undefined) return undefined;
  const [one, other] = range.map((raw) => tidy(raw * scale + offset));
  return {
    name: "write-decimal",
    table,
    address,
    type,
    shows,
    min: Math.min(one ?? 0, other ?? 0),
    max: Math.max(one ?? 0, other ?? 0),
    ...(scale === 1 ? {} : { scale }),
    ...(offset === 0 ? {} : { offset }),
  };
}
