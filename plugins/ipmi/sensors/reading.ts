import type { Factors, RawThresholds, ThresholdName } from "../sdr/model.ts";
import type { Reason } from "../../../devices/reading.ts";

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
  /** Why there is a raw byte but no value, though there ought to be one. */
  readonly noValue?: Reason;
  /** Discrete sensors: all states it is in. */
  readonly states: readonly State[];
  /** Threshold sensors: those crossed, from the mildest to the worst. */
  readonly crossed: readonly ThresholdName[];
  /** Threshold sensors: the worst of those; other sensors, when their states say it. */
  readonly severity?: Severity;
}

export interface DecodeOptions {
  /** What Get Sensor Thresholds said; with it the crossings are checked. Default: those of the record if they are fixed. */
  readonly thresholds?: RawThresholds;
  /** What Get Sensor Reading Factors said for this raw byte; needed by sensors that are not linear. */
  readonly factors?: Factors;
  /** Believes readings though scanning is said to be off (Dell 2900, R610, HP rx3600). Default false. */
  readonly ignoreScanning?: boolean;
}
