import { type Clock, type Millis, minutes, seconds } from "./clock.ts";
import { asBothyError, BothyError } from "./errors.ts";
import type { Connection, LinkDeps, LinkPlan, Log } from "./plugin.ts";
import { abortable } from "./wait.ts";

/** An open that has not settled by then never will. */
const openTimeout: Millis = minutes(1);
/** How long a connection gets to close before it is left to itself. */
const closeTimeout: Millis = seconds(5);

/**
 * Opens a connection; one that comes too late is closed again.
 * @throws BothyError `NO_ANSWER` when it takes too long, `STOPPED` when called off, and whatever opening throws
 */
export async function openInTime(plan: LinkPlan, deps: LinkDeps): Promise<Connection> {
  const { clock, signal } = deps;
  const opening = plan.open(deps);
  const overdue = new AbortController();
  const cancel = clock.at(clock.monotonic() + openTimeout, () => overdue.abort());
  try {
    return await abortable(opening, AbortSignal.any([signal, overdue.signal]), () =>
      overdue.signal.aborted
        ? new BothyError("NO_ANSWER", { source: `opening ${plan.name}`, timeout: openTimeout })
        : new BothyError("STOPPED", { source: plan.name }),
    );
  } catch (thrown) {
    opening.then((late) => late.close()).catch(() => undefined);
    throw thrown;
  } finally {
    cancel();
  }
}

/** Closes a connection, or leaves it to itself when that takes too long; says so, and never throws. */
export async function closeInTime(
  connection: Connection,
  name: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const given = new AbortController();
  const cancel = clock.at(clock.monotonic() + closeTimeout, () => given.abort());
  try {
    await abortable(
      connection.close(),
      given.signal,
      () => new BothyError("NO_ANSWER", { source: `closing ${name}`, timeout: closeTimeout }),
    );
  } catch (thrown) {
    log.warn({ link: name }, asBothyError(thrown, `closing ${name}`).message);
  } finally {
    cancel();
  }
}
