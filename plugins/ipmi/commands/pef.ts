import { ask, type AskOptions, atLeast, bit, explained, type Meanings, nothing } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { decodeGuid, type Guid } from "./guid.ts";

/** What an event filter can do. IPMI v2.0 table 30-2. */
export type PefAction = "alert" | "power-down" | "reset" | "power-cycle" | "oem" | "diagnostic-interrupt";
const actions = ["alert", "power-down", "reset", "power-cycle", "oem", "diagnostic-interrupt"] as const;
const actionsOf = (byte: number | undefined): readonly PefAction[] =>
  actions.filter((_name, n) => bit(byte, n));

/** IPMI v2.0 §30.1. */
export interface PefCapabilities {
  /** E.g. `1.5`. */
  readonly version: string;
  readonly actions: readonly PefAction[];
  readonly filters: number;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodePefCapabilities(data: Buffer, source = "PEF"): PefCapabilities {
  const [version = 0, byte = 0, filters = 0] = atLeast(data, 3, source, "PEF capabilities");
  return { version: `${version & 0x0f}.${version >> 4}`, actions: actionsOf(byte), filters };
}

export const getPefCapabilities = (requester: Requester, options?: AskOptions): Promise<PefCapabilities> =>
  ask(requester, { netFn: 0x04, command: 0x10 }, decodePefCapabilities, options);

const meanings = {
  0x80: ["UNSUPPORTED", "parameter not supported"],
  0x81: ["BUSY", "somebody else is setting parameters"],
  0x82: ["REFUSED", "parameter is read-only"],
} as const satisfies Meanings;

export const encodeGetPefParameter = (parameter: number, set = 0, block = 0): IpmiRequest => ({
  netFn: 0x04,
  command: 0x13,
  data: Uint8Array.of(parameter, set, block),
});

export const encodeSetPefParameter = (parameter: number, data: Iterable<number>): IpmiRequest => ({
  netFn: 0x04,
  command: 0x12,
  data: Uint8Array.of(parameter, ...data),
});

/** The bytes of a parameter, without the revision in front. IPMI v2.0 §30.4, table 30-6. @throws BothyError */
export const getPefParameter = (
  requester: Requester,
  parameter: number,
  { set = 0, block = 0, ...options }: AskOptions & { readonly set?: number; readonly block?: number } = {},
): Promise<Buffer> => {
  const decode = (data: Buffer, source: string): Buffer =>
    atLeast(data, 1, source, `PEF parameter ${parameter}`).subarray(1);
  return explained(ask(requester, encodeGetPefParameter(parameter, set, block), decode, options), meanings);
};

/** IPMI v2.0 §30.3. @throws BothyError */
export const setPefParameter = (
  requester: Requester,
  parameter: number,
  data: Iterable<number>,
  options?: AskOptions,
): Promise<void> =>
  explained(ask(requester, encodeSetPefParameter(parameter, data), nothing, options), meanings);

/** Whether alerts go out at all, and of what. IPMI v2.0 table 30-6, parameters 1 and 2. */
export interface PefControl {
  readonly enabled: boolean;
  /** Each action is written to the event log. */
  readonly logged: boolean;
  readonly allowed: readonly PefAction[];
}

export async function getPefControl(requester: Requester, options?: AskOptions): Promise<PefControl> {
  const [control] = await getPefParameter(requester, 1, options);
  const [allowed] = await getPefParameter(requester, 2, options);
  return { enabled: bit(control, 0), logged: bit(control, 1), allowed: actionsOf(allowed) };
}

/** One filter: which events it is about, and what it does. IPMI v2.0 table 17-2, the part people set. */
export interface PefFilter {
  readonly index: number;
  readonly enabled: boolean;
  /** Made by the maker, and not to be changed. */
  readonly fixed: boolean;
  readonly actions: readonly PefAction[];
  readonly policy: number;
  readonly severity: number;
  /** FFh: any, in all of these. */
  readonly generator: readonly [number, number];
  readonly sensorType: number;
  readonly sensor: number;
  readonly eventType: number;
  /** Offsets it is about, by bit. */
  readonly offsets: number;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodePefFilter(data: Buffer, source = "PEF filter"): PefFilter {
  atLeast(data, 12, source, "PEF filter");
  const configuration = data.readUInt8(1);
  return {
    index: data.readUInt8(0) & 0x7f,
    enabled: bit(configuration, 7),
    fixed: ((configuration >> 5) & 3) === 2,
    actions: actionsOf(data[2]),
    policy: data.readUInt8(3) & 0x0f,
    severity: data.readUInt8(4),
    generator: [data.readUInt8(5), data.readUInt8(6)],
    sensorType: data.readUInt8(7),
    sensor: data.readUInt8(8),
    eventType: data.readUInt8(9),
    offsets: data.readUInt16LE(10),
  };
}

/** All filters, one request each. */
export async function listPefFilters(
  requester: Requester,
  options?: AskOptions,
): Promise<readonly PefFilter[]> {
  const [count = 0] = await getPefParameter(requester, 5, options);
  return readSets(count & 0x7f, async (set) =>
    decodePefFilter(await getPefParameter(requester, 6, { ...options, set }), requester.name),
  );
}

/** Where alerts of a policy go. IPMI v2.0 table 17-4. */
export interface PefPolicy {
  readonly index: number;
  readonly policy: number;
  readonly enabled: boolean;
  /** 0: always; 1 to 4: depending on whether the alert before got through. */
  readonly rule: number;
  readonly channel: number;
  readonly destination: number;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodePefPolicy(data: Buffer, source = "PEF policy"): PefPolicy {
  const [index = 0, policy = 0, where = 0] = atLeast(data, 4, source, "PEF policy");
  return {
    index: index & 0x7f,
    policy: policy >> 4,
    enabled: bit(policy, 3),
    rule: policy & 7,
    channel: where >> 4,
    destination: where & 0x0f,
  };
}

/** All policies, one request each. */
export async function listPefPolicies(
  requester: Requester,
  options?: AskOptions,
): Promise<readonly PefPolicy[]> {
  const [count = 0] = await getPefParameter(requester, 8, options);
  return readSets(count & 0x7f, async (set) =>
    decodePefPolicy(await getPefParameter(requester, 9, { ...options, set }), requester.name),
  );
}

async function readSets<T>(count: number, read: (set: number) => Promise<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for (let set = 1; set <= count; set++) found.push(await read(set));
  return found;
}

/** The GUID that traps carry; undefined when it is the system's. IPMI v2.0 table 30-6, parameter 10. */
export async function getPefGuid(requester: Requester, options?: AskOptions): Promise<Guid | undefined> {
  const data = await getPefParameter(requester, 10, options);
  return bit(data[0], 0) ? decodeGuid(data.subarray(1), requester.name) : undefined;
}

/** Up to which record event filters have looked. IPMI v2.0 §30.6. */
export interface PefProgress {
  readonly lastAdd: number;
  readonly lastRecord: number;
  readonly lastBySoftware: number;
  readonly lastByController: number;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodePefProgress(data: Buffer, source = "PEF"): PefProgress {
  atLeast(data, 10, source, "last processed event");
  return {
    lastAdd: data.readUInt32LE(0),
    lastRecord: data.readUInt16LE(4),
    lastBySoftware: data.readUInt16LE(6),
    lastByController: data.readUInt16LE(8),
  };
}

export const getPefProgress = (requester: Requester, options?: AskOptions): Promise<PefProgress> =>
  ask(requester, { netFn: 0x04, command: 0x15 }, decodePefProgress, options);
