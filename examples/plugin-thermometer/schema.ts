import { type Static, Type } from "typebox";
import { namePattern } from "../../devices/device.ts";
import { durationPattern } from "../../devices/duration.ts";
import { tagPattern } from "../../devices/tag.ts";

const closed = { additionalProperties: false } as const;

/** One box. The loader of the configuration adds the keys it owns itself (`plugin`). */
export const linkSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, description: "Name or address of the box." }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, default: 7070, description: "Its TCP port." }),
    ),
    timeout: Type.Optional(
      Type.String({ pattern: durationPattern, default: "1s", description: "How long an answer may take." }),
    ),
    poll: Type.Optional(
      Type.String({
        pattern: durationPattern,
        default: "2s",
        description: "How often each channel is read.",
      }),
    ),
  },
  { ...closed, description: "A thermometer box." },
);

/** One channel of it. The loader of the configuration adds the keys it owns itself (`bus`). */
export const deviceSchema = Type.Object(
  {
    channel: Type.String({
      pattern: "^[TR][1-8]$",
      description: "`T1` to `T8`: a temperature sensor. `R1` to `R8`: a relay.",
    }),
    alias: Type.String({ pattern: namePattern, description: "Name for people, unique at the site." }),
    info: Type.Optional(Type.String({ description: "One line for people. Default: the channel." })),
    tags: Type.Optional(
      Type.Array(Type.String({ pattern: tagPattern }), {
        description: "Tags of the device, `namespace/annotation:label`.",
      }),
    ),
  },
  { ...closed, description: "A sensor or a relay of a box." },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;
