import * as is from "./shape.ts";
import type * as types from "./types.ts";

/** The shapes of types.ts. A test holds them against what /openapi.json says. */

const texts = is.list(is.text);
const textByKey = is.record(is.text);
const anyByKey = is.record(is.anything);

export { texts };

export const status = is.object<types.Status>({ status: is.text, timestamp: is.text });
export const version = is.object<types.Version>({ version: is.text, api_version: is.text });
export const config: is.Shape<types.Config> = anyByKey;

const summary = {
  id: is.text,
  name: is.text,
  maintainer: is.text,
  tag: is.text,
  description: is.text,
  active: is.flag,
};
export const plugins = is.list(is.object<types.PluginSummary>(summary));
export const plugin = is.object<types.PluginInfo>({
  ...summary,
  vcs: is.text,
  network: is.object<types.PluginInfo["network"]>({ address: is.text, protocol: is.text }),
  version: anyByKey,
  health: is.object<types.PluginInfo["health"]>({
    timestamp: is.text,
    status: is.text,
    checks: is.list(
      is.object<types.HealthCheck>({
        name: is.text,
        status: is.text,
        message: is.text,
        timestamp: is.text,
        type: is.text,
      }),
    ),
  }),
});
export const pluginHealth = is.object<types.PluginHealth>({
  status: is.text,
  updated: is.text,
  healthy: texts,
  unhealthy: texts,
  active: is.number,
  inactive: is.number,
});

const unit = is.object<types.Unit>({ name: is.text, symbol: is.text });
const device = {
  id: is.text,
  alias: is.text,
  info: is.text,
  type: is.text,
  plugin: is.text,
  tags: texts,
  metadata: textByKey,
};
export const devices = is.list(is.object<types.DeviceSummary>(device));
export const deviceInfo = is.object<types.DeviceInfo>({
  ...device,
  timestamp: is.text,
  capabilities: is.object<types.DeviceInfo["capabilities"]>({
    mode: is.text,
    write: is.object<types.DeviceInfo["capabilities"]["write"]>({ actions: texts }),
  }),
  outputs: is.list(
    is.object<types.DeviceOutput>({
      name: is.text,
      type: is.text,
      precision: is.number,
      scalingFactor: is.number,
      unit: is.optional(unit),
    }),
  ),
  sort_index: is.number,
});

/** A reading as it comes; see readings.ts for what it becomes. */
export interface WireReading {
  readonly device: string;
  readonly timestamp: string;
  readonly type: string;
  readonly device_type: string;
  readonly device_info: string;
  readonly unit: types.Unit | null;
  readonly value: unknown;
  readonly context: Readonly<Record<string, string>>;
}
export const reading = is.object<WireReading>({
  device: is.text,
  timestamp: is.text,
  type: is.text,
  device_type: is.text,
  device_info: is.text,
  unit: is.orNull(unit),
  value: is.anything,
  context: textByKey,
});
export const readings = is.list(reading);

const transaction = {
  id: is.text,
  device: is.text,
  context: is.object<types.WriteContext>({
    action: is.text,
    data: is.text,
    transaction: is.optional(is.text),
    reason: is.optional(is.text),
  }),
  timeout: is.text,
};
const state = is.oneOf<types.TransactionState>("PENDING", "WRITING", "DONE", "ERROR");
export const transactionInfos = is.list(is.object<types.TransactionInfo>(transaction));
export const transactionStatus = is.object<types.TransactionStatus>({
  ...transaction,
  created: is.text,
  updated: is.text,
  message: is.text,
  status: state,
});
export const transactionStatuses = is.list(transactionStatus);

export const site = is.object<types.Site>({
  id: is.text,
  name: is.text,
  tags: texts,
  version: is.text,
  started: is.text,
  now: is.text,
  devices: is.number,
  readings: anyByKey,
  state: is.optional(anyByKey),
  audit: is.optional(anyByKey),
  trace: is.optional(anyByKey),
  residentBytes: is.number,
  buses: is.list(is.object<types.Site["buses"][number]>({ name: is.text, state: is.text })),
});
export const bus = is.object<types.Bus>({
  name: is.text,
  state: is.text,
  since: is.text,
  devices: is.number,
  opened: is.number,
  lastError: is.optional(
    is.object<NonNullable<types.Bus["lastError"]>>({ code: is.text, text: is.text, at: is.text }),
  ),
  poller: is.optional(anyByKey),
  report: is.optional(anyByKey),
  plugin: is.text,
});
export const buses = is.list(bus);
export const frameLine: is.Shape<types.FrameLine> = anyByKey;
export const scanLine = is.object<types.ScanLine>({
  address: is.number,
  answered: is.flag,
  took: is.optional(is.number),
});
export const errors = is.list(
  is.object<types.ErrorEntry>({ code: is.text, http: is.number, retry: is.flag, text: is.text }),
);

export const deviceReadings = is.list(
  is.object<types.DeviceReading>({
    output: is.text,
    channel: is.optional(is.text),
    value: is.optional(is.scalar),
    raw: is.optional(is.text),
    quality: is.oneOf("good", "uncertain", "bad"),
    reason: is.optional(
      is.object<NonNullable<types.DeviceReading["reason"]>>({ code: is.text, text: is.text }),
    ),
    at: is.text,
    age: is.number,
    context: is.optional(textByKey),
  }),
);

const slot = is.object<types.SlotEntry>({
  slot: is.number,
  meaning: is.text,
  value: is.scalar,
  who: is.text,
  why: is.text,
  since: is.text,
  expires: is.optional(is.text),
  forced: is.optional(is.flag),
});
export const priorityArray = is.object<types.PriorityArray>({
  action: is.text,
  shows: is.optional(
    is.object<NonNullable<types.PriorityArray["shows"]>>({
      output: is.text,
      channel: is.optional(is.text),
    }),
  ),
  entries: is.list(slot),
  inForce: is.orNull(slot),
  holding: is.text,
});
export const priorityArrays = is.list(priorityArray);
export const slotWrite = is.object<types.SlotWrite>({
  id: is.text,
  created: is.text,
  updated: is.text,
  status: state,
  message: is.text,
  timeout: is.number,
  device: is.text,
  action: is.text,
  data: is.optional(is.text),
  slot: is.number,
  who: is.text,
  why: is.text,
  holdFor: is.optional(is.number),
});

const maybeText = is.optional(is.text);
export const identity = is.object<types.Identity>({
  name: is.text,
  role: is.text,
  scope: is.optional(texts),
  via: maybeText,
  from: maybeText,
  slots: is.list(is.number),
  asks: is.flag,
});
export const audit = is.list(
  is.object<types.AuditEntry>({
    n: is.number,
    at: is.text,
    who: is.text,
    via: maybeText,
    from: maybeText,
    request: maybeText,
    what: is.text,
    route: maybeText,
    device: maybeText,
    alias: maybeText,
    action: maybeText,
    value: maybeText,
    slot: is.optional(is.number),
    forced: is.optional(is.flag),
    why: maybeText,
    transaction: maybeText,
    result: is.text,
    code: maybeText,
    text: maybeText,
    count: is.optional(is.number),
  }),
);
export const nothing = is.nothing;
