import type { Cancel, Clock, Millis } from "../../devices/clock.ts";
import type { BothyError, ErrorCode } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Line } from "../transport/line.ts";
import { atOverdue } from "../transport/overdue.ts";
import { answerSize, misfit } from "./answer.ts";
import { describeAnswer, describeRequest } from "./describe.ts";
import {
  answerAt,
  encodeFrame,
  type FoundFrame,
  frameOverhead,
  longestFrame,
  type WireTiming,
} from "./rtu.ts";
import type { Meter } from "./stats.ts";
import type { Owed, Sync } from "./sync.ts";
import type { Taps } from "./tap.ts";

/** How an exchange ended. */
export type Outcome =
  | { readonly kind: "answer"; readonly pdu: Uint8Array; readonly owed: Owed }
  | {
      readonly kind: "failed";
      readonly code: ErrorCode;
      readonly fault: string;
      /** Whether the unit asked did not say anything at all. */
      readonly silent: boolean;
      readonly owed?: Owed;
    };

export interface ExchangeOptions {
  readonly timeout: Millis;
  /** Silence before the request, on top of the gap. */
  readonly delay: Millis;
}

interface Exchange {
  readonly unit: number;
  readonly frame: Uint8Array;
  readonly owed: Owed;
  readonly sent: Millis;
  readonly leaves: Millis;
  readonly due: Millis;
  readonly end: (outcome: Outcome) => void;
  timer: Cancel;
  /** The local echo is still to come. */
  echo: boolean;
  ambiguous: boolean;
  stray: number;
  sender: number | undefined;
}

export interface WireDeps {
  readonly line: Line;
  readonly clock: Clock;
  readonly log: Log;
  readonly sync: Sync;
  readonly meter: Meter;
  readonly taps: Taps;
  readonly timing: WireTiming;
  readonly localEcho: boolean;
  /** How long nothing must arrive for a damaged answer to be over. */
  readonly silence: Millis;
}

/** Longest wait for a line that somebody else keeps busy. */
const mostBabble: Millis = 1000;
/** Fewer bytes than any frame has are noise, and the answer may still come. */
const leastDamage = 4;
const mostUnread = 2 * longestFrame;

/**
 * Frames on a line: sends one request after the silence the specification asks for, finds its answer in what
 * arrives, and hands every other frame to `Sync`. Knows nothing of turns and retries.
 */
export class RtuWire {
  readonly #deps: WireDeps;
  #bytes: Uint8Array = new Uint8Array(0);
  #current: Exchange | undefined;
  /** The line is taken until then; silence counts from here. */
  #busyUntil: Millis = -Infinity;
  #lastByte: Millis = -Infinity;
  #silenceTimer: Cancel | undefined;
  readonly #gone = new AbortController();
  #echoWarned = false;

