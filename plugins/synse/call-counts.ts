import type { Millis } from "../../devices/clock.ts";
import { type Durations, Latency } from "../../devices/latency.ts";

export type CallKind = "unary" | "server_streaming";

/** What was counted of one method. Plain JSON. */
export interface CallCount {
  readonly method: string;
  readonly kind: CallKind;
  /** Messages sent: one for each call. */
  readonly sent: number;
  readonly received: number;
  /** Calls that ended, well or not. */
  readonly took: Durations;
}

interface Counting {
  readonly kind: CallKind;
  sent: number;
  received: number;
  readonly latency: Latency;
}

/** Counts the calls to one plugin. */
export class CallCounts {
  readonly #methods = new Map<string, Counting>();

  sent(method: string, kind: CallKind): void {
    const known = this.#methods.get(method);
    if (known !== undefined) known.sent++;
    else this.#methods.set(method, { kind, sent: 1, received: 0, latency: new Latency() });
  }

  received(method: string): void {
    const known = this.#methods.get(method);
    if (known !== undefined) known.received++;
  }

  ended(method: string, took: Millis): void {
    this.#methods.get(method)?.latency.add(took);
  }

  report(): readonly CallCount[] {
    return [...this.#methods].map(([method, { kind, sent, received, latency }]) => ({
      method,
      kind,
      sent,
      received,
      took: latency.durations(),
    }));
  }
}
