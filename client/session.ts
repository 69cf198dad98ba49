import type { Clock } from "./clock.ts";
import type { ConnectionState } from "./connection.ts";
import { asError } from "./errors.ts";
import { Exchange, type ExchangeOptions, type StateChange } from "./exchange.ts";
import { groupsOf, type Requests, type Selection } from "./requests.ts";
import { socketRequests } from "./session-requests.ts";
import { Stream, type StreamItem } from "./streams.ts";

export interface StreamOptions extends Selection {
  /** Devices, by id or alias. Together with `tags`: devices of either; without both: all devices. */
  readonly ids?: readonly string[];
  /** Ends the stream, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** How many outputs may wait for a slow consumer, with the newest reading each. Default: 10,000. */
  readonly limit?: number;
}

/** One WebSocket to a server, opened again whenever it is lost. */
export interface Session extends Requests {
  readonly state: ConnectionState;
  /**
   * Readings as they are published, with what the consumer must know to miss nothing silently. To a slow consumer the
   * newest reading of every output is kept. Leaving the loop ends the stream (of an original Synse server: all of the
   * session). A site begins, also after a reconnection, with the present reading of every output.
   * @throws ClientError when the server refuses it; the signal's reason
   */
  readStream(options?: StreamOptions): AsyncIterable<StreamItem, void>;
  /** Tells every change until the returned function is called. */
  onState(listener: (change: StateChange) => void): () => void;
  /** Ends streams, rejects what waits for an answer, closes the socket. Any number of times. */
  close(): void;
}

export function createSession(options: ExchangeOptions): Session {
  const exchange = new Exchange(options);
  return {
    ...socketRequests(exchange, options.timeout),
    get state() {
      return exchange.state;
    },
    readStream: (streamOptions = {}) => streamed(exchange, streamOptions, options.clock),
    onState: (listener) => exchange.onState(listener),
    close: () => exchange.close(),
  };
}

const mostWaiting = 10_000;

async function* streamed(
  exchange: Exchange,
  { ids, tags, ns, signal, limit = mostWaiting }: StreamOptions,
  clock: Clock,
): AsyncGenerator<StreamItem, void, undefined> {
  signal?.throwIfAborted();
  const stream = new Stream(limit, clock);
  const running = exchange.begin(
    {
      ...(ids === undefined ? {} : { ids }),
      ...(tags === undefined ? {} : { tag_groups: withNamespace(tags, ns) }),
    },
    stream,
  );
  const stop = (): void => stream.end(asError(signal?.reason));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    yield* stream.items();
  } finally {
    signal?.removeEventListener("abort", stop);
    running.stop();
  }
}

/** Streams know no default namespace: tags are written out, so that they mean what they mean elsewhere. */
const withNamespace = (tags: Selection["tags"], ns = "default"): readonly (readonly string[])[] =>
  groupsOf(tags).map((group) => group.map((tag) => (tag.includes("/") ? tag : `${ns}/${tag}`)));
