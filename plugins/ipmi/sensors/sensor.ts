import type {
  AnalogFormat,
  Access,
  Entity,
  Factors,
  RawThresholds,
  SdrRecord,
  ThresholdName,
} from "../sdr/model.ts";

/** How a raw byte becomes a number. IPMI v2.0 §36.3. */
export interface Formula {
  readonly format: AnalogFormat;
  /** 0 linear … 11 cube root, 70h and up: factors differ from reading to reading. */
  readonly linearization: number;
  readonly factors: Factors;
}

/** What a sensor's number measures, and how it becomes the value of an output: `value × factor + offset`. */
export interface Quantity {
  /** A name of devices/output.ts; `number` when none fits. */
  readonly output: string;
  readonly factor: number;
  readonly offset: number;
  /** What the BMC gives it in, before the conversion, e.g. `degrees Fahrenheit`, `°F`. Empty for none. */
  readonly unit: { readonly name: string; readonly symbol: string };
}

/** The number of a sensor that has one. */
export interface Analog extends Formula {
  readonly quantity: Quantity;
  /** What one raw count is worth, in the output's unit; undefined when not linear. */
  readonly step?: number;
  /** A larger raw byte is a smaller value: upper thresholds are then the lower values. */
  readonly falling: boolean;
  /** In the output's unit, as far as the record gives them. */
  readonly nominal?: number;
  readonly normalMinimum?: number;
  readonly normalMaximum?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** One sensor, whatever record it came from. Plain data. */
export interface Sensor {
  /** Owner, channel, LUN and number: stays when the repository is rewritten. E.g. `20.0.0.1`, hexadecimal. */
  readonly key: string;
  readonly owner: number;
  readonly channel: number;
  readonly lun: number;
  readonly number: number;
  /** The record it was described by; may change. */
  readonly recordId: number;
  /** With its suffix when the record is shared; never empty. */
  readonly name: string;
  readonly entity: Entity;
  /** E.g. `processor 1`. */
  readonly entityText: string;
  readonly type: number;
  /** E.g. `temperature`. */
  readonly typeText: string;
  readonly eventType: number;
  /** `threshold`: of a number; `discrete`: of states; `oem`: states only its maker can name. */
  readonly class: "threshold" | "discrete" | "oem";
  /** Absent when it has no number. */
  readonly analog?: Analog;
  /** Which states it can show, bit by bit. 0 for thresholds. */
  readonly stateMask: number;
  readonly thresholds: {
    readonly access: Access;
    readonly readable: readonly ThresholdName[];
    readonly settable: readonly ThresholdName[];
    /** Which the BMC compares and reports itself. */
    readonly reported: readonly ThresholdName[];
    /** As in the record; the BMC may have others meanwhile unless `access` is `fixed`. */
    readonly raw: RawThresholds;
  };
  readonly hysteresis: { readonly access: Access; readonly positive: number; readonly negative: number };
  readonly eventControl: "per-state" | "sensor" | "global" | "none";
  /** Which controller to ask, when that is not the BMC. */
  readonly target?: { readonly channel: number; readonly address: number };
  /** Why it is never read: it only sends events, or no controller is behind its owner. */
  readonly unreadable?: string;
}

export interface DescribeOptions {
  /** Takes every owner for the BMC: some firmware writes wrong ones (Fujitsu RX300, HP DL140). Default false. */
  readonly assumeBmc?: boolean;
}

/** All sensors of a repository, in its order; shared records make several. A sensor described twice counts once. */
export declare function describeSensors(
  records: readonly SdrRecord[],
  options?: DescribeOptions,
): readonly Sensor[];
