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
