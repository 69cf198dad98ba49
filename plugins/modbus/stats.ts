import type { Clock, Millis } from "../../devices/clock.ts";
import type { ErrorCode } from "../../devices/errors.ts";

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
  /** RTU: units that are left alone until nothing they still owe can come any more. */
  readonly resting?: readonly number[];
  readonly units: Readonly<Record<number, UnitStats>>;
}

type Counter = Exclude<keyof UnitStats, "turnaround">;
type LineCounter = "sentBytes" | "receivedBytes" | "sentFrames" | "receivedFrames" | "strayBytes";

const counterOf: Partial<Record<ErrorCode, Counter>> = {
  NO_ANSWER: "timeouts",
  BAD_CHECKSUM: "checksumErrors",
  WRONG_SENDER: "wrongSender",
  SHORT_FRAME: "shortFrames",
  LONG_FRAME: "longFrames",
  BAD_FRAME: "badFrames",
};

const windowSeconds = 60;
/** Weight of the newest turnaround in the smoothed one. */
const smoothing = 0.2;

const noCounts = (): Record<Counter, number> => ({
  requests: 0,
  answers: 0,
  retries: 0,
  probes: 0,
  exceptions: 0,
  timeouts: 0,
  lateAnswers: 0,
  checksumErrors: 0,
  wrongSender: 0,
  shortFrames: 0,
  longFrames: 0,
  badFrames: 0,
});

interface UnitMeter {
  readonly counts: Record<Counter, number>;
  turnaround: Millis | undefined;
}

/** Counts what happens on a line. */
export class Meter {
  readonly #clock: Clock;
  readonly #opened: Millis;
  readonly #units = new Map<number, UnitMeter>();
  readonly #line: Record<LineCounter, number> = {
    sentBytes: 0,
    receivedBytes: 0,
    sentFrames: 0,
    receivedFrames: 0,
    strayBytes: 0,
  };
  /** Time the line was taken, per second of the last minute; `second` says which one a place holds. */
  readonly #taken = Array.from({ length: windowSeconds }, () => ({ second: -1, span: 0 }));

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#opened = clock.monotonic();
  }

  line(counter: LineCounter, by = 1): void {
    this.#line[counter] += by;
  }

  unit(unit: number, counter: Counter): void {
    this.#unit(unit).counts[counter]++;
  }

  /** Counts a failed exchange under its error's code. */
  failure(unit: number, code: ErrorCode): void {
    const counter = counterOf[code];
    if (counter !== undefined) this.unit(unit, counter);
  }

  /** @param span from the end of a request to the beginning of its answer; below 0 counts as 0 */
  turnaround(unit: number, span: Millis): void {
    const meter = this.#unit(unit);
    const now = Math.max(0, span);
    meter.turnaround =
      meter.turnaround === undefined ? now : meter.turnaround + smoothing * (now - meter.turnaround);
  }

  /** The line was taken from `from` to `to`, on `Clock.monotonic`. */
  taken(from: Millis, to: Millis): void {
    for (let start = from; start < to;) {
      const second = Math.floor(start / 1000);
      const end = Math.min(to, (second + 1) * 1000);
      const place = this.#taken[second % windowSeconds];
      if (place === undefined) return;
      if (place.second !== second) Object.assign(place, { second, span: 0 });
      place.span += end - start;
      start = end;
    }
  }

  stats(waiting: number): BusStats {
    const now = this.#clock.monotonic();
    const first = Math.floor(now / 1000) - windowSeconds + 1;
    const span = now - Math.max(this.#opened, first * 1000);
    const taken = this.#taken.reduce((sum, place) => (place.second >= first ? sum + place.span : sum), 0);
    const units: Record<number, UnitStats> = {};
    for (const [unit, { counts, turnaround }] of this.#units) {
      units[unit] = { ...counts, ...(turnaround === undefined ? {} : { turnaround }) };
    }
    const utilisation = span <= 0 ? 0 : Math.min(100, (taken / span) * 100);
    return { ...this.#line, utilisation, waiting, units };
  }

  #unit(unit: number): UnitMeter {
    let meter = this.#units.get(unit);
    if (meter === undefined) {
      meter = { counts: noCounts(), turnaround: undefined };
      this.#units.set(unit, meter);
    }
    return meter;
  }
}
