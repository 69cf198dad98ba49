import type { Millis } from "../../devices/clock.ts";

/** Counters of one unit since the line was opened. */
export interface UnitStats {
  readonly requests: number;
  readonly answers: number;
  readonly retries: number;
  /** Questions asked only to find out which answers are still to come. */
  readonly probes: number;
  readonly exceptions: number;
  readonly timeouts: number;
  readonly lateAnswers: number;
  readonly checksumErrors: number;
  readonly wrongSender: number;
  readonly shortFrames: number;
  readonly longFrames: number;
  readonly badFrames: number;
  /** From the end of the request to the beginning of the answer, smoothed; absent before the first answer. */
  readonly turnaround?: Millis;
}

/** Counters of a line since it was opened. Plain JSON. */
export interface BusStats {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentFrames: number;
  readonly receivedFrames: number;
  /** Bytes that belonged to no frame anybody waited for. */
  readonly strayBytes: number;
  /** Share of the last minute in which the line was taken, 0..100 %. */
  readonly utilisation: number;
  /** Requests waiting for their turn now. */
  readonly waiting: number;
  readonly units: Readonly<Record<number, UnitStats>>;
}
