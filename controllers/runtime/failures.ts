import { type Clock, hours, type Instant, type Millis, minutes } from "../../devices/clock.ts";
import type { Alarm } from "../contract.ts";
import type { ControllerStatus } from "./api.ts";
import type { Failure } from "./frame.ts";

/** This many failures within this long, and it is left in fail-safe for a while. */
export const mostFailures = 5;
const failuresWithin: Millis = minutes(10);
/** Nobody may come for months. */
const brokenFor: Millis = hours(1);

/** How often a controller's steps have failed, and whether that is too often. */
export class Failures {
  readonly #clock: Clock;
  #lately: readonly Millis[] = [];
  #brokenUntil: Millis | undefined;
  count = 0;
  last: (Failure & { readonly at: Instant }) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get broken(): boolean {
    return this.#brokenUntil !== undefined;
  }

  get status(): Pick<ControllerStatus, "fault" | "failures" | "lastFailure"> {
    const { count: failures, last: lastFailure } = this;
    return {
      failures,
      ...(this.broken ? { fault: lastFailure?.text ?? "" } : {}),
      ...(lastFailure === undefined ? {} : { lastFailure }),
    };
  }

  /** @returns whether it is broken from now on */
  add(failure: Failure): boolean {
    // While its thread is away nothing new is learnt.
    if (failure.kind === "lost") return false;
    const now = this.#clock.monotonic();
    this.count++;
    this.last = { ...failure, at: this.#clock.now() };
    this.#lately = [...this.#lately.filter((at) => now - at < failuresWithin), now];
    if (this.broken || this.#lately.length < mostFailures) return false;
    this.#brokenUntil = now + brokenFor;
    return true;
  }

  /** Whether it may be tried again. */
  isOver(now: Millis): boolean {
    return this.#brokenUntil !== undefined && this.#brokenUntil <= now;
  }

  mend(): void {
    this.#brokenUntil = undefined;
    this.#lately = [];
  }

  alarms(): readonly Alarm[] {
    if (!this.broken) return [];
    const text = `it stays in fail-safe for up to an hour, then is tried again: ${this.last?.text ?? ""}`;
    return [{ id: "broken", severity: "critical", text }];
  }
}
