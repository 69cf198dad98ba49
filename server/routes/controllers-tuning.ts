import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { TuneRequest } from "../../controllers/tuning/plan.ts";
import { durationPattern, parseDuration } from "../../devices/duration.ts";
import { BothyError } from "../../devices/errors.ts";
import { originOf } from "../access/principal.ts";
import { sendJson } from "../faults.ts";
import { toJson } from "../json.ts";
import { controllerFor, tuningJson } from "./controllers-json.ts";
import { operatorSlot, told } from "./controllers-operator.ts";
import * as own from "./controllers-schemas.ts";
import { param, route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["controllers"];
const percent = (description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 100, description }));

const tuneBody = Type.Optional(
  Type.Object(
    {
      method: Type.Optional(
        Type.Union([Type.Literal("relay"), Type.Literal("step")], {
          description: "`relay`: a small oscillation. `step`: one step, and the course after it.",
        }),
      ),
      centre: percent("The output around which it is. Default: what is in force."),
      height: Type.Optional(
        Type.Number({ minimum: 1, maximum: 50, description: "How far it goes from there, %. Default: 10." }),
      ),
      least: percent("The output stays above, besides the devices' and the controller's own limits."),
      most: percent("And below."),
      furthest: Type.Optional(
        Type.Number({
          minimum: 0.5,
          maximum: 20,
          description: "Further from where it began, in the loop's unit, it is called off. Default: 4.",
        }),
      ),
      hysteresis: Type.Optional(
        Type.Number({ minimum: 0.01, maximum: 5, description: "Where the relay switches. Default: 0.2." }),
      ),
      longest: Type.Optional(
        Type.String({
          pattern: durationPattern,
          description: "After this it is called off. Default: 2h; 1m to 24h.",
        }),
      ),
      why: Type.Optional(
        Type.String({ minLength: 1, maxLength: 500, description: "The reason, for whoever asks later." }),
      ),
    },
    { additionalProperties: false },
  ),
);
type TuneBody = Omit<TuneRequest, "longest"> & { readonly longest?: string; readonly why?: string };

const [shortest, longest] = [60_000, 86_400_000];

/** The search for the gains of a loop. It changes no setting: what it proposes is set like any other. */
export function addControllerTuning(app: FastifyInstance, parts: RouteParts): void {
  const { tunings } = parts.controllers;
  const named = (request: FastifyRequest): string =>
    controllerFor(request.principal, param(request, "name"), parts).name;
  const answer = schemas.answers(own.tuning, "How it goes, or went.");
  route(app, "/api/controllers/:name/tuning", {
    GET: {
      schema: { tags, summary: "The search for gains under way, or the last one.", response: answer },
      handler: (request, reply) => {
        const name = named(request);
        const status = tunings.status(name);
        if (status === undefined) throw new BothyError("NOT_FOUND", { source: `a trial of ${name}` });
        return sendJson(reply, tuningJson(status));
      },
    },
    POST: {
      schema: {
        tags,
        summary:
          "Searches for gains: moves an output a little as an operator would, and proposes settings. Ends by itself with any alarm, other mode, or command.",
        body: tuneBody,
        response: answer,
      },
      handler: async (request, reply) => {
        const name = named(request);
        operatorSlot(request);
        const { why = "asked for over HTTP", longest: text, ...rest } = (request.body ?? {}) as TuneBody;
        const by = { who: request.principal.name, why, origin: originOf(request.principal) };
        const span = spanOf(text);
        const status = tunings.start(name, { ...rest, ...(span === undefined ? {} : { longest: span }) }, by);
        told(parts, request, "tune", toJson(request.body ?? {}), why);
        await parts.writer.kept();
        return sendJson(reply, tuningJson(status));
      },
    },
    DELETE: {
      schema: {
        tags,
        summary: "Calls it off: the controller commands again, without a bump.",
        response: answer,
      },
      handler: async (request, reply) => {
        const name = named(request);
        operatorSlot(request);
        const why = "asked for over HTTP";
        const status = tunings.end(name, { who: request.principal.name, why });
        told(parts, request, "end tuning", "", why);
        await parts.writer.kept();
        return sendJson(reply, tuningJson(status));
      },
    },
  });
}

/** @throws BothyError `BAD_INPUT` */
function spanOf(text: string | undefined): number | undefined {
  const span = text === undefined ? undefined : (parseDuration(text) ?? 0);
  if (span === undefined || (span >= shortest && span <= longest)) return span;
  throw new BothyError("BAD_INPUT", { source: "longest", fault: `\`${text ?? ""}\` is not within 1m..24h` });
}
