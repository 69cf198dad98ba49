import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { Cancel, Clock, Millis } from "../../devices/clock.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Principal } from "../access/principal.ts";
import { HttpError, toldOf } from "../faults.ts";
import { toJson } from "../json.ts";
import type { SynseService } from "../synse/service.ts";
import type { ReadingStream, StreamSelection } from "../synse/streams.ts";
import { type Ask, eventNamed, run, type SocketEvent } from "./events.ts";
import type { SocketLimits } from "./limits.ts";
import { type Asked, type Body, headOf, type Message, messageOf, readMessage } from "./message.ts";
import { Outbox, type Place, type Source } from "./outbox.ts";
import type { Rounds } from "./rounds.ts";

/** One request that was answered, for whoever counts or records them. */
export interface Answered {
  readonly by: Principal;
  /** Undefined for what is no event. */
  readonly event: string | undefined;
  /** 200 when it went well. */
  readonly status: number;
  /** What was thrown. */
  readonly fault?: unknown;
  readonly took: Millis;
  /** In characters. */
  readonly asked: number;
  /** In characters; 0 for what is made while it is sent. */
  readonly answered: number;
}

export interface SessionDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly synse: SynseService;
  readonly limits: SocketLimits;
  readonly rounds: Rounds;
  readonly answered: (answered: Answered) => void;
  /** Counts a request. @throws BothyError `TOO_MANY` */
  readonly admit: (by: Principal) => void;
}

/** One client over a WebSocket: its requests, carried out side by side and answered in order, and its streams. */
export class Session {
  readonly by: Principal;
  readonly #socket: WebSocket;
  readonly #deps: SessionDeps;
  readonly #outbox: Outbox;
  readonly #streams: { readonly id: string; readonly stream: ReadingStream }[] = [];
  readonly #waiting: string[] = [];
  readonly #cancels: Cancel[] = [];
  #stirred = false;
  #heard = false;

