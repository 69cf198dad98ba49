/**
 * Waits for `promise`, but no longer than until `signal` aborts; what becomes of the promise then is ignored.
 * @throws what `reason` makes, when `signal` aborts first
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(reason());
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * A signal that aborts as soon as one of `signals` does, until `done` is called. `AbortSignal.any` leaves something
 * behind on each of them every time (Node 20), which adds up on one that lives as long as the program.
 */
export function firstOf(...signals: readonly AbortSignal[]): {
  readonly signal: AbortSignal;
  readonly done: () => void;
} {
  const controller = new AbortController();
  const done = (): void => signals.forEach((signal) => signal.removeEventListener("abort", abort));
  const abort = (): void => {
    done();
    controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  };
  if (signals.some(({ aborted }) => aborted)) abort();
  else signals.forEach((signal) => signal.addEventListener("abort", abort, { once: true }));
  return { signal: controller.signal, done };
}

/**
 * Calls `run` once `signal` aborts, or at once when it has, unless `left` has aborted before: then nothing is left behind
 * on `signal`. The option `signal` of `addEventListener` does the same only until garbage is collected while several
 * wait (Node 20).
 */
export function onAbort(signal: AbortSignal, run: () => void, left: AbortSignal): void {
  if (left.aborted) return;
  if (signal.aborted) {
    run();
    return;
  }
  signal.addEventListener("abort", run, { once: true });
  left.addEventListener("abort", () => signal.removeEventListener("abort", run), { once: true });
}
