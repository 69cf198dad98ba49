import { type Millis, sleep } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { TappedFrame } from "../../devices/plugin.ts";
import { Bus } from "../transport/bus.ts";
import { type Line, settler } from "../transport/line.ts";
import { decodeAnswer } from "./answer.ts";
import {
  type BusConfig,
  busDefaults,
  type ClientDeps,
  type ModbusClient,
  type RequestOptions,
} from "./contract.ts";
import { encodeRequest, isWrite, type Request, type Response } from "./pdu.ts";
import { abortable, askAll, retryPause, saidOf, SilenceWatch } from "./requests.ts";
import { wireTiming } from "./rtu.ts";
import { type BusStats, Meter } from "./stats.ts";
import { type Owed, Sync } from "./sync.ts";
import { Taps } from "./tap.ts";
import { type Outcome, RtuWire } from "./wire.ts";

/** What one turn on the bus came to. */
type Step =
  | { readonly kind: "answer"; readonly response: Response }
  | { readonly kind: "failed"; readonly error: BothyError; readonly owed?: Owed | undefined }
  /** Something else was asked first. `alive`: the unit said something, so that asking on makes sense. */
  | { readonly kind: "probed"; readonly alive: boolean; readonly error?: BothyError }
  | { readonly kind: "rest"; readonly until: Millis };

const broadcastUnit = 0;
const lastUnit = 247;
/** Serial adapters hand bytes over in lumps up to 16 ms apart; device servers leave more between packets. */
const serialSilence: Millis = 25;
const socketSilence: Millis = 150;

/** A client that speaks RTU frames on `line`, whatever the line is. */
export class RtuClient implements ModbusClient {
  readonly closed: Promise<BothyError | undefined>;
  readonly #line: Line;
  readonly #config: BusConfig;
  readonly #deps: ClientDeps;
  readonly #bus: Bus;
  readonly #wire: RtuWire;
  readonly #sync: Sync;
  readonly #meter: Meter;
  readonly #taps: Taps;
  readonly #watch: SilenceWatch;
  readonly #settle: (reason: BothyError | undefined) => void;
  /** What a unit failed with before it was left alone. */
  readonly #lastError = new Map<number, BothyError>();
  #ended = false;

