import { type Backoff, pauseBefore } from "./backoff.ts";
import { type Cancel, type Clock } from "./clock.ts";
import { asError, type ClientError, fault, serverError } from "./errors.ts";
import type { OpenSocket, Socket, SocketEvent } from "./socket.ts";

/**
 * `connecting`: not open yet since the beginning; `open`; `lost`: it was open, or the first attempt failed, and it
 * will be tried again; `closed`: for good.
 */
export type ConnectionState = "connecting" | "open" | "lost" | "closed";

export interface ConnectionOptions {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly open: OpenSocket;
  readonly token: () => Promise<string | undefined>;
  /** Pauses between attempts, in ms. */
  readonly backoff: Backoff;
  /** How long opening may take, and the answer to a sign of life. In ms. */
  readonly timeout: number;
  /** After this time without a message the other side is asked for a sign of life. In ms. */
  readonly idle: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface ConnectionEvents {
  readonly opened: () => void;
  readonly message: (text: string) => void;
  /** It was open and is not any more, or could not be opened. */
  readonly lost: (error: ClientError) => void;
  /** Nothing was heard for long: something is to be sent that is answered. False: there is no hurry. */
  readonly quiet: () => boolean;
}

/** A WebSocket that is opened again, with growing pauses, until it is closed here. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #state: ConnectionState = "connecting";
  #socket: Socket | undefined;
  #attempt = 0;
  #cancel: Cancel = () => undefined;
  #heard = 0;
  #asked = false;
  #error: ClientError | undefined;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why it is not open, while it is not. */
  get error(): ClientError | undefined {
    return this.#error;
  }

  start(): void {
    void this.#open();
  }

  /** Only while it is open. @throws ClientError `UNREACHABLE` otherwise: nothing was sent */
  send(text: string): void {
    if (this.#state !== "open" || this.#socket?.readyState !== 1)
      throw fault("UNREACHABLE", `${this.#options.url} is not open; nothing was sent`, this.#error);
    this.#socket.send(text);
  }

  /** The other side sends nonsense: away with this socket. */
  giveUp(error: ClientError): void {
    const socket = this.#socket;
    if (socket !== undefined) this.#lose(socket, error);
  }

  /** For good. */
  close(): void {
    this.#cancel();
    this.#state = "closed";
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) shut(socket, socket.readyState !== 1);
  }

  async #open(): Promise<void> {
    const { clock, open, timeout, token, url } = this.#options;
    let socket: Socket;
    try {
      socket = await open(url, token);
    } catch (error) {
      this.#failed(fault("UNREACHABLE", `${url}: ${asError(error).message}`, error));
      return;
    }
    if (this.#state === "closed") {
      shut(socket, true);
      return;
    }
    this.#socket = socket;
    let why: ClientError | undefined;
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", ({ data }) => this.#message(socket, data));
    socket.addEventListener("error", (event) => (why = openingFault(url, event)));
    socket.addEventListener("close", (event) =>
      this.#lose(socket, why ?? fault("DISCONNECTED", `${url} was closed (${told(event)})`)),
    );
    this.#cancel = clock.at(clock.monotonic() + timeout, () =>
      this.#lose(socket, fault("UNREACHABLE", `${url} was not open within ${timeout} ms`)),
    );
  }

  #opened(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#cancel();
    this.#state = "open";
    this.#error = undefined;
    this.#heard = this.#options.clock.monotonic();
    this.#watch();
    this.#events.opened();
  }

  #message(socket: Socket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#heard = this.#options.clock.monotonic();
    this.#asked = false;
    // Only what answers is worth coming back to at once.
    this.#attempt = 0;
    if (typeof data === "string") this.#events.message(data);
  }

  /** Sockets can die without a word; browsers cannot ping. */
  #watch(): void {
    const { clock, idle, timeout } = this.#options;
    const socket = this.#socket;
    if (socket === undefined || !Number.isFinite(idle)) return;
    this.#asked = false;
    const look = (): void => {
      const quiet = clock.monotonic() - this.#heard;
      if (this.#asked) {
        this.#lose(socket, fault("DISCONNECTED", `nothing was heard for ${Math.round(quiet)} ms`));
        return;
      }
      if (quiet < idle) {
        this.#cancel = clock.at(this.#heard + idle, look);
        return;
      }
      this.#asked = this.#events.quiet();
      this.#cancel = this.#asked
        ? clock.at(clock.monotonic() + timeout, () => (this.#asked ? look() : this.#watch()))
        : clock.at(clock.monotonic() + idle, look);
    };
    this.#cancel = clock.at(this.#heard + idle, look);
  }

  #lose(socket: Socket, error: ClientError): void {
    if (socket !== this.#socket) return;
    this.#cancel();
    this.#socket = undefined;
    shut(socket, true);
    this.#failed(error);
  }

  #failed(error: ClientError): void {
    if (this.#state === "closed") return;
    this.#state = "lost";
    this.#error = error;
    const { backoff, clock, random } = this.#options;
    const span = pauseBefore(backoff, this.#attempt++, random());
    this.#cancel = clock.at(clock.monotonic() + span, () => void this.#open());
    this.#events.lost(error);
  }
}

/** @param dead there is nobody to wait for; only outside of browsers does that make a difference */
function shut(socket: Socket, dead: boolean): void {
  const { terminate } = socket as { terminate?: unknown };
  // One that was still opening calls that an error, perhaps when nobody else listens.
  socket.addEventListener("error", () => undefined);
  if (dead && typeof terminate === "function") terminate.call(socket);
  else socket.close(1000);
}

const told = ({ code, reason }: SocketEvent): string =>
  [code, typeof reason === "string" && reason !== "" ? reason : undefined]
    .filter((part) => part !== undefined)
    .join(": ");

/** Why it could not be opened. Only outside of browsers is it known that the server refused, and how. */
function openingFault(url: string, event: SocketEvent): ClientError {
  const message = typeof event.message === "string" ? event.message : "";
  const status = /server response: (\d{3})/.exec(message)?.[1];
  if (status !== undefined) return serverError(Number(status), undefined, `${url} answered with ${status}`);
  const code = message.includes("ECONNREFUSED") ? "UNREACHABLE" : "DISCONNECTED";
  return fault(code, message === "" ? `${url} failed` : `${url}: ${message}`);
}
