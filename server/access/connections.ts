import type { Server } from "node:http";
import type { Socket } from "node:net";
import { type Clock, every, type Millis, seconds } from "../../devices/clock.ts";
import { parseDuration } from "../../devices/duration.ts";
import type { Log } from "../../devices/plugin.ts";
import { inNetworks } from "./check.ts";
import { addressKey } from "./limits.ts";
import type { LimitsSection } from "./schema.ts";

const lookEvery: Millis = seconds(5);
const warnEvery: Millis = seconds(60);

/** What a connection had sent when it was last looked at. */
interface Seen {
  taken: number;
  /** Since when it takes nothing of what waits; undefined: it does, or nothing waits. */
  since: Millis | undefined;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Limits how many connections there are, of one address too, and closes those whose clients read nothing. */
export function limitConnections(
  server: Server,
  { connections = 4096, connectionsPerAddress = 512, unreadFor = "2m" }: LimitsSection,
  behindProxy: readonly string[],
  { clock, log, signal }: ConnectionDeps,
): void {
  const free = inNetworks([...behindProxy, "127.0.0.0/8", "::1"]);
  const perAddress = new Map<string, number>();
  // A request that asked for another protocol in vain has its connection announced again.
  const counted = new WeakSet<Socket>();
  let warned: Millis = -Infinity;
  const warn = (fields: object, text: string): void => {
    if (clock.monotonic() - warned < warnEvery) return;
    warned = clock.monotonic();
    log.warn(fields, text);
  };
  server.maxConnections = connections;
  server.on("drop", () => warn({ connections }, "more connections than http.limits allows were turned away"));
  server.on("connection", (socket: Socket) => {
    const { remoteAddress: address = "" } = socket;
    if (free(address) || counted.has(socket)) return;
    counted.add(socket);
    const key = addressKey(address);
    const count = (perAddress.get(key) ?? 0) + 1;
    if (count > connectionsPerAddress) {
      warn(
        { address, connections: connectionsPerAddress },
        "an address has more connections than http.limits allows",
      );
      socket.destroy();
      return;
    }
    perAddress.set(key, count);
    socket.once("close", () => {
      const left = (perAddress.get(key) ?? 1) - 1;
      if (left > 0) perAddress.set(key, left);
      else perAddress.delete(key);
    });
  });
  closeUnread(server, parseDuration(unreadFor) ?? 0, { clock, log, signal });
}

/**
 * Closes connections that took nothing of what waits for them for some time. What was given to the system but not sent
 * yet is not seen, so a client has taken something when any of what was written is out of our hands.
 */
function closeUnread(server: Server, most: Millis, { clock, log, signal }: ConnectionDeps): void {
  const open = new Map<Socket, Seen>();
  const add = (socket: Socket): void => {
    if (open.has(socket)) return;
    open.set(socket, { taken: 0, since: undefined });
    socket.once("close", () => open.delete(socket));
  };
  // Of TLS the one that holds what waits.
  server.on("setSecureContext" in server ? "secureConnection" : "connection", add);
  const look = (): void => {
    const now = clock.monotonic();
    for (const [socket, seen] of open) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || taken !== seen.taken) seen.since = undefined;
      else seen.since ??= now;
      seen.taken = taken;
      if (seen.since === undefined || now - seen.since < most) continue;
      log.info({ address: socket.remoteAddress }, "a connection is closed whose client reads nothing");
      socket.destroy();
    }
  };
  void every(clock, lookEvery, look, signal);
}
