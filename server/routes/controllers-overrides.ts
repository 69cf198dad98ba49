import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { parseData } from "../../devices/accepts.ts";
import { durationPattern, parseDuration } from "../../devices/duration.ts";
import { BothyError } from "../../devices/errors.ts";
import { meaningOf, type SlotEntry, slots, strengthOf } from "../../devices/transaction.ts";
import { may, originOf } from "../access/principal.ts";
import { sendJson } from "../faults.ts";
import { controllerFor } from "./controllers-json.ts";
import { operatorSlot } from "./controllers-operator.ts";
import * as own from "./controllers-schemas.ts";
import { type AddRoutes, param, route, type RouteParts } from "./parts.ts";
import { first } from "./query.ts";
import * as schemas from "./schemas.ts";

const tags = ["controllers"];
const body = Type.Object(
  {
    output: Type.Optional(
      Type.String({ description: "Of the controller; may be absent when it has only one." }),
    ),
    device: Type.Optional(
      Type.String({ description: "Only this one of those the output is bound to: id or alias." }),
    ),
    value: Type.Union([Type.Number(), Type.String({ maxLength: 1000 })], {
      description: "A number within the range of the devices, or a word they take.",
    }),
    why: Type.String({ minLength: 1, maxLength: 500, description: "The reason, for whoever asks later." }),
    holdFor: Type.Optional(
      Type.String({
        pattern: durationPattern,
        examples: ["30m"],
        description: "After this the controller commands again. Default: 30m.",
      }),
    ),
    force: Type.Optional(
      Type.Boolean({
        description:
          "Passes the guards of a device (slot 6: a compressor's minimum times), for an hour at the most; nothing stronger. For administrators.",
      }),
    ),
  },
  { additionalProperties: false },
);
const query = Type.Object({
  output: Type.Optional(Type.String({ description: "Which; all of them when it is not said." })),
  device: Type.Optional(Type.String({ description: "Only this one, by id or alias." })),
  why: Type.Optional(Type.String({ description: "The reason, for whoever asks later." })),
});

interface Body {
  readonly output?: string;
  readonly device?: string;
  readonly value: number | string;
  readonly why: string;
  readonly holdFor?: string;
  readonly force?: boolean;
}

type Bound = ReturnType<typeof controllerFor>["outputs"][number];

/** Commanding in the place of a controller. */
export const addControllerOverrides: AddRoutes = (app, parts) => {
  route(app, "/api/controllers/:name/overrides", {
    POST: {
      schema: {
        tags,
        summary:
          "Commands what an output is bound to as an operator, for a while; the controller follows, and takes over without a bump.",
        body,
        response: schemas.answers(schemas.list(own.override), "One per device."),
      },
      handler: async (request, reply) => {
        const made = override(parts, request);
        await parts.writer.kept();
        return sendJson(reply, made);
      },
    },
    DELETE: {
      schema: {
        tags,
        summary: "Ends overrides: the controller commands again.",
        querystring: query,
        response: schemas.answers(schemas.list(own.override), "What was given up."),
      },
      handler: async (request, reply) => {
        const ended = endOverrides(parts, request);
        await parts.writer.kept();
        return sendJson(reply, ended);
      },
    },
  });
};

/** All of them or none: whoever does not take it is asked first. @throws BothyError as `Writer.submit`; `FORBIDDEN` */
function override(parts: RouteParts, request: FastifyRequest): readonly object[] {
  const { value, why, holdFor, force = false, ...which } = request.body as Body;
  const span = holdFor === undefined ? undefined : parseDuration(holdFor);
  const slot = operatorSlot(request);
  const refused = (one: Bound): boolean =>
    !isTaken(one.accepts, String(value), one.name) ||
    (force && (strongest(parts, one)?.slot ?? 16) < slots.minimumOnOff);
  const targets = [...targetsFor(parts, request, which)].sort((a, b) => +refused(b) - +refused(a));
  if (force) mayForce(parts, request, targets);
  return targets.map((target) => {
    const { output, device, name, action } = target;
    const { id, reason } = parts.writer.submit({
      ...{ device, action, slot, why, data: String(value) },
      who: request.principal.name,
      origin: originOf(request.principal),
      ...(span === undefined ? {} : { holdFor: span }),
      ...(force ? { forced: true as const } : {}),
    });
    const by = reason?.code === "OVERRIDDEN" ? strongest(parts, target) : undefined;
    return {
      ...{ output, device, name, action, value, transaction: id },
      ...(by === undefined ? {} : { waitsFor: heldBy(by) }),
    };
  });
}

