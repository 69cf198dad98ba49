import type { Clock, Millis } from "../../clock.ts";
import type { Random } from "../../random.ts";
import type { Account } from "../users.ts";
import type { SessionKeys, Suite } from "./suites.ts";
import type { SequenceWindow } from "./window.ts";

/** Where packets come from and go to. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** An answer that was given, to be given again when the request comes again. */
export interface Answered {
  readonly key: string;
  readonly answer: Buffer;
  readonly at: Millis;
}

export interface Session {
  readonly id: number;
  /** 1..63, as Get Session Info counts. */
  readonly handle: number;
  readonly kind: "rmcp+" | "legacy";
  /** The id the console gave itself; in IPMI v1.5 sessions the same as ours. */
  readonly consoleId: number;
  readonly suite: Suite;
  phase: "opened" | "challenged" | "active";
  account?: Account;
  /** What it may do at present, and at most. */
  level: number;
  ceiling: number;
  keys?: SessionKeys;
  window?: SequenceWindow;
  /** Sequence number of the next packet to the console. */
  outgoing: number;
  peer: Peer;
  touched: Millis;
  /** Of the handshake: the last message heard and what was said to it. */
  heard?: Buffer;
  said?: Buffer;
  /** What the handshake has to remember until it is over. */
  proof?: Buffer;
  check?: Buffer;
  readonly answered: Answered[];
  /** Ends when its answer was sent. */
  closing: boolean;
}

export interface SessionTable {
  /** How many there may be; half-open ones count. */
  limit: number;
  /** @returns undefined when there is no room */
  open(given: Pick<Session, "kind" | "suite" | "consoleId" | "peer" | "ceiling">): Session | undefined;
  /** One that is alive. */
  find(id: number): Session | undefined;
  remove(id: number): void;
  clear(): void;
  /** Those past the handshake. */
  active(): readonly Session[];
}

export interface SessionTableOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limit: number;
  /** How long without a packet until a session ends. */
  readonly idle: Millis;
  /** The same before it is past the handshake. */
  readonly halfOpen: Millis;
}

const mostHandles = 63;

export function createSessionTable(options: SessionTableOptions): SessionTable {
  const { clock, random } = options;
  const sessions = new Map<number, Session>();
  let handle = 0;

  const alive = ({ phase, touched }: Session): boolean =>
    clock.monotonic() - touched <= (phase === "active" ? options.idle : options.halfOpen);
  const sweep = (): void => {
    for (const session of sessions.values()) if (!alive(session)) sessions.delete(session.id);
  };
  const freshId = (): number => {
    const id = 1 + random.integer(0xfffffffe);
    return sessions.has(id) ? freshId() : id;
  };
  const freshHandle = (): number => {
    handle = (handle % mostHandles) + 1;
    return [...sessions.values()].some((session) => session.handle === handle) ? freshHandle() : handle;
  };

  const table: SessionTable = {
    limit: options.limit,
    open(given) {
      sweep();
      if (sessions.size >= Math.min(table.limit, mostHandles)) return undefined;
      const session: Session = {
        ...given,
        id: freshId(),
        handle: freshHandle(),
        phase: "opened",
        level: 0,
        outgoing: 1,
        touched: clock.monotonic(),
        answered: [],
        closing: false,
      };
      sessions.set(session.id, session);
      return session;
    },
    find(id) {
      const session = sessions.get(id);
      if (session === undefined) return undefined;
      if (alive(session)) return session;
      sessions.delete(id);
      return undefined;
    },
    remove: (id) => void sessions.delete(id),
    clear: () => sessions.clear(),
    active() {
      sweep();
      return [...sessions.values()].filter(({ phase }) => phase === "active");
    },
  };
  return table;
}
