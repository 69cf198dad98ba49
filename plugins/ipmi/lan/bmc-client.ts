import type { Millis } from "../../../devices/clock.ts";
import { asBothyError, BothyError } from "../../../devices/errors.ts";
import { priority, silentLog } from "../../../devices/plugin.ts";
import type { IpmiRequest } from "../contract.ts";
import { Alarm } from "./alarm.ts";
import type { BmcClient, BmcState, SessionFacts } from "./bmc.ts";
import { Callers } from "./callers.ts";
import { Connector } from "./connector.ts";
import { type BmcDeps, type BmcOptions, type Settings, settingsOf } from "./options.ts";
import { type Pending, pendingOf, RequestQueue } from "./pending.ts";
import type { Session } from "./session.ts";
import { type BmcStatistics, Tally } from "./statistics.ts";
import { Talk } from "./talk.ts";
import { RequestWindow } from "./window.ts";

/**
 * A client of one BMC. Opens its session when it is first needed and keeps it; opens another one when it was lost.
 * @throws BothyError `BAD_CONFIG`
 */
export const openBmc = (options: BmcOptions & BmcDeps): BmcClient => new Bmc(settingsOf(options), options);

/** Sessions in which a request may go without an answer: it may be what makes the BMC fall silent. */
const mostSessions = 3;

class Bmc implements BmcClient {
  readonly name: string;
  readonly #settings: Settings;
  readonly #deps: BmcDeps;
  readonly #queue = new RequestQueue();
  readonly #resting = new Set<Pending>();
  readonly #callers = new Callers((pending) => this.#callOff(pending));
  readonly #window: RequestWindow;
  readonly #tally = new Tally();
  readonly #alarm: Alarm;
  readonly #connector: Connector;
  readonly #listeners = new Set<(state: BmcState) => void>();
  readonly #stopping = new AbortController();
  #state: BmcState = { kind: "closed" };
  #talk: Talk | undefined;
  #opening: Promise<SessionFacts> | undefined;
  #nextSend: Millis = -Infinity;

  constructor(settings: Settings, deps: BmcDeps) {
    this.name = settings.login.name;
    this.#settings = settings;
    this.#deps = deps;
    this.#window = new RequestWindow(settings.window);
    this.#alarm = new Alarm(deps.clock, () => this.#ring());
    this.#connector = new Connector(settings, deps, this.#stopping.signal, (packet) =>
      this.#talk?.receive(packet) === true ? this.#next() : false,
    );
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
    if (talk !== undefined) await this.#connector.sayGoodbye(talk);
    this.#connector.detach();
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
      this.#callers.heed(pending);
      this.#queue.add(pending);
      this.#pump(now);
      if (!pending.sent) this.#alarm.by(pending.deadline);
    });
  }

  #callOff(pending: Pending): void {
    const unknown = pending.sent && !pending.repeatable;
    this.#reject(pending, unknown ? this.#unknown("nobody waits for it any more") : this.#stopped());
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
      // Whether the BMC still hears us is found out with what may be asked twice.
      const pending = this.#queue.take(talk.stalled > 0);
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
    const due = talk.usedAt + keepAlive;
    this.#alarm.by(due > now ? due : now + keepAlive);
  }

  #wantSession(now: Millis): void {
    if (this.#opening !== undefined) return;
    if (now >= this.#connector.nextAttempt) {
      this.#opening = this.#open();
      this.#opening.catch(() => undefined);
      return;
    }
    const { state } = this;
    if (state.kind === "lost" && !state.reason.retry) this.#rejectWaiting(state.reason);
    else this.#alarm.by(this.#connector.nextAttempt);
  }

  async #open(): Promise<SessionFacts> {
    this.#become({ kind: "connecting" });
    try {
      const { address, session } = await this.#connector.open();
      return this.#opened(session, address);
    } catch (thrown) {
      throw this.#failed(asBothyError(thrown, this.name));
    } finally {
      this.#opening = undefined;
      if (!this.#stopping.signal.aborted) this.#pump(this.#deps.clock.monotonic());
    }
  }

  /** After an answer there is room for the next request. */
  #next(): true {
    if (this.#queue.size > 0) this.#pump(this.#deps.clock.monotonic());
    return true;
  }

  #opened(session: Session, address: string): SessionFacts {
    const { clock, log = silentLog } = this.#deps;
    if (this.#stopping.signal.aborted) throw this.#stopped();
    this.#tally.sessionsOpened++;
    this.#window.restart();
    const { level, suite, version } = session;
    const facts: SessionFacts = { version, ...(suite === undefined ? {} : { suite }), level, address };
    this.#talk = new Talk(session, {
      ...{ name: this.name, clock, timeout: this.#settings.login.timeout, tries: this.#settings.login.tries },
      ...{ window: this.#window, tally: this.#tally },
      send: (packet) => this.#connector.send(packet),
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
    const { log = silentLog } = this.#deps;
    this.#tally.sessionsRefused++;
    if (this.#connector.failed(error)) log.warn({ bmc: this.name, fault: error.message }, "no session");
    this.#become({ kind: "lost", reason: error });
    const hopeless = !this.#connector.everOpen && error.code !== "BUSY";
    if (!error.retry || hopeless) this.#rejectWaiting(error);
    return error;
  }

  /** The session answers no more: what can be asked again waits for the next one. */
  #lose(talk: Talk): void {
    const { log = silentLog } = this.#deps;
    const { timeout } = this.#settings.login;
    this.#tally.sessionsLost++;
    this.#talk = undefined;
    // It may only be deaf to what we say: then it has a slot less to give away, for a while.
    this.#connector.send(talk.goodbye());
    const reason = new BothyError("NO_ANSWER", { source: this.name, timeout });
    for (const pending of [...talk.clear()].reverse()) {
      if (!pending.repeatable)
        this.#reject(pending, this.#unknown("the session was lost before the answer came"));
      else if (++pending.sessions >= mostSessions) this.#reject(pending, reason);
      else this.#queue.putBack(pending);
    }
    this.#connector.lost();
    log.warn({ bmc: this.name }, "session lost");
    this.#become({ kind: "lost", reason });
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
    this.#callers.forget(pending);
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
