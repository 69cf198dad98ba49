import { asBothyError, BothyError } from "../../../devices/errors.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import type { Factors, RawThresholds } from "../sdr/model.ts";
import { factorsFrom } from "../sdr/sensor-record.ts";
import { type AskOptions, askSensor, enough } from "./ask.ts";
import { decodeReading, unavailable } from "./decode.ts";
import type { DecodeOptions, Hysteresis, SensorReading } from "./reading.ts";
import type { Sensor } from "./sensor.ts";

const getReading = 0x2d;
const getFactors = 0x23;

export interface ReadOptions extends AskOptions {
  /** See `DecodeOptions.ignoreScanning`. */
  readonly ignoreScanning?: boolean;
  /** What the BMC gave, by `sensor.key`; see `DecodeOptions.thresholds`. */
  readonly thresholds?: ReadonlyMap<string, { readonly raw: RawThresholds }>;
  /** What the BMC gave, by `sensor.key`. */
  readonly hysteresis?: ReadonlyMap<string, { readonly raw: Hysteresis }>;
}

/**
 * Asks one sensor. A sensor that is not there, or cannot be read, is a reading that says so.
 * @throws BothyError when nobody answered, or there is no session
 */
export function readSensor(
  requester: Requester,
  sensor: Sensor,
  options: ReadOptions = {},
): Promise<SensorReading> {
  const never = unreadable(sensor);
  if (never !== undefined) {
    const text = `${sensor.name} cannot be read: ${never}`;
    return Promise.resolve(unavailable({ code: "NOT_READABLE", text }));
  }
  return askSensor(requester, sensor, getReading, [], options).then(
    (data) => understood(requester, sensor, data, options),
    refused,
  );
}

/**
 * Asks all at once; the requester orders them. One that fails is a reading that says so.
 * @returns one reading per sensor, in their order
 * @throws BothyError when each of those that can be asked failed because nobody answered, or there is no session
 */
export async function readAll(
  requester: Requester,
  sensors: readonly Sensor[],
  options: ReadOptions = {},
): Promise<readonly SensorReading[]> {
  const asked = sensors.filter((sensor) => unreadable(sensor) === undefined).length;
  const errors: BothyError[] = [];
  const readings = await Promise.all(
    sensors.map((sensor) =>
      readSensor(requester, sensor, options).catch((thrown: unknown) => {
        const error = asBothyError(thrown, sensor.name);
        errors.push(error);
        return unavailable({ code: error.code, text: error.message });
      }),
    ),
  );
  const [first] = errors;
  if (first !== undefined && errors.length === asked) throw first;
  return readings;
}

/** Why a sensor can never be read; undefined when it can. */
export const unreadable = ({ eventOnly, unreachable }: Sensor): string | undefined =>
  eventOnly ? "it only sends events" : unreachable;

/** A completion code or an answer too short is about this sensor alone; everything else is about the BMC. */
function refused(thrown: unknown): SensorReading {
  const completion = completionOf(thrown);
  if (!(thrown instanceof BothyError) || (completion === undefined && thrown.code !== "SHORT_FRAME"))
    throw thrown;
  return unavailable({ code: thrown.code, text: thrown.message }, completion);
}

/** Most sensors need nothing more than their answer. */
function understood(
  requester: Requester,
  sensor: Sensor,
  data: Buffer,
  options: ReadOptions,
): SensorReading | Promise<SensorReading> {
  const decoding = decodingOf(sensor, options);
  const reading = decodeReading(sensor, data, decoding);
  if (sensor.analog?.isNonLinear !== true || reading.raw === undefined) return reading;
  return readFactors(requester, sensor, reading.raw, options).then(
    (factors) => decodeReading(sensor, data, { ...decoding, factors }),
    (thrown: unknown) => {
      const { unavailable: noValue } = refused(thrown);
      return { ...reading, ...(noValue === undefined ? {} : { noValue }) };
    },
  );
}

function decodingOf(sensor: Sensor, options: ReadOptions): DecodeOptions {
  const decoding: { -readonly [Name in keyof DecodeOptions]: DecodeOptions[Name] } = {};
  const thresholds = options.thresholds?.get(sensor.key)?.raw;
  if (thresholds !== undefined) decoding.thresholds = thresholds;
  const hysteresis = options.hysteresis?.get(sensor.key)?.raw;
  if (hysteresis !== undefined) decoding.hysteresis = hysteresis;
  if (options.ignoreScanning !== undefined) decoding.ignoreScanning = options.ignoreScanning;
  return decoding;
}

/** The factors that hold at one raw byte. Get Sensor Reading Factors, IPMI v2.0 §35.5. @throws BothyError */
export async function readFactors(
  requester: Requester,
  sensor: Sensor,
  raw: number,
  options: AskOptions = {},
): Promise<Factors> {
  const data = await askSensor(requester, sensor, getFactors, [raw], options);
  return factorsFrom(enough(sensor, data, 7), 1);
}
