/** A span of time in milliseconds; may be fractional. */
export type Millis = number;

/** Calls off something scheduled. Calling it again, or after it ran, does nothing. */
export type Cancel = () => void;

export interface AtOptions {
  /** Run within microseconds of the due time, at the price of a busy processor shortly before it. */
  readonly precise?: boolean;
}

/** Time as a parameter. The simulators own no clock: the real or a virtual one is handed in. */
export interface Clock {
  /** Wall time: milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Time since an arbitrary start; never goes back. */
  monotonic(): Millis;
  /** Runs once when `monotonic()` has reached `due`; never synchronously. */
  at(due: Millis, run: () => void, options?: AtOptions): Cancel;
  /** Resolves when `monotonic()` has reached `due`, or early when `signal` aborts. Never rejects. */
  sleepUntil(due: Millis, signal?: AbortSignal, options?: AtOptions): Promise<void>;
}
