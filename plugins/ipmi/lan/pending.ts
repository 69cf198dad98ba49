import type { Millis } from "../../../devices/clock.ts";
import type { BothyError } from "../../../devices/errors.ts";
import { priority } from "../../../devices/plugin.ts";
import type { IpmiRequest } from "../contract.ts";

/** A request from when it is asked for until it is answered, through all sessions that takes. */
export interface Pending {
  readonly request: IpmiRequest;
  readonly repeatable: boolean;
  readonly priority: number;
  readonly asked: Millis;
  readonly deadline: Millis;
  readonly resolve: (data: Buffer) => void;
  readonly reject: (error: BothyError) => void;
  /** Sessions in which it went without an answer. */
  sessions: number;
  /** How often the BMC said that it is busy. */
  refusals: number;
  /** Not sent before: the BMC said that it is busy. */
  restsUntil: Millis;
  /** It was sent at least once. */
  sent: boolean;
  /** Nobody waits for it any more. */
  settled: boolean;
}

/** @param patience how long it may wait for its answer in all */
export const pendingOf = (
  request: IpmiRequest,
  resolve: Pending["resolve"],
  reject: Pending["reject"],
  now: Millis,
  patience: Millis,
): Pending => ({
  request,
  repeatable: request.repeatable ?? true,
  priority: request.priority ?? priority.poll,
  asked: now,
  deadline: now + patience,
  resolve,
  reject,
  sessions: 0,
  refusals: 0,
  restsUntil: -Infinity,
  sent: false,
  settled: false,
});

/** Requests that wait to be sent: by priority, then by when they were asked for. */
export class RequestQueue {
  readonly #lanes: Pending[][] = Object.values(priority).map(() => []);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(pending: Pending): void {
    this.#lane(pending).push(pending);
    this.#size++;
  }

  /** Puts back what was taken: before all others of its priority. */
  putBack(pending: Pending): void {
    this.#lane(pending).unshift(pending);
    this.#size++;
  }

  /**
   * The next one to be sent; those nobody waits for any more are passed over.
   * @param harmless only one that may be sent again
   */
  take(harmless: boolean): Pending | undefined {
    for (const lane of this.#lanes) {
      for (let at = 0; at < lane.length;) {
        const next = lane[at];
        if (next === undefined || (harmless && !next.repeatable && !next.settled)) {
          at++;
          continue;
        }
        if (at === 0) lane.shift();
        else lane.splice(at, 1);
        this.#size--;
        if (!next.settled) return next;
      }
    }
    return undefined;
  }

  /** Takes out all for which `condition` holds. */
  takeAll(condition: (pending: Pending) => boolean): readonly Pending[] {
    const taken: Pending[] = [];
    for (const [index, lane] of this.#lanes.entries()) {
      const kept = lane.filter((pending) => {
        if (!condition(pending)) return true;
        taken.push(pending);
        return false;
      });
      this.#lanes[index] = kept;
    }
    this.#size -= taken.length;
    return taken;
  }

  /** When the first of those that wait has waited long enough. */
  firstDeadline(): Millis {
    let first = Infinity;
    for (const lane of this.#lanes) for (const { deadline } of lane) first = Math.min(first, deadline);
    return first;
  }

  #lane({ priority: index }: Pending): Pending[] {
    const lane = this.#lanes[index] ?? this.#lanes.at(-1);
    if (lane === undefined) throw new Error("there are no priorities");
    return lane;
  }
}
