import { Type } from "typebox";
import {
  anything,
  anyValue,
  by,
  failureParts,
  instant,
  lastFailure,
  mode,
  number,
  oneOf,
  optionalInstant,
  optionalNumber,
  optionalText,
  probation,
  text,
  texts,
  unkept,
  value,
  values,
  wantedMode,
} from "./controllers-schema-parts.ts";

/** What routes of controllers answer, for the description. As in schemas.ts, tests compare. */

export const alarm = Type.Object({
  id: text,
  controller: text,
  severity: oneOf(["notice", "warning", "major", "critical"]),
  text: Type.String({ description: "What is wrong, and what to do." }),
  device: optionalText,
  since: instant,
  asOf: Type.Optional({
    ...instant,
    description: "While no step tells whether it still is so: when one last did.",
  }),
  partOf: Type.Optional(
    Type.String({
      description:
        "What it is only a part of, such as `bus rs485-a` or `controller rack-inlet`: it is not counted.",
    }),
  ),
  latch: Type.Optional(
    Type.Object(
      {
        over: Type.Boolean({ description: "Whether its condition is over." }),
        acknowledged: Type.Optional(Type.Object({ who: text, why: text, at: instant })),
      },
      { description: "Of one that stands until somebody has acknowledged it." },
    ),
  ),
  shelved: Type.Optional(
    Type.Object(
      { who: text, why: text, until: instant },
      { description: "Somebody knows of it: until then it is not counted." },
    ),
  ),
});

export const profile = Type.Object({
  profile: Type.Optional(Type.String({ description: "The one in force; absent: the site has none." })),
  profiles: Type.Array(text, { description: "Those there are." }),
  default: Type.Optional(Type.String({ description: "The one in force when nobody has chosen." })),
  until: Type.Optional({ ...instant, description: "When it ends by itself." }),
  then: Type.Optional(Type.String({ description: "The one in force after that." })),
  by: Type.Optional(by),
  works: Type.Array(text, { description: "Controllers that work." }),
  rests: Type.Array(text, { description: "Controllers that rest, because they do not work in it." }),
  unkept,
});

const output = {
  output: text,
  name: text,
  wanted: Type.Optional(value),
  sent: Type.Optional(value),
  applied: Type.Optional(value),
};

const summaryParts = {
  name: text,
  standing: Type.String({ description: "`starting`, `running`, `broken`, `stopped`, `failed to load`." }),
  fault: optionalText,
  mode,
  wantedMode,
  modeUntil: optionalInstant,
  definition: optionalText,
  version: optionalText,
  summary: optionalText,
  period: Type.Number({ description: "Between steps, in ms." }),
  rests: Type.Optional(
    Type.String({ description: "The profile in force is one it does not work in: which, for people." }),
  ),
  leader: Type.Optional(Type.String({ description: "Which loop, sensor or rule decided." })),
  reason: Type.Optional(Type.String({ description: "Why the outputs are what they are." })),
  loop: Type.Optional(
    Type.Object(
      { pv: number, setpoint: optionalNumber, unit: text },
      { description: "What it measures and wants to hold, of controllers that have a loop." },
    ),
  ),
  outputs: Type.Array(Type.Object(output)),
  alarms: Type.Array(alarm),
  missed: Type.Integer({ description: "Steps that could not begin in time." }),
  failures: Type.Integer(),
  unkept,
};
export const summary = Type.Object(summaryParts);

const input = Type.Object({
  quality: oneOf(["good", "uncertain", "bad"]),
  value: Type.Optional(value),
  age: Type.Optional(Type.Number({ description: "In ms." })),
  from: text,
  device: optionalText,
  code: optionalText,
  text: optionalText,
  tags: texts,
});

