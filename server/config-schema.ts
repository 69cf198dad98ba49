import { type Static, type TSchema, Type } from "typebox";
import { namePattern } from "../devices/device.ts";
import { durationPattern } from "../devices/duration.ts";
import type { Plugin } from "../devices/plugin.ts";
import {
  controllersSection,
  type ProfilesSection,
  profilesSection,
  type ControllersSection,
  traceSection,
  type TraceSection,
} from "./controllers/section.ts";
import { type WatchdogSection, watchdogSection } from "./watchdog.ts";
import { type CorsSection, corsSection } from "./cors-section.ts";
import {
  accessSection,
  type AccessSection,
  beyondLoopback,
  type LimitsSection,
  type TlsSection,
} from "./access/schema.ts";

const closed = { additionalProperties: false } as const;

const siteSection = Type.Object(
  {
    id: Type.String({
      pattern: namePattern,
      description: "Short name of this site, the same for ever; letters, digits, `.`, `_` and `-`.",
    }),
    name: Type.Optional(Type.String({ description: "Name for people. Default: the id." })),
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: "Tags every device of this site gets, e.g. `site/hut-17`.",
      }),
    ),
  },
  { ...closed, description: "Which site this is." },
);

const httpSection = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        default: "127.0.0.1",
        minLength: 1,
        description:
          "Address to listen on. Anything but loopback also needs `tls` or `behindProxy`, and the section `access`.",
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        default: 5000,
        minimum: 0,
        maximum: 65_535,
        description: "TCP port; 0 takes any free one.",
      }),
    ),
    cors: Type.Optional(corsSection),
    names: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description:
          "Names the site is asked under besides `localhost` and addresses, e.g. by a reverse proxy. While anybody may read without saying who they are, requests under any other name are refused: they may come from a page of somebody else's.",
      }),
    ),
    ...beyondLoopback,
  },
  { ...closed, default: {}, description: "Where the HTTP interface listens." },
);

const cacheSection = Type.Object(
  {
    readings: Type.Optional(
      Type.Object(
        {
          keepFor: Type.Optional(
            Type.String({
              pattern: durationPattern,
              default: "3m",
              description: "How long each reading is kept for `/v3/readcache`; `0s` keeps none.",
            }),
          ),
          most: Type.Optional(
            Type.Integer({
              default: 100_000,
              minimum: 0,
              maximum: 10_000_000,
              description: "How many are kept at the most, the newest; each takes about 100 bytes.",
            }),
          ),
        },
        { ...closed, default: {}, description: "Readings of the last minutes." },
      ),
    ),
    transactions: Type.Optional(
      Type.Object(
        {
          keepFor: Type.Optional(
            Type.String({
              pattern: durationPattern,
              default: "5m",
              description: "How long a write can be asked about after its end.",
            }),
          ),
        },
        { ...closed, default: {}, description: "Writes that have ended." },
      ),
    ),
  },
  { ...closed, default: {}, description: "What is kept in memory, and how long." },
);

const stateSection = Type.Object(
  {
    folder: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Where a site keeps what must outlast a restart. Made when it is missing; one program at a time. Default: `STATE_DIRECTORY`, as systemd sets it; otherwise `bothy/` and the site's id below `XDG_STATE_HOME` or `~/.local/state`.",
      }),
    ),
  },
  { ...closed, default: {}, description: "What is kept on disk." },
);

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const logSection = Type.Object(
  {
    level: Type.Optional(
      Type.Enum(logLevels, {
        default: "info",
        description: "The least important line that is logged. LOG_LEVEL goes before it.",
      }),
    ),
  },
  { ...closed, default: {}, description: "What is logged." },
);

const metricsSection = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ default: true, description: "Whether `/metrics` answers." })),
    synseNames: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Whether the metrics whose names break Prometheus' rules are also given under the names Synse has for them, e.g. `synse_http_request_latency_sec`.",
      }),
    ),
  },
  { ...closed, default: {}, description: "Numbers for Prometheus." },
);

/** The file without what belongs to plugins. */
export const frameSchema = Type.Object(
  {
    site: siteSection,
    http: Type.Optional(httpSection),
    access: Type.Optional(accessSection),
    log: Type.Optional(logSection),
    state: Type.Optional(stateSection),
    cache: Type.Optional(cacheSection),
    metrics: Type.Optional(metricsSection),
    trace: Type.Optional(traceSection),
    watchdog: Type.Optional(watchdogSection),
    buses: Type.Record(
      Type.String(),
      Type.Object({ plugin: Type.Optional(Type.String()) }, { additionalProperties: true }),
      { minProperties: 1, description: "The lines and networks devices are reached over, by name." },
    ),
    devices: Type.Optional(
      Type.Array(Type.Object({ bus: Type.String() }, { additionalProperties: true }), {
        default: [],
        description: "What is connected, and to which bus.",
      }),
    ),
    controllers: Type.Optional(controllersSection),
    profiles: Type.Optional(profilesSection),
    products: Type.Optional(
      Type.Array(Type.Object({ plugin: Type.Optional(Type.String()) }, { additionalProperties: true }), {
        default: [],
        description: "Products described here; they go before the shipped ones of the same name.",
      }),
    ),
  },
  closed,
);

