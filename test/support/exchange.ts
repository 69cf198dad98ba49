import { type AddressInfo, connect, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** What came back over a socket. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly text: string;
}

/** Listens on a free port of this machine. */
export async function listening(http: FastifyInstance): Promise<number> {
  await http.listen({ host: "127.0.0.1", port: 0 });
  return (http.server.address() as AddressInfo).port;
}

/** Sends bytes, and collects what is answered until the other side closes. @param half says that no more come */
export async function converse(port: number, bytes: Buffer | string, half = false): Promise<Buffer> {
  const socket: Socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  if (half) socket.end(bytes);
  else socket.write(bytes);
  await closed;
  return Buffer.concat(chunks);
}

/** One request on a connection of its own, written by hand: nothing between the test and what is on the wire. */
export async function exchange(
  port: number,
  method: string,
  path: string,
  {
    body,
    headers = {},
  }: { readonly body?: string | undefined; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const fields = Object.entries({ host: "localhost", connection: "close", ...length, ...headers });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return answerOf(await converse(port, `${method} ${path} HTTP/1.1\r\n${head}\r\n${body ?? ""}`));
}

function answerOf(bytes: Buffer): Answer {
  // Go on, says a server to whoever asked whether it may.
  const interim = "HTTP/1.1 100 Continue\r\n\r\n";
  if (bytes.subarray(0, interim.length).toString("latin1") === interim)
    return answerOf(bytes.subarray(interim.length));
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...fields] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = new Map(
    fields.map((field): [string, string] => {
      const [name = "", ...value] = field.split(": ");
      return [name.toLowerCase(), value.join(": ")];
    }),
  );
  const rest = bytes.subarray(end + 4);
  const body = headers.get("transfer-encoding") === "chunked" ? unchunked(rest) : rest;
  return { status: Number(first.split(" ")[1]), headers, body, text: body.toString("utf8") };
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf("\r\n", at);
    const size = line < 0 ? 0 : Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
