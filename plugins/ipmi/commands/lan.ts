import { type Clock, type Millis, sleep } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, atLeast, explained, type Meanings, nothing } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import {
  community,
  decodeIpv6Address,
  type Ipv6Address,
  type LanField,
  lanFields,
  type SettableLanField,
} from "./lan-fields.ts";

export type { AddressSource, Ipv6Address, Vlan } from "./lan-fields.ts";

type Fields = typeof lanFields;
export type LanParameter = keyof Fields;
type ValueOf<F> = F extends LanField<infer T> ? T : never;
type Values = { readonly [K in LanParameter]?: ValueOf<Fields[K]> };

type Settable = {
  [K in LanParameter]: Fields[K] extends { readonly encode: unknown } ? K : never;
}[LanParameter];
/** New values for those that can be set. */
export type LanChanges = { readonly [K in Settable]?: ValueOf<Fields[K]> };

const fields: { readonly [K in LanParameter]: LanField<ValueOf<Fields[K]>> } = lanFields;

/** Everything a LAN channel says of itself. */
export interface LanConfiguration extends Values {
  /** Why what is not here is not: the completion code's meaning, by parameter. */
  readonly missing: Readonly<Partial<Record<LanParameter, string>>>;
}

/** IPMI v2.0 table 23-4. */
const meanings = {
  0x80: ["UNSUPPORTED", "parameter not supported"],
  0x81: ["BUSY", "somebody else is setting parameters"],
  0x82: ["REFUSED", "parameter is read-only"],
  0x83: ["REFUSED", "parameter is write-only"],
} as const satisfies Meanings;

export const encodeGetLanParameter = (
  channel: number,
  parameter: number,
  set = 0,
  block = 0,
): IpmiRequest => ({
  netFn: 0x0c,
  command: 0x02,
  data: Uint8Array.of(channel, parameter, set, block),
});

export const encodeSetLanParameter = (
  channel: number,
  parameter: number,
  data: Iterable<number>,
): IpmiRequest => ({
  netFn: 0x0c,
  command: 0x01,
  data: Uint8Array.of(channel, parameter, ...data),
});

/** The bytes of a parameter, without the revision in front. IPMI v2.0 §23.2. @throws BothyError `UNSUPPORTED` (80h) */
export const getLanParameter = (
  requester: Requester,
  channel: number,
  parameter: number,
  { set = 0, block = 0, ...options }: AskOptions & { readonly set?: number; readonly block?: number } = {},
): Promise<Buffer> => {
  const decode = (data: Buffer, source: string): Buffer =>
    atLeast(data, 1, source, `LAN parameter ${parameter}`).subarray(1);
  return explained(
    ask(requester, encodeGetLanParameter(channel, parameter, set, block), decode, options),
    meanings,
  );
};

async function getField<T>(
  requester: Requester,
  channel: number,
  field: LanField<T>,
  options: AskOptions,
): Promise<T> {
  const data = await getLanParameter(requester, channel, field.parameter, options);
  return field.decode(atLeast(data, field.length, requester.name, `LAN parameter ${field.parameter}`));
}

/** One parameter, by name. @throws BothyError */
export const getLanValue = <K extends LanParameter>(
  requester: Requester,
  channel: number,
  name: K,
  options: AskOptions = {},
): Promise<ValueOf<Fields[K]>> => getField(requester, channel, fields[name], options);

/**
 * All parameters of a LAN channel, one request each. Those a controller does not know, or answers with nonsense, are
 * named in `missing`. The community is not among them: see `getLanCommunity`.
 * @throws BothyError for silence, and for whatever else is not about one parameter
 */
export async function getLanConfiguration(
  requester: Requester,
  channel: number,
  options: AskOptions = {},
): Promise<LanConfiguration> {
  const values: Record<string, unknown> = {};
  const missing: Partial<Record<LanParameter, string>> = {};
  for (const name of Object.keys(lanFields) as LanParameter[]) {
    try {
      values[name] = await getLanValue(requester, channel, name, options);
    } catch (thrown) {
      const about =
        completionOf(thrown) !== undefined || (thrown instanceof BothyError && thrown.code === "SHORT_FRAME");
      if (!about || !(thrown instanceof BothyError)) throw thrown;
      missing[name] = String(thrown.params.fault);
    }
  }
  return { ...(values as Values), missing };
}

