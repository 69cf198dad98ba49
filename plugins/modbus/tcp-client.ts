import { type Cancel, type Millis, sleep } from "../../devices/clock.ts";
import { asBothyError, BothyError, type ErrorCode } from "../../devices/errors.ts";
import type { TappedFrame } from "../../devices/plugin.ts";
import { Bus } from "../transport/bus.ts";
import { type Line, settler } from "../transport/line.ts";
import { atOverdue } from "../transport/overdue.ts";
import { decodeAnswer } from "./answer.ts";
import {
  type BusConfig,
  busDefaults,
  type ClientDeps,
  type ModbusClient,
  type RequestOptions,
} from "./contract.ts";
import { describeAnswer, describeRequest } from "./describe.ts";
import { encodeMessage, MbapReader, type Message } from "./mbap.ts";
import { encodeRequest, isWrite, type Request, type Response } from "./pdu.ts";
import { Resync } from "./resync.ts";
import { abortable, askAll, retryPause, saidOf, SilenceWatch } from "./requests.ts";
import { type BusStats, Meter } from "./stats.ts";
import { Taps } from "./tap.ts";

interface Pending {
  readonly unit: number;
  readonly sent: Millis;
  readonly source: string;
  readonly resolve: (pdu: Uint8Array) => void;
  readonly reject: (error: BothyError) => void;
}

/** A request that was given up; its id is not used again before the answer came. */
interface GivenUp {
  readonly unit: number;
  readonly at: Millis;
  late: boolean;
}

const mostGivenUp = 4096;
/** Unanswered requests a unit may have before it is left alone: behind many a gateway they queue, and take effect. */
const mostOwed = 4;
const lastUnit = 255;
const mostInFlight = 16;

/** A client of the units behind one Modbus TCP connection. Answers are told apart by id. */
export class TcpClient implements ModbusClient {
  readonly closed: Promise<BothyError | undefined>;
  readonly #line: Line;
  readonly #config: BusConfig;
  readonly #deps: ClientDeps;
  readonly #bus: Bus;
  readonly #meter: Meter;
  readonly #taps: Taps;
  readonly #watch: SilenceWatch;
  readonly #reader = new MbapReader();
  readonly #resync: Resync;
  readonly #pending = new Map<number, Pending>();
  readonly #givenUp = new Map<number, GivenUp>();
  readonly #settle: (reason: BothyError | undefined) => void;
  /** Since when at least one request is under way. */
  #takenFrom: Millis = 0;
  #id = 0;
  #ended: BothyError | undefined;

