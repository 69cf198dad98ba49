import type { Millis } from "../devices/clock.ts";
import type { ErrorCode } from "../devices/errors.ts";
import type { DeviceId } from "../devices/value-id.ts";

/** One value as a step sees it. */
export interface Sample<T extends number | string = number> {
  readonly quality: "good" | "uncertain";
  readonly value: T;
  /** Since it was true, when the step was due. */
  readonly age: Millis;
  /** What it came from, for people: a device's alias, or `controller economiser`. */
  readonly from: string;
  readonly device?: DeviceId;
  readonly tags: readonly string[];
  /** What the device says with the value: limits of its own, whether one is crossed. */
  readonly context?: Readonly<Record<string, string>>;
}

/** A value that is not there, and why. */
export interface Missing {
  readonly quality: "bad";
  readonly code: ErrorCode;
  readonly text: string;
  readonly from: string;
  readonly device?: DeviceId;
  readonly tags: readonly string[];
}

export type Observation<T extends number | string = number> = Sample<T> | Missing;

/** One thing an output is bound to. */
export interface Applied {
  readonly device: DeviceId;
  readonly name: string;
  readonly tags: readonly string[];
  /** What is in force there; absent when nothing was ever commanded. */
  readonly value?: number | string;
  /** The slot that is in force, see devices/transaction.ts; absent when none is. */
  readonly slot?: number;
  /** Whether this controller put it there. */
  readonly mine: boolean;
}
