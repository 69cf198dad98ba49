import { type Backoff, pauseBefore } from "./backoff.ts";
import { type Clock, type Deadline, deadline, pause } from "./clock.ts";
import { asError, ClientError, fault, serverError } from "./errors.ts";
import { parseJson, toJson } from "./json.ts";
import type { Call } from "./requests.ts";
import type { Shape } from "./shape.ts";

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<FetchResponse>;

export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
      cancel(reason?: unknown): Promise<void>;
    };
  } | null;
  text(): Promise<string>;
}

export interface Retry extends Backoff {
  /** How many times more a read is tried. */
  readonly attempts: number;
}

export interface HttpOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: () => Promise<string | undefined>;
  readonly fetch: Fetch;
  readonly timeout: number;
  readonly retry: Retry;
  readonly clock: Clock;
  readonly random: () => number;
}

export type Query = Readonly<Record<string, string | boolean | number | readonly string[] | undefined>>;

export interface Asked<T> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** What the answer, or each of its lines, must look like. */
  readonly shape: Shape<T>;
}

/** Proxies and busy servers answer so: the next moment may be better. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Questions over HTTP, each on its own. */
export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** One answer. @throws ClientError, or the signal's reason */
  async ask<T>(asked: Asked<T>, call: Call = {}): Promise<T> {
    const until = this.#deadline(asked, call);
    try {
      const text = await this.#answer(asked, until.signal, (response) => response.text());
      return this.#checked(asked, text, "the answer");
    } finally {
      until.done();
    }
  }

  /**
   * An answer of one JSON object per line, as they come.
   * @param endless nothing may come for any time; otherwise the timeout counts for each line
   * @throws ClientError, or the signal's reason
   */
  async *lines<T>(asked: Asked<T>, call: Call = {}, endless = false): AsyncGenerator<T, void, undefined> {
    const until = this.#deadline(asked, call);
    const left = new AbortController();
    const leave = (): void => left.abort(until.signal.reason);
    until.signal.addEventListener("abort", leave, { once: true });
    try {
      const reader = await this.#answer(asked, left.signal, (response) =>
        Promise.resolve(response.body?.getReader()),
      );
      if (endless) until.lift();
      if (reader === undefined) return;
      const text = new TextDecoder();
      let rest = "";
      for (;;) {
        const { done, value } = await this.#failing(asked, left.signal, () => reader.read());
        rest += done ? text.decode() : text.decode(value, { stream: true });
        const lines = rest.split("\n");
        rest = done ? "" : (lines.pop() ?? "");
        for (const line of lines) {
          if (!endless) until.lift();
          if (line.trim() !== "") yield this.#line(asked, line);
        }
        if (done) return;
        if (!endless) until.extend();
      }
    } finally {
      until.signal.removeEventListener("abort", leave);
      until.done();
      // Ends the connection of who stops in the middle.
      left.abort(fault("CLOSED", "nobody wants the rest"));
    }
  }

  #deadline({ method, path }: Asked<unknown>, { signal, timeout = this.#options.timeout }: Call): Deadline {
    const late = (): Error => fault("NO_ANSWER", `${method} ${path} took more than ${timeout} ms`);
    return deadline(this.#options.clock, timeout, late, signal);
  }

  /** Asks, and for reads again while that may help. */
  async #answer<R>(
    asked: Asked<unknown>,
    signal: AbortSignal,
    take: (response: FetchResponse) => Promise<R>,
  ): Promise<R> {
    const { retry, clock, random } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await this.#failing(asked, signal, () => this.#fetch(asked, signal));
        if (response.status >= 200 && response.status < 300)
          return await this.#failing(asked, signal, () => take(response));
        const text = await this.#failing(asked, signal, () => response.text());
        throw new Refusal(refused(asked, response.status, text), retryAfter(response));
      } catch (thrown) {
        const { error, after } = thrown instanceof Refusal ? thrown : { error: asError(thrown), after: 0 };
        const again = asked.method === "GET" && attempt < retry.attempts && mayPass(error);
        if (!again || after > retry.most || signal.aborted) throw error;
        await pause(clock, Math.max(after, pauseBefore(retry, attempt, random())), signal);
      }
    }
  }

  async #fetch({ method, path, query, body }: Asked<unknown>, signal: AbortSignal): Promise<FetchResponse> {
    const { url, fetch } = this.#options;
    const token = await this.#options.token();
    return fetch(`${url}${path}${queryText(query)}`, {
      method,
      headers: {
        accept: "application/json, application/x-ndjson",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: toJson(body) }),
      signal,
    });
  }

  /** Whatever the platform throws, as one of ours. */
  async #failing<R>(
    { method, path }: Asked<unknown>,
    signal: AbortSignal,
    run: () => Promise<R>,
  ): Promise<R> {
    try {
      signal.throwIfAborted();
      return await run();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof ClientError) throw error;
      throw broken(`${method} ${this.#options.url}${path}`, asError(error));
    }
  }

  #line<T>(asked: Asked<T>, text: string): T {
    const { error } = this.#json(asked, text, "a line of the answer") as { error?: { text?: unknown } };
    // The last line of an answer that could not be finished.
    if (typeof error?.text === "string" && "code" in error)
      throw serverError(0, { ...error, context: error.text }, "");
    return this.#checked(asked, text, "a line of the answer");
  }

  #checked<T>(asked: Asked<T>, text: string, what: string): T {
    if (asked.shape.nothing === true) return undefined as T;
    const value = this.#json(asked, text, what);
    const wrong = asked.shape.fault(value, what);
    if (wrong !== undefined) throw fault("BAD_ANSWER", `${asked.method} ${asked.path}: ${wrong}`);
    return value as T;
  }

  #json({ method, path }: Asked<unknown>, text: string, what: string): unknown {
    try {
      return parseJson(text);
    } catch (error) {
      throw fault("BAD_ANSWER", `${method} ${path}: ${what} is not JSON: ${text.slice(0, 100)}`, error);
    }
  }
}

