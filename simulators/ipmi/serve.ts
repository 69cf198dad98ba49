import { createSocket, type Socket } from "node:dgram";
import { isIPv4 } from "node:net";
import type { SimulatedBmc } from "./bmc.ts";

export interface ServeBmcsOptions {
  readonly bmcs: readonly SimulatedBmc[];
  /** IPv4 address of the first one. Default 127.0.0.1. */
  readonly host?: string;
  /** UDP port of the first one; 0 or absent: any free one for each. */
  readonly port?: number;
  /** How the others differ from the first: by port (the default), or by address, each with the same port. */
  readonly by?: "port" | "address";
}

/** Where a BMC can be reached. */
export interface BmcEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface ServedBmcs {
  /** In the order of the BMCs. */
  readonly endpoints: readonly BmcEndpoint[];
  /** Stops listening. The BMCs live on. May be called twice. */
  close(): Promise<void>;
}

/**
 * Gives every BMC an UDP socket of its own.
 * @throws Error of the system, such as an address in use; then no socket stays open
 */
export async function serveBmcs(options: ServeBmcsOptions): Promise<ServedBmcs> {
  const { host = "127.0.0.1", port = 0, by = "port" } = options;
  const sockets: Socket[] = [];
  const endpoints: BmcEndpoint[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sockets.splice(0).map(closeSocket));
  };
  try {
    for (const [i, bmc] of options.bmcs.entries()) {
      const address = by === "address" ? addressAfter(host, i) : host;
      const socket = createSocket("udp4");
      sockets.push(socket);
      await bound(socket, by === "port" && port !== 0 ? port + i : port, address);
      const own = socket.address();
      attach(bmc, socket);
      bmc.parts.lan.place(own.address);
      endpoints.push({ name: bmc.name, host: own.address, port: own.port });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoints, close };
}

function attach(bmc: SimulatedBmc, socket: Socket): void {
  let open = true;
  socket.once("close", () => {
    open = false;
  });
  // A client that is gone is no reason to stop.
  socket.on("error", () => undefined);
  const send = (packet: Buffer, port: number, address: string): void => {
    if (open) socket.send(packet, port, address, () => undefined);
  };
  socket.on("message", (packet, from) => {
    bmc.receive(packet, from, (answer) => send(answer, from.port, from.address));
  });
  bmc.onTrap((packet, to) => send(packet, to.port, to.address));
}

function bound(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, address, () => {
      socket.removeListener("error", reject);
      resolve();
    });
  });
}

const closeSocket = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.close(() => resolve());
  });

/** @throws Error for anything but an IPv4 address */
function addressAfter(first: string, steps: number): string {
  if (!isIPv4(first)) throw new Error(`${first} is no IPv4 address`);
  const number = Buffer.from(first.split(".").map(Number)).readUInt32BE() + steps;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return [...bytes].join(".");
}
