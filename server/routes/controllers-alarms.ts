import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { durationPattern, parseDuration } from "../../devices/duration.ts";
import { BothyError } from "../../devices/errors.ts";
import { sendJson } from "../faults.ts";
import { alarmsJson, controllerFor } from "./controllers-json.ts";
import { operatorSlot, told } from "./controllers-operator.ts";
import * as own from "./controllers-schemas.ts";
import { param, route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["controllers"];
const answer = schemas.answers(schemas.list(own.alarm), "Everything that stands.");
const shelfBody = Type.Object(
  {
    for: Type.String({
      pattern: durationPattern,
      examples: ["2h"],
      description: "For so long it is not counted; at most 7d.",
    }),
    why: Type.String({ minLength: 1, maxLength: 500, description: "The reason, for whoever asks later." }),
  },
  { additionalProperties: false },
);

const acknowledgeBody = Type.Optional(
  Type.Object(
    {
      why: Type.Optional(
        Type.String({ minLength: 1, maxLength: 500, description: "For whoever asks later." }),
      ),
    },
    { additionalProperties: false },
  ),
);

/** Alarms somebody knows of, or has seen. */
export function addControllerAlarms(app: FastifyInstance, parts: RouteParts): void {
  addAcknowledge(app, parts);
  const { shelves } = parts.controllers;
  const named = (request: FastifyRequest) => controllerFor(request.principal, param(request, "name"), parts);
  route(app, "/api/controllers/:name/alarms/:alarm/shelf", {
    PUT: {
      schema: {
        tags,
        summary:
          "Shelves an alarm: it still stands and is listed, but is not counted, until its time is over.",
        body: shelfBody,
        response: answer,
      },
      handler: async (request, reply) => {
        const status = named(request);
        operatorSlot(request);
        const id = param(request, "alarm");
        const { for: text, why } = request.body as { readonly for: string; readonly why: string };
        const alarm = status.alarms.find((one) => one.id === id);
        if (alarm === undefined) {
          const there = status.alarms.map((one) => one.id).join(", ") || "none";
          throw new BothyError("NOT_FOUND", {
            source: `alarm ${id} of controller ${status.name}, of which these stand: ${there};`,
          });
        }
        shelves.shelve(alarm, parseDuration(text) ?? 0, { who: request.principal.name, why });
        told(parts, request, "shelve", `${id} for ${text}`, why);
        await parts.keeper.flushed();
        return sendJson(reply, alarmsJson(status, parts));
      },
    },
    DELETE: {
      schema: { tags, summary: "Takes an alarm off the shelf: it counts again.", response: answer },
      handler: async (request, reply) => {
        const status = named(request);
        operatorSlot(request);
        const id = param(request, "alarm");
        shelves.unshelve(status.name, id);
        told(parts, request, "unshelve", id, "asked for over HTTP");
        await parts.keeper.flushed();
        return sendJson(reply, alarmsJson(status, parts));
      },
    },
  });
}

function addAcknowledge(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/controllers/:name/alarms/:alarm/acknowledge", {
    POST: {
      schema: {
        tags,
        summary: "Acknowledges an alarm that latches: it ends as soon as its condition is over.",
        body: acknowledgeBody,
        response: answer,
      },
      handler: async (request, reply) => {
        const { name } = controllerFor(request.principal, param(request, "name"), parts);
        operatorSlot(request);
        const id = param(request, "alarm");
        const { why = "seen" } = (request.body ?? {}) as { readonly why?: string };
        parts.controllers.runtime.acknowledge(name, id, { who: request.principal.name, why });
        told(parts, request, "acknowledge", id, why);
        await parts.keeper.flushed();
        return sendJson(reply, alarmsJson(controllerFor(request.principal, name, parts), parts));
      },
    },
  });
}
