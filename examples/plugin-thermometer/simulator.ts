// A box on a real socket. Imports nothing of ours: a mistake in protocol.ts must not hide behind the same one here.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

export interface SimulatedBox {
  readonly host: string;
  readonly port: number;
  /** By channel, T1 to T8; undefined: no sensor is connected. */
  readonly temperatures: Map<string, number | undefined>;
  /** By channel, R1 to R8. */
  readonly relays: Map<string, boolean>;
  /** What it was asked, in order. */
  readonly heard: string[];
  /** While true it hears everything and says nothing. */
  silent: boolean;
  /** Ends every connection. */
  hangUp(): void;
  close(): Promise<void>;
}

/** @param port 0 lets the system choose */
export async function simulateBox(port = 0): Promise<SimulatedBox> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const lines = createInterface(socket);
    // It repeats the errors of its socket; one that nobody hears would end the process.
    lines.on("error", () => socket.destroy());
    lines.on("line", (line) => {
      box.heard.push(line);
      if (!box.silent && !socket.destroyed) socket.write(`${answer(box, line)}\n`);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  const box: SimulatedBox = {
    host: address.address,
    port: address.port,
    temperatures: new Map(),
    relays: new Map(),
    heard: [],
    silent: false,
    hangUp: () => sockets.forEach((socket) => socket.destroy()),
    close: async () => {
      box.hangUp();
      server.close();
      await once(server, "close");
    },
  };
  return box;
}

function answer({ temperatures, relays }: SimulatedBox, line: string): string {
  const [, channel = "", mark, value = ""] = /^([TR]\d)([?=])(.*)$/.exec(line) ?? [];
  if (temperatures.has(channel) && mark === "?")
    return `${channel}=${temperatures.get(channel)?.toFixed(1) ?? "-"}`;
  if (!relays.has(channel)) return "?channel";
  if (mark === "=" && value !== "on" && value !== "off") return "?value";
  if (mark === "=") relays.set(channel, value === "on");
  return `${channel}=${relays.get(channel) === true ? "on" : "off"}`;
}
