import type * as types from "./controller-types.ts";
import * as is from "./shape.ts";

/** The shapes of controller-types.ts. A test holds them against what /openapi.json says. */

const texts = is.list(is.text);
const maybeText = is.optional(is.text);
const maybeNumber = is.optional(is.number);
const anyByKey = is.record(is.anything);
const value = is.scalar as is.Shape<number | string>;
const maybeValue = is.optional(value);
const values = is.record(is.scalar as is.Shape<number | string | boolean>);

const mode = is.oneOf<types.ControllerMode>("automatic", "manual", "fail-safe", "off", "resting");
const wantedMode = is.oneOf<types.WantedMode>("automatic", "manual", "off");
const by = is.object<types.AskedBy>({ who: is.text, why: is.text });

const output = {
  output: is.text,
  name: is.text,
  wanted: maybeValue,
  sent: maybeValue,
  applied: maybeValue,
};
const shelved = is.object<types.Shelved>({ who: is.text, why: is.text, until: is.text });
const alarm = is.object<types.ControllerAlarm>({
  id: is.text,
  controller: is.text,
  severity: is.oneOf<types.Severity>("notice", "warning", "major", "critical"),
  text: is.text,
  device: maybeText,
  since: is.text,
  asOf: maybeText,
  partOf: maybeText,
  latch: is.optional(
    is.object<types.Latch>({
      over: is.flag,
      acknowledged: is.optional(is.object<types.Acknowledged>({ who: is.text, why: is.text, at: is.text })),
    }),
  ),
  shelved: is.optional(shelved),
});
export const alarms = is.list(alarm);

const summaryFields: is.Fields<types.ControllerSummary> = {
  name: is.text,
  standing: is.text,
  fault: maybeText,
  mode,
  wantedMode,
  modeUntil: maybeText,
  definition: maybeText,
  version: maybeText,
  summary: maybeText,
  unkept: maybeText,
  period: is.number,
  rests: maybeText,
  leader: maybeText,
  reason: maybeText,
  loop: is.optional(is.object<types.LoopValues>({ pv: is.number, setpoint: maybeNumber, unit: is.text })),
  outputs: is.list(is.object<types.ControllerOutput>(output)),
  alarms,
  missed: is.number,
  failures: is.number,
};
export const summary = is.object<types.ControllerSummary>(summaryFields);
export const profile = is.object<types.SiteProfile>({
  profile: maybeText,
  profiles: texts,
  default: maybeText,
  until: maybeText,
  then: maybeText,
  by: is.optional(by),
  works: texts,
  rests: texts,
  unkept: maybeText,
});
export const summaries = is.list(summary);

const input = is.object<types.ControllerInput>({
  quality: is.oneOf("good", "uncertain", "bad"),
  value: maybeValue,
  age: maybeNumber,
  from: is.text,
  device: maybeText,
  code: maybeText,
  text: maybeText,
  tags: texts,
});
const failure = { kind: is.text, text: is.text };
const lastFailure = is.optional(
  is.object<NonNullable<types.ControllerDetail["lastFailure"]>>({ ...failure, at: is.text }),
);

export const step = is.object<types.ControllerStep>({
  n: maybeNumber,
  at: is.text,
  version: is.text,
  mode,
  wantedMode,
  dt: is.number,
  took: is.number,
  inputs: is.record(is.list(input)),
  missing: texts,
  leader: maybeText,
  terms: is.optional(is.record(is.orNull(is.number))),
  limits: texts,
  outputs: is.list(
    is.object<types.StepOutput>({
      ...output,
      device: is.text,
      slot: maybeNumber,
      appliedSlot: maybeNumber,
    }),
  ),
  reason: is.text,
  failure: is.optional(is.object<NonNullable<types.ControllerStep["failure"]>>(failure)),
  published: is.optional(values),
});
export const steps = is.list(step);

/** A line of a trace that is followed: a step, or how many were left out. */
export const followed: is.Shape<types.ControllerStep | { readonly dropped: number }> = {
  fault: (line, at) => (isDropped(line) ? undefined : step.fault(line, at)),
};
export const isDropped = (line: unknown): line is { readonly dropped: number } =>
  typeof line === "object" && line !== null && typeof (line as { dropped?: unknown }).dropped === "number";

const target = is.object<types.ControllerTarget>({
  output: is.text,
  device: is.text,
  name: is.text,
  action: is.text,
  holding: maybeText,
  entries: is.list(
    is.object<types.TargetEntry>({
      slot: is.number,
      meaning: is.text,
      value: is.scalar as is.Shape<number | string | boolean>,
      who: is.text,
      why: is.text,
      since: is.text,
      expires: maybeText,
      forced: is.optional(is.flag),
      inForce: is.flag,
    }),
  ),
});
const probation = is.optional(
  is.object<NonNullable<types.ControllerDetail["probation"]>>({ until: is.text, previous: is.text }),
);

