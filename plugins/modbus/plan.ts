import type { Millis } from "../../devices/clock.ts";
import type { Device } from "../../devices/device.ts";
import { makeDevice } from "../../devices/make-device.ts";
import type { Fault } from "../../devices/plugin.ts";
import type { DeviceId, ValueId } from "../../devices/value-id.ts";
import type { BusConfig } from "./contract.ts";
import type { Order } from "./encode.ts";
import { complaints } from "./fault.ts";
import { checkLink, checkUnits } from "./link-check.ts";
import { meta } from "./meta.ts";
import { type DeviceModel, type ModelPoint, modelDevice } from "./model.ts";
import { expandProduct } from "./product.ts";
import { checkProduct, functionsOf } from "./product-check.ts";
import type { Product } from "./product-schema.ts";
import { defaults, type ModbusConfig, span, type UnitOptions } from "./schema.ts";
import { shippedProduct } from "./shipped.ts";
import { busDevice } from "./statistics.ts";

/** A value to read, and what to call it. */
export interface PlannedValue {
  readonly id: ValueId;
  readonly point: ModelPoint;
  /** For messages, e.g. `tray-a.fan-1 rpm`. */
  readonly source: string;
}

export interface PlannedOrder {
  readonly order: Order;
  readonly device: DeviceId;
  readonly shows?: PlannedValue;
  readonly source: string;
}

/** One unit on the bus: how to treat it, what to read, what it can be told. */
export interface UnitPlan {
  readonly unit: number;
  readonly alias: string;
  readonly product: string;
  /** For messages, e.g. `rs485-a unit 3 (tray-a)`. */
  readonly source: string;
  readonly functions: readonly number[];
  readonly maxRegisters: number;
  readonly maxCoils: number;
  readonly gaps: "error" | "zeros" | "unknown";
  /** Least time from an answer to the next request to this unit. */
  readonly pause: Millis;
  readonly timeout?: Millis;
  readonly interFrameDelay?: Millis;
  readonly identity?: NonNullable<Product["identity"]>;
  readonly periods: { readonly fast: Millis; readonly slow: Millis; readonly once: Millis };
  readonly values: readonly PlannedValue[];
  readonly orders: readonly PlannedOrder[];
}

/** Everything a connection needs to know. */
export interface BusPlan {
  readonly bus: BusConfig;
  readonly units: readonly UnitPlan[];
  readonly statistics: Device;
}

/** How often values of the class `once` are read again: settings can be changed at the unit itself. */
export const oncePeriod: Millis = 600_000;

/**
 * Expands the configuration of a bus. Pure but for reading shipped maps.
 *
 * Device ids follow from the site's id, the bus, the unit id, and type and name of the device in its map, and from
 * nothing else: aliases, tags, timeouts and the line's settings may change without changing an id.
 */
export function planBus(config: ModbusConfig): {
  readonly plan: BusPlan;
  readonly devices: readonly Device[];
  readonly faults: readonly Fault[];
} {
  const { faults, complain } = complaints();
  checkLink(config.link, complain);
  for (const { path, config: product } of config.products) {
    for (const fault of checkProduct(product))
      complain([...path, ...fault.path], `${product.product}: ${fault.message}`, fault.remedy);
  }
  const products = new Map(config.products.map(({ config: product }) => [product.product, product]));
  const find = (name: string): Product | undefined => {
    const known = products.get(name) ?? shippedProduct(name);
    if (known !== undefined) products.set(name, known);
    return known;
  };
  checkUnits(config, find, complain);
  const planned = config.devices.flatMap(({ config: unit }) => {
    const product = find(unit.product);
    return product === undefined ? [] : [planUnit(config, unit, product)];
  });
  const statistics = busDevice(config);
  const devices = [statistics, ...planned.flatMap((unit) => unit.devices)];
  return {
    plan: { bus: busConfig(config), units: planned.map(({ plan }) => plan), statistics },
    devices: devices.map((device, index) => ({ ...device, sortIndex: device.sortIndex || index + 1 })),
    faults,
  };
}

/** The client's view of a bus's options. */
export function busConfig({ name, link: { config } }: ModbusConfig): BusConfig {
  const { rs485 } = config;
  const time = (text: string | undefined): Millis | undefined =>
    text === undefined ? undefined : span(text);
  return {
    name,
    transport: config.transport,
    path: config.path,
    baudRate: config.baudRate ?? (config.transport === "serial" ? defaults.baudRate : undefined),
    dataBits: config.dataBits,
    parity: config.parity,
    stopBits: config.stopBits,
    rs485:
      rs485 === undefined
        ? undefined
        : {
            ...rs485,
            delayBeforeSend: time(rs485.delayBeforeSend),
            delayAfterSend: time(rs485.delayAfterSend),
          },
    host: config.host,
    port: config.port,
    responseTimeout: time(config.responseTimeout),
    turnaround: time(config.turnaround),
    retries: config.retries,
    interFrameDelay: time(config.interFrameDelay),
    lateAnswers: time(config.lateAnswers),
    localEcho: config.localEcho,
    maxInFlight: config.maxInFlight,
  };
}

