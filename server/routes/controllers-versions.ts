import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { By } from "../../controllers/runtime/api.ts";
import type { Bundle } from "../../controllers/runtime/source.ts";
import type { ReplayReport } from "../../controllers/versions/replay.ts";
import type { ShadowStatus } from "../../controllers/versions/shadow.ts";
import type { Version } from "../../controllers/versions/store.ts";
import type { ReplayRequest } from "../../controllers/versions/versions.ts";
import { durationPattern, parseDuration } from "../../devices/duration.ts";
import { BothyError } from "../../devices/errors.ts";
import { firstOf } from "../../devices/wait.ts";
import { sendJson } from "../faults.ts";
import { isoTime } from "../json.ts";
import { controllerFor } from "./controllers-json.ts";
import * as own from "./controllers-version-schemas.ts";
import { checkOrder, momentIn } from "./controllers-trace.ts";
import { param, route, type RouteDefinition, type RouteParts } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["controllers"];
const closed = { additionalProperties: false } as const;
const why = Type.Optional(
  Type.String({ minLength: 1, maxLength: 500, description: "The reason, for whoever asks later." }),
);
const version = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "Its id, the beginning of one, or its number where only one has it.",
});
const span = (description: string) => Type.Optional(Type.String({ pattern: durationPattern, description }));
const mostReplayed = 200_000;
const text = {
  file: Type.String({
    minLength: 1,
    maxLength: 300,
    examples: ["my-fan.ts"],
    description: "Its name: `.ts` is TypeScript.",
  }),
  text: Type.String({
    minLength: 1,
    description: "TypeScript or JavaScript that imports `bothy/controllers` and nothing else.",
  }),
  bundled: Type.Optional(
    Type.Boolean({
      description: "It is one JavaScript module that needs no import; `file` says where it came from.",
    }),
  ),
};

const uploadBody = Type.Object({ ...text, why }, closed);
const swapBody = Type.Object(
  {
    version,
    why,
    probation: span("For so long it goes back by itself when it fails. Default: 15m."),
    handover: Type.Optional(
      Type.Union([Type.Literal("state"), Type.Literal("fresh")], {
        description: "`fresh`: it begins anew. Default: it goes on from the state of the one before.",
      }),
    ),
  },
  closed,
);
const shadowBody = Type.Object(
  { version, why, for: span("For so long before it can be promoted. Default: 5m.") },
  closed,
);
const whyBody = Type.Optional(Type.Object({ why, force: Type.Optional(Type.Boolean()) }, closed));
const replayBody = Type.Optional(
  Type.Object(
    {
      version: Type.Optional(version),
      file: Type.Optional(text.file),
      text: Type.Optional(text.text),
      bundled: text.bundled,
      from: Type.Optional(Type.String({ description: "Not before this moment, ISO 8601." })),
      to: Type.Optional(Type.String()),
      settings: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), { description: "In place of those then." }),
      ),
    },
    closed,
  ),
);

interface Upload {
  readonly file: string;
  readonly text: string;
  readonly bundled?: boolean;
}

/** Versions: code that commands equipment, so all that changes them is an administrator's. */
export function addControllerVersions(app: FastifyInstance, parts: RouteParts): void {
  const { versions } = parts.controllers;
  const named = (request: FastifyRequest): string =>
    controllerFor(request.principal, param(request, "name"), parts).name;
  const changing = (
    summary: string,
    body: object,
    response: object,
    run: (name: string, request: FastifyRequest) => Promise<object>,
  ): RouteDefinition => ({
    needs: "administer",
    schema: { tags, summary, body, response },
    handler: async (request, reply) => {
      const answer = await run(named(request), request);
      await parts.keeper.flushed();
      return sendJson(reply, answer);
    },
  });
  const report = schemas.answers(own.swapReport, "How it went.");
  route(app, "/api/controllers/:name/versions", {
    GET: {
      schema: {
        tags,
        summary: "Which versions there are, which is in force, and how that came about.",
        response: schemas.answers(own.versions, "The versions."),
      },
      handler: (request, reply) => {
        const { since, probation, versions: all, history, shadow, ...rest } = versions.status(named(request));
        return sendJson(reply, {
          ...rest,
          since: since === undefined ? undefined : isoTime(since),
          probation: probation === undefined ? undefined : { ...probation, until: isoTime(probation.until) },
          versions: all.map(versionJson),
          history: history.slice(0, 100).map((entry) => ({ ...entry, at: isoTime(entry.at) })),
          shadow: shadow === undefined ? undefined : shadowJson(shadow),
        });
      },
    },
    POST: changing(
      "Keeps a text as a version, after it was loaded and makes sense. It is not in force.",
      uploadBody,
      schemas.answers(own.version, "The version."),
      async (name, request) =>
        versionJson(await versions.add(name, await bundleOf(parts, request.body as Upload), byOf(request))),
    ),
  });
  route(app, "/api/controllers/:name/swap", {
    POST: changing(
      "Puts a version in force, with the state of the one before; it goes back by itself when it fails.",
      swapBody,
      report,
      (name, request) => {
        const {
          version: wanted,
          probation,
          handover,
        } = request.body as { version: string; probation?: string; handover?: "state" | "fresh" };
        const held = probation === undefined ? undefined : parseDuration(probation);
        return versions.swap(name, wanted, {
          ...byOf(request),
          ...(held === undefined ? {} : { probation: held }),
          ...(handover === undefined ? {} : { handover }),
        });
      },
    ),
  });
  route(app, "/api/controllers/:name/rollback", {
    POST: changing("Goes back to the version before the one in force.", whyBody, report, (name, request) =>
      versions.rollback(name, byOf(request)),
    ),
  });
  route(app, "/api/controllers/:name/shadow", {
    POST: changing(
      "Has a version compute beside the one in force; it commands nothing, and both are compared.",
      shadowBody,
      schemas.answers(own.shadow, "The version in shadow."),
      async (name, request) => {
        const { version: wanted, for: text } = request.body as { version: string; for?: string };
        return shadowJson(
          await versions.startShadow(
            name,
            wanted,
            byOf(request),
            text === undefined ? undefined : parseDuration(text),
          ),
        );
      },
    ),
    DELETE: {
      needs: "administer",
      schema: {
        tags,
        summary: "Ends a version in shadow.",
        response: schemas.answers(own.shadow, "How it did."),
      },
      handler: async (request, reply) =>
        sendJson(reply, shadowJson(await versions.endShadow(named(request)))),
    },
  });
  route(app, "/api/controllers/:name/promote", {
    POST: changing(
      "Puts in force what is in shadow, when nothing speaks against it.",
      whyBody,
      report,
      (name, request) =>
        versions.promote(
          name,
          byOf(request),
          (request.body as { force?: boolean } | undefined)?.force === true,
        ),
    ),
  });
  route(app, "/api/controllers/:name/replay", {
    POST: changing(
      "Steps a version through recorded history, and compares what it wants with what was wanted then.",
      replayBody,
      schemas.answers(own.replay, "How they differ."),
      async (name, request) => replayJson(await replayed(parts, name, request)),
    ),
  });
}

