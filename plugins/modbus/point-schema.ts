import { Type } from "typebox";

export const closed = { additionalProperties: false } as const;
const namePattern = "^[A-Za-z0-9{][A-Za-z0-9._{}-]*$";

export const tables = ["coil", "discrete", "input", "holding"] as const;

/** How raw bits become a raw value. All but `bit` are for registers. */
export const valueTypes = [
  "bit",
  "bits",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "uint64",
  "int64",
  "float32",
  "float64",
  "bcd16",
  "bcd32",
  "string",
] as const;

export const wordOrder = Type.Optional(
  Type.Enum(["high-first", "low-first"], {
    title: "Word order",
    description: "Order of the registers of a value of several. Default: the product's `limits.wordOrder`.",
  }),
);
export const byteOrder = Type.Optional(
  Type.Enum(["high-first", "low-first"], {
    title: "Byte order",
    description: "Order of the bytes within a register; the standard says high first.",
    default: "high-first",
  }),
);

export const states = Type.Optional(
  Type.Record(Type.String({ pattern: "^-?\\d+$" }), Type.String({ minLength: 1 }), {
    title: "States",
    description: "Words for raw numbers. A number without a word is a bad reading.",
    examples: [{ 0: "off", 1: "on" }],
  }),
);

export const where = {
  table: Type.Enum(tables, {
    title: "Table",
    description:
      "`coil` (read-write bits), `discrete` (bits), `input` (registers), `holding` (read-write registers).",
  }),
  address: Type.Integer({
    title: "Address",
    description: "Zero-based number as it stands in the frame, 0 to 65535; never the 4xxxx notation.",
    minimum: 0,
    maximum: 65_535,
  }),
  type: Type.Enum(valueTypes, {
    title: "Type",
    description:
      "How the bits make a value. `bit`: one bit of a coil, discrete input or register. `bits`: an unsigned number of some bits of a register.",
  }),
  stride: Type.Optional(
    Type.Integer({
      title: "Stride",
      description: "With `repeat`: how far the next device's address is. Default: `repeat.stride`.",
      minimum: 0,
      maximum: 65_535,
    }),
  ),
  bit: Type.Optional(
    Type.Integer({
      title: "Bit",
      description: "For `bit` and `bits` of a register: position of the lowest bit, 0 to 15.",
      minimum: 0,
      maximum: 15,
    }),
  ),
  width: Type.Optional(
    Type.Integer({
      title: "Width",
      description: "For `bits`: how many bits, 1 to 16.",
      minimum: 1,
      maximum: 16,
    }),
  ),
  wordOrder,
  byteOrder,
  scale: Type.Optional(
    Type.Number({ title: "Scale", description: "value = raw × scale + offset.", default: 1 }),
  ),
  offset: Type.Optional(
    Type.Number({ title: "Offset", description: "value = raw × scale + offset.", default: 0 }),
  ),
  invert: Type.Optional(
    Type.Boolean({ title: "Invert", description: "For `bit`: 1 means false.", default: false }),
  ),
};

const reading = {
  ...where,
  length: Type.Optional(
    Type.Integer({
      title: "Length",
      description: "For `string`: how many registers, 1 to 125.",
      minimum: 1,
      maximum: 125,
    }),
  ),
  encoding: Type.Optional(
    Type.Enum(["ascii", "latin1", "utf8"], {
      title: "Encoding",
      description: "For `string`: how its bytes make letters. Ends at the first zero byte.",
      default: "ascii",
    }),
  ),
  absent: Type.Optional(
    Type.Array(Type.Number(), {
      title: "Absent",
      description:
        "Raw values that mean: no value. As the register's bits (0x8000) or as the number (-32768).",
    }),
  ),
  nanIsAbsent: Type.Optional(
    Type.Boolean({
      title: "NaN is absent",
      description: "For floats: NaN means that the unit has no value, not that something is wrong.",
      default: false,
    }),
  ),
  poll: Type.Optional(
    Type.Enum(["fast", "slow", "once"], {
      title: "Poll class",
      description:
        "`fast` and `slow`: every such period of the bus. `once`: at the start, then every 10 minutes.",
      default: "fast",
    }),
  ),
};

export const inputSchema = Type.Object(
  {
    name: Type.String({
      title: "Name",
      description: "What `compute` calls it.",
      pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
    }),
    ...reading,
  },
  {
    ...closed,
    title: "Input",
    description: "A value that is read for computing others and not shown itself.",
  },
);

export const pointSchema = Type.Object(
  {
    output: Type.String({
      title: "Output",
      description: "The kind of value, from the catalogue of outputs.",
      minLength: 1,
      examples: ["temperature"],
    }),
    channel: Type.Optional(
      Type.String({
        title: "Channel",
        description: "Which of several equal outputs of the device.",
        pattern: namePattern,
      }),
    ),
    channels: Type.Optional(
      Type.Array(Type.String({ pattern: namePattern }), {
        title: "Channels",
        description: "Several equal outputs, one after the other, `channelStride` apart.",
        minItems: 1,
      }),
    ),
    channelStride: Type.Optional(
      Type.Integer({
        title: "Channel stride",
        description: "Distance of the addresses of `channels`. Default: the size of the type.",
        minimum: 1,
        maximum: 65_535,
      }),
    ),
    bits: Type.Optional(
      Type.Record(Type.String({ pattern: "^(\\d|1[0-5])$" }), Type.String({ pattern: namePattern }), {
        title: "Bits",
        description: "For `bit` of a register: position to channel, one output for each.",
        examples: [{ 0: "mains-fail", 1: "module-fail" }],
      }),
    ),
    ...reading,
    compute: Type.Optional(
      Type.String({
        title: "Compute",
        description:
          "Arithmetic over `raw` (this point's own number) and the names under `inputs`: `+ - * / **`, parentheses, `abs(x)`, `min(x, y)`, `max(x, y)`. Scale and offset come after it. Bad when anything in it is bad.",
        minLength: 1,
        maxLength: 200,
        examples: ["raw * 10 ** sf"],
      }),
    ),
    unit: Type.Optional(
      Type.String({
        title: "Unit",
        description:
          "Symbol of the unit that the value has after scale and offset; converted to the output's. Default: the output's.",
        examples: ["kW"],
      }),
    ),
    decimals: Type.Optional(
      Type.Integer({
        title: "Decimals",
        description:
          "Rounds the value to so many decimals, 0 to 12. Default: not rounded, noise of floats removed.",
        minimum: 0,
        maximum: 12,
      }),
    ),
    valid: Type.Optional(
      Type.Object(
        { min: Type.Number({ title: "Lowest" }), max: Type.Number({ title: "Highest" }) },
        {
          ...closed,
          title: "Valid range",
          description: "In the output's unit. A value outside is kept and marked uncertain.",
        },
      ),
    ),
    states,
    context: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        title: "Context",
        description: "Facts shown with every reading of this output.",
      }),
    ),
  },
  { ...closed, title: "Output", description: "One value a device shows, and where it lives." },
);
