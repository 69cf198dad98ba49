import type { Clock, Instant, Millis } from "../../devices/clock.ts";
import type { Reading } from "../../devices/reading.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { CacheLimits } from "../cache-limits.ts";
import { HttpError } from "../faults.ts";

/** Which readings are wanted, by the moment they were true; both ends belong to it. */
export interface Bounds {
  /** -Infinity: from the oldest. */
  readonly start: Instant;
  /** Infinity: to the newest. */
  readonly end: Instant;
}

/** The same as clients write them: RFC 3339; absent or blank for none. */
export interface BoundTexts {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

/** Readings that came in together, as the store told of them. */
interface Batch {
  readonly readings: readonly Reading[];
  /** On the monotonic clock: the age of a reading must not depend on somebody setting the clock. */
  readonly came: Millis;
}

/** Emptied places at the front of the list that are worth moving the rest for. */
const manyGone = 4096;

/**
 * The readings of the last minutes, in the order they came in. Holds the very objects the store was given, and no
 * copy for those who read: a reader so slow that its place is given up goes on with the oldest reading still there.
 */
export class ReadingCache {
  readonly #clock: Clock;
  readonly #limits: CacheLimits["readings"];
  #batches: Batch[] = [];
  /** How many places at the front of `#batches` are given up. */
  #gone = 0;
  /** The number of the batch at place 0; numbers go on for ever. */
  #first = 0;
  #size = 0;

  /** Listens to the store for as long as there is one. */
  constructor(
    deps: { readonly clock: Clock; readonly store: ReadingStore },
    limits: CacheLimits["readings"],
  ) {
    this.#clock = deps.clock;
    this.#limits = limits;
    if (limits.keepFor > 0 && limits.most > 0) deps.store.subscribe((readings) => this.#take(readings));
  }

  /** How many readings are kept. */
  get size(): number {
    this.#forget();
    return this.#size;
  }

  /** What is kept now, one after the other; what comes in meanwhile is not part of it. */
  *between({ start, end }: Bounds): Generator<Reading, void, undefined> {
    this.#forget();
    const last = this.#first + this.#batches.length;
    let number = this.#first + this.#gone;
    while (number < last) {
      const batch = this.#batches[number - this.#first];
      for (const reading of batch?.readings ?? [])
        if (reading.at >= start && reading.at <= end) yield reading;
      number = Math.max(number + 1, this.#first + this.#gone);
    }
  }

  #take(readings: readonly Reading[]): void {
    const { most } = this.#limits;
    const kept = readings.length > most ? readings.slice(-most) : readings;
    this.#batches.push({ readings: kept, came: this.#clock.monotonic() });
    this.#size += kept.length;
    this.#forget();
  }

  #forget(): void {
    const before = this.#clock.monotonic() - this.#limits.keepFor;
    for (;;) {
      const oldest = this.#batches[this.#gone];
      if (oldest === undefined || (oldest.came >= before && this.#size <= this.#limits.most)) break;
      this.#batches[this.#gone++] = nothing;
      this.#size -= oldest.readings.length;
    }
    if (this.#gone < manyGone || this.#gone * 2 < this.#batches.length) return;
    this.#batches = this.#batches.slice(this.#gone);
    this.#first += this.#gone;
    this.#gone = 0;
  }
}

const nothing: Batch = { readings: [], came: -Infinity };

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d+)?([Zz]|[+\- ]\d\d:\d\d)$/;

/**
 * Reads the bounds of a request. An end without a fraction is that whole second,
 * as fine as Synse's clients write it. Synse v3 §1.7 accepts anything and then finds nothing; here that is an error.
 * @throws HttpError 400
 */
export function readBounds({ start, end }: BoundTexts): Bounds {
  const from = start === undefined || start === "" ? -Infinity : moment("start", start).at;
  if (end === undefined || end === "") return { start: from, end: Infinity };
  const { at, whole } = moment("end", end);
  const to = whole ? at + 999 : at;
  if (to < from) throw new HttpError(400, `end (${end}) is before start (${start ?? ""})`);
  return { start: from, end: to };
}

function moment(name: string, text: string): { readonly at: Instant; readonly whole: boolean } {
  const [, day = "", time = "", fraction = "", zone = ""] = rfc3339.exec(text) ?? [];
  // A plus sign that was not escaped arrives as a space.
  const at = Date.parse(`${day}T${time}${fraction}${zone.replace(" ", "+").toUpperCase()}`);
  // The engine takes the 30th of February for a day in March.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const exists = Number.isFinite(midnight) && new Date(midnight).toISOString().startsWith(day);
  if (day === "" || !exists || !Number.isFinite(at)) {
    throw new HttpError(
      400,
      `${name} is no time as RFC 3339 writes them, such as 2031-05-06T07:08:09Z: ${text}`,
    );
  }
  return { at, whole: fraction === "" };
}
