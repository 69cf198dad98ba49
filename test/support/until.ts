import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { type Millis, seconds, sleep, systemClock } from "../../devices/clock.ts";

const lookEvery: Millis = 10;
/** Far longer than anything takes that comes true at all. */
const longest: Millis = seconds(60);

/** Waits until it is so, where sockets of this process bring it about while no time passes. */
export async function untilTurned(so: () => boolean): Promise<void> {
  const end = systemClock.monotonic() + longest;
  while (!so()) {
    assert.ok(systemClock.monotonic() < end, `never came true: ${String(so)}`);
    await turn();
  }
}

/** Waits until it is so, where another program or real time brings it about and nobody tells. */
export async function until(so: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = systemClock.monotonic() + longest;
  while (!(await so())) {
    assert.ok(systemClock.monotonic() < end, `never came true: ${what}`);
    await sleep(systemClock, lookEvery);
  }
}
