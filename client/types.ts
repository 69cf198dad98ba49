/**
 * What a site answers. Names are those on the wire, Synse's mixed case included; moments are ISO 8601 texts in UTC.
 * Answers may hold more than is named here.
 */

/** `bigint` for integers beyond ±(2^53 - 1), which stay exact. */
export type Value = number | bigint | string | boolean;

export interface Unit {
  readonly name: string;
  readonly symbol: string;
}

/** Whether a value can be relied on. `uncertain`: there is one, but it is clamped, out of range or substituted. */
export type Quality = "good" | "uncertain" | "bad";

/** Why a value is missing or doubtful. */
export interface Reason {
  /** As in `errors()`, e.g. `NO_ANSWER`. */
  readonly code: string;
  /** For people. */
  readonly text: string;
}

interface AnyReading {
  /** Id of the device. */
  readonly device: string;
  /** When the value was true, or the attempt to read it failed. */
  readonly timestamp: string;
  /** Type of the output, e.g. `temperature`. */
  readonly type: string;
  /** Type of the device, e.g. `fan`. */
  readonly device_type: string;
  readonly device_info: string;
  /** null for values without one. */
  readonly unit: Unit | null;
  /** Facts, e.g. `rack` and `channel`; for readings that are not good also those of `quality` and `reason`. */
  readonly context: Readonly<Record<string, string>>;
}

export interface GoodReading extends AnyReading {
  readonly quality: "good";
  readonly value: Value;
}
export interface UncertainReading extends AnyReading {
  readonly quality: "uncertain";
  readonly value: Value;
  readonly reason: Reason;
}
/** There is no value; `reason` says why. */
export interface BadReading extends AnyReading {
  readonly quality: "bad";
  readonly value: null;
  readonly reason: Reason;
}

/** One value of one output at one time, with its quality. */
export type Reading = GoodReading | UncertainReading | BadReading;

export interface Status {
  readonly status: string;
  readonly timestamp: string;
}

export interface Version {
  readonly version: string;
  readonly api_version: string;
}

/** The configuration as a site shows it: without secrets, and different from server to server. */
export type Config = Readonly<Record<string, unknown>>;

export interface PluginSummary {
  readonly id: string;
  readonly name: string;
  readonly maintainer: string;
  readonly tag: string;
  readonly description: string;
  readonly active: boolean;
}

export interface HealthCheck {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  /** Empty until it first ran. */
  readonly timestamp: string;
  readonly type: string;
}

export interface PluginInfo extends PluginSummary {
  readonly vcs: string;
  readonly network: { readonly address: string; readonly protocol: string };
  readonly version: Readonly<Record<string, unknown>>;
  readonly health: {
    readonly timestamp: string;
    /** `OK`, `FAILING` or `UNKNOWN`. */
    readonly status: string;
    readonly checks: readonly HealthCheck[];
  };
}

export interface PluginHealth {
  /** `healthy` or `unhealthy`. */
  readonly status: string;
  readonly updated: string;
  /** Ids of plugins. */
  readonly healthy: readonly string[];
  readonly unhealthy: readonly string[];
  readonly active: number;
  readonly inactive: number;
}

