import { type Static, Type } from "typebox";
import { namePattern } from "../../devices/device.ts";
import { durationPattern } from "../../devices/duration.ts";

const closed = { additionalProperties: false } as const;
const option = Type.Optional;

const text = (description: string) => Type.String({ minLength: 1, description });

const type = text("What kind of device it is, e.g. `temperature`; enters its id.");
const handler = text("What gives it its behaviour; enters its id. Default: the type.");
const tags = Type.Array(Type.String(), {
  description: "Tags, `namespace/annotation:label`, without a namespace in `default`. May hold templates.",
});
const data = Type.Record(Type.String(), Type.Unknown(), {
  description:
    "What tells it from others of its type, and settings of its handler (`min`, `max`, `step`, `seed`); its values enter its id.",
});
const context = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  { description: "Facts shown with the device and with each of its readings. May hold templates." },
);
const transforms = Type.Array(
  Type.Object(
    {
      scale: option(Type.String({ description: "A factor, in quotes: every value is multiplied by it." })),
      apply: option(Type.String({ description: "A function every value goes through: `FtoC`." })),
    },
    closed,
  ),
  { description: "What is done to every value of the device, in order; each item one of the two." },
);
const writeTimeout = Type.String({
  description: "How long a write may take, e.g. `30s` or `1m30s`. Default: 30s.",
});
const info = Type.String({ description: "One line for people. Default: the type." });
const output = text("The name of an output. Only looked up: a handler of this plugin knows its outputs.");
const sortIndex = Type.Integer({ description: "Order in listings; 0 is unset." });

/** An instance of the original's device configuration: one device. Synse v3 §7.2. */
export const instanceSchema = Type.Object(
  {
    info: option(info),
    alias: option(
      Type.Object(
        {
          name: option(Type.String({ description: "The name itself; goes before `template`." })),
          template: option(
            Type.String({
              description: 'What the name is made of, e.g. `{{ .Device.Type }}-{{ ctx "row" }}`.',
            }),
          ),
        },
        { ...closed, description: "A name for people, unique at the site." },
      ),
    ),
    type: option(type),
    handler: option(handler),
    tags: option(tags),
    data: option(data),
    context: option(context),
    transforms: option(transforms),
    output: option(output),
    sortIndex: option(sortIndex),
    writeTimeout: option(writeTimeout),
    disableInheritance: option(
      Type.Boolean({ description: "Whether nothing of what surrounds it applies to it. Default: false." }),
    ),
  },
  closed,
);

/** A prototype of the original's device configuration: what its instances have in common. Synse v3 §7.2. */
export const prototypeSchema = Type.Object(
  {
    type: option(type),
    handler: option(handler),
    tags: option(tags),
    data: option(data),
    context: option(context),
    transforms: option(transforms),
    writeTimeout: option(writeTimeout),
    instances: option(Type.Array(instanceSchema, { description: "The devices of this kind." })),
  },
  closed,
);

export const linkSchema = Type.Object(
  {
    poll: option(
      Type.String({
        pattern: durationPattern,
        default: "1s",
        description: "How often values change and are read. Range: 100ms to 1h.",
      }),
    ),
    seed: option(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        description: "Where chance begins: the same number gives the same values after every start.",
      }),
    ),
    devices: option(
      Type.Array(prototypeSchema, {
        description:
          "Devices, as below `devices` in the configuration of Synse's emulator plugin. Default, when no device names this bus either: 29 devices of most kinds.",
      }),
    ),
  },
  { ...closed, description: "Devices that exist only here." },
);

export const deviceSchema = Type.Object(
  {
    type,
    handler: option(handler),
    alias: option(Type.String({ pattern: namePattern, description: "Name for people, unique at the site." })),
    info: option(info),
    tags: option(tags),
    data: option(data),
    context: option(context),
    transforms: option(transforms),
    output: option(output),
    sortIndex: option(sortIndex),
    writeTimeout: option(writeTimeout),
  },
  { ...closed, description: "A device that exists only here." },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;
export type Prototype = Static<typeof prototypeSchema>;
export type Instance = Static<typeof instanceSchema>;
