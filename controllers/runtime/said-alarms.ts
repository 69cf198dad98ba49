import type { Instant } from "../../devices/clock.ts";
import type { Alarm } from "../contract.ts";

const none: readonly never[] = [];

/** What a controller's last step said is wrong, and when that was. */
export class SaidAlarms {
  #alarms: readonly Alarm[] = none;
  #at: Instant | undefined;
  /** The same while no step is made: then nobody knows whether they still are so. */
  #unsure: readonly Alarm[] | undefined;

  get alarms(): readonly Alarm[] {
    return this.#alarms;
  }

  /** Undefined when no step said anything. */
  get at(): Instant | undefined {
    return this.#at;
  }

  say(alarms: readonly Alarm[], at: Instant | undefined): void {
    this.#alarms = alarms;
    this.#at = at;
    this.#unsure = undefined;
  }

  /** What is told of a step: that of the last one, with its time, when none was made. */
  told(made: boolean): readonly Alarm[] {
    const at = this.#at;
    if (made || at === undefined || this.#alarms.length === 0) return this.#alarms;
    this.#unsure ??= this.#alarms.map((alarm) => ({ ...alarm, asOf: at }));
    return this.#unsure;
  }
}
