import { parseDuration } from "../../devices/duration.ts";
import type { Sourced } from "../../devices/plugin.ts";
import { parseTag } from "../../devices/tag.ts";
import { closest, type Complain, meantBy } from "./fault.ts";
import { expandProduct } from "./product.ts";
import type { Product } from "./product-schema.ts";
import {
  type DurationOption,
  durationRanges,
  type LinkOptions,
  type ModbusConfig,
  rangeText,
  span,
  type UnitOptions,
} from "./schema.ts";
import { shippedNames } from "./shipped.ts";

type Durations = Readonly<Partial<Record<DurationOption, string | undefined>>>;

/** What one option of a bus says about another, and what a schema cannot see. */
export function checkLink({ path, config }: Sourced<LinkOptions>, complain: Complain): void {
  if (config.transport === "serial") {
    if (config.path === undefined)
      complain([...path, "path"], "a serial bus needs its port", "add `path`, e.g. /dev/ttyUSB0");
    for (const key of ["host", "port"] as const) {
      if (config[key] !== undefined)
        complain([...path, key], `a serial bus has no ${key}`, "take it away, or change `transport`");
    }
  } else {
    if (config.host === undefined)
      complain([...path, "host"], `${config.transport} needs a host`, "add `host`, a name or an address");
    for (const key of ["path", "rs485", "localEcho"] as const) {
      if (config[key] !== undefined)
        complain(
          [...path, key],
          `${config.transport} has no ${key}`,
          "take it away, or use `transport: serial`",
        );
    }
  }
  if (config.maxInFlight !== undefined && config.maxInFlight > 1 && config.transport !== "tcp")
    complain([...path, "maxInFlight"], "a serial line carries one request at a time", "take it away");
  if (config.transport === "tcp" && config.baudRate !== undefined)
    complain(
      [...path, "baudRate"],
      "Modbus TCP has no baud rate",
      "take it away, or use `transport: rtu-over-tcp`",
    );
  checkDurations(config, path, complain);
  checkDurations(config.poll ?? {}, [...path, "poll"], complain);
  checkDurations(config.rs485 ?? {}, [...path, "rs485"], complain);
  checkTags(config.tags, [...path, "tags"], complain);
}

function checkDurations(options: object, path: Sourced<unknown>["path"], complain: Complain): void {
  for (const [option, range] of Object.entries(durationRanges)) {
    const text = (options as Durations)[option as DurationOption];
    if (text === undefined) continue;
    const value = parseDuration(text);
    const [min, max] = range;
    if (value === undefined)
      complain([...path, option], `${text} is no duration`, "write it like 200ms, 2s or 5m");
    else if (value < span(min) || value > span(max))
      complain([...path, option], `${text} is out of range`, `use ${rangeText(option as DurationOption)}`);
  }
}

function checkTags(
  tags: readonly string[] | undefined,
  path: Sourced<unknown>["path"],
  complain: Complain,
): void {
  for (const [at, tag] of (tags ?? []).entries()) {
    if (parseTag(tag) === undefined)
      complain([...path, at], `"${tag}" is no tag`, "write it as namespace/annotation:label, without spaces");
  }
}

/** Everything about the units of a bus: each for itself, and against each other. */
export function checkUnits(
  config: ModbusConfig,
  find: (product: string) => Product | undefined,
  complain: Complain,
): void {
  const ids = new Map<number, string>();
  const aliases = new Map<string, string>([[config.name, "the bus"]]);
  const known = [...config.products.map(({ config: { product } }) => product), ...shippedNames()];
  for (const { path, config: unit } of config.devices) {
    const holder = ids.get(unit.unit);
    if (holder !== undefined)
      complain(
        [...path, "unit"],
        `${config.name} has two units ${unit.unit}: ${holder} and ${unit.alias}`,
        "give one of them another unit id",
      );
    ids.set(unit.unit, unit.alias);
    checkUnit(unit, path, config.link.config, complain);
    const product = find(unit.product);
    if (product === undefined) {
      const near = meantBy(unit.product, known);
      complain(
        [...path, "product"],
        `there is no product ${unit.product}`,
        near === undefined
          ? `describe it under \`products\`, or take one of ${known.join(", ")}`
          : `did you mean ${near}? Others go under \`products\``,
      );
      continue;
    }
    const names = expandProduct(product).map(({ name }) => name);
    checkNames("only", unit.only ?? [], unit, names, path, complain);
    checkNames("was", Object.keys(unit.was ?? {}), unit, names, path, complain);
    checkNames("deviceTags", Object.keys(unit.deviceTags ?? {}), unit, names, path, complain);
    for (const name of names) {
      const alias = unit.was?.[name]?.alias ?? (name === "" ? unit.alias : `${unit.alias}.${name}`);
      const other = aliases.get(alias);
      if (other !== undefined)
        complain([...path, "alias"], `${other} is called ${alias} too`, "choose another alias");
      aliases.set(alias, `a device of ${unit.alias}`);
    }
  }
}

function checkUnit(
  unit: UnitOptions,
  path: Sourced<unknown>["path"],
  link: LinkOptions,
  complain: Complain,
): void {
  const tcp = link.transport === "tcp";
  if (!tcp && (unit.unit < 1 || unit.unit > 247))
    complain([...path, "unit"], `${unit.unit} is no unit id of a serial line`, "use 1 to 247");
  checkDurations(unit, path, complain);
  checkDurations(unit.poll ?? {}, [...path, "poll"], complain);
  checkTags(unit.tags, [...path, "tags"], complain);
  for (const [name, tags] of Object.entries(unit.deviceTags ?? {}))
    checkTags(tags, [...path, "deviceTags", name], complain);
}

/** Names of devices of a product. */
function checkNames(
  option: "only" | "was" | "deviceTags",
  given: readonly string[],
  unit: UnitOptions,
  names: readonly string[],
  path: Sourced<unknown>["path"],
  complain: Complain,
): void {
  for (const [at, name] of given.entries()) {
    if (!names.includes(name))
      complain(
        [...path, option, option === "only" ? at : name],
        `${unit.product} has no device "${name}"`,
        `did you mean ${closest(name, names)}?`,
      );
  }
}
