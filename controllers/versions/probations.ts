import type { Cancel, Clock, Millis } from "../../devices/clock.ts";
import { endingIn, keptEnding, leftOf } from "../runtime/ending.ts";
import type { KeptProbation, VersionId, VersionStore } from "./store.ts";

interface Deps {
  readonly clock: Clock;
  readonly store: VersionStore;
}

/** One that begins now. */
export const probationOf = (span: Millis, previous: VersionId, clock: Clock): KeptProbation => ({
  ...keptEnding(endingIn(span, clock), clock),
  previous,
});

/** Whether a program before left one that is not over. */
export const isLeft = (kept: KeptProbation | undefined, clock: Clock): kept is KeptProbation =>
  kept !== undefined && leftOf(kept, clock) > 0;

/** Ends probations of versions in force by the monotonic clock: what is on disk has only the wall clock's time. */
export class Probations {
  readonly #deps: Deps;
  readonly #ends = new Map<string, Cancel>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Of a controller whose version in force was put there just now, or by a program before. */
  watch(controller: string): void {
    const { clock, store } = this.#deps;
    this.#ends.get(controller)?.();
    this.#ends.delete(controller);
    const probation = store.inForce(controller)?.probation;
    if (probation === undefined) return;
    const left = leftOf(probation, clock);
    if (!isLeft(probation, clock)) this.#end(controller);
    else {
      const again = probationOf(left, probation.previous, clock);
      // Kept anew when the clock was set: otherwise it would have the same time at every start.
      if (Math.abs(again.until - probation.until) > 1000)
        store.amend(controller, (known) => ({ ...known, probation: again }));
      this.#ends.set(
        controller,
        clock.at(clock.monotonic() + left, () => this.#end(controller)),
      );
    }
  }

  close(): void {
    for (const cancel of this.#ends.values()) cancel();
    this.#ends.clear();
  }

  #end(controller: string): void {
    this.#ends.delete(controller);
    const { store } = this.#deps;
    if (store.inForce(controller)?.probation === undefined) return;
    store.amend(controller, ({ probation: _over, ...rest }) => rest);
  }
}
