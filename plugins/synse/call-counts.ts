import type { Millis } from "../../devices/clock.ts";

/** Upper ends of the classes durations fall into, in seconds; what takes longer is only in the count. Synse v3 §1.9. */
export const latencyBounds = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;

export type CallKind = "unary" | "server_streaming";

/** What was counted of one method. Plain JSON. */
export interface CallCount {
  readonly method: string;
  readonly kind: CallKind;
  /** Messages sent: one for each call. */
  readonly sent: number;
  readonly received: number;
  /** Calls that ended, well or not. */
  readonly ended: number;
  /** How many of those took no longer than each of `latencyBounds`. */
  readonly within: readonly number[];
  /** How long they took together, in seconds. */
  readonly seconds: number;
}

/** Counts the calls to one plugin. */
export class CallCounts {
  readonly #methods = new Map<string, { -readonly [Key in keyof CallCount]: CallCount[Key] }>();

  sent(method: string, kind: CallKind): void {
    const known = this.#methods.get(method);
    if (known !== undefined) known.sent++;
    else {
      const within = latencyBounds.map(() => 0);
      this.#methods.set(method, { method, kind, sent: 1, received: 0, ended: 0, within, seconds: 0 });
    }
  }

  received(method: string): void {
    const known = this.#methods.get(method);
    if (known !== undefined) known.received++;
  }

  ended(method: string, took: Millis): void {
    const known = this.#methods.get(method);
    if (known === undefined) return;
    const seconds = took / 1000;
    known.ended++;
    known.seconds += seconds;
    known.within = known.within.map((count, i) => count + (seconds <= (latencyBounds[i] ?? 0) ? 1 : 0));
  }

  report(): readonly CallCount[] {
    return [...this.#methods.values()].map((count) => ({ ...count }));
  }
}
