import { performance } from "node:perf_hooks";
import { setImmediate as immediate } from "node:timers";

/** A span of time in milliseconds; may be fractional. */
export type Millis = number;

/** A moment on the wall clock: milliseconds since 1970-01-01T00:00:00Z. May step when the clock is set. */
export type Instant = number;

export const millis = (n: number): Millis => n;
export const seconds = (n: number): Millis => n * 1000;
export const minutes = (n: number): Millis => n * 60_000;
export const hours = (n: number): Millis => n * 3_600_000;

/** Calls off something scheduled. Calling it again, or after it ran, does nothing. */
export type Cancel = () => void;

export interface AtOptions {
  /**
   * Run within microseconds of the due time instead of within a timer tick (about 1 ms), at the price of
   * keeping the processor busy for up to 2 ms before it. For gaps on a wire, nothing else.
   */
  readonly precise?: boolean;
}

/** Time as a parameter. Everything that waits or looks at the time is handed one of these. */
export interface Clock {
  /** Wall time, for timestamps people see. */
  now(): Instant;
  /** Time since an arbitrary start; never goes back. For deadlines, ages and durations. */
  monotonic(): Millis;
  /** Runs once when `monotonic()` has reached `due`; never synchronously. */
  at(due: Millis, run: () => void, options?: AtOptions): Cancel;
  /** Resolves when `monotonic()` has reached `due`, or early when `signal` aborts. Never rejects. */
  sleepUntil(due: Millis, signal?: AbortSignal, options?: AtOptions): Promise<void>;
}

/** Resolves after `span`, or early when `signal` aborts. Never rejects. */
export const sleep = (clock: Clock, span: Millis, signal?: AbortSignal): Promise<void> =>
  clock.sleepUntil(clock.monotonic() + span, signal);

/** Runs something once whatever has come in meanwhile was looked at. No time passes for that, so it needs no clock. */
export const soon = (run: () => void): void => {
  immediate(run);
};

/**
 * Runs `work` every `period` until aborted. Deadlines advance from the last deadline, so work does not stretch
 * the period; deadlines that passed during the work are skipped, never caught up.
 * @param period > 0 ms
 * @param missed told how many deadlines were skipped, when any were
 * @throws whatever `work` throws
 */
export async function every(
  clock: Clock,
  period: Millis,
  work: () => Promise<void> | void,
  signal: AbortSignal,
  missed: (count: number) => void = () => undefined,
): Promise<void> {
  let due = clock.monotonic();
  while (!signal.aborted) {
    await work();
    const passed = Math.floor((clock.monotonic() - due) / period);
    if (passed > 0) missed(passed);
    due += period * (passed + 1);
    await clock.sleepUntil(due, signal);
  }
}

/** Implements `sleepUntil` on top of `at`; shared by every clock. */
export function sleepOn(
  clock: Pick<Clock, "at">,
  due: Millis,
  signal?: AbortSignal,
  options?: AtOptions,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.at(due, done, options);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** The longest delay a Node timer takes; longer ones fire at once. */
const longestTimer = 2_147_483_647;
const spinFrom: Millis = 2;

function systemAt(due: Millis, run: () => void, options?: AtOptions): Cancel {
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  const step = (): void => {
    timer = undefined;
    turn = undefined;
    const left = due - performance.now();
    if (left <= 0) run();
    else if (options?.precise === true && left <= spinFrom) turn = immediate(step);
    else arm(left);
  };
  const arm = (left: Millis): void => {
    const ahead = options?.precise === true ? Math.max(1, Math.floor(left - spinFrom)) : Math.ceil(left);
    timer = setTimeout(step, Math.min(Math.max(ahead, 0), longestTimer));
  };
  const left = due - performance.now();
  if (options?.precise === true && left <= spinFrom) turn = immediate(step);
  else arm(left);
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

/** The clock of the machine. The only place that touches `Date.now` and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  at: systemAt,
  sleepUntil: (due, signal, options) => sleepOn(systemClock, due, signal, options),
};
