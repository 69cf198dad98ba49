import { connect, type Socket } from "node:net";
import { type Millis, systemClock as clock } from "../../devices/clock.ts";

export interface Load {
  /** Complete answers. */
  readonly requests: number;
  readonly perSecond: number;
  readonly bytesPerAnswer: number;
}

interface Client {
  readonly socket: Socket;
  answers: number;
}

/**
 * Asks for one path over `connections` kept-alive sockets, one request at a time each, for `span`. Looks only at the
 * header's length of each answer, so that the load costs as little as it can.
 * @throws Error when an answer is not 200
 */
export async function load(port: number, path: string, connections: number, span: Millis): Promise<Load> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  const failure = new AbortController();
  let bytesPerAnswer = 0;
  const open = (): Promise<Client> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      const client: Client = { socket, answers: 0 };
      let left = 0;
      socket.setNoDelay(true);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.write(request);
        resolve(client);
      });
      socket.on("data", (chunk: Buffer) => {
        for (let at = 0; at < chunk.length;) {
          if (left === 0) {
            const answer = headerOf(chunk, at);
            if (answer === undefined) {
              failure.abort(new Error(`not an answer: ${chunk.toString("latin1", at, at + 200)}`));
              return;
            }
            bytesPerAnswer = answer.length;
            at = answer.end;
            left = answer.length;
          }
          const taken = Math.min(left, chunk.length - at);
          left -= taken;
          at += taken;
          if (left > 0) continue;
          client.answers++;
          socket.write(request);
        }
      });
    });
  const clients = await Promise.all(Array.from({ length: connections }, open));
  const count = (): number => clients.reduce((sum, { answers }) => sum + answers, 0);
  const [begun, before] = [clock.monotonic(), count()];
  await clock.sleepUntil(begun + span, failure.signal);
  const requests = count() - before;
  const took = clock.monotonic() - begun;
  for (const { socket } of clients) socket.destroy();
  if (failure.signal.aborted) throw failure.signal.reason;
  return { requests, perSecond: (requests * 1000) / took, bytesPerAnswer };
}

/** Headers fit into the first chunk of an answer here: both servers write them at once. */
function headerOf(chunk: Buffer, at: number): { length: number; end: number } | undefined {
  const end = chunk.indexOf("\r\n\r\n", at, "latin1");
  if (end < 0) return undefined;
  const header = chunk.toString("latin1", at, end);
  if (!header.startsWith("HTTP/1.1 200")) return undefined;
  const length = /content-length: (\d+)/i.exec(header)?.[1];
  return length === undefined ? undefined : { length: Number(length), end: end + 4 };
}
