import type { Millis } from "../../../devices/clock.ts";
import { type Durations, Latency } from "../../../devices/latency.ts";
import type { DropReason } from "./session.ts";

/** How it goes with one BMC, since its client was made. Plain JSON. */
export interface BmcStatistics {
  /** Asked for; keep-alives are not among them. */
  readonly requests: number;
  /** Answers that were awaited, whatever they said. */
  readonly answers: number;
  /** Requests sent again. */
  readonly retries: number;
  /** Times an answer did not come as soon as it should have. */
  readonly timeouts: number;
  readonly sessionsOpened: number;
  /** Attempts to open one that failed. */
  readonly sessionsRefused: number;
  readonly sessionsLost: number;
  readonly keepAlives: number;
  /** Packets of the BMC that were not looked at any further. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Answers with a wrong IPMI checksum in a packet that was good by its code: a fault of some firmware. */
  readonly wrongChecksums: number;
  /** From sending a request to its answer. */
  readonly roundTrip: Durations;
  /** The last round trip; absent before the first answer. */
  readonly lastRoundTrip?: Millis;
  /** Requests that may be under way at once at present, and the most that seems to be tolerated. */
  readonly window: number;
  readonly windowCeiling: number;
  readonly underWay: number;
  readonly waiting: number;
}

/** What is counted while it happens. */
export class Tally {
  requests = 0;
  answers = 0;
  retries = 0;
  timeouts = 0;
  sessionsOpened = 0;
  sessionsRefused = 0;
  sessionsLost = 0;
  keepAlives = 0;
  wrongChecksums = 0;
  readonly #dropped = new Map<DropReason, number>();
  readonly #latency = new Latency();
  #last: Millis | undefined;

  drop(reason: DropReason): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  answered(took: Millis): void {
    this.answers++;
    this.#latency.add(took);
    this.#last = took;
  }

  snapshot(now: Pick<BmcStatistics, "window" | "windowCeiling" | "underWay" | "waiting">): BmcStatistics {
    const { requests, answers, retries, timeouts, wrongChecksums } = this;
    const { sessionsOpened, sessionsRefused, sessionsLost, keepAlives } = this;
    return {
      ...{ requests, answers, retries, timeouts },
      ...{ sessionsOpened, sessionsRefused, sessionsLost, keepAlives },
      dropped: Object.fromEntries(this.#dropped),
      wrongChecksums,
      roundTrip: this.#latency.durations(),
      ...(this.#last === undefined ? {} : { lastRoundTrip: this.#last }),
      ...now,
    };
  }
}
