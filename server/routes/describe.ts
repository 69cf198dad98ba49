import type { FastifySchema } from "fastify";
import { Type } from "typebox";

/** What the parts of paths are. */
const parameters: Readonly<Record<string, string>> = {
  device: "A device's id or alias.",
  id: "An id; of a device also its alias.",
  action: "An action of the device: `/v3/info/{device}` lists them.",
  name: "The name of a bus, or of a controller.",
  alarm: "The id of the alarm, as the controller lists it.",
};

/**
 * A route's schema as it is described, with what follows from its path: nothing of it is needed to answer requests,
 * so it is added to the description only.
 */
export function described(schema: FastifySchema, url: string, method: string): FastifySchema {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const params = Type.Object(
    Object.fromEntries(names.map((name) => [name, Type.String({ description: parameters[name] ?? "" })])),
  );
  return {
    ...schema,
    ...(names.length === 0 ? {} : { params }),
    operationId: operationId(method, url),
  };
}

/** `GET /v3/read/:device` is `getV3ReadByDevice`. */
const operationId = (method: string, url: string): string =>
  method.toLowerCase() +
  url
    .split("/")
    .filter((part) => part !== "")
    .map((part) => (part.startsWith(":") ? `By${capital(part.slice(1))}` : capital(part)))
    .join("");

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
