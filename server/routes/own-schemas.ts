import { Type } from "typebox";

/** What routes answer beyond readings and writes, for the description. As in schemas.ts, tests compare. */

const instant = Type.String({ format: "date-time" });
const anything = Type.Record(Type.String(), Type.Unknown());

export const status = Type.Object({ status: Type.Literal("ok"), timestamp: instant });
export const version = Type.Object({ version: Type.String(), api_version: Type.Literal("v3") });
export const config = Type.Object(
  { logging: Type.String(), pretty_json: Type.Boolean(), site: anything, http: anything, buses: anything },
  { description: "Also what a Synse server has here." },
);

const summary = {
  name: Type.String(),
  maintainer: Type.String(),
  tag: Type.String(),
  description: Type.String(),
  id: Type.String({ description: "As devices name it." }),
  active: Type.Boolean(),
};
export const pluginSummary = Type.Object(summary);
export const pluginInfo = Type.Object({
  ...summary,
  vcs: Type.String(),
  network: Type.Object({ address: Type.String(), protocol: Type.String() }),
  version: anything,
  health: Type.Object({
    timestamp: instant,
    status: Type.Union([Type.Literal("OK"), Type.Literal("FAILING"), Type.Literal("UNKNOWN")]),
    checks: Type.Array(
      Type.Object({
        name: Type.String(),
        status: Type.String(),
        message: Type.String(),
        timestamp: instant,
        type: Type.String(),
      }),
    ),
  }),
});
export const pluginHealth = Type.Object({
  status: Type.Union([Type.Literal("healthy"), Type.Literal("unhealthy")]),
  updated: instant,
  healthy: Type.Array(Type.String()),
  unhealthy: Type.Array(Type.String()),
  active: Type.Integer(),
  inactive: Type.Integer(),
});

export const site = Type.Object({
  id: Type.String(),
  name: Type.String(),
  tags: Type.Array(Type.String()),
  version: Type.String(),
  started: instant,
  now: instant,
  devices: Type.Integer(),
  readings: anything,
  state: Type.Object({
    kept: Type.Boolean({ description: "Whether what is accepted now outlasts the program." }),
    folder: Type.Optional(Type.String()),
    fault: Type.Optional(Type.String({ description: "Why it does not." })),
    since: Type.Optional(instant),
    lost: Type.Optional(
      Type.String({ description: "What could not be read at the start of what was kept before." }),
    ),
  }),
  audit: Type.Object({
    kept: Type.Boolean({ description: "Whether the audit log is written to disk." }),
    folder: Type.Optional(Type.String()),
    fault: Type.Optional(Type.String({ description: "Why it is not." })),
    lost: Type.Integer({ description: "Entries that could not be kept." }),
  }),
  trace: Type.Optional(
    Type.Object(
      {
        kept: Type.Boolean({ description: "Whether steps of controllers are written to disk." }),
        folder: Type.Optional(Type.String()),
        fault: Type.Optional(Type.String({ description: "Why they are not." })),
        lost: Type.Integer({ description: "Steps that could not be kept." }),
        damaged: Type.Integer({ description: "Places on the disk that could not be read." }),
        bytes: Type.Integer({ description: "On the disk." }),
      },
      { description: "Absent where nothing is controlled." },
    ),
  ),
  residentBytes: Type.Integer({ description: "Memory of the process." }),
  buses: Type.Array(Type.Object({ name: Type.String(), state: Type.String() })),
});

export const bus = Type.Object({
  name: Type.String(),
  state: Type.String({ description: "`open` when it works." }),
  since: instant,
  devices: Type.Integer(),
  opened: Type.Integer({ description: "How many times it was opened." }),
  lastError: Type.Optional(Type.Object({ code: Type.String(), text: Type.String(), at: instant })),
  poller: Type.Optional(anything),
  report: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "Its plugin's own." })),
  plugin: Type.String(),
});

export const errorEntry = Type.Object({
  code: Type.String(),
  http: Type.Integer(),
  retry: Type.Boolean({ description: "Whether trying again can help." }),
  text: Type.String(),
});

const value = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);
const entry = Type.Object({
  slot: Type.Integer(),
  meaning: Type.String(),
  value,
  who: Type.String(),
  why: Type.String(),
  since: instant,
  expires: Type.Optional(instant),
  forced: Type.Optional(Type.Boolean({ description: "It passes the guards of the device." })),
});
export const deviceReading = Type.Object({
  output: Type.String(),
  channel: Type.Optional(Type.String()),
  value: Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  raw: Type.Optional(
    Type.String({
      description: "What the equipment sent, before scaling: hex digits of registers or bytes, or a bit.",
    }),
  ),
  quality: Type.Union(["good", "uncertain", "bad"].map((one) => Type.Literal(one))),
  reason: Type.Optional(Type.Object({ code: Type.String(), text: Type.String() })),
  at: instant,
  age: Type.Number({ description: "ms since it was true." }),
  context: Type.Optional(Type.Record(Type.String(), Type.String())),
});

export const priorityArray = Type.Object({
  action: Type.String(),
  shows: Type.Optional(Type.Object({ output: Type.String(), channel: Type.Optional(Type.String()) })),
  entries: Type.Array(entry, { description: "Filled slots, the strongest first." }),
  inForce: Type.Union([entry, Type.Null()]),
  holding: Type.String({ description: "How far the hardware is from the value in force." }),
});

export const slotWrite = Type.Object({
  id: Type.String(),
  created: instant,
  updated: instant,
  status: Type.Union(["PENDING", "WRITING", "DONE", "ERROR"].map((status) => Type.Literal(status))),
  message: Type.String(),
  timeout: Type.Number({ description: "In ms." }),
  device: Type.String(),
  action: Type.String(),
  data: Type.Optional(Type.String()),
  slot: Type.Integer(),
  who: Type.String(),
  why: Type.String(),
  holdFor: Type.Optional(Type.Number({ description: "In ms." })),
});

export const fault = Type.Object({
  id: Type.Integer(),
  target: Type.String(),
  kind: Type.String(),
  since: instant,
});

const optionalText = Type.Optional(Type.String());
export const session = Type.Object({
  name: Type.String(),
  role: Type.String({ description: "`viewer`, `operator`, `controller`, `admin`; `nobody`: the site asks." }),
  scope: Type.Optional(
    Type.Array(Type.String(), { description: "Only devices with all tags of one of these." }),
  ),
  via: Type.Optional(Type.String({ description: "How you proved it." })),
  from: optionalText,
  slots: Type.Array(Type.Integer(), {
    description: "The slots you may fill; the first unless you name one.",
  }),
  asks: Type.Boolean({ description: "Whether the site asks who somebody is." }),
});

export const auditEntry = Type.Object({
  n: Type.Integer({ description: "Counts up by one." }),
  at: instant,
  who: Type.String(),
  via: optionalText,
  from: optionalText,
  request: optionalText,
  what: Type.String({ description: "`write`, `relinquish`, `request`, `token`, `session` or `audit`." }),
  route: optionalText,
  device: optionalText,
  alias: optionalText,
  action: optionalText,
  value: optionalText,
  slot: Type.Optional(Type.Integer()),
  forced: Type.Optional(Type.Boolean({ description: "Past the guards of the device." })),
  why: optionalText,
  transaction: optionalText,
  result: Type.String({ description: "`accepted`, `refused`, `done` or `error`." }),
  code: optionalText,
  text: optionalText,
  count: Type.Optional(Type.Integer({ description: "So many of the same kind." })),
});
