import type { Alarm } from "../contract.ts";

/** Missed deadlines are told until so many steps in a row were in time. */
const stepsInTime = 10;

/** Deadlines that passed while a step was under way, or while nobody looked. */
export class Lateness {
  #lately = 0;
  missed = 0;

  miss(count: number): void {
    this.missed += count;
    this.#lately = stepsInTime;
  }

  stepped(): void {
    this.#lately = Math.max(0, this.#lately - 1);
  }

  alarms(): readonly Alarm[] {
    if (this.#lately === 0) return [];
    return [{ id: "deadlines", severity: "warning", text: `it misses deadlines, ${this.missed} so far` }];
  }
}
