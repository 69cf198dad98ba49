import { type Static, type TSchema, Type } from "typebox";
import { durationPattern, formatDuration, parseDuration } from "../../devices/duration.ts";
import { namePattern } from "../../devices/device.ts";
import type { LinkConfig } from "../../devices/plugin.ts";
import { busDefaults } from "./contract.ts";

import { type Product, productSchema } from "./product-schema.ts";

export type { Product };

/** The shortest and longest a duration option may be. A JSON Schema pattern cannot say it; the checks do. */
export const durationRanges = {
  responseTimeout: ["10ms", "60s"],
  turnaround: ["0ms", "1s"],
  interFrameDelay: ["0ms", "5s"],
  lateAnswers: ["0ms", "60s"],
  fast: ["50ms", "1h"],
  slow: ["50ms", "1d"],
  delayBeforeSend: ["0ms", "1s"],
  delayAfterSend: ["0ms", "1s"],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

export type DurationOption = keyof typeof durationRanges;

/** What an option is when a configuration does not say it. */
export const defaults = {
  ...busDefaults,
  baudRate: 9600,
  fast: "2s",
  slow: "60s",
} as const;

interface About {
  readonly title: string;
  readonly description: string;
}

const closed = { additionalProperties: false } as const;

function duration(option: DurationOption, { title, description }: About, def?: string) {
  const [min, max] = durationRanges[option];
  return Type.Optional(
    Type.String({
      title,
      description: `${description} Range: ${min} to ${max}.`,
      pattern: durationPattern,
      examples: [def ?? (min === "0ms" ? "10ms" : min)],
      ...(def === undefined ? {} : { default: def }),
    }),
  );
}

const pollSchema = (fast: string | undefined, slow: string | undefined) =>
  Type.Object(
    {
      fast: duration(
        "fast",
        {
          title: "Fast period",
          description:
            "How often values that move are read. Shorter than the line can manage: deadlines are missed and counted, nothing breaks.",
        },
        fast,
      ),
      slow: duration(
        "slow",
        {
          title: "Slow period",
          description: "How often values that hardly move are read: energy counters, settings.",
        },
        slow,
      ),
    },
    { ...closed, title: "Poll periods", description: "How often values are read." },
  );

const serialOptions = {
  path: Type.Optional(
    Type.String({
      title: "Serial port",
      description:
        "For `serial`: the port's device file. Prefer a name that survives re-plugging, from `/dev/serial/by-id/`.",
      minLength: 1,
      examples: ["/dev/ttyUSB0"],
    }),
  ),
  baudRate: Type.Optional(
    Type.Integer({
      title: "Baud rate",
      description:
        "Bits per second on the line, 300 to 4,000,000. Must equal what every unit on the line is set to. For `rtu-over-tcp`: the rate of the line behind the server, from which times on the wire are reckoned.",
      minimum: 300,
      maximum: 4_000_000,
      default: defaults.baudRate,
    }),
  ),
  dataBits: Type.Optional(
    Type.Enum([8], {
      title: "Data bits",
      description: "Bits per character. Modbus RTU always has 8.",
      default: 8,
    }),
  ),
  parity: Type.Optional(
    Type.Enum(["none", "even", "odd"], {
      title: "Parity",
      description: "Parity bit of each character. When it differs from the units', they stay silent.",
      default: defaults.parity,
    }),
  ),
  stopBits: Type.Optional(
    Type.Enum([1, 2], {
      title: "Stop bits",
      description:
        "Stop bits of each character. The standard asks for 2 without parity; nearly all units are set to 1.",
      default: defaults.stopBits,
    }),
  ),
  rs485: Type.Optional(
    Type.Object(
      {
        rtsOnSend: Type.Optional(
          Type.Boolean({
            title: "RTS high to send",
            description: "Whether the driver is switched to sending by RTS high (true) or low (false).",
            default: true,
          }),
        ),
        rtsAfterSend: Type.Optional(
          Type.Boolean({
            title: "RTS high after sending",
            description: "Level of RTS while listening; the opposite of the one while sending.",
            default: false,
          }),
        ),
        receiveWhileSending: Type.Optional(
          Type.Boolean({
            title: "Receive while sending",
            description: "Keeps the receiver on: what is sent is heard too, so set `localEcho` as well.",
            default: false,
          }),
        ),
        delayBeforeSend: duration(
          "delayBeforeSend",
          {
            title: "Delay before sending",
            description: "From switching to sending until the first bit. Whole milliseconds.",
          },
          "0ms",
        ),
        delayAfterSend: duration(
          "delayAfterSend",
          {
            title: "Delay after sending",
            description:
              "From the last bit until listening again. Whole milliseconds. Too long: the start of the answer is lost.",
          },
          "0ms",
        ),
      },
      {
        ...closed,
        title: "RS-485 direction",
        description:
          "Makes the kernel switch the line's direction through RTS, where the port's driver can. Leave out for adapters that switch by themselves (nearly every USB adapter).",
      },
    ),
  ),
  localEcho: Type.Optional(
    Type.Boolean({
      title: "Local echo",
      description:
        "Whether the adapter hears what it sends itself (2-wire adapters whose receiver stays on). Wrongly true: every answer looks damaged; wrongly false: as well.",
      default: false,
    }),
  ),
};

const timing = (responseTimeout?: string, interFrameDelay?: string) => ({
  responseTimeout: duration(
    "responseTimeout",
    {
      title: "Response timeout",
      description:
        "How long a unit may take to begin its answer. Too short: healthy units look dead. Too long: one dead unit delays its whole bus. A unit's own goes before its product's, and that before the bus's.",
    },
    responseTimeout,
  ),
  interFrameDelay: duration(
    "interFrameDelay",
    {
      title: "Inter-frame delay",
      description:
        "Silence before each request, on top of the 3.5 characters that every line needs. For units that miss frames; each request then costs that much more. A unit's own goes before the bus's.",
    },
    interFrameDelay,
  ),
});

/** One bus. The loader of the configuration adds the keys it owns itself (`plugin`). */
export const linkSchema = Type.Object(
  {
    transport: Type.Enum(["serial", "rtu-over-tcp", "tcp"], {
      title: "Transport",
      description:
        "`serial`: RTU on a serial port. `rtu-over-tcp`: RTU frames through a serial device server. `tcp`: Modbus TCP.",
    }),
    ...serialOptions,
    host: Type.Optional(
      Type.String({
        title: "Host",
        description: "For `tcp` and `rtu-over-tcp`: name or address of the other side.",
        minLength: 1,
        examples: ["10.0.4.20"],
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        title: "TCP port",
        description: "For `tcp` and `rtu-over-tcp`: 1 to 65535. Serial device servers have their own.",
        minimum: 1,
        maximum: 65_535,
        default: defaults.port,
      }),
    ),
    ...timing(formatDuration(defaults.responseTimeout), formatDuration(defaults.interFrameDelay)),
    turnaround: duration(
      "turnaround",
      {
        title: "Broadcast turnaround",
        description:
          "Silence after a broadcast, which nobody answers, so that every unit can act on it. Too short: slow units miss the next request.",
      },
      formatDuration(defaults.turnaround),
    ),
    lateAnswers: duration(
      "lateAnswers",
      {
        title: "Late answers",
        description:
          "How late an answer may still come. A unit that may owe one, and cannot be asked whether it does, is left alone this long. Too short: a late answer could be taken for the next one.",
      },
      formatDuration(defaults.lateAnswers),
    ),
    retries: Type.Optional(
      Type.Integer({
        title: "Retries",
        description:
          "How often a read is repeated at once when no good answer came, 0 to 5. Each repeat of a request to a dead unit costs a response timeout.",
        minimum: 0,
        maximum: 5,
        default: defaults.retries,
      }),
    ),
    maxInFlight: Type.Optional(
      Type.Integer({
        title: "Requests in flight",
        description:
          "For `tcp`: how many requests may be unanswered at once, 1 to 16. More is faster; many units and gateways manage only 1.",
        minimum: 1,
        maximum: 16,
        default: defaults.maxInFlight,
      }),
    ),
    poll: Type.Optional(pollSchema(defaults.fast, defaults.slow)),
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, examples: ["rack:r1"] }), {
        title: "Tags",
        description: "Tags of every device on this bus, `namespace/annotation:label`.",
      }),
    ),
  },
  {
    ...closed,
    title: "Modbus bus",
    description: "A serial line, a serial device server or a Modbus TCP endpoint, and everything on it.",
  },
);