  constructor(line: Line, config: BusConfig, deps: ClientDeps) {
    const { clock, log, memory } = deps;
    this.#line = line;
    this.#config = config;
    this.#deps = deps;
    this.#meter = new Meter(clock);
    this.#taps = new Taps(clock);
    this.#watch = new SilenceWatch(clock);
    const lateAnswers = config.lateAnswers ?? busDefaults.lateAnswers;
    this.#sync = new Sync({ clock, memory, lateAnswers });
    const timing = wireTiming(config);
    this.#wire = new RtuWire({
      line,
      clock,
      log,
      sync: this.#sync,
      meter: this.#meter,
      taps: this.#taps,
      timing,
      localEcho: config.localEcho ?? busDefaults.localEcho,
      silence: Math.max(2 * timing.gap, config.transport === "serial" ? serialSilence : socketSilence),
    });
    this.#bus = new Bus({ name: config.name, ready: this.#wire.quiet });
    const { promise, settle } = settler<BothyError | undefined>();
    this.closed = promise;
    this.#settle = settle;
    void line.closed.then((reason) => this.#end(reason));
  }

  async request(unit: number, request: Request, options: RequestOptions): Promise<Response> {
    const { source } = options;
    const least = isWrite(request) ? broadcastUnit : 1;
    if (!Number.isInteger(unit) || unit < least || unit > lastUnit) {
      throw new BothyError("BAD_INPUT", { source, fault: `unit ${unit} is not ${least}..${lastUnit}` });
    }
    const ask = (part: Request): Promise<Response> =>
      unit === broadcastUnit ? this.#broadcast(part, options) : this.#ask(unit, part, options);
    return abortable(askAll(request, source, ask), options);
  }

  tap(listener: (frame: TappedFrame) => void): () => void {
    return this.#taps.add(listener);
  }

  stats(): BusStats {
    return { ...this.#meter.stats(this.#bus.waiting), resting: this.#sync.resting };
  }

  async close(): Promise<void> {
    this.#end(undefined);
    await this.#line.close();
  }

  #end(reason: BothyError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const error = reason ?? new BothyError("STOPPED", { source: this.#config.name });
    this.#bus.stop(error);
    this.#wire.down(error);
    this.#sync.save();
    this.#settle(reason);
  }

  async #broadcast(request: Request, options: RequestOptions): Promise<Response> {
    const turnaround = this.#config.turnaround ?? busDefaults.turnaround;
    const encoded = encodeRequest(request);
    const outcome = await this.#turn(options, () => {
      this.#sync.broadcast();
      return this.#wire.broadcast(encoded, turnaround, this.#delay(options));
    });
    if (outcome?.kind === "failed") throw this.#failure(outcome, 0, options.source);
    return { kind: "written" };
  }

  /** Each attempt, each probe and each retry is a turn of its own, so that something more urgent can go between. */
  async #ask(unit: number, request: Request, options: RequestOptions): Promise<Response> {
    const encoded = encodeRequest(request);
    const own: Owed[] = [];
    let tries = 1 + (options.retries ?? this.#config.retries ?? busDefaults.retries);
    let error: BothyError | undefined;
    this.#meter.unit(unit, "requests");
    for (;;) {
      const step = await this.#turn(options, () => this.#step(unit, request, encoded, options));
      if (step.kind === "answer") return step.response;
      if (step.kind === "rest") {
        if (!isWrite(request)) throw this.#resting(unit, error, own, options);
        await this.#deps.clock.sleepUntil(step.until, options.signal);
        continue;
      }
      if (step.kind === "probed") {
        if (step.alive || isWrite(request)) continue;
        throw this.#resting(unit, error ?? step.error, own, options);
      }
      error = step.error;
      if (step.owed !== undefined) own.push(step.owed);
      this.#lastError.set(unit, error);
      const pause = retryPause(request, error);
      if (--tries <= 0 || pause === undefined) throw this.#lateness(error, own, options);
      this.#meter.unit(unit, "retries");
      if (pause > 0) await sleep(this.#deps.clock, pause, options.signal);
    }
  }

  #turn<T>(options: RequestOptions, work: () => Promise<T>): Promise<T> {
    return this.#bus.turn(options, work).catch((thrown: unknown) => {
      throw saidOf(asBothyError(thrown, options.source), options.source);
    });
  }

  async #step(unit: number, request: Request, encoded: Uint8Array, options: RequestOptions): Promise<Step> {
    const admission = this.#sync.admit(unit, encoded);
    if (admission.kind === "rest") return admission;
    const probe = admission.kind === "probe";
    if (probe) this.#meter.unit(unit, "probes");
    const timeout = this.#timeout(options);
    const asked = probe ? admission.request : encoded;
    const outcome = await this.#wire.exchange(unit, asked, { timeout, delay: this.#delay(options) });
    if (outcome.kind === "answer") {
      this.#watch.heard();
      return probe
        ? { kind: "probed", alive: true }
        : this.#decoded(unit, request, encoded, outcome.pdu, options);
    }
    if (outcome.owed !== undefined) this.#sync.failed(unit, probe, outcome.silent);
    const error = this.#failure(outcome, timeout, options.source);
    if (outcome.code !== "LINE_DOWN") this.#meter.failure(unit, outcome.code);
    this.#judgeSilence(outcome);
    if (!probe || this.#ended) return { kind: "failed", error, owed: outcome.owed };
    return { kind: "probed", alive: !outcome.silent, error };
  }

  #decoded(
    unit: number,
    request: Request,
    encoded: Uint8Array,
    pdu: Uint8Array,
    options: RequestOptions,
  ): Step {
    try {
      return { kind: "answer", response: decodeAnswer(request, encoded, pdu, options.source) };
    } catch (thrown) {
      const error = asBothyError(thrown, options.source);
      if (error.params["exception"] !== undefined) this.#meter.unit(unit, "exceptions");
      else this.#meter.failure(unit, error.code);
      return { kind: "failed", error };
    }
  }

  #failure(outcome: Outcome & { kind: "failed" }, timeout: Millis, source: string): BothyError {
    return new BothyError(outcome.code, { source, fault: outcome.fault, timeout });
  }

  /** A unit that answered after all was not silent, only too slow for its timeout. */
  #lateness(error: BothyError, own: readonly Owed[], options: RequestOptions): BothyError {
    if (error.code !== "NO_ANSWER" || !own.some(({ late }) => late)) return error;
    return new BothyError("LATE_ANSWER", { source: options.source, timeout: this.#timeout(options) });
  }

  #resting(
    unit: number,
    error: BothyError | undefined,
    own: readonly Owed[],
    options: RequestOptions,
  ): BothyError {
    const last = error ?? this.#lastError.get(unit);
    if (last !== undefined) return this.#lateness(saidOf(last, options.source), own, options);
    return new BothyError("NO_ANSWER", { source: options.source, timeout: this.#timeout(options) });
  }

  #judgeSilence(outcome: Outcome & { kind: "failed" }): void {
    if (this.#config.transport === "serial") return;
    if (!outcome.silent) this.#watch.heard();
    else if (this.#watch.timedOut()) {
      this.#end(new BothyError("LINE_DOWN", { source: this.#config.name, fault: "nothing heard any more" }));
      void this.#line.close();
    }
  }

  #timeout(options: RequestOptions): Millis {
    return options.timeout ?? this.#config.responseTimeout ?? busDefaults.responseTimeout;
  }

  #delay(options: RequestOptions): Millis {
    return options.interFrameDelay ?? this.#config.interFrameDelay ?? busDefaults.interFrameDelay;
  }
}
