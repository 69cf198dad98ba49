import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { durationPattern, parseDuration } from "../../devices/duration.ts";
import { BothyError } from "../../devices/errors.ts";
import { sendJson } from "../faults.ts";
import { isoTime } from "../json.ts";
import { seesController } from "./controllers-json.ts";
import { told, unkept } from "./controllers-operator.ts";
import * as own from "./controllers-schemas.ts";
import { route, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["controllers"];
const body = Type.Object(
  {
    profile: Type.String({ minLength: 1, description: "One of those the site has." }),
    for: Type.Optional(
      Type.String({
        pattern: durationPattern,
        examples: ["2h"],
        description:
          "After this the one before is in force again; at most 30d. Default: until another one is chosen.",
      }),
    ),
    why: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: "The reason, for whoever asks later." }),
    ),
  },
  { additionalProperties: false },
);
interface Body {
  readonly profile: string;
  readonly for?: string;
  readonly why?: string;
}

/** Which controllers work, by the profile of the site that is in force. */
export function addProfile(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/api/profile", {
    GET: {
      schema: {
        tags,
        summary: "The profile in force, those there are, and which controllers rest because of it.",
        response: schemas.answers(own.profile, "The profile."),
      },
      handler: (request, reply) => sendJson(reply, profileJson(request, parts)),
    },
    PUT: {
      schema: {
        tags,
        summary:
          "Puts another profile in force, for good or for a while. Controllers that come take over from what is in force; those that go rest.",
        body,
        response: schemas.answers(own.profile, "The profile."),
      },
      handler: async (request, reply) => {
        const { principal } = request;
        const { profile, for: text, why = "asked for over HTTP" } = request.body as Body;
        if (principal.scope !== undefined)
          throw new BothyError("FORBIDDEN", {
            source: principal.name,
            action: "choose a profile",
            fault: "it is for the whole site, and not all devices of it are theirs",
          });
        const { runtime } = parts.controllers;
        const holds = text === undefined ? {} : { holdFor: parseDuration(text) ?? 0 };
        await runtime.setProfile({ profile, who: principal.name, why, ...holds });
        told(parts, request, "profile", `${profile}${text === undefined ? "" : ` for ${text}`}`, why);
        await parts.keeper.flushed();
        return sendJson(reply, { ...profileJson(request, parts), ...unkept(parts) });
      },
    },
  });
}

/** Of a site that has none: only which controllers there are. */
function profileJson({ principal }: FastifyRequest, parts: RouteParts): object {
  const { running } = parts.controllers;
  const status = running?.profile();
  const seen = (running?.list() ?? []).filter((one) => seesController(principal, one, parts));
  const named = (rests: boolean): readonly string[] =>
    seen.filter((one) => (one.rests !== undefined) === rests).map(({ name }) => name);
  return {
    profiles: [],
    ...status,
    until: status?.until === undefined ? undefined : isoTime(status.until),
    works: named(false),
    rests: named(true),
  };
}
