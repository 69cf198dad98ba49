import { type Static, Type } from "typebox";
import { namePattern } from "../../devices/device.ts";
import { durationPattern } from "../../devices/duration.ts";

const closed = { additionalProperties: false } as const;
const tags = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 });

const heartbeat = Type.Object(
  {
    tags: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: "The device has all of these tags.",
    }),
    action: Type.String({ minLength: 1, description: "What it is told." }),
    value: Type.Optional(
      Type.Union([Type.Number(), Type.String({ minLength: 1 })], {
        default: "toggle",
        description:
          "What it is told each time; `toggle`: 0 and 1, or the two choices, in turn; `count`: one more each time.",
      }),
    ),
    every: Type.String({
      pattern: durationPattern,
      description: "How often, e.g. `10s`: well within the watchdog's time; at least `1s`.",
    }),
  },
  { ...closed, description: "A watchdog of equipment, fed only while the controller lives and steps." },
);

const alarmRule = Type.Object(
  {
    onDelay: Type.Optional(
      Type.String({
        pattern: durationPattern,
        default: "0s",
        description: "How long its condition must last before it begins.",
      }),
    ),
    offDelay: Type.Optional(
      Type.String({
        pattern: durationPattern,
        default: "0s",
        description: "How long its condition must be over before it ends.",
      }),
    ),
    latch: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether it stands until somebody has acknowledged it, also after a restart.",
      }),
    ),
  },
  { ...closed },
);

const controller = Type.Object(
  {
    use: Type.String({
      minLength: 1,
      description:
        "One that comes with Bothy, by its name, or a file of your own relative to this one: `./controllers/mine.ts`.",
    }),
    where: Type.Optional({ ...tags, description: "Tags added to every selector, e.g. `zone:cold`." }),
    inputs: Type.Optional(
      Type.Record(Type.String(), tags, {
        description: "Tags of an input, in place of the controller's own.",
      }),
    ),
    outputs: Type.Optional(
      Type.Record(Type.String(), tags, {
        description: "Tags of an output, in place of the controller's own.",
      }),
    ),
    settings: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          "Its settings; those not named have their defaults. `bothy controller show NAME` lists them.",
      }),
    ),
    profiles: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: "Profiles of the site it works in; in others it rests. Default: all.",
      }),
    ),
    holdFor: Type.Optional(
      Type.String({
        pattern: durationPattern,
        default: "0s",
        description:
          "How long the last outputs stay when a required input is missing, before fail-safe; at most `1h`.",
      }),
    ),
    recoverAfter: Type.Optional(
      Type.Integer({
        default: 3,
        minimum: 1,
        maximum: 1000,
        description: "Steps in a row with everything there, before fail-safe is left.",
      }),
    ),
    heartbeat: Type.Optional(Type.Array(heartbeat, { description: "Watchdogs of equipment that it feeds." })),
    alarms: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), alarmRule, {
        description: "When its alarms begin and end, by their id; `*` is anything: `fan-failed:*`.",
      }),
    ),
    isolation: Type.Optional(
      Type.Enum(["inline", "worker"], {
        default: "worker",
        description: "`worker`: in a thread apart, where an endless loop harms nobody else.",
      }),
    ),
    watch: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Whether a saved file takes the place of the version in force by itself, after it was checked.",
      }),
    ),
  },
  { ...closed },
);

export const controllersSection = Type.Record(Type.String({ pattern: namePattern }), controller, {
  default: {},
  description: "What controls the site, by a name of its own.",
});

export const profilesSection = Type.Object(
  {
    names: Type.Array(Type.String({ pattern: namePattern, maxLength: 64 }), {
      minItems: 1,
      maxItems: 100,
      description: "What they are called, e.g. `[summer, quiet]`.",
    }),
    default: Type.Optional(
      Type.String({ description: "The one in force until somebody chooses another. Default: the first." }),
    ),
  },
  {
    ...closed,
    description:
      "Ways the site may be controlled, of which one is in force: which controllers work, which rest.",
  },
);

export const traceSection = Type.Object(
  {
    megabytes: Type.Optional(
      Type.Number({
        default: 64,
        minimum: 1,
        maximum: 100_000,
        description: "How much of the disk steps of controllers may take, all together; the oldest go first.",
      }),
    ),
    keepFor: Type.Optional(
      Type.String({ pattern: durationPattern, default: "90d", description: "How long steps are kept." }),
    ),
  },
  { ...closed, default: {}, description: "Every step of every controller, for whoever asks why." },
);

export type ControllerSection = Static<typeof controller>;
export type ControllersSection = Readonly<Record<string, ControllerSection>>;
export type ProfilesSection = Static<typeof profilesSection>;
export type TraceSection = Static<typeof traceSection>;

/** Whether `use` names a file rather than a controller that comes with Bothy. */
export const isFile = (use: string): boolean => /^\.{0,2}\//.test(use) || /\.[cm]?[jt]s$/.test(use);

/** The options of one controller, for documentation. */
export const controllerSchema = controller;
