import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { isoTime } from "../../server/json.ts";
import { every, seconds, systemClock as clock } from "../../devices/clock.ts";
import { usageHere } from "../processes.ts";

/*
 * A process of its own: bare `ws` that sends every client the same bytes as a site once a second, all at once as
 * the site's polls are, and nothing else. A client that has more than a megabyte to take is passed over.
 */
const most = 1_048_576;

interface Wanted {
  readonly socket: WebSocket;
  /** Which devices, of all. */
  readonly from: number;
  readonly to: number;
}

process.once("message", (given) => {
  // A reading as the site sends it, in two parts: before and after its time.
  const { head, tail, devices } = given as { head: string; tail: string; devices: number };
  const clients = new Set<Wanted>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket, request) => {
    const device = new URL(request.url ?? "", "http://x").searchParams.get("device");
    const one = Number(device);
    const wanted = device === null ? { socket, from: 0, to: devices } : { socket, from: one, to: one + 1 };
    clients.add(wanted);
    socket.on("close", () => clients.delete(wanted));
  });
  void every(
    clock,
    seconds(1),
    () => {
      const text = Buffer.from(head + isoTime(clock.now()) + tail);
      for (const { socket, from, to } of clients)
        for (let device = from; device < to; device++)
          if (socket.bufferedAmount < most) socket.send(text, { binary: false });
    },
    new AbortController().signal,
  );
  server.on("listening", () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
process.on("message", (question) => {
  if (question === "usage") process.send?.(usageHere());
});
process.on("disconnect", () => process.exit(0));
