import { Type } from "typebox";
import {
  by,
  instant,
  lastFailure,
  number,
  optionalInstant,
  optionalText,
  probation,
  text,
  unkept,
} from "./controllers-schema-parts.ts";

/** What routes of versions of controllers answer, for the description. As in schemas.ts, tests compare. */

export const version = Type.Object({
  id: text,
  name: text,
  version: text,
  kind: text,
  file: optionalText,
  added: optionalInstant,
  by,
});

const orNull = Type.Union([Type.Number(), Type.String(), Type.Null()]);
const comparison = Type.Object({
  compared: Type.Integer({ description: "Steps." }),
  differing: Type.Integer(),
  otherMode: Type.Integer(),
  large: Type.Integer({ description: "By more than 10 % of the range." }),
  largePercent: number,
  outputs: Type.Array(
    Type.Object({
      output: text,
      device: text,
      name: text,
      compared: Type.Integer(),
      differing: Type.Integer(),
      largest: number,
      mean: number,
      large: Type.Integer(),
    }),
  ),
  examples: Type.Array(
    Type.Object({
      at: instant,
      output: text,
      name: text,
      first: orNull,
      second: orNull,
      firstReason: text,
      secondReason: text,
    }),
  ),
});

export const shadow = Type.Object(
  {
    id: text,
    name: text,
    version: text,
    since: instant,
    by,
    wanted: Type.Number({ description: "How long it is to run before it can be promoted, ms." }),
    elapsed: Type.Number({ description: "How long it has, ms." }),
    steps: Type.Integer(),
    missed: Type.Integer(),
    failures: Type.Integer(),
    lastFailure,
    comparison,
    notYet: Type.Optional(Type.String({ description: "What speaks against promoting it." })),
  },
  { additionalProperties: true },
);

export const versions = Type.Object({
  inForce: text,
  since: optionalInstant,
  by: Type.Optional(by),
  configured: optionalText,
  probation,
  versions: Type.Array(version),
  history: Type.Array(Type.Object({ at: instant, what: text, id: text, from: optionalText, by }), {
    description: "The newest first.",
  }),
  unkept,
  shadow: Type.Optional(shadow),
});

export const swapReport = Type.Object({
  from: text,
  to: text,
  state: Type.String({ description: "`handed over`, `migrated`, `fresh`." }),
  pause: Type.Number({ description: "How long steps could not begin, ms." }),
  unkept,
});

export const replay = Type.Object({
  name: text,
  version: text,
  steps: Type.Integer(),
  skipped: Type.Integer({ description: "Before the first recorded state, where a replay can begin." }),
  from: optionalInstant,
  to: optionalInstant,
  recorded: Type.Array(text, { description: "Versions that were in force then." }),
  begun: Type.Integer({ description: "How often it began anew from a recorded state." }),
  failures: Type.Integer(),
  lastFailure,
  fitted: Type.Array(
    Type.Object({
      name: text,
      was: Type.Unknown(),
      taken: Type.Optional(Type.Unknown()),
      why: text,
    }),
    { description: "Recorded settings it does not take, and what it was given in their place." },
  ),
  comparison,
  cut: Type.Boolean({ description: "Whether there are more steps than are replayed at once." }),
});
