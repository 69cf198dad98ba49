import { createHash } from "node:crypto";
import { type Device, type DeviceOutput, valuesOf } from "../../../devices/device.ts";
import { BothyError, type ErrorCode } from "../../../devices/errors.ts";
import { glob } from "../../../devices/glob.ts";
import { outputNamed } from "../../../devices/output.ts";
import type { Reading, Reason } from "../../../devices/reading.ts";
import { nameOf } from "../../../devices/registry.ts";
import type { ValueId } from "../../../devices/value-id.ts";
import type { BmcSettings } from "../plan.ts";
import { entityName } from "../sensors/names.ts";
import type { SensorReading } from "../sensors/reading.ts";
import type { Sensor } from "../sensors/sensor.ts";
import { bmcDevice, good, slug } from "./part.ts";

/** What a device is called by what it measures; other sensors are called after their type. */
const typesByOutput: Readonly<Record<string, string>> = {
  temperature: "temperature",
  rpm: "fan",
  voltage: "voltage",
  "electric-current": "current",
  watt: "power",
  humidity: "humidity",
  airflow: "airflow",
};

const fanType = 0x04;

function typeOf({ analog, type, typeText, class: kind }: Sensor): string {
  const byOutput = analog === undefined ? undefined : typesByOutput[analog.quantity.output];
  if (byOutput !== undefined) return byOutput;
  if (type === fanType && analog !== undefined) return "fan";
  const text = slug(typeText);
  return text === "" || (text === "temperature" && kind !== "threshold") ? "sensor" : text;
}

/**
 * The device of a sensor. Its id follows from owner, LUN and number, not from its name, which may be had twice, nor from
 * its record, which may be rewritten.
 * @param isAlone whether no other sensor of the BMC has its name: then it is enough
 */
export function sensorDevice(settings: BmcSettings, sensor: Sensor, isAlone: boolean): Device {
  const { name, entityText, typeText, analog, number, owner, channel, lun } = sensor;
  const outputs: DeviceOutput[] =
    analog === undefined ? [] : [{ output: outputNamed(analog.quantity.output) }];
  if (sensor.class !== "threshold") outputs.push({ output: outputNamed("state") });
  const called = isAlone ? name : `${name}-${hex(number)}`;
  const entity = slug(entityName(sensor.entity.id));
  return bmcDevice(settings, ["sensor", owner, channel, lun, number], aliasOf(called, sensor), {
    type: typeOf(sensor),
    info: name,
    tags: [`ipmi/sensor:${slug(typeText) || "other"}`, ...(entity === "" ? [] : [`ipmi/entity:${entity}`])],
    context: {
      sensor: name,
      number: `0x${hex(number)}`,
      entity: entityText,
      ...unitNote(sensor),
    },
    outputs,
    sortIndex: 0,
  });
}

const hex = (number: number): string => number.toString(16).padStart(2, "0");

/** Names of nothing but signs still give an alias. */
const aliasOf = (called: string, { key }: Sensor): string =>
  slug(called) === "" ? `sensor-${createHash("sha1").update(key).digest("hex").slice(0, 6)}` : called;

/** What the BMC measures in, where a value is of another unit, or of none. */
function unitNote({ analog }: Sensor): Readonly<Record<string, string>> {
  if (analog === undefined) return {};
  const { output, factor, offset, unit } = analog.quantity;
  const converted = factor !== 1 || offset !== 0 || outputNamed(output).unit === undefined;
  return converted && unit.name !== "" ? { unit: unit.name } : {};
}

/**
 * What a sensor said, as readings of its device.
 * @param isOff whether the machine is known to be off: most of it cannot be read then, which is no fault
 */
export function sensorReadings(
  device: Device,
  sensor: Sensor,
  said: SensorReading,
  at: number,
  { isOff, limits }: { readonly isOff: boolean; readonly limits: Readonly<Record<string, string>> },
): readonly Reading[] {
  const unavailable = said.unavailable === undefined ? undefined : reasonOf(device, said.unavailable, isOff);
  const context = {
    ...(said.severity === undefined ? {} : { status: said.severity }),
    ...(said.crossed.length === 0 ? {} : { crossed: said.crossed.join(", ") }),
    ...(isOff ? { host: "off" } : {}),
  };
  const raw = said.raw === undefined ? {} : { raw: `0x${hex(said.raw)}` };
  return valuesOf(device).map((id): Reading => {
    if (unavailable !== undefined) return { id, at, quality: "bad", reason: unavailable };
    if (id.output === "state" && sensor.class !== "threshold") return stateReading(id, at, said, context);
    if (said.value !== undefined) return { ...good(id, at, said.value, { ...context, ...limits }), ...raw };
    return { id, at, quality: "bad", reason: said.noValue ?? noNumber(device) };
  });
}

function stateReading(
  id: ValueId,
  at: number,
  { states }: SensorReading,
  context: Readonly<Record<string, string>>,
): Reading {
  const text = states.length === 0 ? "none" : states.map(({ name }) => name).join(", ");
  return good(id, at, text, context);
}

/** Of these the machine is not the reason. */
const silent: ReadonlySet<ErrorCode> = new Set(["NO_ANSWER", "LINE_DOWN", "STOPPED"] satisfies ErrorCode[]);

function reasonOf(device: Device, reason: Reason, isOff: boolean): Reason {
  if (!isOff || silent.has(reason.code)) return reason;
  const { code, message } = new BothyError("ABSENT", { source: nameOf(device), fault: "the host is off" });
  return { code, text: message };
}

function noNumber(device: Device): Reason {
  const { code, message } = new BothyError("ABSENT", { source: nameOf(device), fault: "it gave no number" });
  return { code, text: message };
}

/** The sensors a configuration wants. */
export function chosen(
  sensors: readonly Sensor[],
  { include, exclude }: Pick<BmcSettings, "include" | "exclude">,
): readonly Sensor[] {
  const among = (patterns: readonly string[]): ((name: string) => boolean) => {
    const all = patterns.map((pattern) => glob(pattern, { anyCase: true }));
    return (name) => all.some((fits) => fits(name.trim()));
  };
  const [wanted, unwanted] = [among(include), among(exclude)];
  return sensors.filter(({ name }) => (include.length === 0 || wanted(name)) && !unwanted(name));
}
