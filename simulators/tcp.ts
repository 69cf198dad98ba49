import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Wire } from "./wire.ts";

export interface TcpListener {
  readonly host: string;
  readonly port: number;
  /** Stops listening and ends every connection. May be called twice. */
  close(): Promise<void>;
}

export interface TcpOptions {
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port?: number;
}

/** A socket as a wire. */
export function socketWire(socket: Socket): Wire {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    write(bytes) {
      if (socket.destroyed || socket.write(bytes)) return;
      socket.pause(); // who does not read is not listened to
      socket.once("drain", () => socket.resume());
    },
    onData(listener) {
      socket.removeAllListeners("data");
      socket.on("data", (bytes: Buffer) => listener(bytes));
    },
    close() {
      socket.destroy();
      return closed;
    },
    closed,
  };
}

/**
 * Listens and hands over every connection as a wire.
 * @throws Error of the system, such as an address in use
 */
export async function listen(options: TcpOptions, connected: (wire: Wire) => void): Promise<TcpListener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    connected(socketWire(socket));
  });
  await started(server, options);
  const address = server.address() as AddressInfo;
  const stopped = new Promise<void>((resolve) => server.once("close", () => resolve()));
  return {
    host: address.address,
    port: address.port,
    close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) server.close();
      return stopped;
    },
  };
}

function started(server: Server, options: TcpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

/**
 * A serial device server: raw bytes over TCP, one wire however many clients are connected. What the line says,
 * every client hears, as on the ones sold.
 */
export async function listenAsWire(options: TcpOptions): Promise<Wire & Pick<TcpListener, "host" | "port">> {
  const clients = new Set<Wire>();
  let tell: (bytes: Uint8Array) => void = () => undefined;
  const listener = await listen(options, (wire) => {
    clients.add(wire);
    void wire.closed.then(() => clients.delete(wire));
    wire.onData((bytes) => tell(bytes));
  });
  let report: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    report = resolve;
  });
  return {
    host: listener.host,
    port: listener.port,
    write(bytes) {
      for (const client of clients) client.write(bytes);
    },
    onData(given) {
      tell = given;
    },
    async close() {
      await listener.close();
      report();
    },
    closed,
  };
}