export const tuning = is.object<types.Tuning>({
  controller: is.text,
  method: is.oneOf("relay", "step"),
  phase: is.oneOf<types.TuningPhase>("settling", "testing", "done", "failed"),
  text: is.text,
  since: is.text,
  ended: maybeText,
  by,
  output: is.text,
  centre: is.number,
  height: is.number,
  least: is.number,
  most: is.number,
  reference: maybeNumber,
  cycles: maybeNumber,
  plant: is.optional(
    is.object<NonNullable<types.Tuning["plant"]>>({
      gain: is.number,
      tau: is.number,
      theta: is.number,
      explained: is.number,
    }),
  ),
  proposal: is.optional(
    is.list(
      is.object<types.ProposedSetting>({
        name: is.text,
        value: is.number,
        unit: is.text,
        before: is.number,
        minimum: maybeNumber,
        maximum: maybeNumber,
        limited: is.flag,
      }),
    ),
  ),
  course: is.list(
    is.object<types.Tuning["course"][number]>({ at: is.text, pv: is.number, output: is.number }),
  ),
});

const temporary = is.record(
  is.object<types.TemporarySetting>({
    value: is.anything,
    until: is.text,
    then: is.anything,
    who: is.text,
    why: is.text,
  }),
);

export const detail = is.object<types.ControllerDetail>({
  ...summaryFields,
  versionId: is.text,
  source: anyByKey,
  modeBy: is.optional(by),
  settings: anyByKey,
  temporary,
  settingsSchema: is.optional(anyByKey),
  publishes: is.optional(anyByKey),
  termUnits: is.optional(is.record(is.text)),
  published: values,
  failSafe: is.optional(is.record(is.orNull(value))),
  inputs: is.list(anyByKey),
  bindingFaults: is.list(is.object<types.BindingFault>({ path: texts, message: is.text, remedy: is.text })),
  targets: is.list(target),
  last: is.optional(step),
  steps: is.number,
  lastFailure,
  probation,
  stepTime: is.optional(
    is.object<NonNullable<types.ControllerDetail["stepTime"]>>({
      steps: is.number,
      p50: is.number,
      p95: is.number,
      p99: is.number,
      max: is.number,
    }),
  ),
  events: is.list(is.object<types.ControllerEvent>({ at: is.text, kind: is.text })),
  shadow: maybeText,
  tuning: is.optional(tuning),
});

export const settings = is.object<types.ControllerSettings>({
  name: is.text,
  settings: anyByKey,
  temporary,
  schema: is.optional(anyByKey),
  unkept: maybeText,
});

export const overrides = is.list(
  is.object<types.Override>({
    output: is.text,
    device: is.text,
    name: is.text,
    action: is.text,
    value: maybeValue,
    transaction: maybeText,
    waitsFor: maybeText,
  }),
);

export const version = is.object<types.ControllerVersion>({
  id: is.text,
  name: is.text,
  version: is.text,
  kind: is.text,
  file: maybeText,
  added: maybeText,
  by,
});

const comparison = is.object<types.Comparison>({
  compared: is.number,
  differing: is.number,
  otherMode: is.number,
  large: is.number,
  largePercent: is.number,
  outputs: is.list(
    is.object<types.OutputDifference>({
      output: is.text,
      device: is.text,
      name: is.text,
      compared: is.number,
      differing: is.number,
      largest: is.number,
      mean: is.number,
      large: is.number,
    }),
  ),
  examples: is.list(
    is.object<types.ComparedStep>({
      at: is.text,
      output: is.text,
      name: is.text,
      first: is.orNull(value),
      second: is.orNull(value),
      firstReason: is.text,
      secondReason: is.text,
    }),
  ),
});

export const shadow = is.object<types.Shadow>({
  id: is.text,
  name: is.text,
  version: is.text,
  since: is.text,
  by,
  wanted: is.number,
  elapsed: is.number,
  steps: is.number,
  missed: is.number,
  failures: is.number,
  lastFailure,
  comparison,
  notYet: maybeText,
});

export const versions = is.object<types.ControllerVersions>({
  inForce: is.text,
  since: maybeText,
  by: is.optional(by),
  configured: maybeText,
  probation,
  versions: is.list(version),
  history: is.list(
    is.object<types.VersionHappening>({ at: is.text, what: is.text, id: is.text, from: maybeText, by }),
  ),
  unkept: maybeText,
  shadow: is.optional(shadow),
});

export const swapReport = is.object<types.SwapReport>({
  from: is.text,
  to: is.text,
  state: is.text,
  pause: is.number,
  unkept: maybeText,
});

export const replay = is.object<types.Replay>({
  name: is.text,
  version: is.text,
  steps: is.number,
  skipped: is.number,
  from: maybeText,
  to: maybeText,
  recorded: texts,
  begun: is.number,
  failures: is.number,
  lastFailure,
  fitted: is.list(
    is.object<types.FittedSetting>({
      name: is.text,
      was: is.anything,
      taken: is.optional(is.anything),
      why: is.text,
    }),
  ),
  comparison,
  cut: is.flag,
});