const step = Type.Object(
  {
    n: Type.Optional(Type.Integer({ description: "Counts up by one, also across restarts." })),
    at: instant,
    version: text,
    mode,
    wantedMode,
    dt: Type.Number({ description: "Since the step before, s." }),
    took: Type.Number({ description: "In ms." }),
    inputs: Type.Record(Type.String(), Type.Array(input)),
    missing: Type.Array(text, { description: "What is missing, for people." }),
    leader: optionalText,
    terms: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()]), {
        description: "`p`, `i`, `d`, `error`, …; null: infinite.",
      }),
    ),
    limits: texts,
    outputs: Type.Array(
      Type.Object({
        ...output,
        device: text,
        slot: Type.Optional(Type.Integer()),
        appliedSlot: Type.Optional(Type.Integer()),
      }),
    ),
    reason: text,
    failure: Type.Optional(Type.Object(failureParts)),
    published: Type.Optional(values),
  },
  { additionalProperties: true },
);
export const traceStep = step;

const target = Type.Object({
  output: text,
  device: text,
  name: text,
  action: text,
  holding: optionalText,
  entries: Type.Array(
    Type.Object({
      slot: Type.Integer(),
      meaning: text,
      value: anyValue,
      who: text,
      why: text,
      since: instant,
      expires: optionalInstant,
      forced: Type.Optional(Type.Boolean({ description: "It passes the guards of the device." })),
      inForce: Type.Boolean(),
    }),
  ),
});

export const tuning = Type.Object({
  controller: text,
  method: oneOf(["relay", "step"]),
  phase: oneOf(["settling", "testing", "done", "failed"]),
  text: Type.String({ description: "What it does now, or why it ended." }),
  since: instant,
  ended: optionalInstant,
  by,
  output: text,
  centre: number,
  height: number,
  least: number,
  most: number,
  reference: Type.Optional(Type.Number({ description: "What the measurement swings around." })),
  cycles: Type.Optional(Type.Integer({ description: "Of a relay test so far." })),
  plant: Type.Optional(
    Type.Object(
      { gain: number, tau: number, theta: number, explained: number },
      { description: "Of a step test: gain per %, time constant and dead time in s, share it explains." },
    ),
  ),
  proposal: Type.Optional(
    Type.Array(
      Type.Object({
        name: text,
        value: number,
        unit: text,
        before: number,
        minimum: optionalNumber,
        maximum: optionalNumber,
        limited: Type.Boolean({ description: "Whether a limit of the setting had to cut it." }),
      }),
      { description: "Settings it proposes; they are set like any other." },
    ),
  ),
  course: Type.Array(Type.Object({ at: instant, pv: number, output: number })),
});

const temporary = Type.Record(
  text,
  Type.Object({
    value: Type.Unknown(),
    until: instant,
    then: Type.Unknown({ description: "What it is afterwards." }),
    who: text,
    why: text,
  }),
  { description: "Settings that are so only for a while." },
);

export const detail = Type.Object({
  ...summaryParts,
  versionId: text,
  source: anything,
  modeBy: Type.Optional(by),
  settings: anything,
  temporary,
  settingsSchema: Type.Optional(anything),
  publishes: Type.Optional(anything),
  termUnits: Type.Record(Type.String(), Type.String(), {
    description: "Symbols of the terms of the last step that have a unit.",
  }),
  published: values,
  failSafe: Type.Optional(Type.Record(Type.String(), Type.Union([value, Type.Null()]))),
  inputs: Type.Array(anything),
  bindingFaults: Type.Array(Type.Object({ path: texts, message: text, remedy: text })),
  targets: Type.Array(target, {
    description: "What outputs are bound to, with the priority array of each.",
  }),
  last: Type.Optional(step),
  steps: Type.Integer(),
  lastFailure,
  probation,
  stepTime: Type.Optional(
    Type.Object({
      steps: Type.Integer(),
      p50: Type.Number(),
      p95: Type.Number(),
      p99: Type.Number(),
      max: Type.Number(),
    }),
  ),
  events: Type.Array(Type.Object({ at: instant, kind: text }, { additionalProperties: true }), {
    description: "What happened, the newest first.",
  }),
  shadow: optionalText,
  tuning: Type.Optional(tuning),
});

export const settings = Type.Object({
  name: text,
  settings: anything,
  temporary,
  schema: Type.Optional(anything),
  unkept,
});

export const override = Type.Object({
  output: text,
  device: text,
  name: text,
  action: text,
  value: Type.Optional(value),
  transaction: optionalText,
  waitsFor: Type.Optional(
    Type.String({ description: "What is stronger, and for how long this waits behind it: for people." }),
  ),
});
