import { type Static, Type } from "typebox";
import { namePattern } from "../../devices/device.ts";
import { durationPattern } from "../../devices/duration.ts";
import type { LinkConfig } from "../../devices/plugin.ts";
import { tagPattern, tagRemedy } from "../../devices/tag.ts";
import { quirkNames } from "./quirks.ts";

const closed = { additionalProperties: false } as const;

/** What an option is when a configuration does not say it. */
export const defaults = {
  port: 623,
  fast: "10s",
  slow: "5m",
  timeout: "1s",
  suites: [17, 3],
  privilege: "operator",
  soft: "2m",
  hard: "30s",
} as const;

/** The shortest and longest a duration option may be: `durationRange`, which the check of a configuration knows. */
export const durationRanges = {
  fast: ["500ms", "1h"],
  slow: ["5s", "1d"],
  timeout: ["100ms", "30s"],
  soft: ["5s", "30m"],
  hard: ["5s", "10m"],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

export type DurationOption = keyof typeof durationRanges;

const duration = (option: DurationOption, description: string) => {
  const [min, max] = durationRanges[option];
  return Type.Optional(
    Type.String({
      pattern: durationPattern,
      durationRange: [min, max],
      default: defaults[option],
      description: `${description} Range: ${min} to ${max}.`,
    }),
  );
};

/** What makes a session weaker than it should be; only by saying so. */
export const insecureChoices = ["cipher-suite-0", "no-encryption", "no-integrity", "ipmi-1.5"] as const;
export type InsecureChoice = (typeof insecureChoices)[number];

export const versions = ["2.0", "1.5"] as const;

export const privileges = ["user", "operator", "administrator"] as const;
export type PrivilegeName = (typeof privileges)[number];

const secretRemedy =
  "name where it is kept: `{ env: NAME }` for an environment variable, `{ file: PATH }` for a file that holds nothing else";

/** `writeOnly`: what somebody wrote there by mistake is never shown. */
const secret = (what: string) =>
  Type.Optional(
    Type.Object(
      {
        env: Type.Optional(
          Type.String({
            pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
            writeOnly: true,
            remedy: secretRemedy,
            examples: ["BMC_PASSWORD"],
            description: "The environment variable that holds it.",
          }),
        ),
        file: Type.Optional(
          Type.String({
            minLength: 1,
            examples: ["/etc/bothy/bmc-password"],
            description: "The file that holds it, and nothing else; read anew for every session.",
          }),
        ),
      },
      {
        ...closed,
        writeOnly: true,
        remedy: secretRemedy,
        description: `${what} Never written here: \`{ env: NAME }\` or \`{ file: PATH }\`.`,
      },
    ),
  );

const patterns = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64, examples: ["CPU*"] }), { description }),
  );

const tagList = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ pattern: tagPattern, remedy: tagRemedy, examples: ["rack:r1"] }), {
      description,
    }),
  );

