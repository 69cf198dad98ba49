import { Type } from "typebox";

/** What routes of controllers answer, for the description. As in schemas.ts, tests compare. */

const instant = Type.String({ format: "date-time" });
const anything = Type.Record(Type.String(), Type.Unknown());
const text = Type.String();
const optionalText = Type.Optional(text);
const value = Type.Union([Type.Number(), Type.String()]);

const alarm = Type.Object({
  id: text,
  controller: text,
  severity: Type.String({ description: "`notice`, `warning`, `major`, `critical`." }),
  text: Type.String({ description: "What is wrong, and what to do." }),
  device: optionalText,
  since: instant,
});

const summaryParts = {
  name: text,
  standing: Type.String({ description: "`starting`, `running`, `broken`, `stopped`, `failed to load`." }),
  fault: optionalText,
  mode: Type.String({ description: "`automatic`, `manual`, `fail-safe`, `off`." }),
  wantedMode: Type.String({ description: "What was asked for; fail-safe comes by itself." }),
  modeUntil: Type.Optional(instant),
  definition: optionalText,
  version: optionalText,
  summary: optionalText,
  period: Type.Number({ description: "Between steps, in ms." }),
  leader: Type.Optional(Type.String({ description: "Which loop, sensor or rule decided." })),
  reason: Type.Optional(Type.String({ description: "Why the outputs are what they are." })),
  outputs: Type.Array(
    Type.Object({
      output: text,
      name: text,
      wanted: Type.Optional(value),
      sent: Type.Optional(value),
      applied: Type.Optional(value),
    }),
  ),
  alarms: Type.Array(alarm),
  missed: Type.Integer({ description: "Steps that could not begin in time." }),
  failures: Type.Integer(),
};
export const summary = Type.Object(summaryParts);

const step = Type.Object(
  {
    at: instant,
    mode: text,
    reason: text,
    leader: optionalText,
    terms: Type.Optional(Type.Record(Type.String(), Type.Number())),
    limits: Type.Array(text),
    inputs: anything,
    outputs: Type.Array(anything),
    dt: Type.Number({ description: "Since the step before, s." }),
    took: Type.Number({ description: "In ms." }),
  },
  { additionalProperties: true },
);
export const traceStep = step;

export const detail = Type.Object({
  ...summaryParts,
  versionId: text,
  source: anything,
  modeBy: Type.Optional(anything),
  settings: anything,
  settingsSchema: Type.Optional(anything),
  publishes: Type.Optional(anything),
  published: anything,
  failSafe: Type.Optional(anything),
  inputs: Type.Array(anything),
  bindingFaults: Type.Array(anything),
  targets: Type.Array(anything, {
    description: "What outputs are bound to, with the priority array of each.",
  }),
  last: Type.Optional(step),
  steps: Type.Integer(),
  lastFailure: Type.Optional(anything),
  probation: Type.Optional(anything),
  stepTime: Type.Optional(
    Type.Object({
      steps: Type.Integer(),
      p50: Type.Number(),
      p95: Type.Number(),
      p99: Type.Number(),
      max: Type.Number(),
    }),
  ),
  events: Type.Array(anything, { description: "What happened, the newest first." }),
  shadow: optionalText,
});

export const settings = Type.Object({ name: text, settings: anything, schema: Type.Optional(anything) });

export const override = Type.Object({
  output: text,
  device: text,
  name: text,
  action: text,
  value: Type.Optional(value),
  transaction: optionalText,
});

export const version = Type.Object({
  id: text,
  name: text,
  version: text,
  kind: text,
  file: optionalText,
  added: Type.Optional(instant),
  by: anything,
});

export const versions = Type.Object({
  inForce: text,
  since: Type.Optional(instant),
  by: Type.Optional(anything),
  configured: optionalText,
  probation: Type.Optional(anything),
  versions: Type.Array(version),
  history: Type.Array(anything, { description: "The newest first." }),
  shadow: Type.Optional(anything),
});

export const swapReport = Type.Object({
  from: text,
  to: text,
  state: Type.String({ description: "`handed over`, `migrated`, `fresh`." }),
  pause: Type.Number({ description: "How long steps could not begin, ms." }),
});

export const shadow = Type.Object(
  { id: text, steps: Type.Integer(), missed: Type.Integer(), failures: Type.Integer(), comparison: anything },
  { additionalProperties: true },
);

export const replay = Type.Object(
  { steps: Type.Integer(), skipped: Type.Integer(), failures: Type.Integer(), comparison: anything },
  { additionalProperties: true },
);
