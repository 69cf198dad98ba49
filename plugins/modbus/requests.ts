import { setMaxListeners } from "node:events";
import type { Clock, Millis } from "../../devices/clock.ts";
import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import type { RequestOptions } from "./contract.ts";
import {
  checkRequest,
  type IdentifyRequest,
  type IdentityObject,
  isRepeatable,
  type Request,
  type Response,
} from "./pdu.ts";

/** How long a unit that said it is busy is left to get on with it. */
export const busyPause: Millis = 50;

/** What went wrong on the wire; trying again can help. */
const wireFaults: readonly ErrorCode[] = [
  "NO_ANSWER",
  "LATE_ANSWER",
  "BAD_CHECKSUM",
  "WRONG_SENDER",
  "SHORT_FRAME",
  "LONG_FRAME",
  "BAD_FRAME",
];

/** Whether a request may be tried again after `error`, and after what pause; undefined: no. */
export function retryPause(request: Request, error: BothyError): Millis | undefined {
  // "Busy" says that nothing was done; "acknowledge" that it will be.
  if (error.code === "BUSY") return busyPause;
  if (!isRepeatable(request)) return undefined;
  if (error.code === "STILL_WORKING") return busyPause;
  return wireFaults.includes(error.code) ? 0 : undefined;
}

/** Asks one thing and gets one answer. */
export type Ask = (request: Request) => Promise<Response>;

/**
 * Checks and asks; an identification is followed up until it is complete (§6.21).
 * @throws BothyError `BAD_FRAME` when a unit never comes to the end of its identification
 */
export async function askAll(request: Request, source: string, ask: Ask): Promise<Response> {
  checkRequest(request);
  if (request.kind !== "identify") return ask(request);
  const objects: IdentityObject[] = [];
  let part: IdentifyRequest = request;
  for (;;) {
    const answer = await ask(part);
    if (answer.kind !== "identity") return answer;
    objects.push(...answer.objects);
    const { next, conformity } = answer;
    if (next === undefined || request.level === 4) return { kind: "identity", conformity, objects };
    if (next <= part.object) {
      throw new BothyError("BAD_FRAME", { source, fault: `object ${next} follows object ${part.object}` });
    }
    part = { ...part, object: next };
  }
}

/** Settles as `work` does, or rejects with `STOPPED` as soon as `signal` aborts; `work` is then on its own. */
export function abortable<T>(work: Promise<T>, { signal, source }: RequestOptions): Promise<T> {
  // One signal serves any number of requests: that is no leak.
  setMaxListeners(0, signal);
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new BothyError("STOPPED", { source }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** The same error, said of `source`. */
export const saidOf = (error: BothyError, source: string): BothyError =>
  new BothyError(error.code, { ...error.params, source }, { cause: error });

const mostSilence: Millis = 30_000;
const mostTimeouts = 3;

/**
 * Notices a socket whose other end has vanished without a word: the system would go on repeating for a quarter of
 * an hour. Told of every timeout and of every byte.
 */
export class SilenceWatch {
  readonly #clock: Clock;
  #heard: Millis;
  #timeouts = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#heard = clock.monotonic();
  }

  heard(): void {
    this.#heard = this.#clock.monotonic();
    this.#timeouts = 0;
  }

  /** @returns whether the socket is better given up */
  timedOut(): boolean {
    this.#timeouts++;
    return this.#timeouts >= mostTimeouts && this.#clock.monotonic() - this.#heard >= mostSilence;
  }
}
