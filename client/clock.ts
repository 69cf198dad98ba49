/** Calls off something scheduled. Calling it again, or after it ran, does nothing. */
export type Cancel = () => void;

/**
 * Time as a parameter: everything here that waits is handed one of these. Spans and moments are in milliseconds. A
 * program that has a clock of its own, or a test, hands it in; the default is the machine's.
 */
export interface Clock {
  /** Wall time since 1970-01-01T00:00:00Z, for what people see. */
  now(): number;
  /** Time since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Runs once when `monotonic()` has reached `due`; never synchronously. */
  at(due: number, run: () => void): Cancel;
}

/** The longest delay timers take; longer ones fire at once. */
const longestTimer = 2_147_483_647;

/** The clock of the machine: the only place here that touches timers. In Node its timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  at: (due, run) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const step = (): void => {
      const left = due - performance.now();
      if (left <= 0 && timer !== undefined) run();
      else timer = setTimeout(step, Math.min(Math.max(Math.ceil(left), 0), longestTimer));
    };
    step();
    return () => clearTimeout(timer);
  },
};

/** What is to be done within some time, or until somebody no longer wants it. */
export interface Deadline {
  /** Aborts with the reason given to `deadline`, or with that of the signal handed in. */
  readonly signal: AbortSignal;
  /** Gives the time anew, from now on. */
  extend(): void;
  /** There is no more hurry: only the signal handed in still counts. */
  lift(): void;
  /** To be called at the end, however it ends: nothing is left behind on the signal handed in. */
  done(): void;
}

/**
 * @param span in ms; `Infinity` is no limit
 * @param reason made when the time is over, and what the signal then aborts with
 */
export function deadline(
  clock: Clock,
  span: number,
  reason: () => Error,
  outer: AbortSignal | undefined,
): Deadline {
  const controller = new AbortController();
  const passOn = (): void => controller.abort(outer?.reason);
  const arm = (): Cancel =>
    Number.isFinite(span)
      ? clock.at(clock.monotonic() + span, () => controller.abort(reason()))
      : () => undefined;
  let cancel = arm();
  if (outer?.aborted === true) passOn();
  outer?.addEventListener("abort", passOn, { once: true });
  return {
    signal: controller.signal,
    extend: () => {
      cancel();
      cancel = arm();
    },
    lift: () => cancel(),
    done: () => {
      cancel();
      outer?.removeEventListener("abort", passOn);
    },
  };
}

/** Resolves after `span` ms. @throws the signal's reason when it aborts before */
export function pause(clock: Clock, span: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.at(clock.monotonic() + span, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