export type SiteSection = Static<typeof siteSection>;
/** With its defaults. */
export interface HttpSection {
  readonly host: string;
  readonly port: number;
  readonly names?: readonly string[];
  readonly cors?: CorsSection;
  readonly tls?: TlsSection;
  readonly behindProxy?: readonly string[];
  readonly limits?: LimitsSection;
}
export type CacheSection = Static<typeof cacheSection>;
export type LogLevel = (typeof logLevels)[number];

/** A checked configuration, with defaults filled in. */
export interface SiteConfig {
  readonly site: { readonly id: string; readonly name: string; readonly tags: readonly string[] };
  readonly http: HttpSection;
  /** Absent: everybody may do everything. */
  readonly access?: AccessSection;
  readonly log: { readonly level: LogLevel };
  /** Where things are kept. Absent: nothing outlasts the program. Whoever runs a site fills in the default. */
  readonly state?: { readonly folder: string };
  /** Absent: the defaults, as `cacheLimits` gives them. */
  readonly cache?: CacheSection;
  /** Absent: enabled, and only clean names. */
  readonly metrics?: Static<typeof metricsSection>;
  /** Absent: the defaults. */
  readonly trace?: TraceSection;
  /** Absent: nobody starts the machine anew. */
  readonly watchdog?: WatchdogSection;
  /** By name. Absent: none. */
  readonly controllers?: ControllersSection;
  /** Absent: none, and every controller works. */
  readonly profiles?: ProfilesSection;
  /** By name: which plugin speaks there, and its settings. */
  readonly buses: Readonly<Record<string, { readonly plugin: string; readonly settings: object }>>;
}

export const defaultPlugin = "modbus";

type JsonSchema = Record<string, unknown>;

/**
 * The JSON Schema of a whole configuration file, for editors: the frame with the schemas of every plugin put in.
 * Plain JSON; made from the same objects the loader checks with.
 */
export function siteSchema(plugins: readonly Plugin[]): JsonSchema {
  const frame = plain(frameSchema);
  const properties = frame["properties"] as Record<string, JsonSchema>;
  const either = (schemas: readonly JsonSchema[]): JsonSchema =>
    schemas.length > 1 ? { anyOf: schemas } : (schemas[0] ?? { not: {} });
  const bus = either(plugins.map((p) => withProperty(plain(p.schema.link), "plugin", pluginName(p), false)));
  const device = either(plugins.map((p) => withProperty(plain(p.schema.device), "bus", busName, true)));
  const product = either(
    plugins.flatMap((p) =>
      p.schema.product === undefined
        ? []
        : [withProperty(plain(p.schema.product), "plugin", pluginName(p), false)],
    ),
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of a Bothy site",
    ...frame,
    properties: {
      ...properties,
      buses: {
        ...without(properties["buses"], "patternProperties"),
        propertyNames: { pattern: namePattern },
        additionalProperties: bus,
      },
      devices: { ...properties["devices"], items: device },
      products: { ...properties["products"], items: product },
    },
  };
}

const busName: JsonSchema = { type: "string", description: "The bus it is on: a name below `buses`." };

const pluginName = (plugin: Plugin): JsonSchema => ({
  const: plugin.name,
  type: "string",
  description: "The protocol spoken there.",
  ...(plugin.name === defaultPlugin ? { default: defaultPlugin } : {}),
});

const plain = (schema: TSchema): JsonSchema => JSON.parse(JSON.stringify(schema)) as JsonSchema;

const without = (schema: JsonSchema | undefined, key: string): JsonSchema =>
  Object.fromEntries(Object.entries(schema ?? {}).filter(([name]) => name !== key));

/** Adds a property to an object schema, or to every branch of a choice of them. */
function withProperty(schema: JsonSchema, name: string, of: JsonSchema, required: boolean): JsonSchema {
  for (const choice of ["anyOf", "oneOf", "allOf"]) {
    const branches = schema[choice];
    if (Array.isArray(branches)) {
      return {
        ...schema,
        [choice]: (branches as JsonSchema[]).map((branch) => withProperty(branch, name, of, required)),
      };
    }
  }
  const before = (schema["required"] as string[] | undefined) ?? [];
  return {
    ...schema,
    properties: { [name]: of, ...(schema["properties"] as object | undefined) },
    ...(required ? { required: [name, ...before] } : {}),
  };
}
