import type { Clock, Millis } from "../../devices/clock.ts";
import type { Severity } from "../contract.ts";
import { floodStep } from "../library/alarms.ts";

const settings = { most: 10, window: 600 } as const;

/** Whoever reads the log of a site is told of ten alarms within ten minutes; all others only stand. Critical ones always. */
export class AlarmFlood {
  readonly #clock: Clock;
  #lately: readonly number[] = [];
  #looked: Millis;
  #flood = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#looked = clock.monotonic();
  }

  /** @returns whether one that begins now is told; `last`: it is the last one for a while */
  begins(severity: Severity): { readonly told: boolean; readonly last: boolean } {
    const now = this.#clock.monotonic();
    const { told, flood, state } = floodStep(this.#lately, 1, settings, (now - this.#looked) / 1000);
    this.#looked = now;
    this.#lately = state;
    const last = flood && !this.#flood;
    this.#flood = flood;
    return { told: told > 0 || severity === "critical", last };
  }
}
