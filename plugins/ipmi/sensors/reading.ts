import type { Reason } from "../../../devices/reading.ts";
import type { Factors, RawThresholds, ThresholdName } from "../sdr/model.ts";

export type Severity = "ok" | "non-critical" | "critical" | "non-recoverable";

/** A state a discrete sensor is in. */
export interface State {
  /** 0..14. */
  readonly bit: number;
  /** E.g. `failure predicted`; `state-3` when only the maker knows. */
  readonly name: string;
}

/** What a sensor said. */
export interface SensorReading {
  /** Why there is neither value nor states: then all else is empty. */
  readonly unavailable?: Reason;
  /** The completion code, when that is why. CDh: it only sends events, asking again is no use. */
  readonly completion?: number;
  /** The byte as it came. */
  readonly raw?: number;
  /** In the unit of `sensor.analog.quantity.output`. */
  readonly value?: number;
  /** Why there is no value though the sensor has a number. */
  readonly noValue?: Reason;
  /** Discrete sensors: all states it is in. */
  readonly states: readonly State[];
  /** Threshold sensors: those crossed, from the mildest to the worst. */
  readonly crossed: readonly ThresholdName[];
  /**
   * How bad it is: the worst of the crossed thresholds or of the states. Absent when nothing says so: no thresholds, or
   * states that are neither good nor bad.
   */
  readonly severity?: Severity;
}

/** Raw counts a reading must go back before a crossed threshold is no longer crossed. */
export interface Hysteresis {
  readonly positive: number;
  readonly negative: number;
}

export interface DecodeOptions {
  /** As the BMC gave them; with them crossings are checked. Default: those of the record if they are fixed. */
  readonly thresholds?: RawThresholds;
  /** As the BMC gave it. Default: that of the record. */
  readonly hysteresis?: Hysteresis;
  /** As the BMC gave them for this raw byte; sensors that are not linear have no value without. */
  readonly factors?: Factors;
  /** Believes readings though scanning is said to be off (Dell 2900, R610, HP rx3600). Default false. */
  readonly ignoreScanning?: boolean;
}
