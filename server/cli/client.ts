import { type Instant, type Millis, seconds, systemClock } from "../../devices/clock.ts";
import {
  type Client,
  ClientError,
  createClient,
  type Fetch,
  parseJson,
  type SocketConstructor,
} from "../../client/index.ts";
import { explained, Refused } from "./explain.ts";
import { type Target, targetOf, type TargetOptions } from "./target.ts";
import { CannotRun } from "./terminal.ts";
import { askOverWire } from "./wire.ts";

/** How long a server may take to answer. */
const patience: Millis = seconds(15);

/** A server and how to ask it. */
export interface Server {
  readonly target: Target;
  readonly client: Client;
  /** The time there: ages must not depend on this machine's clock. */
  readonly now: () => Instant;
}

/** A difference below this may be the way the answer took, and the whole seconds of HTTP. */
const sameTime: Millis = seconds(5);

export interface ConnectOptions {
  /** In ms, for a whole call. */
  readonly timeout?: Millis;
  readonly retry?: false;
  readonly WebSocket?: SocketConstructor;
}

/** Opens nothing yet. */
export function connect(target: Target, options: ConnectOptions = {}): Server {
  let ahead: Millis = 0;
  const fetch: Fetch = async (url, init) => {
    const answer = await askOverWire(url, init, target.ca);
    const there = Date.parse(answer.headers.get("date") ?? "");
    const difference = there - systemClock.now();
    if (Number.isFinite(there)) ahead = Math.abs(difference) < sameTime ? 0 : difference;
    return answer;
  };
  const client = createClient({
    url: target.url,
    ...(target.token === undefined ? {} : { token: target.token }),
    timeout: options.timeout ?? patience,
    retry: options.retry ?? { attempts: 1, least: 100 },
    ...(options.WebSocket === undefined ? {} : { WebSocket: options.WebSocket }),
    fetch,
    clock: systemClock,
  });
  return { target, client, now: () => systemClock.now() + ahead };
}

/**
 * Does something with the server that options name.
 * @throws CannotRun naming the place and a remedy, for whatever goes wrong with asking
 */
export async function onServer<R>(options: TargetOptions, run: (server: Server) => Promise<R>): Promise<R> {
  const server = connect(targetOf(options));
  try {
    return await run(server);
  } catch (error) {
    throw explained(server.target, error);
  }
}

/**
 * Asks a Bothy site something no Synse server knows.
 * @throws CannotRun when it has no such resource
 */
export async function ownOnly<R>(target: Target, what: string, ask: Promise<R>): Promise<R> {
  try {
    return await ask;
  } catch (error) {
    if (isOtherServer(error)) throw new CannotRun(`${target.url} is no Bothy site: only those have ${what}`);
    throw error;
  }
}

/** Items whose first one has come, or failed to: what is wrong is known before any is used. */
export async function started<T>(items: AsyncIterable<T>): Promise<AsyncGenerator<T>> {
  const source = items[Symbol.asyncIterator]();
  const first = await source.next();
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await source.next()) yield next.value;
    } finally {
      await source.return?.();
    }
  })();
}

/** Whether a server knows nothing of a path below `/api`. A Bothy site answers 404 with a code of its own. */
const isOtherServer = (error: unknown): boolean =>
  error instanceof ClientError &&
  (error.code === "HTTP_404" || error.code === "HTTP_405" || error.code === "BAD_ANSWER");

/**
 * Asks a server something the client has no words for.
 * @param path from its root, with a query
 * @throws CannotRun when it does not answer, Refused when it answers with an error
 */
export async function askJson<T>(
  target: Target,
  path: string,
  { method = "GET", body }: { readonly method?: string; readonly body?: unknown } = {},
): Promise<T> {
  const late = new AbortController();
  const cancel = systemClock.at(systemClock.monotonic() + patience, () =>
    late.abort(new CannotRun(`${target.url} did not answer within ${patience / 1000} s`)),
  );
  try {
    const answer = await askOverWire(
      `${target.url}${path}`,
      {
        method,
        headers: {
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: late.signal,
      },
      target.ca,
    );
    const text = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, said(text) ?? `${target.url} answers ${answer.status}`);
    return parseJson(text) as T;
  } catch (error) {
    throw explained(target, error);
  } finally {
    cancel();
  }
}

function said(text: string): string | undefined {
  try {
    const { context } = parseJson(text) as { context?: unknown };
    return typeof context === "string" ? context : undefined;
  } catch {
    return undefined;
  }
}
