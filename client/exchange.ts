import { pauseBefore } from "./backoff.ts";
import { type Cancel, deadline } from "./clock.ts";
import { Connection, type ConnectionOptions, type ConnectionState } from "./connection.ts";
import { asError, type ClientError, fault, serverError } from "./errors.ts";
import { parseJson, toJson } from "./json.ts";
import { toReading } from "./readings.ts";
import type { Call } from "./requests.ts";
import type { Shape } from "./shape.ts";
import * as shapes from "./shapes.ts";
import type { Stream } from "./streams.ts";

export interface StateChange {
  readonly state: ConnectionState;
  /** Why it was lost. */
  readonly error?: ClientError;
}

/** A question over the socket. */
export interface Asked<T> {
  readonly event: string;
  readonly data?: object;
  /** The event that answers it. */
  readonly answer: string;
  readonly shape: Shape<T>;
  /** Never sent twice, and not kept back until the connection is there again. */
  readonly write?: boolean;
}

interface Pending {
  readonly asked: Asked<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly stream: Stream;
  readonly data: object;
  /** It had readings: what the server says against it now may pass. */
  ran: boolean;
  attempt: number;
  cancel: Cancel;
}

export interface ExchangeOptions extends ConnectionOptions {
  /** Whether reads wait for the connection, and are sent again when it was lost meanwhile. */
  readonly retry: boolean;
}