const heldBy = (entry: SlotEntry): string =>
  `${entry.slot} (${meaningOf(entry)}) of ${entry.who}: ${entry.why}`;

/** @throws BothyError `FORBIDDEN` for whoever may not pass guards, which names the first one in the way */
function mayForce(parts: RouteParts, { principal }: FastifyRequest, targets: readonly Bound[]): void {
  if (may(principal, "force")) return;
  const guards = targets.flatMap((target) => {
    const by = strongest(parts, target);
    return by !== undefined && strengthOf(by) < slots.operator
      ? [`${target.name} ${target.action} is held by ${heldBy(by)}`]
      : [];
  });
  throw new BothyError("FORBIDDEN", {
    source: principal.name,
    action: "pass the guards of a device",
    fault: [`the role is ${principal.role}, and that takes an admin`, ...guards.slice(0, 1)].join("; "),
  });
}

function endOverrides(parts: RouteParts, request: FastifyRequest): readonly object[] {
  const [output, device] = [first(request, "output"), first(request, "device")];
  const why = first(request, "why") ?? "ended over HTTP";
  const slot = operatorSlot(request);
  const which = {
    ...(output === undefined ? {} : { output }),
    ...(device === undefined ? {} : { device }),
  };
  const ended = targetsFor(parts, request, which, true).filter((target) => holds(parts, target, slot));
  for (const target of ended)
    parts.writer.relinquish({
      ...{ device: target.device, action: target.action, slot, why },
      who: request.principal.name,
      origin: originOf(request.principal),
    });
  return ended.map((target) => ({
    ...{ output: target.output, device: target.device, name: target.name, action: target.action },
  }));
}

function isTaken(accepts: Bound["accepts"], data: string, source: string): boolean {
  try {
    parseData(accepts, data, source);
    return true;
  } catch {
    return false;
  }
}

const entriesOf = ({ writer }: RouteParts, { device, action }: Bound): readonly SlotEntry[] =>
  writer.array(device).find((array) => array.action === action)?.entries ?? [];

const strongest = (parts: RouteParts, target: Bound): SlotEntry | undefined => entriesOf(parts, target)[0];

const holds = (parts: RouteParts, target: Bound, slot: number): boolean =>
  entriesOf(parts, target).some((entry) => entry.slot === slot);

/** @throws BothyError `BAD_INPUT` when it does not say which, `NOT_FOUND` */
function targetsFor(
  parts: RouteParts,
  request: FastifyRequest,
  { output, device }: { readonly output?: string; readonly device?: string },
  all = false,
): readonly Bound[] {
  const { name, outputs } = controllerFor(request.principal, param(request, "name"), parts);
  const names = [...new Set(outputs.map((one) => one.output))];
  if (output === undefined && names.length > 1 && !all)
    throw new BothyError("BAD_INPUT", {
      source: `controller ${name}`,
      fault: `say which output: ${names.join(", ")}`,
    });
  const found = outputs.filter(
    (one) =>
      (output === undefined || one.output === output) &&
      (device === undefined || one.device === device || one.name === device),
  );
  const isNamed = output !== undefined || device !== undefined;
  if (found.length === 0 && (isNamed || !all))
    throw new BothyError("NOT_FOUND", { source: missing(name, outputs, output, device) });
  return found;
}

/** What was asked for and is not there, with what is. */
function missing(
  controller: string,
  outputs: readonly Bound[],
  output: string | undefined,
  device: string | undefined,
): string {
  const names = [...new Set(outputs.map((one) => one.output))];
  if (output !== undefined && !names.includes(output))
    return `output ${output} of controller ${controller} (it has ${names.join(", ") || "none"})`;
  const devices = outputs.filter((one) => output === undefined || one.output === output);
  const bound = [...new Set(devices.map((one) => one.name))].slice(0, mostNamed).join(", ");
  return `device ${device ?? "to command"} of controller ${controller} (it commands ${bound || "none"})`;
}

const mostNamed = 20;
