import { type TSchema, Type } from "typebox";

/** What routes answer, for the description at /openapi.json. Answers are not made from these; tests compare. */

const text = (description: string): TSchema => Type.String({ description });
const instant = Type.String({ format: "date-time" });
const context = Type.Record(Type.String(), Type.String());
const unit = Type.Object({ name: Type.String(), symbol: Type.String() });

const error = Type.Object(
  {
    http_code: Type.Integer(),
    description: text("One of a few fixed texts."),
    timestamp: instant,
    context: text("What is wrong, for people."),
    code: Type.Optional(text("Below /api only: see /api/errors.")),
  },
  { description: "What is wrong." },
);

const refusals = { "4xx": error, "5xx": error };

/** The answers of a route: one for success, the error for all else. */
export const answers = (good: TSchema, description: string): Readonly<Record<string, TSchema>> => ({
  200: { ...good, description },
  ...refusals,
});

/** A route that has nothing to say when all is well. */
export const nothing = (description: string): Readonly<Record<string, object>> => ({
  204: { description },
  ...refusals,
});

/** The same for answers of one JSON object per line. */
export const lines = (
  description: string,
  contentType = "application/x-ndjson",
): Readonly<Record<string, object>> => ({
  ...answers(Type.String(), description),
  200: { description, content: { [contentType]: { schema: Type.String() } } },
});

export const reading = Type.Object({
  device: text("Id of the device."),
  timestamp: instant,
  type: text("Type of the output, e.g. `temperature`."),
  device_type: text("Type of the device, e.g. `fan`."),
  device_info: Type.String(),
  unit: Type.Union([unit, Type.Null()]),
  value: Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()], {
    description: "null when it could not be read; then `context` says why.",
  }),
  context: Type.Record(Type.String(), Type.String(), {
    description:
      "Facts; with `quality` (`bad`, `uncertain`), `reason` and `reason_text` unless the value is good.",
  }),
});

export const device = Type.Object({
  id: Type.String(),
  alias: Type.String(),
  info: Type.String(),
  type: Type.String(),
  plugin: text("Id of the plugin."),
  tags: Type.Array(Type.String()),
  metadata: context,
});

export const deviceInfo = Type.Object({
  timestamp: instant,
  id: Type.String(),
  type: Type.String(),
  plugin: Type.String(),
  info: Type.String(),
  alias: Type.String(),
  capabilities: Type.Object({
    mode: Type.Union([Type.Literal("r"), Type.Literal("w"), Type.Literal("rw"), Type.Literal("")]),
    write: Type.Object({ actions: Type.Array(Type.String()) }),
  }),
  tags: Type.Array(Type.String()),
  outputs: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      precision: Type.Integer(),
      scalingFactor: Type.Number(),
      unit: Type.Optional(unit),
    }),
  ),
  metadata: context,
  sort_index: Type.Integer(),
});

const written = Type.Object({
  action: Type.String(),
  data: Type.String(),
  transaction: Type.Optional(Type.String()),
});

export const transactionInfo = Type.Object({
  id: Type.String(),
  device: Type.String(),
  context: written,
  timeout: text("How long it may take, e.g. `30s`."),
});

export const transactionStatus = Type.Object({
  id: Type.String(),
  created: instant,
  updated: instant,
  message: text("What was read back, or what went wrong."),
  timeout: Type.String(),
  status: Type.Union(["PENDING", "WRITING", "DONE", "ERROR"].map((status) => Type.Literal(status))),
  context: Type.Object({
    ...written.properties,
    reason: Type.Optional(text("What went wrong, as a code of docs/errors.md.")),
  }),
  device: Type.String(),
});

export const texts = Type.Array(Type.String());
export const list = (of: TSchema): TSchema => Type.Array(of);