  constructor(deps: WireDeps) {
    this.#deps = deps;
    deps.line.receive((bytes) => this.#arrive(bytes));
  }

  /** When the last byte arrived, on `Clock.monotonic`. */
  get lastByte(): Millis {
    return this.#lastByte;
  }

  /** The line is gone: ends the exchange under way. */
  down(reason: BothyError): void {
    this.#gone.abort();
    this.#silenceTimer?.();
    this.#current?.end(this.#failed(reason.code, String(reason.params["fault"] ?? reason.message), false));
  }

  /** Waits for the silence between two frames; undefined when there has been enough. */
  readonly quiet = (delay: Millis = 0): Promise<void> | undefined =>
    this.#isQuiet(delay) ? undefined : this.#waitQuiet(delay);

  /** Sends a request and waits for its answer. Never rejects. */
  async exchange(unit: number, request: Uint8Array, options: ExchangeOptions): Promise<Outcome> {
    await this.quiet(options.delay);
    if (this.#gone.signal.aborted) return this.#failed("LINE_DOWN", "closed", false);
    if (!this.#isQuiet(options.delay)) return this.#failed("BAD_FRAME", "the line is never silent", false);
    return new Promise((resolve) => this.#send(unit, request, options, resolve));
  }

  /** Sends to all units and waits until it has left; they get `turnaround` before anything else is sent. */
  async broadcast(request: Uint8Array, turnaround: Millis, delay: Millis): Promise<Outcome | undefined> {
    await this.quiet(delay);
    if (this.#isGone()) return this.#failed("LINE_DOWN", "closed", false);
    const frame = encodeFrame(0, request);
    const sent = this.#deps.clock.monotonic();
    const leaves = this.#write(0, request, frame, sent);
    this.#busyUntil = leaves + turnaround;
    this.#deps.meter.taken(sent, leaves + turnaround);
    await this.#deps.clock.sleepUntil(leaves, this.#gone.signal);
    return this.#isGone() ? this.#failed("LINE_DOWN", "closed", false) : undefined;
  }

  #isGone(): boolean {
    return this.#gone.signal.aborted;
  }

  #isQuiet(delay: Millis): boolean {
    return this.#deps.clock.monotonic() >= this.#busyUntil + this.#deps.timing.gap + delay;
  }

  async #waitQuiet(delay: Millis): Promise<void> {
    const { clock, timing } = this.#deps;
    const until = Math.max(clock.monotonic(), this.#busyUntil) + timing.gap + delay + mostBabble;
    while (!this.#isQuiet(delay) && clock.monotonic() < until && !this.#gone.signal.aborted) {
      const due = Math.min(until, this.#busyUntil + timing.gap + delay);
      await clock.sleepUntil(due, this.#gone.signal, { precise: true });
    }
  }

  #write(unit: number, request: Uint8Array, frame: Uint8Array, sent: Millis): Millis {
    const { line, meter, taps, timing } = this.#deps;
    const leaves = sent + frame.length * timing.character;
    this.#busyUntil = leaves;
    this.#stray();
    meter.line("sentBytes", frame.length);
    meter.line("sentFrames");
    line.write(frame);
    taps.saw(() => ({
      direction: "sent",
      bytes: frame,
      text: describeRequest(unit, request),
      began: sent,
      ended: leaves,
    }));
    return leaves;
  }

  #send(unit: number, request: Uint8Array, options: ExchangeOptions, end: (outcome: Outcome) => void): void {
    const { clock, sync, timing, localEcho, meter } = this.#deps;
    const frame = encodeFrame(unit, request);
    const sent = clock.monotonic();
    const leaves = sent + frame.length * timing.character;
    const owed = sync.sent(unit, request, leaves);
    const answerBytes = owed.shape.length === undefined ? longestFrame : owed.shape.length + frameOverhead;
    const due = leaves + options.timeout + answerBytes * timing.character;
    const exchange: Exchange = {
      unit,
      frame,
      owed,
      sent,
      leaves,
      due,
      end: (outcome) => {
        exchange.timer();
        this.#current = undefined;
        meter.taken(sent, Math.max(clock.monotonic(), leaves) + timing.gap);
        end(outcome);
      },
      timer: atOverdue(clock, due, () => this.#timeout(exchange)),
      echo: localEcho,
      ambiguous: false,
      stray: 0,
      sender: undefined,
    };
    // What came before the request cannot be its answer.
    this.#write(unit, request, frame, sent);
    this.#current = exchange;
  }

  #arrive(bytes: Uint8Array): void {
    const { clock, meter, silence } = this.#deps;
    if (bytes.length === 0) return;
    const now = clock.monotonic();
    this.#lastByte = now;
    this.#busyUntil = Math.max(this.#busyUntil, now);
    meter.line("receivedBytes", bytes.length);
    this.#bytes = joined(this.#bytes, bytes);
    this.#scan(false);
    if (this.#bytes.length > mostUnread) this.#damaged();
    if (this.#bytes.length > 0) this.#silenceTimer ??= atOverdue(clock, now + silence, this.#silent);
  }

  readonly #silent = (): void => {
    const { clock, silence } = this.#deps;
    this.#silenceTimer = undefined;
    if (this.#bytes.length === 0) return;
    if (clock.monotonic() < this.#lastByte + silence) {
      this.#silenceTimer = atOverdue(clock, this.#lastByte + silence, this.#silent);
      return;
    }
    this.#scan(true);
    this.#damaged();
  };

  /** Takes every frame out of what has arrived. `over`: nothing more will come, so look everywhere. */
  #scan(over: boolean): void {
    if (!this.#stripEcho()) return;
    for (let found = this.#find(over); found !== undefined; found = this.#find(over)) {
      const skipped = this.#bytes.subarray(0, found.start);
      const whole = this.#bytes.subarray(found.start, found.end);
      this.#bytes = this.#bytes.subarray(found.end);
      if (skipped.length > 0) this.#skip(skipped);
      this.#take(found, whole);
    }
  }

  /** @returns false while the echo is not complete */
  #stripEcho(): boolean {
    const exchange = this.#current;
    if (exchange?.echo !== true) return true;
    const { frame } = exchange;
    const begins = this.#bytes.subarray(0, frame.length).every((byte, i) => byte === frame[i]);
    if (begins && this.#bytes.length < frame.length) return false;
    exchange.echo = false;
    if (begins) this.#bytes = this.#bytes.subarray(frame.length);
    return true;
  }

  /**
   * The first frame. While bytes are still coming, only frames that somebody waits for are looked for behind noise:
   * data of an unfinished frame could pass for a frame of its own.
   */
  #find(over: boolean): FoundFrame | undefined {
    const bytes = this.#bytes;
    const first = answerAt(bytes, 0);
    if (first !== undefined) return first;
    if (!over && this.#awaited(0) && incomplete(bytes, 0)) return undefined;
    for (let at = 1; at < bytes.length - leastDamage; at++) {
      if (!over && !this.#awaited(at)) continue;
      const found = answerAt(bytes, at);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether what begins at `at` could be an answer that is owed. */
  #awaited(at: number): boolean {
    const bytes = this.#bytes;
    const unit = bytes[at];
    if (unit === undefined || unit === 0) return false;
    return this.#deps.sync
      .owed(unit)
      .some(
        ({ shape }) =>
          bytes[at + 1] === (shape.fn | 0x80) ||
          shape.head.every((byte, i) => at + 1 + i >= bytes.length || bytes[at + 1 + i] === byte),
      );
  }

  #take(found: FoundFrame, whole: Uint8Array): void {
    const { sync, meter } = this.#deps;
    const exchange = this.#current?.unit === found.unit ? this.#current : undefined;
    meter.line("receivedFrames");
    const arrival = sync.arrived(found.unit, found.pdu, exchange?.owed);
    if (arrival === "answer" && exchange !== undefined) {
      this.#answered(exchange, found, whole);
      return;
    }
    if (arrival !== "foreign") meter.unit(found.unit, "lateAnswers");
    const fault = arrival === "foreign" ? "not asked for" : "late";
    this.#seen(whole, describeAnswer(found.unit, found.pdu), fault);
    if (arrival === "ambiguous" && exchange !== undefined) exchange.ambiguous = true;
    if (arrival !== "foreign") return;
    if (this.#current !== undefined) this.#current.sender ??= found.unit;
    if (exchange === undefined) return;
    const wrong = misfit(found.pdu, exchange.owed.shape);
    exchange.end(this.#failed(wrong?.code ?? "BAD_FRAME", wrong?.fault ?? "out of turn", false));
  }

  #answered(exchange: Exchange, found: FoundFrame, whole: Uint8Array): void {
    const { clock, meter, timing } = this.#deps;
    const now = clock.monotonic();
    meter.unit(found.unit, "answers");
    meter.turnaround(found.unit, now - exchange.leaves - whole.length * timing.character);
    this.#seen(whole, describeAnswer(found.unit, found.pdu), undefined, now - exchange.sent);
    exchange.end({ kind: "answer", pdu: found.pdu, owed: exchange.owed });
  }

  /** Bytes before a frame, or too few for one. */
  #skip(bytes: Uint8Array): void {
    const { log, line, meter, localEcho } = this.#deps;
    const exchange = this.#current;
    meter.line("strayBytes", bytes.length);
    this.#seen(bytes, `${bytes.length} stray bytes`, "no frame");
    if (exchange === undefined) return;
    exchange.stray += bytes.length;
    if (localEcho || this.#echoWarned || !startsWith(bytes, exchange.frame)) return;
    this.#echoWarned = true;
    log.warn({ line: line.name }, "the adapter gives back what it sends; set localEcho: true for this bus");
  }

  /** What is left is no frame and nothing more comes. */
  #damaged(): void {
    const exchange = this.#current;
    const rest = this.#bytes;
    if (rest.length === 0) return;
    const own =
      exchange !== undefined && rest[0] === exchange.unit && (rest[1] ?? 0) % 0x80 === exchange.owed.shape.fn;
    if (exchange === undefined || (rest.length < leastDamage && !own)) {
      this.#stray();
      return;
    }
    this.#bytes = new Uint8Array(0);
    this.#deps.meter.line("strayBytes", rest.length);
    const outcome = this.#classify(exchange, rest);
    this.#seen(rest, `${rest.length} damaged bytes`, outcome.fault);
    exchange.end(outcome);
  }

  #classify({ owed: { shape } }: Exchange, rest: Uint8Array): Outcome & { kind: "failed" } {
    const exception = rest[1] === (shape.fn | 0x80);
    const wanted = exception ? 5 : (shape.length ?? answerSize(rest, 1) ?? longestFrame) + frameOverhead;
    const lengths = `${rest.length} bytes instead of ${wanted}`;
    if (rest.length > wanted) return this.#failed("LONG_FRAME", lengths, false);
    if (rest.length < wanted) return this.#failed("SHORT_FRAME", lengths, false);
    return this.#failed("BAD_CHECKSUM", `${rest.length} bytes, ${hex(rest.subarray(-2))} at the end`, false);
  }

  #timeout(exchange: Exchange): void {
    const { clock, silence, timing } = this.#deps;
    const now = clock.monotonic();
    const latest = exchange.due + mostUnread * timing.character + 4 * silence;
    // An answer is coming in: let it.
    if (this.#bytes.length > 0 && now < this.#lastByte + silence && now < latest) {
      exchange.timer = atOverdue(clock, this.#lastByte + silence, () => this.#timeout(exchange));
      return;
    }
    this.#scan(true);
    if (this.#current === exchange) this.#damaged();
    if (this.#current !== exchange) return;
    exchange.end(this.#unanswered(exchange));
  }

  #unanswered(exchange: Exchange): Outcome {
    if (exchange.ambiguous)
      return this.#failed("BAD_FRAME", "an exception to this or to an earlier request", false);
    if (exchange.sender !== undefined) return this.#failed("WRONG_SENDER", `unit ${exchange.sender}`, true);
    if (exchange.stray > 0) return this.#failed("SHORT_FRAME", `${exchange.stray} bytes and no frame`, true);
    return this.#failed("NO_ANSWER", "silence", true);
  }

  #stray(): void {
    if (this.#bytes.length > 0) this.#skip(this.#bytes);
    this.#bytes = new Uint8Array(0);
  }

  #failed(code: ErrorCode, fault: string, silent: boolean): Outcome & { kind: "failed" } {
    const owed = this.#current?.owed;
    return { kind: "failed", code, fault, silent, ...(owed === undefined ? {} : { owed }) };
  }

  #seen(bytes: Uint8Array, text: string, fault?: string, took?: Millis): void {
    const ended = this.#lastByte;
    const began = ended - bytes.length * this.#deps.timing.character;
    this.#deps.taps.saw(() => ({ direction: "received", bytes, text, began, ended, took, fault }));
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const startsWith = (bytes: Uint8Array, head: Uint8Array): boolean =>
  head.every((byte, i) => bytes[i] === byte);

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function incomplete(bytes: Uint8Array, at: number): boolean {
  const size = answerSize(bytes, at + 1);
  return size === undefined || (size > 0 && at + size + frameOverhead > bytes.length);
}
