import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { asBothyError, BothyError } from "../../../devices/errors.ts";
import { type Pet, parsePet } from "./pet.ts";

/** A trap that has come. Anybody can send one: it is a hint to look, and never a fact. */
export interface ReceivedTrap {
  /** Where the datagram says it is from. */
  readonly from: string;
  readonly pet: Pet;
}

export interface TrapOptions {
  /** UDP. Default 162, for which the program needs a privilege; 0 for any that is free. */
  readonly port?: number;
  /** Default 127.0.0.1: traps from elsewhere have to be asked for. */
  readonly host?: string;
  /** Traps with another community are not taken. A password of a kind, sent in clear. Default: any. */
  readonly community?: string;
  readonly onEvent: (trap: ReceivedTrap) => void;
  /** Told why something that came was not taken. */
  readonly onIgnored?: (from: string, reason: BothyError) => void;
}

export interface TrapListener {
  readonly port: number;
  readonly counts: { readonly received: number; readonly ignored: number; readonly repeated: number };
  /** May be called any number of times. */
  close(): Promise<void>;
}

/** Senders repeat a trap until it is acknowledged: so many are remembered, to tell each event once. */
const remembered = 1024;

/**
 * Listens for platform event traps over SNMP v1.
 * @throws BothyError `LINE_DOWN` when the port cannot be had
 */
export async function listenForTraps(options: TrapOptions): Promise<TrapListener> {
  const { port = 162, host = "127.0.0.1", onIgnored } = options;
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const counts = { received: 0, ignored: 0, repeated: 0 };
  const seen = new Set<string>();
  const source = `traps on ${host}:${port}`;
  socket.on("message", (bytes: Buffer, sender: RemoteInfo) => {
    try {
      const pet = taken(bytes, sender, options.community);
      if (isRepetition(seen, sender, pet)) counts.repeated += 1;
      else {
        counts.received += 1;
        options.onEvent({ from: sender.address, pet });
      }
    } catch (thrown) {
      counts.ignored += 1;
      onIgnored?.(sender.address, asBothyError(thrown, `trap from ${sender.address}`));
    }
  });
  try {
    socket.bind(port, host);
    await once(socket, "listening");
  } catch (thrown) {
    socket.close();
    const fault = thrown instanceof Error ? thrown.message : String(thrown);
    throw new BothyError("LINE_DOWN", { source, fault }, { cause: thrown });
  }
  socket.on("error", (error) => onIgnored?.(host, asBothyError(error, source)));
  let closed: Promise<void> | undefined;
  return {
    port: socket.address().port,
    counts,
    close: () => (closed ??= new Promise((resolve) => void socket.close(resolve))),
  };
}

function taken(bytes: Buffer, sender: RemoteInfo, community: string | undefined): Pet {
  const source = `trap from ${sender.address}`;
  const { trap, pet } = parsePet(bytes, source);
  if (community !== undefined && trap.community !== community)
    throw new BothyError("REFUSED", { source, fault: "another community" });
  return pet;
}

function isRepetition(
  seen: Set<string>,
  { address }: RemoteInfo,
  { guid, cookie, localSeconds, eventData }: Pet,
): boolean {
  const key = [address, guid.raw, cookie, localSeconds, eventData].join();
  if (seen.has(key)) return true;
  seen.add(key);
  const [oldest] = seen;
  if (seen.size > remembered && oldest !== undefined) seen.delete(oldest);
  return false;
}
