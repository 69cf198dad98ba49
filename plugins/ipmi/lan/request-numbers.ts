import type { Millis } from "../../../devices/clock.ts";
import { sequenceCount } from "./message.ts";

interface Use {
  busy: boolean;
  /** Not given out before. */
  restsUntil: Millis;
  /** Answers that may still come. */
  owed: number;
}

/**
 * Gives out rqSeq, by which answers are told apart. A number for which more answers may come than one (it was sent
 * again, or was given up) rests until they have come or nobody expects them any more: a late answer must never be
 * taken for a newer request's.
 */
export class RequestNumbers {
  readonly #uses: readonly Use[] = Array.from({ length: sequenceCount }, () => ({
    busy: false,
    restsUntil: -Infinity,
    owed: 0,
  }));
  #next = 0;

  /** @returns undefined when none is free; see `freeFrom` */
  take(now: Millis): number | undefined {
    for (let step = 0; step < sequenceCount; step++) {
      const number = (this.#next + step) % sequenceCount;
      const use = this.#uses[number];
      if (use === undefined || use.busy || use.restsUntil > now) continue;
      use.busy = true;
      this.#next = number + 1;
      return number;
    }
    return undefined;
  }

  /** @param owed how many more answers may come; @param until when nobody expects them any more */
  release(number: number, owed: number, until: Millis): void {
    const use = this.#uses[number];
    if (use === undefined) return;
    use.busy = false;
    use.owed = owed;
    use.restsUntil = owed > 0 ? until : -Infinity;
  }

  /** An answer came for a number that is not in use. */
  late(number: number): void {
    const use = this.#uses[number];
    if (use === undefined || use.busy || use.owed === 0) return;
    if (--use.owed === 0) use.restsUntil = -Infinity;
  }

  /** When the next one becomes free, when none is. */
  freeFrom(): Millis {
    let soonest = Infinity;
    for (const { busy, restsUntil } of this.#uses) if (!busy) soonest = Math.min(soonest, restsUntil);
    return soonest;
  }
}
