import type {
  Config,
  DeviceInfo,
  DeviceSummary,
  PluginHealth,
  PluginInfo,
  PluginSummary,
  Reading,
  Status,
  TransactionInfo,
  TransactionStatus,
  Version,
  Write,
} from "./types.ts";

/** How long something may take, and whether it is still wanted. */
export interface Call {
  /** Aborting it ends the call, which then rejects with the signal's reason. A write that was sent may still be done. */
  readonly signal?: AbortSignal;
  /** In ms, for the whole call with what is tried again; `Infinity` is no limit. Default: that of the client. */
  readonly timeout?: number;
}

/**
 * One group of tags, all of which a device must have, or a list of such groups, of which it must have any. A tag
 * without namespace means that of `ns`. In a label's place `**` is every label, where the server knows that.
 */
export type Tags = readonly string[] | readonly (readonly string[])[];

export interface Selection {
  /** Default: every device. */
  readonly tags?: Tags;
  /** Namespace of tags written without one. Default: `default`. */
  readonly ns?: string;
}

export interface PluginsOptions extends Call {
  /** Look anew which plugins there are. */
  readonly refresh?: boolean;
}

export interface ScanOptions extends Call, Selection {
  /** Look anew which devices there are. */
  readonly force?: boolean;
}

export interface TagsOptions extends Call {
  /** Only these namespaces. */
  readonly ns?: readonly string[];
  /** With the tags that hold device ids. */
  readonly ids?: boolean;
}

export interface ReadOptions extends Call, Selection {}

export interface ReadCacheOptions extends Call {
  /** ISO 8601; readings from then on. */
  readonly start?: string;
  /** ISO 8601; readings until then. */
  readonly end?: string;
}

/**
 * What Synse v3 servers can be asked, over HTTP or in a session. Devices are named by id or alias.
 * Everything rejects with a `ClientError`, or with the reason of the signal that called it off. Reads are tried again
 * when the connection fails; writes never are, whatever happens.
 */
export interface Requests {
  status(call?: Call): Promise<Status>;
  version(call?: Call): Promise<Version>;
  config(call?: Call): Promise<Config>;
  plugins(options?: PluginsOptions): Promise<readonly PluginSummary[]>;
  /** @throws ClientError 404 */
  plugin(id: string, call?: Call): Promise<PluginInfo>;
  pluginHealth(call?: Call): Promise<PluginHealth>;
  scan(options?: ScanOptions): Promise<readonly DeviceSummary[]>;
  /** Tags of all devices, sorted. */
  tags(options?: TagsOptions): Promise<readonly string[]>;
  /** @throws ClientError 404 */
  info(device: string, call?: Call): Promise<DeviceInfo>;
  /** The latest readings of devices. */
  read(options?: ReadOptions): Promise<readonly Reading[]>;
  /** @throws ClientError 404; 405 when there is nothing to be read */
  readDevice(device: string, call?: Call): Promise<readonly Reading[]>;
  /** Recent readings, as they come. The timeout is for each, not for all. */
  readCache(options?: ReadCacheOptions): AsyncIterable<Reading, void>;
  /** Resolves when the writes are accepted, one transaction for each. @throws ClientError 400, 404, 405, 409 */
  writeAsync(
    device: string,
    writes: Write | readonly Write[],
    call?: Call,
  ): Promise<readonly TransactionInfo[]>;
  /**
   * Resolves when every write is done or has failed, which its status tells. @throws ClientError 400, 404, 405, 409
   * @param call its timeout is at least a minute unless it is given: a write may take that
   */
  writeSync(
    device: string,
    writes: Write | readonly Write[],
    call?: Call,
  ): Promise<readonly TransactionStatus[]>;
  /** @throws ClientError 404 */
  transaction(id: string, call?: Call): Promise<TransactionStatus>;
  /** Ids of the writes of the last minutes, sorted. */
  transactions(call?: Call): Promise<readonly string[]>;
}

/** Tags as groups. */
export const groupsOf = (tags: Tags = []): readonly (readonly string[])[] => {
  const groups = tags.filter((one) => typeof one !== "string");
  const single = tags.filter((one) => typeof one === "string");
  return single.length === 0 ? groups : [single, ...groups];
};

/** Writes as they are sent: a list, with data as text. Synse v3 §1.6. */
export const payloadOf = (writes: Write | readonly Write[]): readonly object[] =>
  (Array.isArray(writes) ? (writes as readonly Write[]) : [writes as Write]).map(
    ({ action, data, transaction }) => ({
      action,
      ...(data === undefined ? {} : { data: String(data) }),
      ...(transaction === undefined ? {} : { transaction }),
    }),
  );

/** A write that is waited for may take the device's own time, which is half a minute by default. */
export const patience = 60_000;
