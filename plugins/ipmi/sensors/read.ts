import type { Priority } from "../../../devices/plugin.ts";
import type { Requester } from "../contract.ts";
import type { RawThresholds } from "../sdr/model.ts";
import type { DecodeOptions, SensorReading } from "./reading.ts";
import type { Sensor } from "./sensor.ts";

export interface ReadOptions {
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
  readonly ignoreScanning?: boolean;
  /** What Get Sensor Thresholds said, by `sensor.key`. */
  readonly thresholds?: ReadonlyMap<string, RawThresholds>;
}

/** What Get Sensor Reading answered, behind the completion code. IPMI v2.0 §35.14. Never throws. */
export declare function decodeReading(
  sensor: Sensor,
  data: Uint8Array,
  options?: DecodeOptions,
): SensorReading;

/**
 * Asks one sensor. A sensor that is not there, or cannot be read, is a reading that says so.
 * @throws BothyError when nobody answered, or there is no session
 */
export declare function readSensor(
  requester: Requester,
  sensor: Sensor,
  options?: ReadOptions,
): Promise<SensorReading>;

/**
 * Asks all at once; the requester orders them. One that fails is a reading that says so.
 * @returns one reading per sensor, in their order
 * @throws BothyError when there are sensors and each failed because nobody answered, or there is no session
 */
export declare function readAll(
  requester: Requester,
  sensors: readonly Sensor[],
  options?: ReadOptions,
): Promise<readonly SensorReading[]>;
