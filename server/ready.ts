import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { FastifyReply } from "fastify";
import type { ReadyText } from "./json.ts";
import { requestIdHeader } from "./request-id.ts";

/** An answer that is ready to be sent. The same object again is the same answer. */
export type Ready = Buffer | ReadyText;

type Encoding = "gzip" | "br";

/** What was made of an answer so far, for as long as the answer itself is kept. */
interface Made {
  tag?: string;
  readonly encoded: Map<Encoding, Promise<Buffer>>;
}

const made = new WeakMap<Ready, Made>();

/** In bytes. Below it, making an answer smaller takes longer than sending it. */
const worthwhile = 4096;
/** Answers made smaller at the same moment, on threads the whole process shares; whoever comes then gets theirs as it is. */
const mostAtOnce = 4;
let underWay = 0;

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
/** As fast as the wire of a site; the last few percent would cost ten times as long. */
const compressors: Readonly<Record<Encoding, (data: Buffer) => Promise<Buffer>>> = {
  br: (data) =>
    brotli(data, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
    }),
  gzip: (data) => zip(data, { level: 5 }),
};

function madeOf(ready: Ready): Made {
  let found = made.get(ready);
  if (found === undefined) made.set(ready, (found = { encoded: new Map() }));
  return found;
}

/** Weak: it names what is said, in whichever encoding it is sent. RFC 9110 §8.8.3. */
function tagOf(ready: Ready): string {
  const known = madeOf(ready);
  known.tag ??= `W/"${createHash("sha1")
    .update(Buffer.isBuffer(ready) ? ready : ready.text)
    .digest("base64url")}"`;
  return known.tag;
}

/** Whether `If-None-Match` names what would be sent. RFC 9110 §13.1.2. */
const isKnown = (asked: string, tag: string): boolean =>
  asked.trim() === "*" || asked.split(",").some((one) => one.trim().replace(/^W\//, "") === tag.slice(2));

/** What a client takes that is worth it; brotli when it likes both alike. RFC 9110 §12.5.3. */
export function encodingFor(accepts: string | undefined): Encoding | undefined {
  if (accepts === undefined) return undefined;
  const weight = (name: Encoding): number => {
    for (const one of accepts.toLowerCase().split(",")) {
      const [coding = "", q = "q=1"] = one.split(";").map((part) => part.trim());
      if (coding === name) return /^q=(0(\.\d*)?|1(\.0*)?)$/.test(q) ? Number(q.slice(2)) : 0;
    }
    return 0;
  };
  const [br, gz] = [weight("br"), weight("gzip")];
  if (br === 0 && gz === 0) return undefined;
  return br >= gz ? "br" : "gzip";
}

/**
 * Ready JSON. Past the framework's own sending, which costs as much as all the rest of a small read.
 * @param options.tagged with an `ETag`, and 304 for whoever has it already
 */
export function sendReady(
  reply: FastifyReply,
  ready: Ready,
  { tagged = false }: { readonly tagged?: boolean } = {},
): FastifyReply {
  const asked = reply.request.headers;
  const headers = carried(reply);
  reply.hijack();
  if (tagged) {
    const tag = tagOf(ready);
    headers["etag"] = tag;
    headers["cache-control"] = "no-cache";
    const known = asked["if-none-match"];
    if (known !== undefined && isKnown(known, tag)) {
      vary(headers, ready);
      reply.raw.writeHead(304, headers).end();
      tell(reply, 304, 0);
      return reply;
    }
  }
  headers["content-type"] = "application/json";
  const encoding = vary(headers, ready) ? encodingFor(asked["accept-encoding"]) : undefined;
  if (encoding === undefined) plain(reply, ready, headers);
  else void encoded(reply, ready, encoding, headers);
  return reply;
}

/** What hooks have said of an answer by now. To have the framework put all headers together costs more than the rest of this. */
function carried(reply: FastifyReply): Headers {
  const headers: Headers = { [requestIdHeader]: reply.request.id };
  for (const name of reply.server.carriedHeaders) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** Whoever counts answers does not see these by itself. */
const tell = (reply: FastifyReply, status: number, bytes: number): void =>
  reply.server.answered?.(reply.request, status, bytes);

type Headers = Record<string, number | string | string[] | undefined>;

const lengthOf = (ready: Ready): number => (Buffer.isBuffer(ready) ? ready.length : ready.bytes);

/** Says that an answer depends on what encodings are taken, where it does. */
function vary(headers: Headers, ready: Ready): boolean {
  if (lengthOf(ready) < worthwhile) return false;
  const before = headers["vary"];
  headers["vary"] = before === undefined ? "accept-encoding" : `${String(before)}, accept-encoding`;
  return true;
}

function plain(reply: FastifyReply, ready: Ready, headers: Headers): void {
  const length = lengthOf(ready);
  headers["content-length"] = length;
  reply.raw.writeHead(200, headers);
  reply.raw.end(Buffer.isBuffer(ready) ? ready : ready.text);
  tell(reply, 200, length);
}

async function encoded(
  reply: FastifyReply,
  ready: Ready,
  encoding: Encoding,
  headers: Headers,
): Promise<void> {
  const known = madeOf(ready).encoded;
  let pending = known.get(encoding);
  if (pending === undefined) {
    if (underWay >= mostAtOnce) {
      plain(reply, ready, headers);
      return;
    }
    underWay++;
    pending = compressors[encoding](Buffer.isBuffer(ready) ? ready : Buffer.from(ready.text)).finally(() => {
      underWay--;
    });
    known.set(encoding, pending);
  }
  try {
    const data = await pending;
    headers["content-encoding"] = encoding;
    headers["content-length"] = data.length;
    reply.raw.writeHead(200, headers);
    reply.raw.end(data);
    tell(reply, 200, data.length);
  } catch {
    // Out of memory, at the worst: what is ready is still there.
    known.delete(encoding);
    delete headers["content-encoding"];
    if (reply.raw.headersSent) reply.raw.destroy();
    else plain(reply, ready, headers);
  }
}