/** One unit on a bus. The loader of the configuration adds the keys it owns itself (`bus`). */
export const unitSchema = Type.Object(
  {
    unit: Type.Integer({
      title: "Unit id",
      description: "The unit's number on its bus: 1 to 247 on a serial line, 0 to 255 over TCP.",
      minimum: 0,
      maximum: 255,
    }),
    product: Type.String({
      title: "Product",
      description: "Which register map describes it: a shipped one or one under `products`.",
      minLength: 1,
      examples: ["generic-fantray-v1"],
    }),
    alias: Type.String({
      title: "Alias",
      description:
        "Name for people, unique at the site; its devices are called `<alias>.<name>`. Letters, digits, `.`, `_` and `-`.",
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
      maxLength: 64,
      examples: ["tray-a"],
    }),
    info: Type.Optional(
      Type.String({ title: "Info", description: "One line for people. Default: the product's title." }),
    ),
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, examples: ["rack:r1"] }), {
        title: "Tags",
        description: "Tags of all its devices, `namespace/annotation:label`.",
      }),
    ),
    deviceTags: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1, examples: ["use:heater"] })), {
        title: "Tags of its devices",
        description:
          "Further tags of some of its devices, by their name in the product: what a relay switches, which outlet feeds what.",
      }),
    ),
    context: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        title: "Context",
        description: "Facts for people and dashboards, shown with every reading.",
      }),
    ),
    poll: Type.Optional(pollSchema(undefined, undefined)),
    ...timing(),
    wordOrder: Type.Optional(
      Type.Enum(["high-first", "low-first"], {
        title: "Word order",
        description:
          "Order of the registers of multi-register values, against what the product says. Wrong: floats read 10⁻³⁸ or 10³⁰.",
      }),
    ),
    only: Type.Optional(
      Type.Array(Type.String(), {
        title: "Only these",
        description:
          "Names of the product's devices to use; the others are neither shown nor read. Default: all.",
      }),
    ),
    was: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          {
            id: Type.String({
              title: "Id",
              description: "The device's id there.",
              pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            }),
            alias: Type.Optional(
              Type.String({
                title: "Alias",
                description: "Its name there, in place of the one that follows from the unit's alias.",
                pattern: namePattern,
                maxLength: 64,
              }),
            ),
            sortIndex: Type.Optional(
              Type.Integer({ title: "Sort index", description: "Its place in listings there." }),
            ),
          },
          { ...closed, title: "Known as", description: "What a device is known as to clients." },
        ),
        {
          title: "Was",
          description:
            "Devices, by their name in the product, that clients know from the system this site replaces: they keep the ids and names they had.",
        },
      ),
    ),
    writable: Type.Optional(
      Type.Boolean({
        title: "Writable",
        description:
          "`false` takes all actions away. `true` says that the unit was commissioned: products known only from second hand (certainty B or C) take writes only then.",
      }),
    ),
  },
  { ...closed, title: "Modbus unit", description: "One unit that answers on a bus, and what product it is." },
);

export type LinkOptions = Static<typeof linkSchema>;
export type UnitOptions = Static<typeof unitSchema>;
/** Everything a configuration says about one bus. */
export type ModbusConfig = LinkConfig<LinkOptions, UnitOptions, Product>;

/** A duration option in milliseconds. @throws RangeError for a text that is none; schemas rule that out */
export function span(text: string): number {
  const found = parseDuration(text);
  if (found === undefined) throw new RangeError(`${text} is no duration`);
  return found;
}

/** The range of a duration option, for messages. */
export const rangeText = (option: DurationOption): string =>
  durationRanges[option].map((text) => formatDuration(span(text))).join(" to ");

export const schemas: { readonly link: TSchema; readonly device: TSchema; readonly product: TSchema } = {
  link: linkSchema,
  device: unitSchema,
  product: productSchema,
};
