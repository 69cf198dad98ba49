import { type Static, Type } from "typebox";
import { durationPattern } from "../../devices/duration.ts";
import {
  byteOrder,
  closed,
  inputSchema,
  pointSchema,
  states,
  type tables,
  type valueTypes,
  where,
  wordOrder,
} from "./point-schema.ts";

const actionSchema = Type.Object(
  {
    name: Type.String({
      title: "Name",
      description: "What a client asks for.",
      pattern: "^[A-Za-z][A-Za-z0-9_-]*$",
      examples: ["speed"],
    }),
    kind: Type.Optional(
      Type.Enum(["level", "pulse"], {
        title: "Kind",
        description: "`level`: a state to be in, held until relinquished. `pulse`: done once.",
        default: "level",
      }),
    ),
    ...where,
    unit: Type.Optional(
      Type.String({
        title: "Unit",
        description:
          "Symbol of the register's unit after scale and offset. Default: that of the output shown.",
      }),
    ),
    min: Type.Optional(
      Type.Number({ title: "Lowest", description: "Smallest value taken, in the unit of the output shown." }),
    ),
    max: Type.Optional(
      Type.Number({ title: "Highest", description: "Largest value taken, in the unit of the output shown." }),
    ),
    step: Type.Optional(
      Type.Number({
        title: "Step",
        description: "Finest difference the unit holds, in the unit of the output shown. Default: the scale.",
        exclusiveMinimum: 0,
      }),
    ),
    states,
    function: Type.Optional(
      Type.Enum(["single", "multiple"], {
        title: "Function",
        description:
          "Which function writes it: `single` (5, 6) or `multiple` (15, 16). Default: single for one bit or register, multiple for more.",
      }),
    ),
    value: Type.Optional(
      Type.Integer({
        title: "Value",
        description: "For a pulse that takes nothing: the raw number written.",
      }),
    ),
    shows: Type.Optional(
      Type.Object(
        {
          output: Type.String({ title: "Output", minLength: 1 }),
          channel: Type.Optional(Type.String({ title: "Channel", minLength: 1 })),
        },
        { ...closed, title: "Shows", description: "The output of the same device that shows the effect." },
      ),
    ),
    tolerance: Type.Optional(
      Type.Number({
        title: "Tolerance",
        description: "How far the value read back may be off. Default: half a step.",
        minimum: 0,
      }),
    ),
    settle: Type.Optional(
      Type.String({
        title: "Settle",
        description: "How long the effect may take to show. Default: the first read-back counts.",
        pattern: durationPattern,
        default: "0ms",
      }),
    ),
    default: Type.Optional(
      Type.Number({
        title: "Default",
        description: "Commanded when nobody else commands. Default: nothing.",
      }),
    ),
    defaultState: Type.Optional(
      Type.String({ title: "Default state", description: "The same for an action with `states`." }),
    ),
    storage: Type.Optional(
      Type.Enum(["ram", "eeprom"], {
        title: "Storage",
        description:
          "`eeprom`: each write wears the unit out, so it is written only when it changes, a lost value is reported but not written again, and there are `writesPerDay`.",
        default: "ram",
      }),
    ),
    writesPerDay: Type.Optional(
      Type.Integer({
        title: "Writes per day",
        description:
          "For `eeprom`: so many writes of the register within 24 hours; more wait until there is room again, but for those of life safety, fail-safe and equipment protection. Default: 10.",
        minimum: 1,
        maximum: 10_000,
      }),
    ),
  },
  { ...closed, title: "Action", description: "Something the device can be told." },
);

const deviceSchema = Type.Object(
  {
    name: Type.String({
      title: "Name",
      description:
        "Follows the unit's alias after a dot; empty: the alias alone. `{n}` is the number of a repeat.",
      pattern: "^[A-Za-z0-9._{}-]*$",
    }),
    type: Type.String({
      title: "Type",
      description: "What it is, e.g. `fan`, `temperature`, `power`.",
      pattern: "^[a-z0-9][a-z0-9_-]*$",
    }),
    info: Type.String({ title: "Info", description: "One line for people." }),
    tags: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { title: "Tags" })),
    context: Type.Optional(Type.Record(Type.String(), Type.String(), { title: "Context" })),
    repeat: Type.Optional(
      Type.Object(
        {
          count: Type.Integer({ title: "Count", minimum: 1, maximum: 247 }),
          from: Type.Optional(Type.Integer({ title: "First number", minimum: 0, default: 1 })),
          stride: Type.Integer({
            title: "Stride",
            description: "How far the addresses of the next one are.",
            minimum: 0,
            maximum: 65_535,
          }),
        },
        { ...closed, title: "Repeat", description: "Several equal devices; `{n}` in texts is the number." },
      ),
    ),
    inputs: Type.Optional(Type.Array(inputSchema, { title: "Inputs" })),
    outputs: Type.Array(pointSchema, { title: "Outputs", minItems: 1 }),
    actions: Type.Optional(Type.Array(actionSchema, { title: "Actions" })),
  },
  { ...closed, title: "Device", description: "One of the devices that a unit becomes." },
);

