import { type Millis, seconds } from "../../../devices/clock.ts";
import { asBothyError, BothyError } from "../../../devices/errors.ts";
import { priority, silentLog } from "../../../devices/plugin.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { Alarm } from "./alarm.ts";
import { exchange, type Exchanger } from "./exchange.ts";
import { openSession } from "./handshake.ts";
import type { Learnt } from "./opening.ts";
import { type BmcDeps, type BmcOptions, type Random, type Settings, settingsOf } from "./options.ts";
import { type Pending, pendingOf, RequestQueue } from "./pending.ts";
import { pooledRandom } from "./random.ts";
import type { Session } from "./session.ts";
import type { Endpoint, Receiver } from "./socket.ts";
import { type BmcStatistics, Tally } from "./statistics.ts";
import { Talk } from "./talk.ts";
import { RequestWindow } from "./window.ts";

/** What was agreed on when the session was opened. Plain JSON. */
export interface SessionFacts {
  readonly version: "2.0" | "1.5";
  /** Absent for version 1.5. */
  readonly suite?: number;
  /** 2 user, 3 operator, 4 administrator. */
  readonly level: number;
  /** The address the BMC was reached at. */
  readonly address: string;
}

export type BmcState =
  /** Nobody has asked for anything yet, or it was closed. */
  | { readonly kind: "closed" }
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly session: SessionFacts }
  /** It is opened again when somebody asks for something. */
  | { readonly kind: "lost"; readonly reason: BothyError };

/** A client of one BMC. */
export interface BmcClient extends Requester {
  readonly state: BmcState;
  /**
   * Opens the session now, if it is not open.
   * @throws BothyError why there is none, see `Refusal`
   */
  connect(): Promise<SessionFacts>;
  /** Calls `listener` with every change of state, until the returned function is called. */
  onState(listener: (state: BmcState) => void): () => void;
  statistics(): BmcStatistics;
  /** Ends the session, without insisting; whatever waits rejects with `STOPPED`. May be called any number of times. */
  close(): Promise<void>;
}

/**
 * A client of one BMC. Opens its session when it is first needed and keeps it; opens another one when it was lost.
 * @throws BothyError `BAD_CONFIG`
 */
export const openBmc = (options: BmcOptions & BmcDeps): BmcClient => new Bmc(settingsOf(options), options);

const firstBackOff: Millis = seconds(1);
const longestBackOff: Millis = seconds(30);
/** After a refusal that trying again cannot help; BMCs lock accounts that fail too often. */
const longestHold: Millis = seconds(300);
/** Sessions in which a request may go without an answer: it may be what makes the BMC fall silent. */
const mostSessions = 3;

class Bmc implements BmcClient {
  readonly name: string;
  readonly #settings: Settings;
  readonly #deps: BmcDeps;
  readonly #random: Random;
  readonly #queue = new RequestQueue();
  readonly #resting = new Set<Pending>();
  readonly #window: RequestWindow;
  readonly #tally = new Tally();
  readonly #alarm: Alarm;
  readonly #learnt: Learnt = { mute15: false };
  readonly #listeners = new Set<(state: BmcState) => void>();
  readonly #stopping = new AbortController();
  #state: BmcState = { kind: "closed" };
  #endpoint: Endpoint | undefined;
  #listener: Receiver | undefined;
  #talk: Talk | undefined;
  #opening: Promise<SessionFacts> | undefined;
  #attempts = 0;
  #failures = 0;
  #nextAttempt: Millis = -Infinity;
  #nextSend: Millis = -Infinity;
  #everOpen = false;

  constructor(settings: Settings, deps: BmcDeps) {
    this.name = settings.login.name;
    this.#settings = settings;
    this.#deps = deps;
    this.#random = deps.random ?? pooledRandom;
    this.#window = new RequestWindow(settings.window);
    this.#alarm = new Alarm(deps.clock, () => this.#ring());
  }

  get state(): BmcState {
    return this.#state;
  }

  request(request: IpmiRequest): Promise<Buffer> {
    this.#tally.requests++;
    return this.#ask(request);
  }

