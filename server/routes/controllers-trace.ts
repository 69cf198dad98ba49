import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Recorded } from "../../controllers/trace/recorded.ts";
import { BothyError } from "../../devices/errors.ts";
import { onAbort } from "../../devices/wait.ts";
import { sendJson } from "../faults.ts";
import { isoTime } from "../json.ts";
import { lineStream } from "../line-stream.ts";
import { controllerFor, stepJson } from "./controllers-json.ts";
import * as own from "./controllers-schemas.ts";
import { param, route, type RouteParts } from "./parts.ts";
import { first, flag } from "./query.ts";
import * as schemas from "./schemas.ts";
import { sendLines } from "./streams.ts";

const tags = ["controllers"];
const usualSteps = 100;
const mostSteps = 10_000;
/** Steps that may wait for one client. */
const mostWaiting = 1000;

const traceQuery = Type.Object({
  from: Type.Optional(Type.String({ description: "Not before this moment, ISO 8601." })),
  to: Type.Optional(Type.String({ description: "Not after it." })),
  limit: Type.Optional(
    Type.String({ description: `The newest so many, at the most ${mostSteps}. Default: ${usualSteps}.` }),
  ),
  follow: Type.Optional(
    Type.String({ description: "`true`: those, then every new step; NDJSON without end." }),
  ),
});

/** Every step of a controller. */
export function addControllerTrace(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/controllers/:name/trace", {
    GET: {
      schema: {
        tags,
        summary: "Steps of a controller, the oldest first: inputs, terms, limits, outputs, reason.",
        querystring: traceQuery,
        response: schemas.answers(schemas.list(own.traceStep), "The steps; one per line with `follow=true`."),
      },
      handler: async (request, reply) => {
        const { name } = controllerFor(request.principal, param(request, "name"), parts);
        if (!flag(request, "follow"))
          return sendJson(reply, (await stepsOf(parts, name, request)).map(toJson));
        parts.access.stay(request.raw.socket, request.principal);
        const left = new AbortController();
        const lines = lineStream(mostWaiting, () => left.abort());
        for (const step of parts.controllers.trace.latest(name, limitOf(request))) lines.write(toJson(step));
        const stop = parts.controllers.trace.subscribe((controller, step) => {
          if (controller === name) lines.write(toJson(step));
        });
        left.signal.addEventListener("abort", stop, { once: true });
        onAbort(parts.signal, () => lines.end(), left.signal);
        return sendLines(reply, lines);
      },
    },
  });
}

const toJson = ({
  targets: _targets,
  settings: _settings,
  stateVersion: _version,
  ...step
}: Recorded): object => stepJson(step);

async function stepsOf(
  { controllers }: RouteParts,
  name: string,
  request: FastifyRequest,
): Promise<readonly Recorded[]> {
  const limit = limitOf(request);
  const [from, to] = [moment(request, "from"), moment(request, "to")];
  checkOrder(from, to);
  if (from === undefined && to === undefined) {
    const recent = controllers.trace.latest(name, limit);
    if (recent.length === limit) return recent;
  }
  let found: Recorded[] = [];
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  for await (const step of controllers.trace.range(name, range)) {
    found.push(step);
    if (found.length >= 2 * limit) found = found.slice(-limit);
  }
  return found.slice(-limit);
}

/** @throws BothyError `BAD_INPUT` */
export function moment(request: FastifyRequest, name: string): number | undefined {
  const text = first(request, name);
  return text === undefined ? undefined : momentIn(text, name);
}

/** @throws BothyError `BAD_INPUT` */
export function momentIn(text: string, name: string): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new BothyError("BAD_INPUT", {
    source: name,
    fault: `\`${text}\` is no moment such as 2026-11-21T12:00:00Z`,
  });
}

/** @throws BothyError `BAD_INPUT` for a span that ends before it begins: nothing would look like an answer */
export function checkOrder(from = -Infinity, to = Infinity): void {
  if (from <= to) return;
  const fault = `${isoTime(from)} is after \`to\`, ${isoTime(to)}`;
  throw new BothyError("BAD_INPUT", { source: "from", fault });
}

function limitOf(request: FastifyRequest): number {
  const text = first(request, "limit") ?? String(usualSteps);
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Math.min(Number(text), mostSteps);
  throw new BothyError("BAD_INPUT", { source: "limit", fault: `\`${text}\` is no whole number above 0` });
}