interface PlannedUnit {
  readonly plan: UnitPlan;
  readonly devices: readonly Device[];
}

/** Whether a unit takes writes: not if its papers know none, nor if they are second-hand and nobody vouched. */
const takesWrites = (product: Product, unit: UnitOptions): boolean =>
  product.readOnly !== true &&
  unit.writable !== false &&
  (unit.writable === true || product.certainty === "A" || product.certainty === "S");

function planUnit(config: ModbusConfig, unit: UnitOptions, product: Product): PlannedUnit {
  const models = expandProduct(product, unit.wordOrder)
    .filter(({ name }) => unit.only === undefined || unit.only.includes(name))
    .map((placed) => modelDevice(placed, takesWrites(product, unit)));
  const planned = models.map((model) => ({
    model,
    device: planDevice(config, unit, product, model),
  }));
  const { limits } = product;
  const timeout = unit.responseTimeout ?? limits?.responseTimeout;
  const link = config.link.config;
  const period = (name: "fast" | "slow"): Millis =>
    span(unit.poll?.[name] ?? link.poll?.[name] ?? defaults[name]);
  const plan: UnitPlan = {
    unit: unit.unit,
    alias: unit.alias,
    product: product.product,
    source: `${config.name} unit ${unit.unit} (${unit.alias})`,
    functions: functionsOf(product),
    maxRegisters: limits?.maxRegisters ?? 125,
    maxCoils: limits?.maxCoils ?? 2000,
    gaps: limits?.gaps ?? "unknown",
    pause: span(limits?.gap ?? "0ms"),
    periods: { fast: period("fast"), slow: period("slow"), once: oncePeriod },
    values: planned.flatMap(({ model, device }) => model.points.map((point) => planValue(point, device))),
    orders: planned.flatMap(({ model, device }) =>
      model.orders.map((order) => planOrder(order, model, device)),
    ),
    ...(timeout === undefined ? {} : { timeout: span(timeout) }),
    ...(unit.interFrameDelay === undefined ? {} : { interFrameDelay: span(unit.interFrameDelay) }),
    ...(product.identity === undefined ? {} : { identity: product.identity }),
  };
  return { plan, devices: planned.map(({ device }) => device) };
}

function planValue(point: ModelPoint, device: Device): PlannedValue {
  const { output, channel } = point;
  const name = `${device.alias ?? device.id} ${output.name}`;
  if (channel === undefined) return { id: { device: device.id, output: output.name }, point, source: name };
  return { id: { device: device.id, output: output.name, channel }, point, source: `${name} ${channel}` };
}

function planOrder(order: Order, model: DeviceModel, device: Device): PlannedOrder {
  const source = `${device.alias ?? device.id} ${order.action.name}`;
  const point = model.points.find((candidate) => candidate === order.shows);
  const planned = { order, device: device.id, source };
  return point === undefined ? planned : { ...planned, shows: planValue(point, device) };
}

function planDevice(
  config: ModbusConfig,
  unit: UnitOptions,
  product: Product,
  { placed, points, orders }: DeviceModel,
): Device {
  const place = { site: config.site, link: config.name, at: [unit.unit, placed.name] };
  const named = unit.deviceTags?.[placed.name];
  const own = [config.site.tags, config.link.config.tags, unit.tags, placed.entry.tags, named];
  const about = unit.info ?? product.title;
  const was = unit.was?.[placed.name];
  return makeDevice(meta, place, {
    ...(was === undefined ? {} : { id: was.id }),
    ...(was?.sortIndex === undefined ? {} : { sortIndex: was.sortIndex }),
    alias: was?.alias ?? aliasOf(unit.alias, placed.name),
    type: placed.entry.type,
    info: placed.name === "" ? about : `${placed.info}, ${about}`,
    tags: own.flatMap((tags) => tags ?? []),
    context: {
      ...placed.entry.context,
      ...unit.context,
      product: product.product,
      unit: String(unit.unit),
      bus: config.name,
    },
    outputs: points.map(({ output, channel, context }) => ({
      output,
      ...(channel === undefined ? {} : { channel }),
      ...(context === undefined ? {} : { context }),
    })),
    actions: orders.map(({ action }) => action),
  });
}

/** What people call a device of a unit. */
export const aliasOf = (unit: string, name: string): string => (name === "" ? unit : `${unit}.${name}`);
