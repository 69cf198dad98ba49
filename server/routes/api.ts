import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { durationPattern, parseDuration } from "../../devices/duration.ts";
import { BothyError, errorTable } from "../../devices/errors.ts";
import { meaningOf, type Slot, slotNames, slots, type Transaction } from "../../devices/transaction.ts";
import { sendJson } from "../faults.ts";
import { isoTime } from "../json.ts";
import { originOf, type Principal, sees, slotsFor } from "../access/principal.ts";
import type { BusPart } from "../parts.ts";
import { type AddRoutes, param, route, type RouteParts } from "./parts.ts";
import * as own from "./own-schemas.ts";
import { first, flag } from "./query.ts";
import * as schemas from "./schemas.ts";

const tags = ["bothy"];
/** Those above the operator's belong to the site itself: nobody outside may hold off its protections. */
const clientSlots = Object.values(slots).filter((slot) => slot >= slots.operator);
const slotNumber = Type.Union(
  clientSlots.map((slot) => Type.Literal(slot)),
  {
    description:
      "How firmly: 8 is an operator; which ones you may use depends on your role, and so does the default. The smallest filled slot is in force; those below 8 are the site's own.",
  },
);
const writeBody = Type.Object(
  {
    value: Type.Optional(
      Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean()], {
        examples: [80, "on"],
        description: "A number, a text, or true or false.",
      }),
    ),
    slot: Type.Optional(slotNumber),
    why: Type.String({ minLength: 1, maxLength: 500, description: "The reason, for whoever asks later." }),
    holdFor: Type.Optional(
      Type.String({
        pattern: durationPattern,
        examples: ["30m"],
        description: "After this the slot is relinquished. Default: 30m for an operator, for good otherwise.",
      }),
    ),
  },
  { additionalProperties: false },
);
interface WriteBody {
  readonly value?: string | number | boolean;
  readonly slot?: Slot;
  readonly why: string;
  readonly holdFor?: string;
}
const waitQuery = Type.Object({
  wait: Type.Optional(Type.String({ description: "`true`: answer when the write is done or has failed." })),
});
const relinquishQuery = Type.Object({
  slot: Type.Optional(slotNumber),
  why: Type.Optional(Type.String({ description: "The reason, for whoever asks later." })),
});

/** What Synse does not have. */
export const addApiRoutes: AddRoutes = (app, parts) => {
  addSiteRoutes(app, parts);
  addPriorityRoutes(app, parts);
};

function addSiteRoutes(app: FastifyInstance, parts: RouteParts): void {
  const started = parts.clock.now();
  const seen = ({ principal }: FastifyRequest): readonly [string, BusPart][] => {
    const names = parts.synse.devices.buses(principal);
    return [...parts.buses].filter(([name]) => names === undefined || names.has(name));
  };
  route(app, "/api/site", {
    GET: {
      schema: {
        tags,
        summary: "Which site this is, and how it is.",
        response: schemas.answers(own.site, "The site."),
      },
      handler: (request, reply) =>
        sendJson(reply, {
          ...parts.config.site,
          version: parts.version,
          started: isoTime(started),
          now: isoTime(parts.clock.now()),
          ...countsFor(request.principal, parts),
          state: stateJson(parts),
          audit: parts.audit.status(),
          trace: parts.controllers.names.length === 0 ? undefined : parts.controllers.trace.status(),
          residentBytes: process.memoryUsage.rss(),
          buses: seen(request).map(([name, { link }]) => ({ name, state: link.status().state })),
        }),
    },
  });
  route(app, "/api/buses", {
    GET: {
      schema: {
        tags,
        summary: "Every bus: its state, its statistics, and what its plugin says of it.",
        response: schemas.answers(schemas.list(own.bus), "The buses."),
      },
      handler: (request, reply) =>
        sendJson(
          reply,
          seen(request).map((bus) => busFor(request.principal, bus)),
        ),
    },
  });
  route(app, "/api/buses/:name", {
    GET: {
      schema: { tags, summary: "One bus.", response: schemas.answers(own.bus, "The bus.") },
      handler: (request, reply) => {
        const name = param(request, "name");
        const bus = seen(request).find(([known]) => known === name);
        if (bus === undefined) throw new BothyError("NOT_FOUND", { source: `bus ${name}` });
        return sendJson(reply, busFor(request.principal, bus));
      },
    },
  });
  route(app, "/api/errors", {
    GET: {
      schema: {
        tags,
        summary: "Every error code: HTTP status, whether trying again can help, and its text.",
        response: schemas.answers(schemas.list(own.errorEntry), "The codes."),
      },
      handler: (_request, reply) =>
        sendJson(
          reply,
          Object.entries(errorTable).map(([code, entry]) => ({ code, ...entry })),
        ),
    },
  });
}

/** How much there is that somebody sees. What was dropped on its way in belongs to nobody's devices. */
function countsFor(by: Principal, { synse, store }: RouteParts): object {
  const devices = synse.devices.selected(by, []);
  const values = (): number => devices.reduce((sum, { id }) => sum + store.latest(id).length, 0);
  return { devices: devices.length, readings: by.scope === undefined ? store.stats() : { values: values() } };
}

