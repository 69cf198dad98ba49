import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import type { Principal } from "../access/principal.ts";
import { HttpError } from "../faults.ts";
import type { RouteParts } from "../routes/parts.ts";
import { type SocketLimits, socketLimits } from "./limits.ts";
import { Rounds } from "./rounds.ts";
import { type Answered, Session } from "./session.ts";
import type { Upgrade } from "./upgrade.ts";

/** What all sockets of a server hold, for metrics and tests. */
export interface SocketCounts {
  readonly sockets: number;
  /** Begun and not answered. */
  readonly requests: number;
  readonly streams: number;
  /** That wait in streams for their clients to read. */
  readonly readings: number;
}

/** Every WebSocket of a server. */
export class Sockets {
  readonly #parts: RouteParts;
  readonly #limits: SocketLimits;
  readonly #sessions = new Set<Session>();
  readonly #watchers = new Set<(answered: Answered) => void>();
  readonly #server: WebSocketServer;
  readonly #rounds: Rounds;
  #ended = false;

  constructor(parts: RouteParts, limits: SocketLimits = socketLimits) {
    this.#parts = parts;
    this.#limits = limits;
    this.#rounds = new Rounds(parts.clock);
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.messageBytes,
      // One message of a socket, then everybody else: a client that sends without end delays nobody.
      allowSynchronousEvents: false,
    });
  }

  /**
   * Whether a request can become a WebSocket.
   * @throws HttpError 400, 503
   */
  check({ headers }: IncomingMessage): void {
    const version = headers["sec-websocket-version"] ?? "";
    if (!/^(8|13)$/.test(version))
      throw new HttpError(400, `WebSocket version 13 is spoken here, not ${version || "none"}`, {
        "sec-websocket-version": "13, 8",
      });
    if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? ""))
      throw new HttpError(400, "a WebSocket needs a Sec-WebSocket-Key of 16 bytes in base64");
    if (this.#ended) throw new HttpError(503, "the site is stopping");
    if (this.#sessions.size >= this.#limits.sockets)
      throw new HttpError(503, `${this.#limits.sockets} WebSockets are open, and no more are taken`);
  }

  /** Makes a request that was checked a WebSocket. */
  accept(request: IncomingMessage, { wire, head, leave }: Upgrade, by: Principal): void {
    const { clock, log, synse } = this.#parts;
    leave();
    choose(request);
    this.#server.handleUpgrade(request, wire, head, (socket) => {
      const session = new Session(socket, wire, by, {
        clock,
        log,
        synse,
        limits: this.#limits,
        rounds: this.#rounds,
        admit: (who) => this.#parts.access.admit(who),
        answered: (answered) => this.#watchers.forEach((watch) => watch(answered)),
      });
      this.#sessions.add(session);
      socket.once("close", () => this.#sessions.delete(session));
      // The site may have begun to stop meanwhile.
      if (this.#ended) session.close(1001, "the site is stopping");
    });
  }

  counts(): SocketCounts {
    const sessions = [...this.#sessions];
    const sum = (of: (session: Session) => number): number => sessions.reduce((all, one) => all + of(one), 0);
    return {
      sockets: sessions.length,
      requests: sum(({ requests }) => requests),
      streams: sum(({ streams }) => streams),
      readings: sum(({ readings }) => readings),
    };
  }

  /** Tells of every request that was answered, until the returned function is called. */
  watch(watcher: (answered: Answered) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Ends the sockets of some clients, e.g. of those who may no more. @param code RFC 6455 §7.4 */
  dismiss(who: (by: Principal) => boolean, code: number, reason: string): void {
    for (const session of this.#sessions) if (who(session.by)) session.close(code, reason);
  }

  /** Ends all, and takes no more. Any number of times. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.dismiss(() => true, 1001, "the site is stopping");
  }
}

/** The name under which clients that need one know what is spoken here. Others ask for none. Synse v3 §2. */
const protocol = "synse";

/** Leaves of the subprotocols a client offers the one there is: others, even damaged ones, are no reason to refuse. */
function choose({ headers }: IncomingMessage): void {
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  delete headers["sec-websocket-protocol"];
  if (offered.includes(protocol)) headers["sec-websocket-protocol"] = protocol;
}
