import { type Clock, hours, type Instant } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { LinkMemory } from "../../devices/plugin.ts";

/** Writes of a day for a register whose memory wears out, where its product says nothing. */
export const writesPerDay = 10;

const day = hours(24);

/** When a register was written lately, JSON; kept, so that restarts do not wear it out. */
type Written = readonly Instant[];

/** How often each register of a bus that wears out with writing was written within 24 hours. */
export class WriteBudget {
  readonly #memory: LinkMemory;
  readonly #clock: Clock;
  /** Registers whose last write was held back, with their budgets. */
  readonly #held = new Map<string, number>();

  constructor(memory: LinkMemory, clock: Clock) {
    this.#memory = memory;
    this.#clock = clock;
  }

  /** Registers a write was held back from, and that cannot be written yet. */
  get held(): number {
    const now = this.#clock.now();
    for (const [register, most] of this.#held)
      if (this.#recent(register, now).length < most) this.#held.delete(register);
    return this.#held.size;
  }

  /**
   * Counts a write that is about to be sent.
   * @param register where it goes, e.g. `7/holding/259`
   * @param urgent protection wants it: it is counted, and never held back
   * @throws BothyError `TOO_MANY` when the budget is spent: it is to be tried again later
   */
  spend(register: string, most: number, urgent: boolean, source: string): void {
    const now = this.#clock.now();
    const recent = this.#recent(register, now);
    if (!urgent && recent.length >= most) {
      this.#held.set(register, most);
      const next = Math.max(1, Math.ceil(((recent[recent.length - most] ?? now) + day - now) / 60_000));
      const fault = `its memory wears out with writing and takes ${most} a day; the next in ${next} min`;
      throw new BothyError("TOO_MANY", { source: `whoever writes to ${source}`, fault });
    }
    this.#memory.set(`written/${register}`, [...recent, now].slice(-Math.max(1, most)));
  }

  #recent(register: string, now: Instant): Written {
    const kept = this.#memory.get(`written/${register}`);
    if (!Array.isArray(kept)) return [];
    const written = kept.filter((at): at is Instant => typeof at === "number" && Number.isFinite(at));
    const past = written.map((at) => Math.min(at, now));
    // A moment still to come is of a wall clock that was set back since: from now on it was now.
    if (written.some((at) => at > now)) this.#memory.set(`written/${register}`, past);
    return past.filter((at) => now - at < day);
  }
}