/** The SNMP community of a channel: a secret, for whoever asks for it by name. */
export const getLanCommunity = (
  requester: Requester,
  channel: number,
  options: AskOptions = {},
): Promise<string> => getField(requester, channel, community, options);

/** The static or the dynamic IPv6 addresses, as many as `ipv6Counts` says. */
export async function getIpv6Addresses(
  requester: Requester,
  channel: number,
  kind: "static" | "dynamic",
  options: AskOptions = {},
): Promise<readonly Ipv6Address[]> {
  const counts = await getLanValue(requester, channel, "ipv6Counts", options);
  const parameter = kind === "static" ? 56 : 59;
  const found: Ipv6Address[] = [];
  for (let set = 0; set < counts[kind]; set++) {
    const data = await getLanParameter(requester, channel, parameter, { ...options, set });
    found.push(decodeIpv6Address(data, requester.name));
  }
  return found;
}

export interface LanWriteOptions extends AskOptions {
  readonly clock: Clock;
  /** Between two writes: some controllers lose what comes too fast (Supermicro H8QME, Quanta S99Q). Default 100 ms. */
  readonly pause?: Millis;
}

/** A parameter with its bytes, and how to read it back. */
export interface LanWrite {
  readonly parameter: number;
  readonly data: readonly number[];
  /** For parameters that are lists. */
  readonly set?: number;
}

/**
 * Sets parameters between announcement and commit, and reads each back. A channel that is being talked over and gets
 * another address does not answer any more: that ends as `NO_ANSWER`, with the address changed.
 * @throws BothyError `NOT_CONFIRMED` when something else is read back; parameters before it stay as they were set
 */
export async function writeLanParameters(
  requester: Requester,
  channel: number,
  writes: readonly LanWrite[],
  options: LanWriteOptions,
): Promise<void> {
  const set = (parameter: number, data: readonly number[]): Promise<void> =>
    explained(ask(requester, encodeSetLanParameter(channel, parameter, data), nothing, options), meanings);
  const announced = await tolerated(set(0, [1]));
  try {
    for (const { parameter, data } of writes) {
      await set(parameter, data);
      await sleep(options.clock, options.pause ?? defaultPause, options.signal);
    }
    if (announced) await tolerated(set(0, [2]));
  } finally {
    if (announced) await tolerated(set(0, [0]));
  }
  for (const write of writes) await confirm(requester, channel, write, options);
}

const defaultPause: Millis = 100;

/** Whether it was done; a completion code other than 00h means no: announcing and committing may be unknown. */
async function tolerated(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    if (completionOf(thrown) === undefined) throw thrown;
    return false;
  }
}

async function confirm(
  requester: Requester,
  channel: number,
  { parameter, data, set = 0 }: LanWrite,
  options: AskOptions,
): Promise<void> {
  const back = await getLanParameter(requester, channel, parameter, { ...options, set });
  const wanted = Buffer.from(data);
  if (back.subarray(0, wanted.length).equals(wanted)) return;
  throw new BothyError("NOT_CONFIRMED", {
    source: `${requester.name}: LAN parameter ${parameter}`,
    wanted: wanted.toString("hex"),
    got: back.toString("hex"),
  });
}

/** Sets parameters by name: the address' source first, the address after it. @throws BothyError as `writeLanParameters` */
export async function setLanConfiguration(
  requester: Requester,
  channel: number,
  changes: LanChanges,
  options: LanWriteOptions,
): Promise<void> {
  const order: readonly (keyof LanChanges)[] = ["source", "ip", "mask", "gateway"];
  const named = Object.keys(changes) as (keyof LanChanges)[];
  const names = [
    ...order.filter((name) => named.includes(name)),
    ...named.filter((name) => !order.includes(name)),
  ];
  const writes = names.flatMap((name) => {
    const value = changes[name];
    const { parameter, encode } = lanFields[name] as SettableLanField<typeof value>;
    return value === undefined ? [] : [{ parameter, data: encode(value) }];
  });
  await writeLanParameters(requester, channel, writes, options);
}
