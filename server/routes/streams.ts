import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Connection } from "../../devices/plugin.ts";
import { firstOf, onAbort } from "../../devices/wait.ts";
import { onClosed } from "../closings.ts";
import { type LineStream, lineStream } from "../line-stream.ts";
import { type AddRoutes, busNamed, param, route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["bothy"];
/** Frames that may wait for one client; a busy line makes a few hundred a second. */
const mostWaiting = 2000;

const scanBody = Type.Optional(
  Type.Object(
    {
      from: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, default: 1 })),
      to: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, default: 247 })),
    },
    { additionalProperties: false },
  ),
);

/** Answers that go on: one JSON object per line, until the client leaves or the site stops. */
export const addStreamRoutes: AddRoutes = (app, parts) => {
  addFrames(app, parts);
  addScan(app, parts);
};

/** @throws BothyError `LINE_DOWN` while the bus is closed */
function openConnection(parts: RouteParts, name: string): Connection {
  const { link } = busNamed(parts, name);
  const { connection } = link;
  if (connection !== undefined) return connection;
  const fault = link.status().lastError?.text ?? `it is ${link.status().state}`;
  throw new BothyError("LINE_DOWN", { source: name, fault });
}

export function sendLines(reply: FastifyReply, { stream }: LineStream): FastifyReply {
  // Also after HEAD, which is answered without the stream ever ending.
  reply.raw.once("close", () => stream.destroy());
  return reply
    .header("content-type", "application/x-ndjson")
    .header("cache-control", "no-store")
    .send(stream);
}

function addFrames(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/buses/:name/frames", {
    GET: {
      needs: "administer",
      schema: {
        tags,
        summary: "Frames of a bus as they cross the line; NDJSON without end.",
        response: schemas.lines("A frame, or what becomes of the bus."),
      },
      handler: (request, reply) => {
        const name = param(request, "name");
        const { link } = busNamed(parts, name);
        parts.access.stay(request.raw.socket, request.principal);
        const left = new AbortController();
        const lines = lineStream(mostWaiting, () => left.abort());
        const say = (fields: object): void => lines.write({ bus: name, at: parts.clock.now(), ...fields });
        const watch = (): void => {
          const { connection } = link;
          say({ state: link.status().state });
          if (connection === undefined) return;
          if (connection.tap === undefined) say({ error: "the plugin of this bus cannot show frames" });
          const stop = connection.tap?.((frame) => lines.write(frame)) ?? (() => undefined);
          left.signal.addEventListener("abort", stop, { once: true });
          const forget = onClosed(connection, (reason) => {
            stop();
            say({ state: "closed", reason: reason?.message });
          });
          left.signal.addEventListener("abort", forget, { once: true });
        };
        // The line may be closed and opened again while somebody watches.
        left.signal.addEventListener("abort", link.onOpen(watch), { once: true });
        onAbort(parts.signal, () => lines.end(), left.signal);
        watch();
        return sendLines(reply, lines);
      },
    },
  });
}

function addScan(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/buses/:name/scan", {
    POST: {
      needs: "administer",
      schema: {
        tags,
        summary: "Asks each address of a bus who is there, while polling goes on; NDJSON.",
        response: schemas.lines(
          "An address: whether it answered, after how many ms, and what it says of itself.",
        ),
        body: scanBody,
      },
      handler: (request: FastifyRequest, reply: FastifyReply) => {
        const name = param(request, "name");
        const connection = openConnection(parts, name);
        if (connection.scan === undefined) {
          throw new BothyError("BAD_INPUT", { source: name, fault: "its plugin cannot scan" });
        }
        const { from = 1, to = 247 } = (request.body ?? {}) as NonNullable<Static<typeof scanBody>>;
        if (from > to)
          throw new BothyError("BAD_INPUT", { source: "the range", fault: `${from} is above ${to}` });
        const left = new AbortController();
        const { signal, done } = firstOf(left.signal, parts.signal);
        const results = connection.scan({ from, to }, signal);
        const lines = lineStream(to - from + 2, () => left.abort());
        void pump(results, lines, name).finally(done);
        return sendLines(reply, lines);
      },
    },
  });
}

/** Copies results to the client; what stops them short is the last line. */
async function pump(results: AsyncIterable<object>, lines: LineStream, source: string): Promise<void> {
  try {
    for await (const result of results) lines.write(result);
  } catch (error) {
    const { code, message } = asBothyError(error, source);
    lines.write({ error: { code, text: message } });
  }
  lines.end();
}