/** The questions of one session and who waits for their answers. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #connection: Connection;
  readonly #pending = new Map<number, Pending>();
  readonly #streams = new Map<number, Running>();
  readonly #waiting = new Set<{ readonly go: () => void; readonly fail: (error: Error) => void }>();
  readonly #listeners = new Set<(change: StateChange) => void>();
  // Servers take an id of 0 for none.
  #lastId = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#connection = new Connection(options, {
      opened: () => this.#opened(),
      message: (text) => this.#message(text),
      lost: (error) => this.#lost(error),
      quiet: () => {
        // Answers come in order: behind a write that takes its time nothing is heard, and each question has a timeout.
        if (this.#pending.size > 0) return false;
        this.#send(++this.#lastId, "request/status");
        return true;
      },
    });
    this.#connection.start();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  onState(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (this.state === "closed") return;
    this.#connection.close();
    const error = fault("CLOSED", "it was closed here");
    for (const { fail } of [...this.#waiting]) fail(error);
    for (const { reject } of [...this.#pending.values()]) reject(error);
    for (const { stream, cancel } of this.#streams.values()) {
      cancel();
      stream.end();
    }
    this.#tell({ state: "closed" });
  }

  /** @throws ClientError, or the signal's reason */
  readonly ask = async <T>(
    asked: Asked<T>,
    { signal, timeout = this.#options.timeout }: Call = {},
  ): Promise<T> => {
    const late = (): Error =>
      this.#connection.error ?? fault("NO_ANSWER", `${asked.event} took more than ${timeout} ms`);
    const until = deadline(this.#options.clock, timeout, late, signal);
    try {
      for (;;) {
        await this.#open(asked, until.signal);
        try {
          return (await this.#exchange(asked, until.signal)) as T;
        } catch (error) {
          if (!(error instanceof Interrupted)) throw error;
          if (asked.write === true || !this.#options.retry) throw error.why;
        }
      }
    } finally {
      until.done();
    }
  };

  /** Begins a stream; it goes on after every reconnection until `stop`. */
  begin(data: object, stream: Stream): { readonly stop: () => void } {
    const id = ++this.#lastId;
    if (this.state === "closed") stream.end(fault("CLOSED", "the session is closed"));
    else {
      const running: Running = { stream, data, ran: false, attempt: 0, cancel: () => undefined };
      this.#streams.set(id, running);
      const { error } = this.#connection;
      if (this.state === "open") this.#startStream(id, running);
      else if (error !== undefined) stream.lost(error);
    }
    return { stop: () => this.#stop(id) };
  }

  #startStream(id: number, { stream, data }: Running): void {
    this.#send(id, "request/read_stream", data);
    stream.started();
  }

  #stop(id: number): void {
    this.#streams.get(id)?.cancel();
    if (this.#streams.delete(id) && this.state === "open")
      this.#send(id, "request/read_stream", { stop: true });
  }

  /** Resolves when something can be sent. */
  #open(asked: Asked<unknown>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { state } = this;
    if (state === "open") return Promise.resolve();
    if (state === "closed") throw fault("CLOSED", "it was closed here");
    if (state === "lost" && (asked.write === true || !this.#options.retry))
      throw fault("UNREACHABLE", `${asked.event}: nothing was sent`, this.#connection.error);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", aborted);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const go = (): void => {
        end();
        resolve();
      };
      const aborted = (): void => fail(signal.reason as Error);
      const waiting = { go, fail };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", aborted, { once: true });
    });
  }

  /** Sends and waits. @throws Interrupted when the connection is lost meanwhile */
  #exchange(asked: Asked<unknown>, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const end = (): void => {
        this.#pending.delete(id);
        signal.removeEventListener("abort", aborted);
      };
      const aborted = (): void => {
        end();
        reject(asError(signal.reason));
      };
      this.#pending.set(id, {
        asked,
        resolve: (value) => {
          end();
          resolve(value);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      signal.addEventListener("abort", aborted, { once: true });
      this.#send(id, asked.event, asked.data);
    });
  }

  /** What cannot be sent because the socket is going is told by its end. */
  #send(id: number, event: string, data: object = {}): void {
    try {
      this.#connection.send(toJson({ id, event, data }));
    } catch (error) {
      const pending = this.#pending.get(id);
      pending?.reject(new Interrupted(asError(error)));
    }
  }

  #opened(): void {
    this.#tell({ state: "open" });
    for (const [id, running] of this.#streams) this.#startStream(id, running);
    for (const { go } of [...this.#waiting]) go();
  }

  #lost(error: ClientError): void {
    for (const { stream, cancel } of this.#streams.values()) {
      cancel();
      stream.lost(error);
    }
    for (const { reject } of [...this.#pending.values()]) reject(new Interrupted(error));
    // The server is there and does not want us: no use in waiting.
    const refused = error.http_code >= 400 && error.http_code < 500;
    if (refused || !this.#options.retry) for (const { fail } of [...this.#waiting]) fail(error);
    this.#tell({ state: "lost", error });
  }

  #tell(change: StateChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  #message(text: string): void {
    let message: unknown;
    try {
      message = parseJson(text);
    } catch (error) {
      this.#connection.giveUp(fault("BAD_ANSWER", `a message is not JSON: ${text.slice(0, 100)}`, error));
      return;
    }
    const { id, event, data } = (message ?? {}) as { id?: unknown; event?: unknown; data?: unknown };
    // Others are answers nobody waits for any more.
    if (typeof id !== "number") return;
    const running = this.#streams.get(id);
    if (running !== undefined) this.#reading(id, running, event, data);
    else this.#answer(id, event, data);
  }

  #reading(id: number, running: Running, event: unknown, data: unknown): void {
    const wrong = shapes.reading.fault(data, "a reading of the stream");
    if (event === "response/error") this.#refused(id, running, errorOf(data));
    else if (wrong !== undefined) this.#refused(id, running, fault("BAD_ANSWER", wrong));
    else {
      running.ran = true;
      running.attempt = 0;
      running.stream.put(toReading(data as shapes.WireReading));
    }
  }

  /**
   * The server does not want a stream. One that ran before is tried again: after a restart a server may not know all
   * its devices at once.
   */
  #refused(id: number, running: Running, error: ClientError): void {
    const { backoff, clock, random } = this.#options;
    if (!running.ran) {
      this.#streams.delete(id);
      running.stream.end(error);
      return;
    }
    running.stream.lost(error);
    running.cancel();
    const span = pauseBefore(backoff, running.attempt++, random());
    running.cancel = clock.at(clock.monotonic() + span, () => {
      if (this.state === "open") this.#startStream(id, running);
    });
  }

  #answer(id: number, event: unknown, data: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { asked, resolve, reject } = pending;
    if (event === "response/error") {
      reject(errorOf(data));
      return;
    }
    const wrong =
      event === asked.answer ? asked.shape.fault(data, "the answer") : `it was answered by ${String(event)}`;
    if (wrong === undefined) resolve(data);
    else reject(fault("BAD_ANSWER", `${asked.event}: ${wrong}`));
  }
}

/** The connection was lost before the answer came. */
class Interrupted extends Error {
  readonly why: Error;

  constructor(why: Error) {
    super(why.message);
    this.why = why;
  }
}

function errorOf(data: unknown): ClientError {
  const { http_code } = (data ?? {}) as { http_code?: unknown };
  return serverError(typeof http_code === "number" ? http_code : 0, data, "the server does not say more");
}