  async connect(): Promise<SessionFacts> {
    if (this.#stopping.signal.aborted) throw this.#stopped();
    if (this.#state.kind === "open") return this.#state.session;
    return (this.#opening ??= this.#open());
  }

  onState(listener: (state: BmcState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  statistics(): BmcStatistics {
    const { ceiling, size } = this.#window;
    return this.#tally.snapshot({
      ...{ window: size, windowCeiling: ceiling, underWay: this.#talk?.underWay ?? 0 },
      waiting: this.#queue.size + this.#resting.size,
    });
  }

  async close(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#alarm.stop();
    const talk = this.#talk;
    this.#talk = undefined;
    for (const pending of [...(talk?.clear() ?? []), ...this.#waiting()]) {
      this.#reject(
        pending,
        pending.sent && !pending.repeatable ? this.#unknown("the client was closed") : this.#stopped(),
      );
    }
    if (talk !== undefined) await this.#sayGoodbye(talk);
    this.#endpoint?.detach();
    this.#become({ kind: "closed" });
  }

  #ask(request: IpmiRequest): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      if (this.#stopping.signal.aborted || request.signal?.aborted === true) {
        reject(this.#stopped());
        return;
      }
      const now = this.#deps.clock.monotonic();
      const pending = pendingOf(request, resolve, reject, now, this.#settings.patience);
      if (request.signal !== undefined) this.#heed(pending, request.signal);
      this.#queue.add(pending);
      this.#pump(now);
      if (!pending.sent) this.#alarm.by(pending.deadline);
    });
  }

  #heed(pending: Pending, signal: AbortSignal): void {
    const abort = (): void => {
      const unknown = pending.sent && !pending.repeatable;
      this.#reject(pending, unknown ? this.#unknown("nobody waits for it any more") : this.#stopped());
    };
    signal.addEventListener("abort", abort, { once: true });
    pending.stop = () => signal.removeEventListener("abort", abort);
  }

  /** Sends what may be sent now. */
  #pump(now: Millis): void {
    const talk = this.#talk;
    if (talk === undefined) {
      if (this.#queue.size > 0) this.#wantSession(now);
      return;
    }
    while (!talk.full && this.#queue.size > 0) {
      if (now < this.#nextSend) {
        this.#alarm.by(this.#nextSend);
        return;
      }
      const pending = this.#queue.take();
      if (pending === undefined) return;
      if (!talk.launch(pending, now)) {
        this.#queue.putBack(pending);
        this.#alarm.by(talk.freeFrom());
        return;
      }
      this.#nextSend = now + this.#settings.spacing;
      this.#alarm.by(now + this.#settings.login.timeout);
    }
  }

  /** Looks at everything that may have fallen due. */
  #ring(): void {
    const now = this.#deps.clock.monotonic();
    for (const pending of this.#resting) {
      if (pending.restsUntil > now) continue;
      this.#resting.delete(pending);
      this.#queue.putBack(pending);
    }
    for (const pending of this.#queue.takeAll(({ deadline }) => deadline <= now)) {
      this.#reject(pending, this.#tooLong(pending, now));
    }
    if (this.#talk?.overdue(now) === true) this.#lose(this.#talk);
    this.#keepAlive(now);
    this.#pump(now);
    this.#alarm.by(Math.min(this.#talk?.due() ?? Infinity, this.#queue.firstDeadline()));
    for (const { restsUntil } of this.#resting) this.#alarm.by(restsUntil);
  }

  #keepAlive(now: Millis): void {
    const talk = this.#talk;
    const { keepAlive } = this.#settings;
    if (talk === undefined || keepAlive === 0) return;
    const idle = talk.underWay === 0 && this.#queue.size === 0;
    if (idle && talk.usedAt + keepAlive <= now) {
      this.#tally.keepAlives++;
      // Get Device ID: everybody may, and it does nothing. Whether it failed shows in the session.
      this.#ask({ netFn: 0x06, command: 0x01, priority: priority.background }).catch(() => undefined);
    }
    this.#alarm.by(Math.max(now, talk.usedAt) + keepAlive);
  }

  #wantSession(now: Millis): void {
    if (this.#opening !== undefined) return;
    if (now >= this.#nextAttempt) {
      this.#opening = this.#open();
      this.#opening.catch(() => undefined);
      return;
    }
    const { state } = this;
    if (state.kind === "lost" && !state.reason.retry) this.#rejectWaiting(state.reason);
    else this.#alarm.by(this.#nextAttempt);
  }

  async #open(): Promise<SessionFacts> {
    this.#become({ kind: "connecting" });
    try {
      const endpoint = await this.#attach();
      const { login } = this.#settings;
      const opening = { wire: this.#exchanger(endpoint), login, random: this.#random, learnt: this.#learnt };
      return this.#opened(await openSession(opening), endpoint.remote.address);
    } catch (thrown) {
      throw this.#failed(asBothyError(thrown, this.name));
    } finally {
      this.#opening = undefined;
      if (!this.#stopping.signal.aborted) this.#pump(this.#deps.clock.monotonic());
    }
  }

  /** Where the BMC is now. Of several addresses each gets its turn. */
  async #attach(): Promise<Endpoint> {
    const { host, port } = this.#settings;
    const addresses = await this.#deps.socket.resolve(host).catch((thrown: unknown) => {
      const fault = `"${host}" cannot be looked up: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      throw new BothyError("LINE_DOWN", { source: this.name, fault });
    });
    const found = addresses[this.#attempts++ % Math.max(1, addresses.length)];
    if (found === undefined) {
      throw new BothyError("LINE_DOWN", { source: this.name, fault: `"${host}" has no address` });
    }
    if (this.#stopping.signal.aborted) throw this.#stopped();
    this.#endpoint?.detach();
    const endpoint = this.#deps.socket.attach({ ...found, port }, (packet) =>
      this.#listener !== undefined
        ? this.#listener(packet)
        : (this.#talk?.receive(packet) ?? false) && this.#next(),
    );
    this.#endpoint = endpoint;
    return endpoint;
  }

  /** After an answer there is room for the next request. */
  #next(): true {
    if (this.#queue.size > 0) this.#pump(this.#deps.clock.monotonic());
    return true;
  }

  #exchanger(endpoint: Endpoint): Exchanger {
    return {
      name: this.name,
      clock: this.#deps.clock,
      signal: this.#stopping.signal,
      tag: () => endpoint.tag(),
      send: (packet) => endpoint.send(packet),
      listen: (receive) => (this.#listener = receive),
    };
  }

  #opened(session: Session, address: string): SessionFacts {
    const { clock, log = silentLog } = this.#deps;
    if (this.#stopping.signal.aborted) throw this.#stopped();
    this.#tally.sessionsOpened++;
    this.#failures = 0;
    this.#everOpen = true;
    this.#window.restart();
    const { level, suite, version } = session;
    const facts: SessionFacts = { version, ...(suite === undefined ? {} : { suite }), level, address };
    this.#talk = new Talk(session, {
      ...{ name: this.name, clock, timeout: this.#settings.login.timeout, tries: this.#settings.login.tries },
      ...{ window: this.#window, tally: this.#tally },
      send: (packet) => this.#endpoint?.send(packet),
      resolve: (pending, data) => this.#settle(pending, () => pending.resolve(data)),
      reject: (pending, error) => this.#reject(pending, error),
      again: (pending, pause) => this.#rest(pending, pause),
    });
    log.info({ bmc: this.name, ...facts }, "session open");
    this.#become({ kind: "open", session: facts });
    this.#alarm.by(clock.monotonic() + (this.#settings.keepAlive || Infinity));
    return facts;
  }

  #failed(error: BothyError): BothyError {
    if (this.#stopping.signal.aborted) return error;
    const { clock, log = silentLog } = this.#deps;
    this.#tally.sessionsRefused++;
    if (this.#failures++ === 0) log.warn({ bmc: this.name, fault: error.message }, "no session");
    const longest = error.retry ? longestBackOff : longestHold;
    const span = Math.min(firstBackOff * 2 ** Math.min(this.#failures - 1, 16), longest);
    // Not all BMCs of a site at the same moment.
    const jitter = 0.75 + this.#random(1).readUInt8(0) / 512;
    this.#nextAttempt = clock.monotonic() + span * jitter;
    this.#become({ kind: "lost", reason: error });
    if (!error.retry || (!this.#everOpen && error.code !== "BUSY")) this.#rejectWaiting(error);
    return error;
  }

  /** The session answers no more: what can be asked again waits for the next one. */
  #lose(talk: Talk): void {
    const { log = silentLog } = this.#deps;
    const { timeout } = this.#settings.login;
    this.#tally.sessionsLost++;
    this.#talk = undefined;
    // It may only be deaf to what we say: then it has a slot less to give away, for a while.
    this.#endpoint?.send(talk.goodbye());
    const reason = new BothyError("NO_ANSWER", { source: this.name, timeout });
    for (const pending of [...talk.clear()].reverse()) {
      if (!pending.repeatable)
        this.#reject(pending, this.#unknown("the session was lost before the answer came"));
      else if (++pending.sessions >= mostSessions) this.#reject(pending, reason);
      else this.#queue.putBack(pending);
    }
    this.#nextAttempt = -Infinity;
    log.warn({ bmc: this.name }, "session lost");
    this.#become({ kind: "lost", reason });
  }

  async #sayGoodbye(talk: Talk): Promise<void> {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    const wire = { ...this.#exchanger(endpoint), signal: new AbortController().signal };
    const heard = (packet: Buffer): true | undefined => (talk.receive(packet) ? true : undefined);
    await exchange(wire, talk.goodbye(), this.#settings.login.timeout, heard);
  }

  #rest(pending: Pending, pause: Millis): void {
    if (pending.settled) return;
    pending.restsUntil = this.#deps.clock.monotonic() + pause;
    this.#resting.add(pending);
    this.#alarm.by(pending.restsUntil);
  }

  #waiting(): readonly Pending[] {
    const all = [...this.#queue.takeAll(() => true), ...this.#resting];
    this.#resting.clear();
    return all;
  }

  #rejectWaiting(error: BothyError): void {
    for (const pending of this.#waiting()) this.#reject(pending, error);
  }

  #reject(pending: Pending, error: BothyError): void {
    this.#settle(pending, () => pending.reject(error));
  }

  #settle(pending: Pending, settle: () => void): void {
    if (pending.settled) return;
    pending.settled = true;
    pending.stop?.();
    settle();
  }

  #become(state: BmcState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  #tooLong(pending: Pending, now: Millis): BothyError {
    if (this.#state.kind === "lost" && this.#state.reason.code !== "NO_ANSWER") return this.#state.reason;
    return new BothyError("NO_ANSWER", { source: this.name, timeout: Math.round(now - pending.asked) });
  }

  #unknown(fault: string): BothyError {
    return new BothyError("OUTCOME_UNKNOWN", { source: this.name, fault });
  }

  #stopped(): BothyError {
    return new BothyError("STOPPED", { source: this.name });
  }
}
