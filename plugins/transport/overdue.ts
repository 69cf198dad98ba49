import type { Cancel, Clock, Millis } from "../../devices/clock.ts";

/** Timers of a program that has nothing else to do are later than that only on a very busy machine. */
const punctual: Millis = 2;
/** How long what waits in the system may take to come in: several turns of the loop, and a thread that reads. */
const catchUp: Millis = 20;
/** A program that is late this often in a row will not get better. */
const mostDelays = 5;

/**
 * Runs `judge` at `due`, to decide that something has not arrived. When this program itself is late (it was busy, or
 * was suspended), what has arrived in time may still wait to be read, because timers go before input: then it is
 * read first.
 * @param due on `Clock.monotonic`
 */
export function atOverdue(clock: Clock, due: Millis, judge: () => void, delays = mostDelays): Cancel {
  let cancel = clock.at(due, () => {
    const now = clock.monotonic();
    if (delays === 0 || now - due <= punctual) judge();
    else cancel = atOverdue(clock, now + catchUp, judge, delays - 1);
  });
  return () => cancel();
}
