/**
 * The messages of synse.proto as they arrive: every field is there, with its default when the sender left it out;
 * absent messages are null. 64-bit integers are decimal texts, so that they stay exact. Synse v3 §5.
 */

export type Empty = Readonly<Record<string, never>>;

/** A number instead of a word: a status this protocol does not have yet. */
export type HealthStatus = "UNKNOWN" | "OK" | "FAILING" | number;
export type WriteStatus = "PENDING" | "WRITING" | "DONE" | "ERROR" | number;

export interface V3Bounds {
  readonly start: string;
  readonly end: string;
}

export interface V3Tag {
  readonly namespace: string;
  readonly annotation: string;
  readonly label: string;
}

export interface V3OutputUnit {
  readonly name: string;
  readonly symbol: string;
}

export interface V3WriteCapability {
  readonly actions: readonly string[];
}

export interface V3DeviceCapability {
  /** `r`, `w`, `rw` or empty. */
  readonly mode: string;
  readonly write: V3WriteCapability | null;
}

export interface V3DeviceOutput {
  readonly name: string;
  readonly type: string;
  readonly precision: number;
  readonly scalingFactor: number;
  readonly unit: V3OutputUnit | null;
}

export interface V3Device {
  readonly timestamp: string;
  readonly id: string;
  readonly type: string;
  readonly plugin: string;
  readonly info: string;
  readonly alias: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly capabilities: V3DeviceCapability | null;
  readonly tags: readonly V3Tag[];
  readonly outputs: readonly V3DeviceOutput[];
  readonly sortIndex: number;
}

export interface V3DeviceSelector {
  readonly tags: readonly V3Tag[];
  readonly id: string;
}

export interface V3HealthCheck {
  readonly name: string;
  readonly status: HealthStatus;
  readonly message: string;
  readonly timestamp: string;
  readonly type: string;
}

export interface V3Health {
  readonly timestamp: string;
  readonly status: HealthStatus;
  readonly checks: readonly V3HealthCheck[];
}

export interface V3Metadata {
  readonly name: string;
  readonly maintainer: string;
  readonly tag: string;
  readonly description: string;
  readonly vcs: string;
  readonly id: string;
}

/** What a reading's value may be. At most one is set. */
export interface V3Value {
  readonly string_value?: string;
  readonly bool_value?: boolean;
  readonly float32_value?: number;
  readonly float64_value?: number;
  readonly int32_value?: number;
  /** Decimal. */
  readonly int64_value?: string;
  readonly bytes_value?: Uint8Array;
  readonly uint32_value?: number;
  /** Decimal. */
  readonly uint64_value?: string;
}

export interface V3Reading extends V3Value {
  readonly id: string;
  readonly timestamp: string;
  readonly type: string;
  readonly deviceType: string;
  readonly context: Readonly<Record<string, string>>;
  readonly unit: V3OutputUnit | null;
  /** Which value is set, in messages that arrive; ignored in those that are sent. */
  readonly value?: keyof V3Value;
  readonly deviceInfo: string;
}

export interface V3ReadRequest {
  readonly selector: V3DeviceSelector | null;
}

export interface V3StreamRequest {
  readonly selectors: readonly V3DeviceSelector[];
}

export interface V3TestStatus {
  readonly ok: boolean;
}

export interface V3TransactionSelector {
  readonly id: string;
}

export interface V3WriteData {
  readonly action: string;
  readonly data: Uint8Array;
  readonly transaction: string;
}

export interface V3TransactionStatus {
  readonly id: string;
  readonly created: string;
  readonly updated: string;
  readonly message: string;
  /** A duration as Go writes it. */
  readonly timeout: string;
  readonly status: WriteStatus;
  readonly context: V3WriteData | null;
}

export interface V3Version {
  readonly pluginVersion: string;
  readonly sdkVersion: string;
  readonly buildDate: string;
  readonly gitCommit: string;
  readonly gitTag: string;
  readonly arch: string;
  readonly os: string;
}

export interface V3WritePayload {
  readonly selector: V3DeviceSelector | null;
  readonly data: readonly V3WriteData[];
}

export interface V3WriteTransaction {
  readonly id: string;
  readonly device: string;
  readonly context: V3WriteData | null;
  readonly timeout: string;
}

/** A message to be sent: what is left out has its default. */
export type Outgoing<T> = T extends Uint8Array | string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Outgoing<Item>[]
    : { readonly [Key in keyof T]?: Outgoing<T[Key]> };
