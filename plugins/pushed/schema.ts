import { type Static, Type } from "typebox";
import { namePattern } from "../../devices/device.ts";
import { durationPattern } from "../../devices/duration.ts";
import { outputs } from "../../devices/output.ts";
import { tagPattern } from "../../devices/tag.ts";

const closed = { additionalProperties: false } as const;
const option = Type.Optional;

/** The loader of the configuration adds the keys it owns itself (`plugin`). */
export const linkSchema = Type.Object(
  {
    timeout: option(
      Type.String({
        pattern: durationPattern,
        default: "1m",
        description: "How long a value counts that is not pushed anew, 1s or more. A point may say its own.",
      }),
    ),
  },
  { ...closed, description: "Values that others bring: programs, scripts, other sites." },
);

/** The loader of the configuration adds the keys it owns itself (`bus`). */
export const deviceSchema = Type.Object(
  {
    alias: Type.String({
      pattern: namePattern,
      description: "Name for people, unique at the site; its id follows from it.",
    }),
    output: Type.String({
      enum: [...outputs.keys()],
      description: "What it is, e.g. `temperature`, `watt`, `state`.",
    }),
    type: option(
      Type.String({ minLength: 1, description: "What kind of device it is. Default: the output." }),
    ),
    timeout: option(
      Type.String({
        pattern: durationPattern,
        description: "How long a value counts, 1s or more. Default: the bus's.",
      }),
    ),
    min: option(Type.Number({ default: -1_000_000_000, description: "Smaller numbers are refused." })),
    max: option(Type.Number({ default: 1_000_000_000, description: "Larger numbers are refused." })),
    words: option(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        uniqueItems: true,
        description: "Of an output that is a word: which there are. Default: any.",
      }),
    ),
    info: option(Type.String({ description: "One line for people. Default: the output and the bus." })),
    tags: option(
      Type.Array(Type.String({ pattern: tagPattern }), {
        description: "Tags of the device, `namespace/annotation:label`.",
      }),
    ),
    context: option(
      Type.Record(Type.String(), Type.String(), {
        description: "Facts shown with the device and with each of its readings.",
      }),
    ),
  },
  { ...closed, description: "A value that is brought." },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;