  constructor(line: Line, config: BusConfig, deps: ClientDeps) {
    this.#line = line;
    this.#config = config;
    this.#deps = deps;
    this.#meter = new Meter(deps.clock);
    this.#taps = new Taps(deps.clock);
    this.#watch = new SilenceWatch(deps.clock);
    this.#resync = new Resync(deps.clock);
    const width = Math.min(mostInFlight, Math.max(1, config.maxInFlight ?? busDefaults.maxInFlight));
    this.#bus = new Bus({ name: config.name, width });
    const { promise, settle } = settler<BothyError | undefined>();
    this.closed = promise;
    this.#settle = settle;
    line.receive((bytes) => this.#arrive(bytes));
    void line.closed.then((reason) => this.#end(reason));
  }

  async request(unit: number, request: Request, options: RequestOptions): Promise<Response> {
    const { source } = options;
    if (!Number.isInteger(unit) || unit < 0 || unit > lastUnit) {
      throw new BothyError("BAD_INPUT", { source, fault: `unit ${unit} is not 0..${lastUnit}` });
    }
    return abortable(
      askAll(request, source, (part) => this.#ask(unit, part, options)),
      options,
    );
  }

  tap(listener: (frame: TappedFrame) => void): () => void {
    return this.#taps.add(listener);
  }

  stats(): BusStats {
    return this.#meter.stats(this.#bus.waiting);
  }

  async close(): Promise<void> {
    this.#end(undefined);
    await this.#line.close();
  }

  #end(reason: BothyError | undefined, said?: BothyError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason ?? new BothyError("STOPPED", { source: this.#config.name });
    this.#bus.stop(this.#ended);
    for (const { reject, source } of [...this.#pending.values()]) reject(saidOf(said ?? this.#ended, source));
    this.#settle(reason);
  }

  /** Nothing more can be read from this connection: ends it, to be opened again. */
  #abandon(fault: string, code: ErrorCode = "LINE_DOWN"): void {
    const source = this.#config.name;
    this.#end(new BothyError("LINE_DOWN", { source, fault }), new BothyError(code, { source, fault }));
    void this.#line.close();
  }

  async #ask(unit: number, request: Request, options: RequestOptions): Promise<Response> {
    const { source } = options;
    const encoded = encodeRequest(request);
    const lost: GivenUp[] = [];
    let tries = 1 + (options.retries ?? this.#config.retries ?? busDefaults.retries);
    this.#meter.unit(unit, "requests");
    for (;;) {
      try {
        if (!isWrite(request)) this.#leaveAlone(unit, options);
        const pdu = await this.#bus.turn(options, () => this.#exchange(unit, encoded, options, lost));
        return decodeAnswer(request, encoded, pdu, source);
      } catch (thrown) {
        const error = asBothyError(thrown, source);
        this.#count(unit, error);
        const pause = retryPause(request, error);
        if (--tries <= 0 || pause === undefined) throw saidOf(this.#lateness(error, lost), source);
        this.#meter.unit(unit, "retries");
        if (pause > 0) await sleep(this.#deps.clock, pause, options.signal);
      }
    }
  }

  /** @throws BothyError `NO_ANSWER` while the unit has too much to answer already */
  #leaveAlone(unit: number, { source, timeout }: RequestOptions): void {
    const since = this.#deps.clock.monotonic() - (this.#config.lateAnswers ?? busDefaults.lateAnswers);
    let owed = 0;
    for (const entry of this.#givenUp.values()) if (entry.unit === unit && entry.at > since) owed++;
    if (owed < mostOwed) return;
    throw new BothyError("NO_ANSWER", { source, timeout: this.#timeout(timeout) });
  }

  #timeout(own: Millis | undefined): Millis {
    return own ?? this.#config.responseTimeout ?? busDefaults.responseTimeout;
  }

  #count(unit: number, error: BothyError): void {
    if (error.params["exception"] !== undefined) this.#meter.unit(unit, "exceptions");
    else this.#meter.failure(unit, error.code);
  }

  #lateness(error: BothyError, lost: readonly GivenUp[]): BothyError {
    if (error.code !== "NO_ANSWER" || !lost.some(({ late }) => late)) return error;
    return new BothyError("LATE_ANSWER", error.params);
  }

  async #exchange(
    unit: number,
    pdu: Uint8Array,
    options: RequestOptions,
    lost: GivenUp[],
  ): Promise<Uint8Array> {
    const { clock } = this.#deps;
    const { source } = options;
    const delay = options.interFrameDelay ?? this.#config.interFrameDelay ?? busDefaults.interFrameDelay;
    if (delay > 0) await sleep(clock, delay);
    if (this.#resync.deaf) await this.#resync.silence();
    if (this.#ended !== undefined) throw this.#ended;
    const timeout = this.#timeout(options.timeout);
    const id = this.#nextId();
    const sent = clock.monotonic();
    let timer: Cancel = () => undefined;
    if (this.#pending.size === 0) this.#takenFrom = sent;
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        this.#pending.set(id, { unit, sent, source, resolve, reject });
        timer = atOverdue(clock, sent + timeout, () => {
          lost.push(this.#giveUp(id, unit));
          const { unfinished } = this.#reader;
          if (unfinished > 0 && this.#reader.begins(id)) {
            const fault = `${unfinished} bytes, more were announced`;
            reject(new BothyError("SHORT_FRAME", { source, fault }));
            this.#lose("an answer never came to its end");
            return;
          }
          reject(new BothyError("NO_ANSWER", { source, timeout }));
          if (this.#watch.timedOut()) this.#abandon("nothing heard any more");
        });
        this.#send({ id, unit, pdu }, sent);
      });
    } finally {
      timer();
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#meter.taken(this.#takenFrom, clock.monotonic());
    }
  }

  #send(message: Message, sent: Millis): void {
    const bytes = encodeMessage(message);
    this.#meter.line("sentBytes", bytes.length);
    this.#meter.line("sentFrames");
    this.#line.write(bytes);
    const text = describeRequest(message.unit, message.pdu);
    this.#taps.saw(() => ({ direction: "sent", bytes, text, began: sent, ended: sent }));
  }

  #nextId(): number {
    do this.#id = (this.#id + 1) & 0xffff;
    while (this.#pending.has(this.#id) || this.#givenUp.has(this.#id));
    return this.#id;
  }

  #giveUp(id: number, unit: number): GivenUp {
    const entry: GivenUp = { unit, at: this.#deps.clock.monotonic(), late: false };
    this.#givenUp.set(id, entry);
    const [oldest] = this.#givenUp.keys();
    if (this.#givenUp.size > mostGivenUp && oldest !== undefined) this.#givenUp.delete(oldest);
    return entry;
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#ended !== undefined) return;
    this.#watch.heard();
    this.#meter.line("receivedBytes", bytes.length);
    if (this.#resync.deaf) {
      this.#meter.line("strayBytes", bytes.length);
      if (this.#resync.babble()) this.#abandon("what comes makes no sense, and never ends", "BAD_FRAME");
      return;
    }
    const { messages, poison = this.#oddTail() } = this.#reader.push(bytes);
    const doubtful = poison === undefined ? undefined : messages.at(-1);
    for (const message of messages) if (message !== doubtful) this.#take(message);
    if (poison === undefined) return;
    this.#meter.line("strayBytes", bytes.length);
    this.#seen(bytes, "unreadable", undefined, poison);
    if (doubtful !== undefined) this.#refuse(doubtful, poison);
    this.#lose(poison);
  }

  /** Bytes that cannot become the answer to anything. */
  #oddTail(): string | undefined {
    if (this.#reader.unfinished === 0) return undefined;
    const awaited = [...this.#pending.keys(), ...this.#givenUp.keys()];
    if (awaited.some((id) => this.#reader.begins(id))) return undefined;
    return "nobody asked for what begins like this";
  }

  /** An answer after which comes what is no message: it was longer or shorter than it said. */
  #refuse({ id }: Message, poison: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    const fault = `it goes on after its end: ${poison}`;
    pending.reject(new BothyError("LONG_FRAME", { source: pending.source, fault }));
  }

  /** The stream has lost its step: nothing that is pending can be told any more. */
  #lose(why: string): void {
    const fault = `the stream lost its step: ${why}`;
    this.#reader.reset();
    if (this.#resync.lost()) {
      this.#abandon(fault, "BAD_FRAME");
      return;
    }
    for (const [id, { reject, source, unit }] of [...this.#pending]) {
      this.#giveUp(id, unit);
      reject(new BothyError("BAD_FRAME", { source, fault }));
    }
  }

  #take(message: Message): void {
    const now = this.#deps.clock.monotonic();
    this.#meter.line("receivedFrames");
    const pending = this.#pending.get(message.id);
    const text = describeAnswer(message.unit, message.pdu);
    if (pending === undefined) {
      const late = this.#givenUp.get(message.id);
      this.#givenUp.delete(message.id);
      if (late !== undefined) {
        late.late = true;
        this.#meter.unit(late.unit, "lateAnswers");
      }
      this.#seen(encodeMessage(message), text, undefined, late === undefined ? "not asked for" : "late");
      return;
    }
    if (pending.unit !== message.unit) {
      const fault = `unit ${message.unit}`;
      this.#seen(encodeMessage(message), text, undefined, "wrong unit");
      pending.reject(new BothyError("WRONG_SENDER", { source: pending.source, fault }));
      return;
    }
    this.#resync.found();
    this.#seen(encodeMessage(message), text, now - pending.sent);
    this.#meter.unit(message.unit, "answers");
    this.#meter.turnaround(message.unit, now - pending.sent);
    pending.resolve(message.pdu);
  }

  #seen(bytes: Uint8Array, text: string, took?: Millis, fault?: string): void {
    const now = this.#deps.clock.monotonic();
    this.#taps.saw(() => ({ direction: "received", bytes, text, began: now, ended: now, took, fault }));
  }
}
