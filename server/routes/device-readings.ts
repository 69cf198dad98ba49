import type { FastifyRequest } from "fastify";
import { type Reading, valueOf } from "../../devices/reading.ts";
import { sendJson } from "../faults.ts";
import { isoTime } from "../json.ts";
import * as own from "./own-schemas.ts";
import { type AddRoutes, param, route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

/** What is known of a device's values beyond what Synse's readings say. */
export const addDeviceReadings: AddRoutes = (app, parts) => {
  route(app, "/api/devices/:id/readings", {
    GET: {
      schema: {
        tags: ["bothy"],
        summary:
          "The latest of each value of a device: how good, how old, and what the equipment sent for it.",
        response: schemas.answers(schemas.list(own.deviceReading), "One per value."),
      },
      handler: (request, reply) => sendJson(reply, readings(parts, request)),
    },
  });
};

/** @throws BothyError `NOT_FOUND`, also for a device that is not to be seen */
function readings({ synse, store }: RouteParts, request: FastifyRequest): readonly object[] {
  const name = param(request, "id");
  const device = synse.devices.named(request.principal, name, `device not found: ${name}`);
  return store.latest(device.id).map((reading) => readingJson(reading, Math.round(store.age(reading.id))));
}

function readingJson(reading: Reading, age: number): object {
  const { id, at, quality, raw, context } = reading;
  return {
    output: id.output,
    channel: id.channel,
    value: valueOf(reading),
    raw,
    quality,
    reason: quality === "good" ? undefined : reading.reason,
    at: isoTime(at),
    age,
    context,
  };
}
