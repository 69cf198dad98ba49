import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ModeRequest } from "../../controllers/runtime/api.ts";
import { durationPattern, parseDuration } from "../../devices/duration.ts";
import { sendJson } from "../faults.ts";
import { toJson } from "../json.ts";
import { controllerFor, detailJson, seesController, summaryJson, temporaryJson } from "./controllers-json.ts";
import { addControllerAlarms } from "./controllers-alarms.ts";
import { told, unkept } from "./controllers-operator.ts";
import { addProfile } from "./controllers-profile.ts";
import { addControllerOverrides } from "./controllers-overrides.ts";
import { addControllerTrace } from "./controllers-trace.ts";
import { addControllerTuning } from "./controllers-tuning.ts";
import { addControllerVersions } from "./controllers-versions.ts";
import * as own from "./controllers-schemas.ts";
import { type AddRoutes, param, route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["controllers"];
const closed = { additionalProperties: false } as const;
const why = Type.String({ minLength: 1, maxLength: 500, description: "The reason, for whoever asks later." });
const holdFor = Type.String({ pattern: durationPattern, examples: ["30m"] });

const settingsBody = Type.Object(
  {
    settings: Type.Record(Type.String(), Type.Unknown(), {
      description: "Those to be changed; the others stay.",
    }),
    for: Type.Optional({
      ...holdFor,
      description:
        "After this those before are in force again; at most 24h. Default: until they are changed.",
    }),
    why: Type.Optional(why),
  },
  closed,
);
const modeBody = Type.Object(
  {
    mode: Type.Union([Type.Literal("automatic"), Type.Literal("manual"), Type.Literal("off")]),
    holdFor: Type.Optional({
      ...holdFor,
      description: "After this it is `automatic` again. Default: 1h; at most 24h.",
    }),
    why: Type.Optional(why),
  },
  closed,
);
const restartBody = Type.Optional(Type.Object({ why: Type.Optional(why) }, closed));
interface SettingsBody {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly for?: string;
  readonly why?: string;
}

/** What controls the site, and how one has it do something else. */
export const addControllerRoutes: AddRoutes = (app, parts) => {
  addReads(app, parts);
  addSettings(app, parts);
  addMode(app, parts);
  addProfile(app, parts);
  addRestart(app, parts);
  addControllerOverrides(app, parts);
  addControllerTrace(app, parts);
  addControllerAlarms(app, parts);
  addControllerTuning(app, parts);
  addControllerVersions(app, parts);
};

function addReads(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/controllers", {
    GET: {
      schema: {
        tags,
        summary: "Every controller: its mode, what it wants, its alarms.",
        response: schemas.answers(schemas.list(own.summary), "The controllers."),
      },
      handler: ({ principal }, reply) => {
        const all = parts.controllers.running?.list() ?? [];
        const seen = all.filter((status) => seesController(principal, status, parts));
        return sendJson(
          reply,
          seen.map((status) => summaryJson(status, parts)),
        );
      },
    },
  });
  route(app, "/api/controllers/:name", {
    GET: {
      schema: {
        tags,
        summary: "One controller: all there is to say of it, and why its outputs are what they are.",
        response: schemas.answers(own.detail, "The controller."),
      },
      handler: (request, reply) =>
        sendJson(reply, detailJson(controllerFor(request.principal, param(request, "name"), parts), parts)),
    },
  });
}

function addSettings(app: FastifyInstance, parts: RouteParts): void {
  const answer = async (request: FastifyRequest) => {
    const { name } = controllerFor(request.principal, param(request, "name"), parts);
    const body = request.body as SettingsBody;
    const { settings, why: reason = "changed over HTTP", for: text } = body;
    const by = { who: request.principal.name, why: reason };
    const holds = text === undefined ? {} : { holdFor: parseDuration(text) ?? 0 };
    const { runtime } = parts.controllers;
    const all = await runtime.setSettings(name, settings, { ...by, ...holds });
    const span = text === undefined ? "" : ` for ${text}`;
    told(parts, request, "settings", `${toJson(settings)}${span}`, reason);
    await parts.keeper.flushed();
    return { name, settings: all, temporary: temporaryJson(runtime.get(name)), ...unkept(parts) };
  };
  const schema = {
    tags,
    summary:
      "Changes settings, for good or for a while. Those that break a limit are refused, and those before stay in force.",
    body: settingsBody,
    response: schemas.answers(own.settings, "All settings that are in force now."),
  };
  route(app, "/api/controllers/:name/settings", {
    GET: {
      schema: {
        tags,
        summary: "The settings in force, which of them only for a while, and their schema.",
        response: schemas.answers(own.settings, "The settings."),
      },
      handler: (request, reply) => {
        const status = controllerFor(request.principal, param(request, "name"), parts);
        const { name, settings, definition } = status;
        const temporary = temporaryJson(status);
        return sendJson(reply, { name, settings, temporary, schema: definition?.settings });
      },
    },
    PUT: { schema, handler: async (request, reply) => sendJson(reply, await answer(request)) },
    PATCH: { schema, handler: async (request, reply) => sendJson(reply, await answer(request)) },
  });
}

function addMode(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/controllers/:name/mode", {
    PUT: {
      schema: {
        tags,
        summary: "`manual`: follows what others command; `off`: commands nothing. Both end by themselves.",
        body: modeBody,
        response: schemas.answers(own.summary, "The controller."),
      },
      handler: async (request, reply) => {
        const { name } = controllerFor(request.principal, param(request, "name"), parts);
        const body = request.body as Pick<ModeRequest, "mode"> & {
          readonly holdFor?: string;
          readonly why?: string;
        };
        const { mode, why: reason = "asked for over HTTP" } = body;
        const span = body.holdFor === undefined ? undefined : parseDuration(body.holdFor);
        const by = { who: request.principal.name, why: reason };
        const { runtime } = parts.controllers;
        runtime.setMode(name, {
          mode,
          ...by,
          ...(span === undefined || mode === "automatic" ? {} : { holdFor: span }),
        });
        told(parts, request, "mode", mode, reason);
        await parts.keeper.flushed();
        const status = runtime.get(name);
        return sendJson(
          reply,
          status === undefined ? {} : { ...summaryJson(status, parts), ...unkept(parts) },
        );
      },
    },
  });
}

function addRestart(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/controllers/:name/restart", {
    POST: {
      schema: {
        tags,
        summary:
          "Tries one again that failed too often, or could not be loaded: its file is read anew. One that runs goes on.",
        body: restartBody,
        response: schemas.answers(own.summary, "The controller."),
      },
      handler: async (request, reply) => {
        const { name } = controllerFor(request.principal, param(request, "name"), parts);
        const { why: reason = "asked for over HTTP" } = (request.body ?? {}) as { readonly why?: string };
        const { runtime } = parts.controllers;
        await runtime.restart(name, { who: request.principal.name, why: reason });
        told(parts, request, "restart", "", reason);
        const status = runtime.get(name);
        return sendJson(reply, status === undefined ? {} : summaryJson(status, parts));
      },
    },
  });
}
