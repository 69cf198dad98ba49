import { type Static, Type } from "typebox";
import { namePattern } from "../../devices/device.ts";
import { durationPattern } from "../../devices/duration.ts";
import type { LinkConfig } from "../../devices/plugin.ts";
import { tagPattern, tagRemedy } from "../../devices/tag.ts";

const closed = { additionalProperties: false } as const;

/** What an option is when a configuration does not say it. */
export const defaults = {
  timeout: "3s",
  poll: "10s",
  refresh: "3m",
  health: "30s",
  staleAfter: "5m",
  writeTimeout: "35s",
} as const;

/** The shortest and longest a duration option may be. A JSON Schema pattern cannot say it; the checks do. */
export const durationRanges = {
  timeout: ["100ms", "5m"],
  poll: ["500ms", "1h"],
  refresh: ["5s", "1d"],
  health: ["1s", "1h"],
  staleAfter: ["2s", "7d"],
  writeTimeout: ["1s", "1h"],
} as const satisfies Readonly<Record<keyof typeof defaults, readonly [string, string]>>;

export type DurationOption = keyof typeof defaults;

const duration = (option: DurationOption, description: string) => {
  const [min, max] = durationRanges[option];
  const pattern = option === "staleAfter" ? `^never$|${durationPattern}` : durationPattern;
  return Type.Optional(
    Type.String({
      pattern,
      durationRange: [min, max],
      default: defaults[option],
      description: `${description} Range: ${min} to ${max}.`,
    }),
  );
};

const file = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

const tagList = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ pattern: tagPattern, remedy: tagRemedy, examples: ["rack:r1"] }), {
      description,
    }),
  );

/** One way to plugins. The loader of the configuration adds the keys it owns itself (`plugin`). */
export const linkSchema = Type.Object(
  {
    address: Type.Optional(
      Type.String({
        pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):\\d{1,5}$",
        examples: ["emulator:5001"],
        description:
          "Where a plugin listens on TCP, `host:port`. One of `address`, `socket`, `socketFolder`.",
      }),
    ),
    socket: Type.Optional(
      Type.String({
        pattern: "^/",
        examples: ["/tmp/synse/emulator.sock"],
        description: "The unix socket a plugin listens on, an absolute path.",
      }),
    ),
    socketFolder: Type.Optional(
      Type.String({
        pattern: "^/",
        examples: ["/tmp/synse"],
        description:
          "A folder, absolute: the plugin behind every unix socket that appears there is taken, as a bus of its own called `<bus>:<file>`.",
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          ca: file("PEM file of who signs the plugin's certificate. Default: who the system trusts."),
          cert: file("PEM file of our own certificate, for plugins that want one. Needs `key`."),
          key: file("PEM file of its private key."),
          serverName: file("The name in the plugin's certificate, when it is not the host's."),
        },
        { ...closed, description: "Speak TLS. `tls: {}` trusts whom the system trusts. Default: no TLS." },
      ),
    ),
    timeout: duration("timeout", "How long an answer, or the next part of a long one, may take."),
    poll: duration(
      "poll",
      "How often all readings are asked for. New ones come by themselves in between; this finds what they missed.",
    ),
    refresh: duration("refresh", "How often the plugin is asked which devices it has."),
    health: duration("health", "How often the plugin is asked how it is."),
    staleAfter: duration(
      "staleAfter",
      "A reading the plugin has not renewed for so long is bad: Synse plugins show the last reading of a dead device for ever. More than the slowest device needs; `never` to believe everything.",
    ),
    writeTimeout: duration(
      "writeTimeout",
      "How long a write may take. A little more than in the plugin (30s), so that its own verdict arrives.",
    ),
    tags: tagList("Tags of every device of the plugin, `namespace/annotation:label`."),
  },
  { ...closed, description: "A Synse plugin, or a folder of them." },
);

/** What this site adds to a device of a plugin. The loader of the configuration adds the keys it owns (`bus`). */
export const deviceSchema = Type.Object(
  {
    id: Type.String({
      pattern: "^[\\w.:-]{1,128}$",
      examples: ["9907bdfa-75e1-5af5-8385-87184f356b22"],
      description:
        "The device's id, as `bothy scan` shows it. Devices that are not listed are there as well.",
    }),
    alias: Type.Optional(
      Type.String({
        pattern: namePattern,
        maxLength: 64,
        description: "Name for people instead of the plugin's.",
      }),
    ),
    info: Type.Optional(
      Type.String({ minLength: 1, description: "One line for people instead of the plugin's." }),
    ),
    tags: tagList("Tags besides the plugin's."),
    context: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Facts for people and dashboards besides the plugin's.",
      }),
    ),
  },
  { ...closed, description: "Additions to a device that a plugin has." },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;
export type SynseConfig = LinkConfig<LinkOptions, DeviceOptions, unknown>;
