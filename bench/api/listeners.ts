import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { systemClock as clock } from "../../devices/clock.ts";
import { quantile, usageHere } from "../processes.ts";

/*
 * A process of its own: many WebSockets that take what comes. Counts messages, and of some looks how old the reading
 * is: both processes have the same clock. Speaks RFC 6455 itself, as little of it as it can.
 */
export interface Heard {
  /** ms since the last time it was asked. */
  readonly took: number;
  /** Sockets that could not be opened in the time a server gives a request. */
  readonly refused: number;
  readonly messages: number;
  readonly bytes: number;
  /** ms from the reading's time to here, sorted. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** Of every so many messages the age is looked at. */
const sampled = 7;
const marker = Buffer.from('"timestamp":"');
const timeLength = 24;

let messages = 0;
let bytes = 0;
let ages: number[] = [];
let since = clock.monotonic();
let refused = 0;
const sockets: Socket[] = [];

/** A text from a client, masked with nothing. RFC 6455 §5.2 */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}

/** Where the payload of a frame begins and ends; undefined when its header is not all there. */
function frameAt(chunk: Buffer, at: number): { start: number; end: number } | undefined {
  const short = chunk.readUInt8(at + 1) & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  if (start > chunk.length) return undefined;
  if (short < 126) return { start, end: start + short };
  if (short === 126) return { start, end: start + chunk.readUInt16BE(at + 2) };
  return { start, end: start + Number(chunk.readBigUInt64BE(at + 2)) };
}

function take(chunk: Buffer): Buffer {
  let at = 0;
  while (chunk.length - at >= 2) {
    const found = frameAt(chunk, at);
    if (found === undefined || found.end > chunk.length) break;
    messages++;
    bytes += found.end - at;
    if (messages % sampled === 0) look(chunk, found.start, found.end);
    at = found.end;
  }
  return chunk.subarray(at);
}

function look(chunk: Buffer, start: number, end: number): void {
  const place = chunk.indexOf(marker, start) + marker.length;
  if (place < marker.length || place + timeLength > end) return;
  ages.push(clock.now() - Date.parse(chunk.toString("latin1", place, place + timeLength)));
}

function open(port: number, path: string, first: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    let rest: Buffer | undefined;
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      if (rest !== undefined) {
        rest = take(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
        return;
      }
      const end = chunk.indexOf("\r\n\r\n");
      if (!chunk.toString("latin1", 0, 12).endsWith("101") || end < 0) {
        // A server that has too much to do: it is part of the figures.
        refused++;
        socket.destroy();
        resolve();
        return;
      }
      rest = take(chunk.subarray(end + 4));
      if (first !== "") socket.write(frame(first));
      resolve();
    });
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
    );
  });
}

interface Plan {
  readonly port: number;
  /** For each socket its path and what it sends first. */
  readonly sockets: readonly (readonly [path: string, first: string])[];
}

process.on("message", (given) => {
  if (given === "heard") {
    const sorted = ages.sort((a, b) => a - b);
    const now = clock.monotonic();
    const heard: Heard = {
      took: now - since,
      refused,
      messages,
      bytes,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      most: sorted.at(-1) ?? NaN,
    };
    messages = 0;
    bytes = 0;
    ages = [];
    since = now;
    process.send?.(heard);
  } else if (given === "usage") process.send?.(usageHere());
  else {
    const { port, sockets: wanted } = given as Plan;
    void (async () => {
      // A hundred at a time: nobody's queue of connections is longer.
      for (let at = 0; at < wanted.length; at += 100)
        await Promise.all(wanted.slice(at, at + 100).map(([path, first]) => open(port, path, first)));
      process.send?.("open");
    })();
  }
});
process.on("disconnect", () => process.exit(0));
