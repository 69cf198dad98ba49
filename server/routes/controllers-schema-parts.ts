import { type TSchema, Type } from "typebox";

/** What schemas of controllers are made of. */

export const instant = Type.String({ format: "date-time" });
export const anything = Type.Record(Type.String(), Type.Unknown());
export const text = Type.String();
export const texts = Type.Array(text);
export const number = Type.Number();
export const value = Type.Union([Type.Number(), Type.String()]);
export const anyValue = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);
export const values = Type.Record(Type.String(), anyValue);
export const optionalText = Type.Optional(text);
export const optionalNumber = Type.Optional(number);
export const optionalInstant = Type.Optional(instant);
export const oneOf = (words: readonly string[], description?: string): TSchema =>
  Type.Union(
    words.map((word) => Type.Literal(word)),
    description === undefined ? {} : { description },
  );

export const by = Type.Object({ who: text, why: text });
export const mode = oneOf(["automatic", "manual", "fail-safe", "off", "resting"]);
export const wantedMode = oneOf(
  ["automatic", "manual", "off"],
  "What was asked for; fail-safe comes by itself.",
);

export const failureParts = { kind: text, text };
export const lastFailure = Type.Optional(Type.Object({ ...failureParts, at: instant }));
export const probation = Type.Optional(
  Type.Object({ until: instant, previous: text }, { description: "Until then it may be taken back." }),
);
export const unkept = Type.Optional(
  Type.String({ description: "It is so, but a restart would not know of it: why, and what to do." }),
);
