import { type Clock, type Millis, seconds } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { completionError } from "../completion.ts";
import { closing } from "./exchange.ts";
import { type Flight, flightOf, meaningOf } from "./flight.ts";
import { decodeResponse, encodeRequest } from "./message.ts";
import type { Pending } from "./pending.ts";
import { RequestNumbers } from "./request-numbers.ts";
import type { Session } from "./session.ts";
import type { Tally } from "./statistics.ts";
import type { RequestWindow } from "./window.ts";

export interface TalkDeps {
  readonly name: string;
  readonly clock: Clock;
  readonly timeout: Millis;
  readonly tries: number;
  readonly window: RequestWindow;
  readonly tally: Tally;
  send(packet: Buffer): void;
  resolve(pending: Pending, data: Buffer): void;
  reject(pending: Pending, error: BothyError): void;
  /** To be sent again as a new request, after a pause. */
  again(pending: Pending, pause: Millis): void;
}

/** Time-outs in a row, over all requests, after which the session is given up: BMCs go deaf after 16 packets lost. */
const mostUnanswered = 6;
/** How long after it was sent last a request may still be answered. */
const answersExpire: Millis = seconds(10);
/** "Busy", "timed out inside" and "starting up": the same may work in a moment. */
const passing: ReadonlySet<number> = new Set([0xc0, 0xc3, 0xdf]);
const duplicate = 0xcf;
const busy = 0xc0;
const mostRefusals = 3;
const busyPause: Millis = 100;

/** A session in use: requests out, answers in, repetitions. One for each session; what waits is kept elsewhere. */
export class Talk {
  readonly session: Session;
  readonly #deps: TalkDeps;
  readonly #numbers = new RequestNumbers();
  readonly #flights = new Map<number, Flight>();
  #stalled = 0;
  #unanswered = 0;
  #heardAt: Millis;
  #usedAt: Millis;

  constructor(session: Session, deps: TalkDeps) {
    this.session = session;
    this.#deps = deps;
    this.#heardAt = deps.clock.monotonic();
    this.#usedAt = this.#heardAt;
  }

  /** When something was last sent. */
  get usedAt(): Millis {
    return this.#usedAt;
  }

  get underWay(): number {
    return this.#flights.size;
  }

  /** How many are under way whose answer is overdue. */
  get stalled(): number {
    return this.#stalled;
  }

  /** Those that are overdue do not count: what comes behind them shows whether it is the BMC, or only they. */
  get full(): boolean {
    return this.#flights.size - this.#stalled >= this.#deps.window.size;
  }