/** Options of a bus that are defaults for its BMCs, and of a BMC. */
const shared = {
  user: Type.Optional(
    Type.String({
      maxLength: 16,
      description: "Who logs in, at most 16 characters. Empty: the anonymous user.",
    }),
  ),
  password: secret("The user's password, at most 20 bytes (16 with `ipmi-1.5`)."),
  kg: secret("The BMC's own key, where it has one: up to 20 bytes, or 40 hexadecimal digits after `0x`."),
  suites: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0, maximum: 17 }), {
      minItems: 1,
      default: [...defaults.suites],
      description: "Cipher suites that may be used, the preferred one first. 17 and 3 encrypt and sign.",
    }),
  ),
  version: Type.Optional(
    Type.Enum(versions, {
      default: "2.0",
      description: "`1.5` only for BMCs that know nothing newer; also needs `insecure: [ipmi-1.5]`.",
    }),
  ),
  insecure: Type.Optional(
    Type.Array(Type.Enum(insecureChoices), {
      description:
        "Weaknesses that are put up with, in so many words: `cipher-suite-0` (no password at all), `no-integrity` (nothing is signed), `no-encryption` (all can be read), `ipmi-1.5` (a weak signature, nothing encrypted). Each allows what `suites` and `version` ask for; said in the log and in `GET /api/buses`.",
    }),
  ),
  privilege: Type.Optional(
    Type.Enum(privileges, {
      default: defaults.privilege,
      description:
        "The level a session asks for. `user` reads everything and changes nothing: then devices take no writes.",
    }),
  ),
  timeout: duration(
    "timeout",
    "How long the first answer to a request is waited for; each repetition waits longer.",
  ),
  window: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 16,
      description:
        "Requests that may be under way at once. Default: learnt from how the BMC bears it, beginning with 1.",
    }),
  ),
  quirks: Type.Optional(
    Type.Array(Type.Enum(quirkNames), {
      description:
        "What this BMC needs besides what is known of its maker: see [the table](../../docs/ipmi-quirks.md).",
    }),
  ),
  sensors: Type.Optional(
    Type.Object(
      {
        include: patterns("Only sensors with such a name; `*` stands for anything. Default: all."),
        exclude: patterns("No sensors with such a name; goes before `include`."),
      },
      { ...closed, description: "Which sensors become devices." },
    ),
  ),
  softOff: Type.Optional(
    Type.Object(
      {
        wait: duration("soft", "How long the operating system gets to shut down once it was asked to."),
        always: Type.Optional(
          Type.Boolean({
            default: false,
            description:
              "Whether `state off` goes this way too. Otherwise it cuts the power at once, as on every BMC.",
          }),
        ),
      },
      {
        ...closed,
        description:
          "How a server is shut down by `state soft-off`: its operating system is asked, and when that did not help the power is cut.",
      },
    ),
  ),
  confirm: duration("hard", "How long the chassis may take to show that it did as told."),
};

const poll = Type.Object(
  {
    fast: duration("fast", "How often sensors, power and the event log's state are read."),
    slow: duration("slow", "How often settings and what hardly changes are read."),
  },
  { ...closed, description: "How often values are read." },
);

/** A set of BMCs. The loader of the configuration adds the keys it owns itself (`plugin`). */
export const linkSchema = Type.Object(
  {
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        default: defaults.port,
        description: "The UDP port of BMCs whose `address` names none.",
      }),
    ),
    poll: Type.Optional(poll),
    ...shared,
    traps: Type.Optional(
      Type.Object(
        {
          port: Type.Integer({
            minimum: 0,
            maximum: 65_535,
            description: "The UDP port to listen on. 162 is what BMCs send to; it needs a privilege.",
          }),
          host: Type.Optional(
            Type.String({ minLength: 1, default: "0.0.0.0", description: "The address to listen on." }),
          ),
        },
        {
          ...closed,
          description:
            "Listen for platform event traps: one from a BMC makes its event log and sensors be read at once. Nobody signs them, so nothing else is made of them.",
        },
      ),
    ),
    tags: tagList("Tags of every device of every BMC, `namespace/annotation:label`."),
  },
  {
    ...closed,
    description:
      "BMCs reached over IPMI. What is said here holds for each of them, unless it says otherwise.",
  },
);

/** One BMC. The loader of the configuration adds the keys it owns (`bus`). */
export const deviceSchema = Type.Object(
  {
    address: Type.String({
      pattern: "^(\\[[0-9A-Fa-f:.%a-z]+\\]|[A-Za-z0-9._-]+)(:\\d{1,5})?$",
      examples: ["10.0.0.11"],
      remedy:
        "write `host` or `host:port`, an IPv6 address in brackets; `user` and `password` have keys of their own",
      description: "Where the BMC is: `host` or `host:port`; an IPv6 address in brackets.",
    }),
    alias: Type.Optional(
      Type.String({
        pattern: namePattern,
        maxLength: 48,
        description:
          "Name of the server for people, and the beginning of its devices' names: `server-1` gives `server-1-power`. The devices' ids follow from it, or without it from `address`: with an alias they outlast a change of address.",
      }),
    ),
    info: Type.Optional(Type.String({ minLength: 1, description: "One line for people." })),
    poll: Type.Optional(poll),
    ...shared,
    tags: tagList("Tags of the server's devices besides those of the site and the bus."),
    context: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Facts for people and dashboards, with all devices of the server.",
      }),
    ),
  },
  { ...closed, description: "A BMC. Its sensors and controls become devices by themselves." },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;
export type SharedOptions = Pick<LinkOptions, keyof typeof shared>;
export type SecretReference = NonNullable<LinkOptions["password"]>;
export type IpmiConfig = LinkConfig<LinkOptions, DeviceOptions, unknown>;
