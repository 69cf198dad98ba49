import { BothyError, type ErrorCode } from "../../../devices/errors.ts";
import type { Reason } from "../../../devices/reading.ts";
import { analogValue } from "./analog.ts";
import { crossedSeverity, crossedThresholds } from "./crossing.ts";
import type { DecodeOptions, SensorReading } from "./reading.ts";
import type { Sensor } from "./sensor.ts";
import { severityOf, statesOf } from "./states.ts";

const scanning = 0x40;
const readingUnavailable = 0x20;

/** A sensor that could not be read. */
export const unavailable = (reason: Reason, completion?: number): SensorReading => ({
  unavailable: reason,
  ...(completion === undefined ? {} : { completion }),
  states: [],
  crossed: [],
});

/** A reason in the words of an error. */
export function reasonOf(code: ErrorCode, sensor: Sensor, fault: string): Reason {
  return { code, text: new BothyError(code, { source: sensor.name, fault }).message };
}

/**
 * What Get Sensor Reading answered, behind the completion code. IPMI v2.0 §35.14. Never throws. Missing state bytes are
 * taken for 0 (Dell 2950, Supermicro H8SGL).
 */
export function decodeReading(sensor: Sensor, data: Uint8Array, options: DecodeOptions = {}): SensorReading {
  const [raw, flags, low = 0, high = 0] = data;
  if (raw === undefined || flags === undefined)
    return unavailable(reasonOf("SHORT_FRAME", sensor, `${data.length} bytes of 2 at least`));
  if ((flags & scanning) === 0 && options.ignoreScanning !== true)
    return unavailable(reasonOf("ABSENT", sensor, "scanning is off"));
  if ((flags & readingUnavailable) !== 0)
    return unavailable(reasonOf("ABSENT", sensor, "the reading is unavailable"));
  const reading: Draft = { raw, states: [], crossed: [] };
  addValue(reading, sensor, raw, options);
  if (sensor.class === "threshold") addCrossed(reading, sensor, low, options);
  else addStates(reading, sensor, low | (high << 8));
  return reading;
}

/** Filled in step by step: this runs for every reading of every sensor. */
type Draft = { -readonly [Name in keyof SensorReading]: SensorReading[Name] } & { readonly raw: number };

function addValue(reading: Draft, sensor: Sensor, raw: number, options: DecodeOptions): void {
  const { analog } = sensor;
  if (analog === undefined) return;
  const value = analogValue(analog, raw, options.factors);
  if (value !== undefined) {
    reading.value = value;
    return;
  }
  const missing = analog.isNonLinear && options.factors === undefined;
  const why = missing ? "its reading factors are missing" : `raw byte ${raw} has no finite value`;
  reading.noValue = reasonOf("NOT_A_NUMBER", sensor, why);
}

function addCrossed(reading: Draft, sensor: Sensor, reported: number, options: DecodeOptions): void {
  reading.crossed = crossedThresholds(sensor, reading.raw, reported, options);
  const severity = crossedSeverity(sensor, reading.crossed, options);
  if (severity !== undefined) reading.severity = severity;
}

function addStates(reading: Draft, sensor: Sensor, bits: number): void {
  reading.states = statesOf(sensor, bits & sensor.stateMask);
  const severity = severityOf(sensor, reading.states);
  if (severity !== undefined) reading.severity = severity;
}
