import type { Clock } from "./clock.ts";
import type { ClientError } from "./errors.ts";
import { LatestQueue } from "./latest-queue.ts";
import { readingKey } from "./readings.ts";
import type { Reading } from "./types.ts";

/** What comes out of a stream: readings, and what the consumer must know about those that do not. */
export type StreamItem =
  | {
      readonly kind: "reading";
      readonly reading: Reading;
      /** How many older readings of the same output this one replaced because the consumer was slow. */
      readonly superseded: number;
    }
  /** The connection is lost, or was never there; what is published from now on is missed. It is tried again. */
  | { readonly kind: "lost"; readonly error: ClientError }
  /** The stream goes on. What was published in between, for about `missed` ms, did not come. */
  | { readonly kind: "resumed"; readonly missed: number }
  /** The consumer is so slow that even outputs were left out: as many readings are missing. */
  | { readonly kind: "dropped"; readonly count: number };

const lostMark = Symbol("lost");
const resumedMark = Symbol("resumed");

/** One stream of a session, whatever becomes of the connection below it. */
export class Stream {
  readonly #queue: LatestQueue<StreamItem>;
  readonly #clock: Clock;
  /** Since when the consumer misses readings; until it takes the mark that says it no longer does. */
  #lostAt: number | undefined;

  /** @param limit how many outputs may wait for the consumer */
  constructor(limit: number, clock: Clock) {
    this.#queue = new LatestQueue(limit);
    this.#clock = clock;
  }

  put(reading: Reading): void {
    this.#queue.put(readingKey(reading), { kind: "reading", reading, superseded: 0 });
  }

  lost(error: ClientError): void {
    // Lost again before the consumer was told that it goes on: to the consumer that is one gap.
    this.#queue.unmark(resumedMark);
    if (this.#lostAt !== undefined) return;
    this.#lostAt = this.#clock.monotonic();
    this.#queue.mark(lostMark, { kind: "lost", error });
  }

  /** The server was asked to begin, for the first time or again. */
  started(): void {
    if (this.#lostAt === undefined) return;
    const missed = Math.round(this.#clock.monotonic() - this.#lostAt);
    this.#queue.mark(resumedMark, { kind: "resumed", missed });
  }

  /** What waits is still taken, unless there is an error. */
  end(error?: Error): void {
    this.#queue.end(error);
  }

  async *items(): AsyncGenerator<StreamItem, void, undefined> {
    for (;;) {
      const taken = await this.#queue.take();
      if (taken === undefined) return;
      const count = this.#queue.takeDropped();
      if (count > 0) yield { kind: "dropped", count };
      const { value, superseded } = taken;
      if (value.kind === "resumed") this.#lostAt = undefined;
      yield value.kind === "reading" ? { ...value, superseded } : value;
    }
  }
}
