import type { Instant } from "./clock.ts";
import type { ErrorCode } from "./errors.ts";
import type { ValueId } from "./value-id.ts";

/**
 * What a reading can hold. Numbers are in the unit of the reading's output. Integers beyond ±2^53 are bigint,
 * so that 64-bit counters stay exact. Never NaN or infinite: those are `bad` readings.
 */
export type Value = number | bigint | string | boolean;

/** Why a value is missing or doubtful. */
export interface Reason {
  readonly code: ErrorCode;
  /** For people: what happened, where, and what to look at. */
  readonly text: string;
}

interface Common {
  readonly id: ValueId;
  /** When the value was true: the moment its answer was received, or the attempt failed. */
  readonly at: Instant;
  /** What the equipment sent for it, before scaling: digits of registers or bytes, `0x01f4`, or of a bit, `1`. */
  readonly raw?: string;
  /** More about this reading for people and dashboards, e.g. thresholds. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface GoodReading extends Common {
  readonly quality: "good";
  readonly value: Value;
}
/** There is a value, but it is clamped, out of its declared range, or substituted. */
export interface UncertainReading extends Common {
  readonly quality: "uncertain";
  readonly value: Value;
  readonly reason: Reason;
}
/** There is no value. */
export interface BadReading extends Common {
  readonly quality: "bad";
  readonly reason: Reason;
}

/** One value of one output at one time, with its quality. */
export type Reading = GoodReading | UncertainReading | BadReading;
export type Quality = Reading["quality"];

/** The value of a reading, or undefined when it has none. */
export const valueOf = (reading: Reading | undefined): Value | undefined =>
  reading === undefined || reading.quality === "bad" ? undefined : reading.value;