/** An answer that is a refusal, and how long the server asks to wait. */
class Refusal extends Error {
  readonly error: ClientError;
  readonly after: number;

  constructor(error: ClientError, after: number) {
    super(error.message);
    this.error = error;
    this.after = after;
  }
}

function refused({ method, path }: Asked<unknown>, status: number, text: string): ClientError {
  let body: unknown;
  try {
    body = parseJson(text);
  } catch {
    // A proxy's page: what it says is told below.
  }
  const said = text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return serverError(status, body, `${method} ${path} was answered with ${status}: ${said.slice(0, 200)}`);
}

const retryAfter = (response: FetchResponse): number => {
  const span = Number(response.headers.get("retry-after") ?? 0);
  return Number.isFinite(span) && span > 0 ? span * 1000 : 0;
};

const mayPass = (error: Error): boolean =>
  error instanceof ClientError &&
  (error.code === "UNREACHABLE" || error.code === "DISCONNECTED" || passing.has(error.http_code));

/** Nothing was sent yet when it failed so. Browsers do not tell. */
const beforeSending = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

function broken(what: string, error: Error): ClientError {
  const cause = error.cause as { readonly code?: unknown; readonly message?: unknown } | undefined;
  const code = typeof cause?.code === "string" ? cause.code : "";
  const why = [error.message, code || cause?.message].filter((part) => typeof part === "string").join(": ");
  return fault(beforeSending.test(code) ? "UNREACHABLE" : "DISCONNECTED", `${what}: ${why}`, error);
}

function queryText(query: Query = {}): string {
  const parts = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
    return values.map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`);
  });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** A part of a path. @throws ClientError `BAD_INPUT` for what no path can hold */
export function segment(name: string, what: string): string {
  if (name === "" || name === "." || name === "..")
    throw fault("BAD_INPUT", `${what} cannot be ${JSON.stringify(name)}`);
  return encodeURIComponent(name);
}
