import { createSocket, type Socket, type SocketType } from "node:dgram";
import { lookup as lookupName } from "node:dns/promises";
import { isIP, SocketAddress } from "node:net";

/** Where a BMC is, after names were looked up. */
export interface Remote {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** Looks at a packet that came from a BMC's address. @returns whether it was meant for this one */
export type Receiver = (packet: Buffer) => boolean;

/** One BMC, or one of those who talk to it, on the shared socket. */
export interface Endpoint {
  readonly remote: Remote;
  /** A number for a question, 0..255, that nobody else has just given to one at the same address. */
  tag(): number;
  /** Sends a packet, or drops it: as always with UDP nobody knows. */
  send(packet: Buffer): void;
  /** Nothing is received any more. */
  detach(): void;
}

/** What went over the socket. Plain JSON. */
export interface SocketCounts {
  readonly sent: number;
  readonly received: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Came from an address nobody talks to. */
  readonly strange: number;
  /** Came from a BMC, but nobody recognised it: late, repeated, or damaged. */
  readonly unclaimed: number;
  /** Could not be sent: no route, no memory. */
  readonly unsent: number;
}

/** The way to all BMCs: one UDP socket for each family of addresses, opened when first needed. */
export interface IpmiSocket {
  /** The addresses of a host, best first; a literal address is its own. @throws what the system says of an unknown name */
  resolve(host: string): Promise<readonly Pick<Remote, "address" | "family">[]>;
  attach(remote: Remote, receive: Receiver): Endpoint;
  counts(): SocketCounts;
  /** Ends it; nothing is sent or received any more. May be called any number of times. */
  close(): Promise<void>;
}

export interface SocketOptions {
  /** How much the system may keep that has not been read yet, in bytes; it may allow less. Default 4 MiB. */
  readonly receiveBuffer?: number;
  /** Looks names up. Default: as the system does. */
  readonly lookup?: (host: string) => Promise<readonly Pick<Remote, "address" | "family">[]>;
}

const defaultReceiveBuffer = 4 * 1024 * 1024;

/** Makes the socket that all BMCs share. Opens nothing yet. */
export const openIpmiSocket = (options: SocketOptions = {}): IpmiSocket => new SharedSocket(options);

class SharedSocket implements IpmiSocket {
  readonly #options: SocketOptions;
  readonly #receivers = new Map<string, Receiver[]>();
  #tag = 0;
  readonly #sockets = new Map<4 | 6, Socket>();
  readonly #counts = {
    ...{ sent: 0, received: 0, sentBytes: 0, receivedBytes: 0 },
    ...{ strange: 0, unclaimed: 0, unsent: 0 },
  };
  #closed = false;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  async resolve(host: string): Promise<readonly Pick<Remote, "address" | "family">[]> {
    const literal = host.replace(/^\[(.*)\]$/, "$1");
    const family = isIP(literal.replace(/%.*$/, ""));
    if (family === 4 || family === 6) return [{ address: literal, family }];
    if (this.#options.lookup !== undefined) return this.#options.lookup(host);
    const found = await lookupName(host, { all: true });
    return found.map(({ address, family: kind }) => ({ address, family: kind === 6 ? 6 : 4 }));
  }

  attach(remote: Remote, receive: Receiver): Endpoint {
    const key = keyOf(canonical(remote), remote.port);
    const others = this.#receivers.get(key);
    if (others === undefined) this.#receivers.set(key, [receive]);
    else others.push(receive);
    return {
      remote,
      tag: () => (this.#tag = (this.#tag + 1) & 0xff),
      send: (packet) => this.#send(remote, packet),
      detach: () => this.#detach(key, receive),
    };
  }

  counts(): SocketCounts {
    return { ...this.#counts };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#receivers.clear();
    const open = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(open.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  #detach(key: string, receive: Receiver): void {
    const left = (this.#receivers.get(key) ?? []).filter((one) => one !== receive);
    if (left.length > 0) this.#receivers.set(key, left);
    else this.#receivers.delete(key);
  }

  #send({ address, family, port }: Remote, packet: Buffer): void {
    if (this.#closed) return;
    this.#counts.sent++;
    this.#counts.sentBytes += packet.length;
    this.#socket(family).send(packet, port, address, this.#sent);
  }

  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.#counts.unsent++;
  };

  #socket(family: 4 | 6): Socket {
    const open = this.#sockets.get(family);
    if (open !== undefined) return open;
    const type: SocketType = family === 4 ? "udp4" : "udp6";
    const socket = createSocket({
      type,
      ...(family === 6 ? { ipv6Only: true } : {}),
      recvBufferSize: this.#options.receiveBuffer ?? defaultReceiveBuffer,
      // Names are looked up elsewhere: here an address is an address, and is used without a detour.
      lookup: (address, _options, done) => done(null, address, family),
    });
    // What goes wrong with one packet is the same as losing it; the socket goes on.
    socket.on("error", () => this.#counts.unsent++);
    socket.on("message", (packet, { address, port }) => this.#take(packet, keyOf(address, port)));
    this.#sockets.set(family, socket);
    return socket;
  }

  #take(packet: Buffer, key: string): void {
    this.#counts.received++;
    this.#counts.receivedBytes += packet.length;
    const receivers = this.#receivers.get(key);
    if (receivers === undefined) {
      this.#counts.strange++;
      return;
    }
    for (const receive of receivers) if (receive(packet)) return;
    this.#counts.unclaimed++;
  }
}

const keyOf = (address: string, port: number): string => `${address} ${port}`;

/** An address the way the system writes it in what it receives. */
function canonical({ address, family }: Remote): string {
  if (family === 4) return address;
  const [bare = "", zone] = address.split("%");
  const written = new SocketAddress({ address: bare, family: "ipv6" }).address;
  return zone === undefined ? written : `${written}%${zone}`;
}