  constructor(socket: WebSocket, wire: Socket, by: Principal, deps: SessionDeps) {
    this.by = by;
    this.#socket = socket;
    this.#deps = deps;
    this.#outbox = new Outbox(
      socket,
      wire,
      () => this.#stir(),
      () => deps.rounds.join(this.#turn),
    );
    socket.on("message", (data) => {
      this.#heard = true;
      this.#waiting.push(textOf(data));
      this.#stir();
    });
    for (const sign of ["ping", "pong"] as const) socket.on(sign, () => (this.#heard = true));
    // Too long, or no WebSocket frames at all: it closes itself, and is given no longer than others to agree.
    socket.on("error", () => this.#hurry());
    socket.once("close", () => this.#end());
    this.#ping(wire);
  }

  /** How many of its requests have begun and are not answered. */
  get requests(): number {
    return this.#outbox.places;
  }

  get streams(): number {
    return this.#streams.length;
  }

  /** How many readings wait in its streams. */
  get readings(): number {
    return this.#streams.reduce((sum, { stream }) => sum + stream.waiting, 0);
  }

  /** Ends it. @param code RFC 6455 §7.4 */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // What it says to that would not be read.
    this.#socket.resume();
    this.#hurry();
  }

  #hurry(): void {
    const { clock, limits } = this.#deps;
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    this.#cancels.push(clock.at(clock.monotonic() + limits.close, () => this.#socket.terminate()));
  }

  #end(): void {
    for (const cancel of this.#cancels) cancel();
    for (const { stream } of this.#streams.splice(0)) stream.close();
    this.#waiting.length = 0;
    this.#deps.rounds.leave(this.#turn);
    this.#outbox.end();
  }

  /** Asks again and again whether it is there. Whoever takes what was sent is, even if slowly. */
  #ping(wire: Socket): void {
    const { clock, limits } = this.#deps;
    const taken = (): number => wire.bytesWritten - wire.writableLength;
    let before = taken();
    let asked = false;
    const tick = (): void => {
      // While nothing is read because it asked for much, it cannot be heard.
      const unheard = this.#socket.isPaused && this.#socket.bufferedAmount === 0;
      if (asked && !this.#heard && !unheard && taken() === before) {
        this.#socket.terminate();
        return;
      }
      asked = true;
      this.#heard = false;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
      before = taken();
      this.#cancels[0] = clock.at(clock.monotonic() + limits.ping, tick);
    };
    this.#cancels[0] = clock.at(clock.monotonic() + limits.ping, tick);
  }

  /** Does what can be done as soon as what runs now has ended. */
  #stir(): void {
    if (this.#stirred) return;
    this.#stirred = true;
    queueMicrotask(() => {
      this.#stirred = false;
      this.#turn();
    });
  }

  readonly #turn = (): void => {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    do this.#begin();
    while (this.#outbox.flush() && this.#waiting.length > 0);
    if (this.#waiting.length > 0) this.#socket.pause();
    else if (this.#socket.isPaused) this.#socket.resume();
  };

  #begin(): void {
    const { atOnce, unsentBytes } = this.#deps.limits;
    while (this.#outbox.places < atOnce && this.#outbox.bytes < unsentBytes) {
      const text = this.#waiting.shift();
      if (text === undefined) return;
      this.#answer(text, this.#outbox.place());
    }
  }

  #answer(text: string, place: Place): void {
    const began = this.#deps.clock.monotonic();
    const message = readMessage(text);
    const event = "event" in message ? eventNamed(message.event) : undefined;
    const name = "event" in message && event !== undefined ? message.event : undefined;
    const done = (sent: Message | undefined, status: number, fault?: unknown): void => {
      place.settle(sent);
      this.#deps.answered({
        by: this.by,
        event: name,
        status,
        ...(fault === undefined ? {} : { fault }),
        took: this.#deps.clock.monotonic() - began,
        asked: text.length,
        answered: typeof sent === "string" || Buffer.isBuffer(sent) ? sent.length : 0,
      });
    };
    const fail = (thrown: unknown, description?: string): void => {
      const { body, unexpected } = toldOf(thrown, this.#deps.clock.now());
      if (unexpected) {
        const stack = thrown instanceof Error ? thrown.stack : undefined;
        this.#deps.log.error({ event: name, stack }, `a request failed: ${body.context}`);
      }
      const told = description === undefined ? body : { ...body, description };
      done(messageOf(message.id, "response/error", toJson(told)), body.http_code, thrown);
    };
    if ("fault" in message) fail(message.fault);
    else if (event === undefined) fail(...unknown(message));
    else {
      const succeed = (body: Body | undefined): void =>
        done(body === undefined ? undefined : messageOf(message.id, event.answer, body), 200);
      this.#run(event, message, succeed, fail);
    }
  }

  #run(
    event: SocketEvent,
    { id, data }: Asked,
    succeed: (body: Body | undefined) => void,
    fail: (thrown: unknown) => void,
  ): void {
    const ask: Ask = {
      synse: this.#deps.synse,
      by: this.by,
      streams: {
        start: (selection) => this.#start(id, event.answer, selection),
        stop: () => this.#stop(id),
      },
    };
    try {
      this.#deps.admit(this.by);
      const body = run(event, ask, data);
      if (body instanceof Promise) body.then(succeed, fail);
      else succeed(body);
    } catch (thrown) {
      fail(thrown);
    }
  }

  #start(id: string, event: string, selection: StreamSelection): void {
    const { synse, limits } = this.#deps;
    if (this.#streams.length >= limits.streams)
      throw new HttpError(429, `this socket has ${limits.streams} streams; stop one before starting another`);
    const head = headOf(id, event);
    const stir = (): void => this.#outbox.fetch(source);
    const source: Source = {
      get waiting() {
        return stream.waiting;
      },
      take: () => {
        const reading = stream.take();
        return reading === undefined ? undefined : `${head}${reading}}`;
      },
    };
    const stream = synse.streams.open(this.by, selection, stir);
    this.#streams.push({ id, stream });
  }

  #stop(id: string): void {
    const named = this.#streams.filter((one) => one.id === id);
    const ending = named.length > 0 ? named : [...this.#streams];
    for (const one of ending) {
      one.stream.close();
      this.#streams.splice(this.#streams.indexOf(one), 1);
    }
  }
}

const unknown = ({ event }: Asked): [HttpError, string] => {
  const shown = event.length > 100 ? `${event.slice(0, 100)}…` : event;
  return [
    new HttpError(400, `there is no event ${shown}; known are request/status, request/read and others`),
    `unsupported event type: ${shown}`,
  ];
};

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString();
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)).toString();
}
