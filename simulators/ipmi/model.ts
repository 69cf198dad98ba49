/** Thresholds in the unit of the sensor; absent ones do not exist. */
export interface ThresholdModel {
  readonly lowerNonRecoverable?: number;
  readonly lowerCritical?: number;
  readonly lowerNonCritical?: number;
  readonly upperNonCritical?: number;
  readonly upperCritical?: number;
  readonly upperNonRecoverable?: number;
}

interface SensorBase {
  /** At most 16 characters of ASCII. */
  readonly name: string;
  /** 1..254 */
  readonly number: number;
  /** Entity id and instance. IPMI v2.0 §39.1. */
  readonly entity: readonly [number, number];
  /** IPMI v2.0 table 42-3. */
  readonly type: number;
  /** Which quantity of the server it measures, or which of its states it shows. */
  readonly source: string;
}

export interface AnalogModel extends SensorBase {
  readonly kind: "analog";
  /** IPMI v2.0 table 43-15. */
  readonly unit: number;
  /** y = (m·x + b·10^bExponent)·10^exponent */
  readonly m: number;
  readonly b?: number;
  readonly bExponent?: number;
  readonly exponent?: number;
  /** Raw values are two's complement. */
  readonly signed?: true;
  readonly thresholds?: ThresholdModel;
  /** Raw counts a value has to come back before its threshold is taken for uncrossed. Default 0. */
  readonly hysteresis?: number;
  readonly nominal?: number;
  readonly normalMinimum?: number;
  readonly normalMaximum?: number;
}

export interface DiscreteModel extends SensorBase {
  readonly kind: "discrete";
  /** 6Fh: states of the sensor type; 02h–0Ch: generic ones. */
  readonly eventType: number;
  /** States it can show, as bits. */
  readonly states: number;
  /** Several sensors in one record, their numbers following each other. The name gets a digit behind it. */
  readonly share?: number;
}

export interface EventOnlyModel extends SensorBase {
  readonly kind: "event-only";
  readonly eventType: number;
}

export type SensorModel = AnalogModel | DiscreteModel | EventOnlyModel;

/** Texts of an inventory. */
export interface FruModel {
  readonly name: string;
  readonly entity: readonly [number, number];
  /** Bytes of the device. */
  readonly size: number;
  readonly chassis?: {
    readonly type: number;
    readonly part: string;
    readonly serial: string;
    readonly custom?: readonly string[];
  };
  readonly board?: {
    /** Milliseconds since 1970. */
    readonly made: number;
    readonly maker: string;
    readonly product: string;
    readonly serial: string;
    readonly part: string;
    readonly custom?: readonly string[];
  };
  readonly product?: {
    readonly maker: string;
    readonly name: string;
    readonly part: string;
    readonly version: string;
    readonly serial: string;
    readonly asset: string;
    readonly custom?: readonly string[];
  };
  /** A power supply's record of its own kind. W, V. */
  readonly supply?: { readonly watts: number; readonly lowVolts: number; readonly highVolts: number };
}

/** A family of servers. */
export interface BmcModel {
  readonly name: string;
  readonly deviceId: number;
  readonly revision: number;
  readonly firmware: readonly [number, number];
  readonly manufacturer: number;
  readonly product: number;
  /** Name of the controller in its own repository. */
  readonly controller: string;
  /** Fans inside, processors, power supplies. */
  readonly fans: number;
  readonly processors: number;
  readonly supplies: number;
  readonly sensors: readonly SensorModel[];
  readonly frus: readonly FruModel[];
  /** Records of a maker's own, as they stand behind the record header. */
  readonly oemRecords?: readonly Uint8Array[];
  /** Seconds since 1970 the repository says it was last changed at. */
  readonly repositoryDate: number;
  /** Entries the event log has room for. */
  readonly logCapacity: number;
}

/** The raw value, before any rounding, of a value in the sensor's unit. */
export const toRaw = (model: AnalogModel, value: number): number =>
  (value / 10 ** (model.exponent ?? 0) - (model.b ?? 0) * 10 ** (model.bExponent ?? 0)) / model.m;

/** The value in the sensor's unit. @param raw -128..255 */
export const fromRaw = (model: AnalogModel, raw: number): number =>
  (model.m * raw + (model.b ?? 0) * 10 ** (model.bExponent ?? 0)) * 10 ** (model.exponent ?? 0);

/** The whole raw value nearest to it that the sensor can show. */
export function quantize(model: AnalogModel, value: number): number {
  const [low, high] = model.signed === true ? [-128, 127] : [0, 255];
  return Math.min(high, Math.max(low, Math.round(toRaw(model, value))));
}

/** A sensor's name in faults: `CPU1 Temp` is `cpu1-temp`. */
export const sensorKey = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