/** A register map. The loader of the configuration adds the keys it owns itself (`plugin`). */
export const productSchema = Type.Object(
  {
    product: Type.String({
      title: "Product",
      description: "Its name in configurations.",
      pattern: "^[a-z0-9][a-z0-9._-]*$",
      examples: ["generic-fantray-v1"],
    }),
    title: Type.String({ title: "Title", description: "Maker and model, for people." }),
    manual: Type.String({
      title: "Manual",
      description: "Which document says so: title, revision, section.",
    }),
    certainty: Type.Enum(["A", "B", "C", "S"], {
      title: "Certainty",
      description:
        "A: maker's document or two independent sources. B: one secondary source. C: from memory. S: defined by this project. B and C take writes only when the device is configured `writable: true`.",
    }),
    readOnly: Type.Optional(
      Type.Boolean({
        title: "Read-only",
        description: "Whether the map's document knows no writes.",
        default: false,
      }),
    ),
    serial: Type.Optional(
      Type.Object(
        {
          baudRate: Type.Integer({ title: "Baud rate" }),
          parity: Type.Enum(["none", "even", "odd"], { title: "Parity" }),
          stopBits: Type.Enum([1, 2], { title: "Stop bits" }),
        },
        { ...closed, title: "Serial defaults", description: "How the unit leaves the factory. Only shown." },
      ),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          maxRegisters: Type.Optional(
            Type.Integer({
              title: "Registers per request",
              description: "1 to 125.",
              minimum: 1,
              maximum: 125,
              default: 125,
            }),
          ),
          maxCoils: Type.Optional(
            Type.Integer({
              title: "Bits per request",
              description: "1 to 2000.",
              minimum: 1,
              maximum: 2000,
              default: 2000,
            }),
          ),
          functions: Type.Optional(
            Type.Array(Type.Integer({ minimum: 1, maximum: 127 }), {
              title: "Functions",
              description: "Function codes the unit knows. Default: 1 to 6, 15 and 16.",
            }),
          ),
          gap: Type.Optional(
            Type.String({
              title: "Pause",
              description: "Least time between an answer and the next request to this unit.",
              pattern: durationPattern,
              default: "0ms",
            }),
          ),
          responseTimeout: Type.Optional(
            Type.String({
              title: "Response timeout",
              description: "How long the unit may take to begin its answer. Default: that of the bus.",
              pattern: durationPattern,
            }),
          ),
          wordOrder,
          byteOrder,
          gaps: Type.Optional(
            Type.Enum(["error", "zeros", "unknown"], {
              title: "Gaps",
              description:
                "What reading across undefined addresses does. `error`: the request is refused, so it is never tried. `zeros`: harmless. `unknown`: tried and learnt.",
              default: "unknown",
            }),
          ),
        },
        { ...closed, title: "Limits", description: "What the unit puts up with." },
      ),
    ),
    identity: Type.Optional(
      Type.Object(
        {
          table: Type.Enum(["input", "holding"], { title: "Table" }),
          address: Type.Integer({ title: "Address", minimum: 0, maximum: 65_535 }),
          value: Type.Integer({
            title: "Value",
            description: "What the register holds.",
            minimum: 0,
            maximum: 65_535,
          }),
        },
        {
          ...closed,
          title: "Identity",
          description:
            "A register that tells the product. Until it has been read and fits, nothing is written to the unit.",
        },
      ),
    ),
    devices: Type.Array(deviceSchema, { title: "Devices", minItems: 1 }),
  },
  {
    ...closed,
    title: "Product",
    description: "One product as data: its devices, outputs, actions and registers.",
  },
);

export type Product = Static<typeof productSchema>;
export type DeviceEntry = Static<typeof deviceSchema>;
export type PointEntry = Static<typeof pointSchema>;
export type InputEntry = Static<typeof inputSchema>;
export type ActionEntry = Static<typeof actionSchema>;
export type Table = (typeof tables)[number];
export type ValueType = (typeof valueTypes)[number];