interface ReplayBody extends Partial<Upload> {
  readonly version?: string;
  readonly from?: string;
  readonly to?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

async function replayed(parts: RouteParts, name: string, request: FastifyRequest): Promise<ReplayReport> {
  const asked = await askedReplay(parts, request.body ?? {});
  const left = new AbortController();
  const leave = (): void => left.abort();
  const { socket } = request.raw;
  socket.once("close", leave);
  const { signal, done } = firstOf(left.signal, parts.signal);
  try {
    return await parts.controllers.versions.replay(name, { ...asked, most: mostReplayed, signal });
  } finally {
    // A connection may stay for many requests.
    socket.off("close", leave);
    done();
  }
}

/** @throws BothyError `BAD_INPUT` */
async function askedReplay(
  parts: RouteParts,
  body: ReplayBody,
): Promise<Omit<ReplayRequest, "most" | "signal">> {
  const { version: id, file, text: contents, bundled = false, settings } = body;
  if (contents === undefined ? file !== undefined : id !== undefined)
    throw new BothyError("BAD_INPUT", {
      source: "the body",
      fault: "say `version`, or `file` and `text`, or none of them: then it is the one in force",
    });
  const from = body.from === undefined ? undefined : momentIn(body.from, "from");
  const to = body.to === undefined ? undefined : momentIn(body.to, "to");
  checkOrder(from, to);
  return {
    ...(id === undefined ? {} : { id }),
    ...(contents === undefined
      ? {}
      : { bundle: await bundleOf(parts, { file: file ?? "the text", text: contents, bundled }) }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(settings === undefined ? {} : { settings }),
  };
}

/** @throws BothyError `BAD_INPUT` */
async function bundleOf(
  { controllers }: RouteParts,
  { file, text: contents, bundled = false }: Upload,
): Promise<Bundle> {
  if (!bundled) return await controllers.bundleText(file, contents);
  if (contents.includes("\0")) throw new BothyError("BAD_INPUT", { source: file, fault: "it is no text" });
  return {
    kind: "bundle",
    file,
    text: contents,
    map: "{}",
    hash: createHash("sha256").update(contents).digest("hex"),
  };
}

function byOf(request: FastifyRequest): By {
  const { why: reason = "asked for over HTTP" } = (request.body ?? {}) as { readonly why?: string };
  return { who: request.principal.name, why: reason };
}

const versionJson = ({ added, ...rest }: Version): object => ({
  ...rest,
  added: added === 0 ? undefined : isoTime(added),
});

const examplesJson = (comparison: ReplayReport["comparison"]): object => ({
  ...comparison,
  examples: comparison.examples.map(({ at, ...example }) => ({ at: isoTime(at), ...example })),
});

const shadowJson = ({ since, lastFailure, comparison, ...rest }: ShadowStatus): object => ({
  ...rest,
  since: isoTime(since),
  lastFailure: lastFailure === undefined ? undefined : { ...lastFailure, at: isoTime(lastFailure.at) },
  comparison: examplesJson(comparison),
});

const replayJson = ({ from, to, lastFailure, comparison, ...rest }: ReplayReport): object => ({
  ...rest,
  from: from === undefined ? undefined : isoTime(from),
  to: to === undefined ? undefined : isoTime(to),
  lastFailure: lastFailure === undefined ? undefined : { ...lastFailure, at: isoTime(lastFailure.at) },
  comparison: examplesJson(comparison),
});
