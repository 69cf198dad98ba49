import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import fastify, { type FastifyInstance } from "fastify";
import { type ClientOptions, WebSocket } from "ws";
import { silentLog } from "../../devices/plugin.ts";
import { anybody, type Principal } from "../../server/access/principal.ts";
import { sendError } from "../../server/faults.ts";
import type { Site } from "../../server/site.ts";
import { addSockets } from "../../server/websocket/index.ts";
import { type SocketLimits, socketLimits } from "../../server/websocket/limits.ts";

export { untilTurned as until } from "./until.ts";

export interface Answer {
  readonly id: unknown;
  readonly event: string;
  readonly data: unknown;
  /** As it came. */
  readonly text: string;
}

/** A client of a WebSocket. */
export interface SocketClient {
  readonly socket: WebSocket;
  /** Sends a text as it stands, anything else as JSON. */
  readonly send: (message: unknown) => void;
  /** The next message that has not been looked at. */
  readonly next: () => Promise<Answer>;
  /** Asks, and takes the next message for the answer. */
  readonly ask: (event: string, data?: unknown) => Promise<Answer>;
  /** How many messages have come that were not looked at. */
  readonly unread: () => number;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export const portOf = (http: FastifyInstance): number => (http.server.address() as AddressInfo).port;

/** Opens a WebSocket; ended with the test. */
export async function openSocket(
  t: TestContext,
  http: FastifyInstance,
  options: ClientOptions = {},
): Promise<SocketClient> {
  if (!http.server.listening) await http.listen({ host: "127.0.0.1", port: 0 });
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(http)}/v3/connect`, options);
  t.after(() => socket.terminate());
  const messages: string[] = [];
  let arrived: () => void = () => undefined;
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    messages.push(isBinary ? "binary" : data.toString());
    arrived();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      arrived();
    });
  });
  await once(socket, "open");
  const send = (message: unknown): void =>
    socket.send(typeof message === "string" ? message : JSON.stringify(message));
  const next = async (): Promise<Answer> => {
    while (messages.length === 0) {
      if (socket.readyState >= socket.CLOSING) throw new Error("the socket is closed");
      await new Promise<void>((resolve) => (arrived = resolve));
    }
    const text = messages.shift() ?? "";
    return { ...(JSON.parse(text) as Omit<Answer, "text">), text };
  };
  let id = 0;
  return {
    socket,
    send,
    next,
    ask: (event, data) => {
      send({ id: id++, event, ...(data === undefined ? {} : { data }) });
      return next();
    },
    unread: () => messages.length,
    closed,
  };
}

/** Only the WebSocket of a site, for somebody in particular or within limits of its own; ended with the test. */
export async function socketsOf(
  t: TestContext,
  site: Site,
  options: { readonly by?: Principal; readonly limits?: Partial<SocketLimits> } = {},
): Promise<FastifyInstance> {
  const app = fastify();
  const deps = { now: () => site.clock.now(), log: silentLog };
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, deps));
  app.decorateRequest("fromNamedOrigin", false);
  app.decorateRequest("principal");
  app.addHook("onRequest", (request, _reply, done) => {
    request.principal = options.by ?? anybody(request.ip);
    done();
  });
  addSockets(app, site, { ...socketLimits, ...options.limits });
  await app.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => app.close());
  return app;
}