export interface DeviceSummary {
  readonly id: string;
  /** Empty when it has none. */
  readonly alias: string;
  readonly info: string;
  readonly type: string;
  /** Id of its plugin. */
  readonly plugin: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface DeviceOutput {
  readonly name: string;
  readonly type: string;
  /** Decimals worth showing; values are not rounded to it. */
  readonly precision: number;
  readonly scalingFactor: number;
  readonly unit?: Unit;
}

export interface DeviceInfo extends DeviceSummary {
  readonly timestamp: string;
  readonly capabilities: {
    /** `r`, `w`, `rw`, or empty. */
    readonly mode: string;
    readonly write: { readonly actions: readonly string[] };
  };
  readonly outputs: readonly DeviceOutput[];
  readonly sort_index: number;
}

/** A write to be made. `data` is sent as text, however it is given. */
export interface Write {
  readonly action: string;
  readonly data?: Value;
  /** An id of your own for its transaction; refused when it is taken. */
  readonly transaction?: string;
}

/** A write as the site repeats it. */
export interface WriteContext {
  readonly action: string;
  readonly data: string;
  readonly transaction?: string;
  /** What went wrong, as an error code of the site's: `INTERRUPTED`, `NO_ANSWER`. Original servers do not say it. */
  readonly reason?: string;
}

export interface TransactionInfo {
  readonly id: string;
  readonly device: string;
  readonly context: WriteContext;
  /** How long it may take, as Go prints durations: `30s`, `1m30s`. */
  readonly timeout: string;
}

export type TransactionState = "PENDING" | "WRITING" | "DONE" | "ERROR";

export interface TransactionStatus extends TransactionInfo {
  readonly created: string;
  readonly updated: string;
  /** What was read back, or what went wrong. */
  readonly message: string;
  readonly status: TransactionState;
}

/** Which site this is, and how it is. */
export interface Site {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly version: string;
  readonly started: string;
  readonly now: string;
  /** How many there are. */
  readonly devices: number;
  /** Figures about the readings kept. */
  readonly readings: Readonly<Record<string, unknown>>;
  /** Whether what is accepted outlasts the program, and if not, why. */
  readonly state?: Readonly<Record<string, unknown>>;
  /** The same of the audit log. */
  readonly audit?: Readonly<Record<string, unknown>>;
  /** The same of the steps of controllers; absent where nothing is controlled. */
  readonly trace?: Readonly<Record<string, unknown>>;
  /** Memory of the site's process. */
  readonly residentBytes: number;
  readonly buses: readonly { readonly name: string; readonly state: string }[];
}

export interface Bus {
  readonly name: string;
  /** `open` when it works. */
  readonly state: string;
  readonly since: string;
  readonly devices: number;
  /** How many times it was opened. */
  readonly opened: number;
  readonly lastError?: Reason & { readonly at: string };
  readonly poller?: Readonly<Record<string, unknown>>;
  /** What its plugin says of it. */
  readonly report?: Readonly<Record<string, unknown>>;
  readonly plugin: string;
}

/** A frame as it crossed a line, or what became of its bus (then with `bus` and `state`). */
export type FrameLine = Readonly<Record<string, unknown>>;

/** One address of a bus scan. */
export interface ScanLine {
  readonly address: number;
  readonly answered: boolean;
  /** In ms. */
  readonly took?: number;
  readonly [more: string]: unknown;
}

export interface ErrorEntry {
  readonly code: string;
  /** The HTTP status it comes with. */
  readonly http: number;
  /** Whether trying the same again can help. */
  readonly retry: boolean;
  readonly text: string;
}

/** The latest of one value of a device. */
export interface DeviceReading {
  readonly output: string;
  readonly channel?: string;
  /** Absent when there is none: `reason` says why. */
  readonly value?: Value;
  /** What the equipment sent, before scaling: hex digits of registers or bytes, or a bit. Absent where that says nothing. */
  readonly raw?: string;
  readonly quality: "good" | "uncertain" | "bad";
  readonly reason?: { readonly code: string; readonly text: string };
  /** When it was true. */
  readonly at: string;
  /** ms since it was true, whatever became of wall clocks. */
  readonly age: number;
  readonly context?: Readonly<Record<string, string>>;
}

/** A filled slot of a priority array. */
export interface SlotEntry {
  /** 1 is the strongest. */
  readonly slot: number;
  readonly meaning: string;
  readonly value: Value;
  readonly who: string;
  readonly why: string;
  readonly since: string;
  /** When it relinquishes itself. */
  readonly expires?: string;
  /** It passes the guards of the device. */
  readonly forced?: boolean;
}

/** Who wants what of one action of a device. */
export interface PriorityArray {
  readonly action: string;
  /** Where its value is read back. */
  readonly shows?: { readonly output: string; readonly channel?: string };
  /** The strongest first. */
  readonly entries: readonly SlotEntry[];
  readonly inForce: SlotEntry | null;
  /** How far the hardware is from the value in force. */
  readonly holding: string;
}

export interface Fill {
  /** Not for actions that take none. */
  readonly value?: Value;
  /** 8, an operator, when it is not given. */
  readonly slot?: number;
  /** For whoever asks later. */
  readonly why: string;
  /** After this the slot is relinquished, e.g. `30m`. */
  readonly holdFor?: string;
}

export interface Relinquish {
  readonly slot?: number;
  readonly why?: string;
}

export interface SlotWrite {
  readonly id: string;
  readonly created: string;
  readonly updated: string;
  readonly status: TransactionState;
  readonly message: string;
  /** In ms. */
  readonly timeout: number;
  readonly device: string;
  readonly action: string;
  readonly data?: string;
  readonly slot: number;
  readonly who: string;
  readonly why: string;
  /** In ms. */
  readonly holdFor?: number;
}

/** Who one is to a site, and what one may do there. */
export interface Identity {
  readonly name: string;
  /** `viewer`, `operator`, `controller`, `admin`; `nobody`: the site asks, and has not been told. */
  readonly role: string;
  /** Comma-joined tags: only devices with all those of one of these texts. Without it: all devices. */
  readonly scope?: readonly string[];
  /** How it was proved. */
  readonly via?: string;
  readonly from?: string;
  /** The slots one may fill; the first unless one names another. */
  readonly slots: readonly number[];
  /** Whether the site asks who somebody is. */
  readonly asks: boolean;
}

/** A write or a refusal, in the order of the log. */
export interface AuditEntry {
  /** Counts up by one. */
  readonly n: number;
  readonly at: string;
  readonly who: string;
  readonly via?: string;
  readonly from?: string;
  readonly request?: string;
  /** `write`, `relinquish`, `request`, `token`, `session` or `audit`. */
  readonly what: string;
  readonly route?: string;
  readonly device?: string;
  readonly alias?: string;
  readonly action?: string;
  readonly value?: string;
  readonly slot?: number;
  /** Past the guards of the device. */
  readonly forced?: boolean;
  readonly why?: string;
  readonly transaction?: string;
  /** `accepted`, `refused`, `done` or `error`. */
  readonly result: string;
  readonly code?: string;
  readonly text?: string;
  /** So many of the same kind. */
  readonly count?: number;
}
