import { type sendUnaryData, type ServerUnaryCall, type ServerWritableStream, status } from "@grpc/grpc-js";
import type { Log } from "../../devices/plugin.ts";
import { onAbort } from "../../devices/wait.ts";
import type { V3PluginHandlers } from "../../plugins/synse/proto.ts";
import type { Principal } from "../access/principal.ts";
import type { PluginAnswers } from "./answers.ts";
import { refusalOf } from "./refusal.ts";

interface HandlerDeps {
  readonly answers: PluginAnswers;
  readonly log: Log;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

type Messages<Response> = Iterable<Response> | AsyncIterable<Response>;

/** The protocol's methods, over what the plugin answers. */
export function v3Handlers({ answers, log, signal }: HandlerDeps): V3PluginHandlers {
  const unary =
    <Request, Response>(answer: (request: Request, by: Principal) => Response | Promise<Response>) =>
    (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void => {
      Promise.resolve()
        .then(() => answer(call.request, callerOf(call)))
        .then(
          (response) => done(null, response),
          (thrown: unknown) => done(refusalOf(thrown)),
        );
    };
  const stream =
    <Request, Response>(
      answer: (
        request: Request,
        by: Principal,
        over: AbortSignal,
      ) => Messages<Response> | Promise<Messages<Response>>,
    ) =>
    (call: ServerWritableStream<Request, Response>): void => {
      const over = new AbortController();
      const end = (): void => over.abort();
      call.on("cancelled", end);
      call.on("close", end);
      // A client that vanishes is its own affair; without a listener it would end the program.
      call.on("error", end);
      onAbort(signal, end, over.signal);
      Promise.resolve()
        .then(() => answer(call.request, callerOf(call), over.signal))
        .then((messages) => send(call, messages, over.signal))
        .then(
          () => {
            if (signal.aborted) call.emit("error", stopping);
            else call.end();
          },
          (thrown: unknown) => {
            const refusal = refusalOf(thrown);
            log.debug({ method: call.getPath(), ...refusal }, "a call was refused");
            call.emit("error", refusal);
          },
        )
        .finally(end);
    };
  return {
    Test: unary(() => answers.test()),
    Version: unary(() => answers.version()),
    Metadata: unary(() => answers.metadata()),
    Health: unary(() => answers.health()),
    Transaction: unary((selector, by) => answers.transaction(by, selector)),
    Devices: stream((selector) => answers.devices(selector)),
    Read: stream(({ selector }) => answers.read(selector)),
    ReadCache: stream((bounds) => answers.readCache(bounds)),
    ReadStream: stream(({ selectors }, _by, over) => answers.readStream(selectors, over)),
    Transactions: stream((_empty, by) => answers.transactions(by)),
    WriteAsync: stream((payload, by) => answers.writeAsync(by, payload)),
    WriteSync: stream((payload, by) => answers.writeSync(by, payload)),
  };
}

const stopping = { code: status.UNAVAILABLE, details: "the plugin is stopping" };

/** Hands messages over no faster than the client takes them. */
async function send<Response>(
  call: ServerWritableStream<unknown, Response>,
  messages: Messages<Response>,
  over: AbortSignal,
): Promise<void> {
  for await (const message of messages) {
    if (over.aborted) return;
    if (!call.write(message)) await drained(call, over);
  }
}

const drained = (call: ServerWritableStream<unknown, unknown>, over: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      call.off("drain", go);
      over.removeEventListener("abort", go);
      resolve();
    };
    call.once("drain", go);
    over.addEventListener("abort", go, { once: true });
    if (over.aborted) go();
  });

/** Whoever reaches a plugin may do what its server may: the protocol has no words for who that is. */
function callerOf(call: { getPeer(): string }): Principal {
  const peer = call.getPeer();
  const address = /^(?:ipv[46]:)?\[?(.+?)\]?:\d+$/.exec(peer)?.[1] ?? "a unix socket";
  return { name: `Synse server at ${address}`, role: "operator", via: "open", from: address };
}
