import { hex } from "../answer.ts";
import { valueOfRaw } from "../sensors/conversion.ts";
import { sensorTypeName } from "../sensors/names.ts";
import { inOutput } from "../sensors/analog.ts";
import type { Severity } from "../sensors/reading.ts";
import type { Sensor } from "../sensors/sensor.ts";
import { stateName, stateSeverity } from "../sensors/states.ts";
import type { Generator, SelRecord, SensorEvent } from "./record.ts";

/** A value in an event: the raw byte, and what it stands for when the sensor's record is known. */
export interface EventValue {
  readonly raw: number;
  /** In the unit of the sensor's output. */
  readonly value?: number;
  /** E.g. `82 °C`, or the raw byte. */
  readonly text: string;
}

/** An event for people. */
export interface EventText {
  /** The sensor's name, or its type and number when no record describes it. */
  readonly sensor: string;
  /** The record that describes it. */
  readonly found?: Sensor;
  readonly sensorType: string;
  /** What happened: a threshold crossed, a state entered. */
  readonly event: string;
  readonly asserted: boolean;
  /** How bad it is while it lasts; `ok` when it is over; undefined when only the maker knows. */
  readonly severity?: Severity;
  /** What was measured when it happened. */
  readonly trigger?: EventValue;
  /** The threshold that was crossed. */
  readonly threshold?: EventValue;
  /** The state before. */
  readonly previous?: string;
  /** Data bytes that are neither, when there are any: hexadecimal. */
  readonly extra?: string;
  /** All of it in one line, without time and sensor. */
  readonly text: string;
}

/** IPMI v2.0 table 42-2, event type 01h. */
const thresholdEvents = [
  "lower non-critical",
  "lower critical",
  "lower non-recoverable",
  "upper non-critical",
  "upper critical",
  "upper non-recoverable",
] as const;
const thresholdSeverities = ["non-critical", "critical", "non-recoverable"] as const;

/** What an event says. `sensors`: all that are known, to name it and convert its values. */
export function describeEvent(
  event: SensorEvent,
  generator?: Generator,
  sensors: readonly Sensor[] = [],
): EventText {
  const found = findSensor(event, generator, sensors);
  const sensorType = sensorTypeName(event.sensorType);
  const trigger = event.meaning2 === "reading" ? eventValue(event.data[1], found) : undefined;
  const threshold = event.meaning3 === "threshold" ? eventValue(event.data[2], found) : undefined;
  const previous = previousState(event);
  const extra = extraData(event);
  const severity = severityOf(event);
  const name = eventName(event);
  const text = {
    sensor: found?.name ?? `${sensorType} ${hex(event.sensor)}`,
    sensorType,
    event: name,
    asserted: event.asserted,
    text: oneLine(event, name, { trigger, threshold, previous, extra }),
  };
  return {
    ...text,
    ...(found === undefined ? {} : { found }),
    ...(severity === undefined ? {} : { severity }),
    ...(trigger === undefined ? {} : { trigger }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(previous === undefined ? {} : { previous }),
    ...(extra === undefined ? {} : { extra }),
  };
}

/** A record of any kind in one line, without its time. */
export function describeRecord(record: SelRecord, sensors: readonly Sensor[] = []): string {
  switch (record.kind) {
    case "event": {
      const { sensor, text } = describeEvent(record, record.generator, sensors);
      return `${sensor}: ${text}`;
    }
    case "oem-timed":
      return `record ${hex(record.type)} of maker ${record.maker}: ${record.data}`;
    case "oem":
      return `record ${hex(record.type)}: ${record.data}`;
    case "unknown":
      return `record of unknown type ${hex(record.type)}: ${record.data}`;
  }
}

/**
 * The sensor an event is about: by its owner, LUN and number; when the generator is not right (Supermicro H8QME), by its
 * number and type when only one has both.
 */
export function findSensor(
  event: SensorEvent,
  generator: Generator | undefined,
  sensors: readonly Sensor[],
): Sensor | undefined {
  const alike = sensors.filter(({ number, type }) => number === event.sensor && type === event.sensorType);
  if (generator !== undefined) {
    const owner = generator.software ? (generator.address << 1) | 1 : generator.address;
    const exact = alike.filter((one) => one.owner === owner && one.lun === generator.lun);
    if (exact.length > 0) return exact[0];
  }
  return alike.length === 1 ? alike[0] : undefined;
}

function eventName({ eventType, sensorType, offset }: SensorEvent): string {
  const threshold = eventType === 0x01 ? thresholdEvents[offset >> 1] : undefined;
  if (threshold !== undefined) return `${threshold} going ${offset % 2 === 0 ? "low" : "high"}`;
  return stateName({ type: sensorType, eventType }, offset);
}

function severityOf({ asserted, eventType, sensorType, offset }: SensorEvent): Severity | undefined {
  if (eventType !== 0x01) {
    const severity = stateSeverity({ type: sensorType, eventType }, offset);
    return severity === undefined || asserted ? severity : "ok";
  }
  if (offset > 11) return undefined;
  // Lower thresholds are crossed for the worse going low, upper ones going high.
  const worse = offset < 6 ? offset % 2 === 0 : offset % 2 === 1;
  return asserted && worse ? thresholdSeverities[(offset >> 1) % 3] : "ok";
}

function eventValue(raw: number, sensor: Sensor | undefined): EventValue {
  const { analog } = sensor ?? {};
  const own = analog === undefined ? undefined : valueOfRaw(analog, raw);
  if (analog === undefined || own === undefined) return { raw, text: `raw ${raw}` };
  const { quantity } = analog;
  const text = `${Number(own.toPrecision(6))} ${quantity.unit.symbol}`.trim();
  return { raw, value: inOutput(quantity, own), text };
}

/** IPMI v2.0 table 29-6: the state before in bits 3-0, a severity in bits 7-4; Fh for none. */
function previousState({ meaning2, data, eventType, sensorType }: SensorEvent): string | undefined {
  if (meaning2 !== "previous-state") return undefined;
  const offset = data[1] & 0x0f;
  return offset === 0x0f ? undefined : stateName({ type: sensorType, eventType }, offset);
}

function extraData({ meaning2, meaning3, data }: SensorEvent): string | undefined {
  const own = (meaning: string): boolean => meaning === "oem" || meaning === "specific";
  const bytes = [
    ...(own(meaning2) && data[1] !== 0xff ? [data[1]] : []),
    ...(own(meaning3) && data[2] !== 0xff ? [data[2]] : []),
  ];
  return bytes.length === 0 ? undefined : Buffer.from(bytes).toString("hex");
}

interface Told {
  readonly trigger: EventValue | undefined;
  readonly threshold: EventValue | undefined;
  readonly previous: string | undefined;
  readonly extra: string | undefined;
}

function oneLine({ asserted }: SensorEvent, name: string, told: Told): string {
  const { trigger, threshold, previous, extra } = told;
  const parts = [
    asserted ? name : `${name}: over`,
    ...(trigger === undefined ? [] : [`at ${trigger.text}`]),
    ...(threshold === undefined ? [] : [`threshold ${threshold.text}`]),
    ...(previous === undefined ? [] : [`before: ${previous}`]),
    ...(extra === undefined ? [] : [`data ${extra}`]),
  ];
  return parts.join(", ");
}