  /** Sends a request for the first time. @returns false when no number is free; see `freeFrom` */
  launch(pending: Pending, now: Millis): boolean {
    const number = this.#numbers.take(now);
    if (number === undefined) return false;
    const due = now + this.#deps.timeout;
    const flight = flightOf(pending, { number, now, due, among: this.#flights.size + 1 });
    this.#flights.set(number, flight);
    pending.sent = true;
    this.#send(flight, now);
    return true;
  }

  /** When a request can be sent again, after `launch` had no number for it. */
  freeFrom(): Millis {
    return this.#numbers.freeFrom();
  }

  /** @returns whether a packet belongs to this session */
  receive(packet: Buffer): boolean {
    const { tally } = this.#deps;
    const opened = this.session.open(packet);
    if (opened === "malformed" || opened === "foreign") return false;
    if (typeof opened === "string") {
      tally.drop(opened);
      return true;
    }
    const now = this.#deps.clock.monotonic();
    this.#heardAt = now;
    this.#unanswered = 0;
    const response = decodeResponse(opened);
    if (response === undefined || (!response.sound && !this.session.hasIntegrity)) {
      tally.drop("garbled");
      return true;
    }
    if (!response.sound) tally.wrongChecksums++;
    const flight = this.#flights.get(response.sequence);
    const meaning = flight === undefined ? undefined : meaningOf(flight, response);
    if (flight === undefined || meaning === undefined || meaning.kind === "foreign") {
      this.#numbers.late(response.sequence);
      tally.drop("unmatched");
      return true;
    }
    flight.heard++;
    if (meaning.kind === "passed on") return true;
    if (meaning.completion === duplicate) flight.noticed = true;
    else this.#answered(flight, meaning, now);
    return true;
  }

  /** When the first answer is overdue. */
  due(): Millis {
    let first = Infinity;
    for (const { due } of this.#flights.values()) if (due < first) first = due;
    return first;
  }

  /** Repeats or gives up what is overdue. @returns whether the session is to be given up */
  overdue(now: Millis): boolean {
    const { tally, tries, window } = this.#deps;
    for (const flight of [...this.#flights.values()]) {
      if (flight.due > now) continue;
      tally.timeouts++;
      if (flight.waits++ === 0) this.#stalled++;
      this.#unanswered++;
      window.lost(flight.among);
      const silent = this.#heardAt <= flight.firstSent;
      const over = flight.waits >= tries || flight.pending.settled || flight.pending.deadline <= now;
      if (this.#unanswered >= mostUnanswered || (silent && flight.waits >= tries)) return true;
      if (over) this.#giveUp(flight, now);
      else this.#waitOn(flight, now);
    }
    return false;
  }

  /** Takes out everything that is under way, the oldest first. */
  clear(): readonly Pending[] {
    const all = [...this.#flights.values()].map(({ pending }) => pending);
    this.#flights.clear();
    this.#stalled = 0;
    return all;
  }

  /** A packet that asks the BMC to end the session. */
  goodbye(): Buffer {
    const sequence = this.#numbers.take(Infinity) ?? 0;
    return this.session.seal(encodeRequest(closing(this.session.bmcId, sequence)));
  }

  #send(flight: Flight, now: Millis): void {
    flight.copies++;
    flight.lastSent = now;
    this.#usedAt = now;
    this.#deps.send(this.session.seal(flight.message));
  }

  #land(flight: Flight, now: Millis): void {
    const number = flight.outer.sequence;
    this.#flights.delete(number);
    if (flight.waits > 0) this.#stalled--;
    const owed = flight.inner === undefined ? flight.copies : 2 * flight.copies;
    this.#numbers.release(number, owed - flight.heard, now + answersExpire);
  }

  #answered(
    flight: Flight,
    { bridge, completion, data }: { bridge: boolean; completion: number; data: Buffer },
    now: Millis,
  ): void {
    const { name, tally, window } = this.#deps;
    const { pending } = flight;
    const proves = this.full && this.#flights.values().next().value === flight;
    this.#land(flight, now);
    tally.answered(now - flight.lastSent);
    if (completion === busy) window.lost(flight.among);
    else window.answered(proves);
    if (completion === 0) {
      this.#deps.resolve(pending, data);
    } else if (passing.has(completion) && pending.repeatable && pending.refusals < mostRefusals) {
      this.#deps.again(pending, busyPause * 2 ** pending.refusals++);
    } else {
      const meaning = bridge ? `the controller behind it cannot be reached` : undefined;
      this.#deps.reject(pending, completionError(name, completion, meaning));
    }
  }

  /** One more wait for an answer. What must not be done twice is not sent again. */
  #waitOn(flight: Flight, now: Millis): void {
    const { pending } = flight;
    flight.due = now + this.#deps.timeout * (flight.waits + 1);
    if (!pending.repeatable) return;
    this.#deps.tally.retries++;
    if (!flight.noticed) {
      this.#send(flight, now);
      return;
    }
    // It was done, and its answer is lost: only a new request brings another one.
    this.#land(flight, now);
    if (pending.refusals++ < mostRefusals) this.#deps.again(pending, 0);
    else this.#deps.reject(pending, completionError(this.#deps.name, duplicate));
  }

  #giveUp(flight: Flight, now: Millis): void {
    const { name } = this.#deps;
    this.#land(flight, now);
    const waited = Math.round(now - flight.pending.asked);
    const error = flight.pending.repeatable
      ? new BothyError("NO_ANSWER", { source: name, timeout: waited })
      : new BothyError("OUTCOME_UNKNOWN", { source: name, fault: `no answer within ${waited} ms` });
    this.#deps.reject(flight.pending, error);
  }
}