/** A bus; its statistics speak of all its units, and are for those only who see all of its devices. */
function busFor(by: Principal, [, { link, plugin }]: readonly [string, BusPart]): object {
  const { since, lastError, poller, report, ...state } = link.status();
  const devices = link.devices.filter((device) => sees(by, device)).length;
  return {
    ...state,
    devices,
    since: isoTime(since),
    lastError: lastError === undefined ? undefined : { ...lastError, at: isoTime(lastError.at) },
    ...(devices < state.devices ? {} : { poller, report }),
    plugin: plugin.name,
  };
}

function stateJson({ keeper }: RouteParts): object {
  const { since, ...status } = keeper.status();
  return { ...status, since: since === undefined ? undefined : isoTime(since) };
}

function addPriorityRoutes(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/devices/:id/writes", {
    GET: {
      schema: {
        tags,
        summary: "Who wants what of a device: its priority arrays.",
        response: schemas.answers(schemas.list(own.priorityArray), "One per level action."),
      },
      handler: (request, reply) => {
        const name = param(request, "id");
        const device = parts.synse.devices.named(request.principal, name, `device not found: ${name}`);
        return sendJson(reply, parts.writer.array(device.id).map(arrayJson));
      },
    },
  });
  route(app, "/api/devices/:id/writes/:action", {
    PUT: {
      schema: {
        tags,
        summary: "Fills a slot.",
        response: schemas.answers(own.slotWrite, "The transaction."),
        body: writeBody,
        querystring: waitQuery,
      },
      handler: async (request, reply) => {
        const transaction = fill(parts, request);
        const ended = flag(request, "wait")
          ? await parts.writer.wait(transaction.id, parts.signal)
          : transaction;
        await parts.writer.kept();
        return sendJson(reply, transactionJson(ended));
      },
    },
    DELETE: {
      schema: {
        tags,
        summary: "Relinquishes a slot; the next one is in force.",
        response: schemas.answers(own.priorityArray, "What is left."),
        querystring: relinquishQuery,
      },
      handler: async (request, reply) => {
        const name = param(request, "id");
        const device = parts.synse.devices.named(request.principal, name, `device not found: ${name}`);
        const action = param(request, "action");
        const slot = slotOf(request, first(request, "slot"));
        const why = first(request, "why") ?? "relinquished over HTTP";
        const origin = originOf(request.principal);
        parts.writer.relinquish({
          device: device.id,
          action,
          slot,
          who: request.principal.name,
          why,
          origin,
        });
        await parts.writer.kept();
        const arrays = parts.writer.array(device.id).filter((array) => array.action === action);
        return sendJson(reply, arrays.map(arrayJson)[0] ?? {});
      },
    },
  });
}

function fill(parts: RouteParts, request: FastifyRequest): Transaction {
  const name = param(request, "id");
  const device = parts.synse.devices.named(request.principal, name, `device not found: ${name}`);
  const { value, slot, why, holdFor } = request.body as WriteBody;
  const hold = holdFor === undefined ? undefined : parseDuration(holdFor);
  return parts.writer.submit({
    device: device.id,
    action: param(request, "action"),
    ...(value === undefined ? {} : { data: String(value) }),
    slot: allowed(request, slot),
    who: request.principal.name,
    why,
    origin: originOf(request.principal),
    ...(hold === undefined ? {} : { holdFor: hold }),
  });
}

/** The slot somebody names, or fills unasked. @throws BothyError `FORBIDDEN` when it is not theirs */
function allowed({ principal }: FastifyRequest, slot: Slot | undefined): Slot {
  const theirs = slotsFor(principal);
  const wanted = slot ?? theirs[0] ?? slots.operator;
  if (theirs.includes(wanted)) return wanted;
  const known = theirs.map((n) => `${n} (${slotNames[n]})`).join(", ");
  const fault = `the role is ${principal.role}; its slots: ${known}`;
  throw new BothyError("FORBIDDEN", { source: principal.name, action: `use slot ${wanted}`, fault });
}

function slotOf(request: FastifyRequest, text: string | undefined): Slot {
  if (text === undefined) return allowed(request, undefined);
  const number = Number(text);
  const slot = clientSlots.find((known) => known === number);
  if (slot === undefined) {
    const known = clientSlots.map((n) => `${n} (${slotNames[n]})`);
    throw new BothyError("BAD_INPUT", {
      source: `slot ${text}`,
      fault: `clients use the slots ${known.join(", ")}`,
    });
  }
  return allowed(request, slot);
}

type Arrays = ReturnType<RouteParts["writer"]["array"]>;

const entryJson = (entry: Arrays[number]["entries"][number]): object => ({
  ...entry,
  meaning: meaningOf(entry),
  since: isoTime(entry.since),
  expires: entry.expires === undefined ? undefined : isoTime(entry.expires),
});

const arrayJson = (array: Arrays[number]): object => ({
  ...array,
  entries: array.entries.map(entryJson),
  inForce: array.inForce === undefined ? null : entryJson(array.inForce),
});

const transactionJson = ({ request, ...transaction }: Transaction): object => ({
  ...transaction,
  ...request,
  called: undefined,
  created: isoTime(transaction.created),
  updated: isoTime(transaction.updated),
});
