import { type CallOptions, Client, type ClientReadableStream, connectivityState } from "@grpc/grpc-js";
import type { ChannelCredentials, ServiceError } from "@grpc/grpc-js";
import type { Clock, Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { type CallKind, CallCounts } from "./call-counts.ts";
import { faultOf } from "./fault.ts";
import type { Outgoing } from "./messages.ts";
import {
  loadV3Plugin,
  type StreamMethods,
  type StreamTable,
  type UnaryMethods,
  type UnaryTable,
  type V3Method,
} from "./proto.ts";

/** A message that is longer is refused: no plugin has one, and memory is bounded. */
export const longestMessage = 4 * 1024 * 1024;

/** A list that takes this many times as long as one message may is none. */
const listFactor = 10;

export interface ClientParts {
  /** As gRPC names it: `dns:host:port` or `unix:/path`. */
  readonly target: string;
  readonly credentials: ChannelCredentials;
  /** The name its certificate is for, when that is not the host's. */
  readonly serverName?: string;
  /** Names the place in errors. */
  readonly source: string;
  readonly clock: Clock;
  /** How long an answer, or the next message of a list, may take. */
  readonly timeout: Millis;
}

export interface Asking {
  readonly signal: AbortSignal;
  /** Instead of the client's own. */
  readonly timeout?: Millis;
}

export interface Listing extends Asking {
  /** Messages a list may have. */
  readonly most: number;
}

const options = ({ serverName }: ClientParts): Record<string, string | number> => ({
  "grpc.max_receive_message_length": longestMessage,
  "grpc.max_send_message_length": longestMessage,
  // A write must never be sent twice, and who comes back may be somebody else.
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_http_proxy": 0,
  // So that closing closes.
  "grpc.use_local_subchannel_pool": 1,
  // Servers by default hang up on who asks more often than every five minutes; health is asked for anyway.
  "grpc.keepalive_time_ms": 310_000,
  "grpc.keepalive_timeout_ms": 20_000,
  ...(serverName === undefined
    ? {}
    : { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName }),
});

/** One plugin, spoken to over one connection. Every call has an end; failed ones throw errors of ours. */
export class PluginClient {
  readonly source: string;
  readonly counts = new CallCounts();
  readonly #parts: ClientParts;
  readonly #client: Client;
  readonly #unary: UnaryTable;
  readonly #streams: StreamTable;
  /** What ends each call under way. */
  readonly #stops = new Set<() => void>();
  #closed = false;

  constructor(parts: ClientParts) {
    this.source = parts.source;
    this.#parts = parts;
    this.#unary = this.#streams = loadV3Plugin().methods;
    this.#client = new Client(parts.target, parts.credentials, options(parts));
  }

  /** Calls `lost` once when the connection, which is up now, is no longer; not after `close`. */
  onLost(lost: () => void): void {
    const channel = this.#client.getChannel();
    const look = (): void => {
      if (this.#closed) return;
      const state = channel.getConnectivityState(false);
      if (state === connectivityState.READY) channel.watchConnectivityState(state, Infinity, look);
      else lost();
    };
    look();
  }

  /** Ends every call with `STOPPED`. Any number of times. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of [...this.#stops]) stop();
    this.#client.close();
  }

  /** @throws BothyError */
  ask<Name extends keyof UnaryMethods>(
    name: Name,
    request: Outgoing<UnaryMethods[Name][0]>,
    asking: Asking,
  ): Promise<UnaryMethods[Name][1]> {
    const method: V3Method<UnaryMethods[Name][0], UnaryMethods[Name][1]> = this.#unary[name];
    return this.#call(name, "unary", asking, (call) => {
      const { requestSerialize, responseDeserialize } = method;
      const answered = (error: ServiceError | null, answer?: UnaryMethods[Name][1]): void => {
        if (error !== null) call.fail(error);
        else if (answer !== undefined) {
          this.counts.received(name);
          call.done(answer);
        }
      };
      return this.#client.makeUnaryRequest(
        method.path,
        requestSerialize,
        responseDeserialize,
        request,
        callOptions,
        answered,
      );
    });
  }

  /**
   * A whole list. `each` is told of every message at once, so that those before a failure are not lost.
   * @throws BothyError; `LONG_FRAME` when there are more than `most`
   */
  list<Name extends keyof StreamMethods>(
    name: Name,
    request: Outgoing<StreamMethods[Name][0]>,
    listing: Listing,
    each?: (message: StreamMethods[Name][1]) => void,
  ): Promise<readonly StreamMethods[Name][1][]> {
    const found: StreamMethods[Name][1][] = [];
    return this.#call(name, "server_streaming", listing, (call) => {
      const stream = this.#stream(name, request);
      stream.on("data", (message: StreamMethods[Name][1]) => {
        call.heard();
        if (found.length >= listing.most) {
          call.refuse(
            new BothyError("LONG_FRAME", { source: call.source, fault: `over ${listing.most} messages` }),
          );
          return;
        }
        found.push(message);
        each?.(message);
      });
      stream.on("error", (error: ServiceError) => call.fail(error));
      stream.on("end", () => call.done(found));
      return stream;
    });
  }

  /** Messages as they come, until the plugin ends it or `signal` aborts. @throws BothyError */
  follow<Name extends keyof StreamMethods>(
    name: Name,
    request: Outgoing<StreamMethods[Name][0]>,
    signal: AbortSignal,
    each: (message: StreamMethods[Name][1]) => void,
  ): Promise<void> {
    return this.#call(name, "server_streaming", { signal, timeout: Infinity }, (call) => {
      const stream = this.#stream(name, request);
      stream.on("data", each);
      stream.on("error", (error: ServiceError) => call.fail(error));
      stream.on("end", () => call.done(undefined));
      return stream;
    });
  }

  #stream<Name extends keyof StreamMethods>(
    name: Name,
    request: Outgoing<StreamMethods[Name][0]>,
  ): ClientReadableStream<StreamMethods[Name][1]> {
    const method: V3Method<StreamMethods[Name][0], StreamMethods[Name][1]> = this.#streams[name];
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      callOptions,
    );
    return stream.on("data", () => this.counts.received(name));
  }

  /** Runs one call to its end: an answer, a failure, silence, or the caller's or our own wish. */
  #call<T>(
    name: string,
    kind: CallKind,
    asking: Asking,
    start: (call: Call<T>) => { cancel(): void },
  ): Promise<T> {
    const { clock } = this.#parts;
    const source = `${this.source} ${name}`;
    const timeout = asking.timeout ?? this.#parts.timeout;
    const { promise, resolve, reject } = settler<T>();
    let over = false;
    let cancelTimer = (): void => undefined;
    let cancelCall = (): void => undefined;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      cancelTimer();
      this.#stops.delete(stop);
      asking.signal.removeEventListener("abort", stop);
      settle();
    };
    const refuse = (error: BothyError): void => {
      end(() => reject(error));
      cancelCall();
    };
    const stop = (): void => refuse(new BothyError("STOPPED", { source }));
    const limit = clock.monotonic() + timeout * listFactor;
    const heard = (): void => {
      cancelTimer();
      if (timeout === Infinity || over) return;
      const due = Math.min(clock.monotonic() + timeout, limit);
      cancelTimer = clock.at(due, () => refuse(new BothyError("NO_ANSWER", { source, timeout })));
    };
    if (this.#closed || asking.signal.aborted) {
      stop();
      return promise;
    }
    this.counts.sent(name, kind);
    const begun = clock.monotonic();
    const counted = (): void => this.counts.ended(name, clock.monotonic() - begun);
    promise.then(counted, counted);
    this.#stops.add(stop);
    asking.signal.addEventListener("abort", stop, { once: true });
    heard();
    const running = start({
      source,
      heard,
      refuse,
      done: (value) => end(() => resolve(value)),
      fail: (error) => end(() => reject(faultOf(error, source, timeout))),
    });
    cancelCall = () => running.cancel();
    return promise;
  }
}

/** Plain, so that nothing of a call outlives it. */
const callOptions: CallOptions = {};

interface Call<T> {
  readonly source: string;
  heard(): void;
  done(value: T): void;
  fail(error: ServiceError): void;
  refuse(error: BothyError): void;
}

function settler<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: BothyError) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
