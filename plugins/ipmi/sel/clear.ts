import { type Clock, type Millis, seconds, sleep } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, atLeast, word } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { getSelInfo, reserveSel } from "./requests.ts";

export interface ClearOptions extends AskOptions {
  readonly clock: Clock;
  /** How long erasing may take. Default 60 s. */
  readonly limit?: Millis;
}

/** IPMI v2.0 §31.9: starts erasing, or asks whether it is done. */
export const encodeClearSel = (reservation: number, start: boolean): IpmiRequest => ({
  netFn: 0x0a,
  command: 0x47,
  data: Uint8Array.of(...word(reservation), ...Buffer.from("CLR"), start ? 0xaa : 0x00),
  ...(start ? { repeatable: false } : {}),
});

/** Whether erasing is done. @throws BothyError `SHORT_FRAME` */
export const decodeClearSel = (data: Buffer, source = "event log"): boolean =>
  (atLeast(data, 1, source, "clearing the event log").readUInt8(0) & 0x0f) === 1;

const interval: Millis = 250;
const defaultLimit = seconds(60);
const lostReservation = 0xc5;
const mostReservations = 5;

/**
 * Erases a log and waits until that is done. Needs operator level. After silence the log is looked at, and not cleared
 * again: events that came meanwhile would be lost.
 * @throws BothyError `WRITE_TIMEOUT`, `OUTCOME_UNKNOWN` when it is not known whether it was begun, `STOPPED`
 */
export async function clearSel(requester: Requester, options: ClearOptions): Promise<void> {
  const before = await getSelInfo(requester, options);
  const deadline = options.clock.monotonic() + (options.limit ?? defaultLimit);
  const begun = await begin(requester, options, before);
  let { reservation } = begun;
  for (let { done } = begun; !done;) {
    if (options.clock.monotonic() >= deadline) {
      const timeout = options.limit ?? defaultLimit;
      throw new BothyError("WRITE_TIMEOUT", { source: `${requester.name}: event log`, timeout });
    }
    await sleep(options.clock, interval, options.signal);
    if (options.signal?.aborted === true) throw new BothyError("STOPPED", { source: requester.name });
    try {
      done = await ask(requester, encodeClearSel(reservation, false), decodeClearSel, options);
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
      if (completionOf(thrown) === lostReservation) reservation = await reserveSel(requester, options);
    }
  }
}

/** Errors of asking whether it is done that go by: taken reservations, an erase that keeps the controller busy. */
const isPassing = (thrown: unknown): boolean =>
  thrown instanceof BothyError && thrown.retry && thrown.code !== "STOPPED";

async function begin(
  requester: Requester,
  options: ClearOptions,
  before: { readonly lastErase: number },
): Promise<{ readonly reservation: number; readonly done: boolean }> {
  for (let tries = 1; ; tries++) {
    const reservation = await reserveSel(requester, options);
    try {
      const done = await ask(requester, encodeClearSel(reservation, true), decodeClearSel, options);
      return { reservation, done };
    } catch (thrown) {
      if (thrown instanceof BothyError && thrown.code === "OUTCOME_UNKNOWN") {
        const now = await getSelInfo(requester, options);
        if (now.entries === 0 || now.lastErase !== before.lastErase) return { reservation, done: true };
        throw thrown;
      }
      if (completionOf(thrown) !== lostReservation || tries >= mostReservations) throw thrown;
    }
  }
}
