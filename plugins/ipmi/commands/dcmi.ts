import type { Millis } from "../../../devices/clock.ts";
import {
  ask,
  type AskOptions,
  atLeast,
  bit,
  type Decode,
  nonsense,
  explained,
  type Meanings,
  within,
  word,
} from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** What every DCMI request and answer begins with. DCMI v1.5 §5.1. */
export const dcmiGroup = 0xdc;

export const dcmiRequest = (command: number, ...data: number[]): IpmiRequest => ({
  netFn: 0x2c,
  command,
  data: Uint8Array.of(dcmiGroup, ...data),
});

/** Reads what follows the group byte. @throws BothyError `BAD_FRAME` when another group answered, `SHORT_FRAME` */
export const dcmiAnswer =
  <T>(length: number, what: string, decode: Decode<T>): Decode<T> =>
  (data, source) => {
    const [group] = atLeast(data, 1, source, what);
    if (group !== dcmiGroup) throw nonsense(source, `${what}: the answer is of group ${group}, not of DCMI`);
    return decode(atLeast(data, length + 1, source, what).subarray(1), source);
  };

/** Whether an error says that there is no DCMI, or not this part of it: then ask something else. */
export function isDcmiAbsent(thrown: unknown): boolean {
  const completion = completionOf(thrown);
  return completion !== undefined && [0xc1, 0xc2, 0xcc, 0xcd, 0xd6].includes(completion);
}

/**
 * The answer, or undefined when the controller has no DCMI (C1h; some say CCh though they claim to have it).
 * @throws BothyError for everything else
 */
export async function ifDcmi<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (isDcmiAbsent(thrown)) return undefined;
    throw thrown;
  }
}

/** DCMI v1.5 §6.6.1. All in W, over the period that statistics are kept for. */
export interface PowerReading {
  readonly watts: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly average: number;
  /** Seconds since 1970 by the controller's clock. */
  readonly time: number;
  readonly period: Millis;
  /** Whether power is being measured now; when not, the numbers mean nothing. */
  readonly measuring: boolean;
}

export const decodePowerReading = dcmiAnswer(17, "power reading", (data): PowerReading => ({
  watts: data.readUInt16LE(0),
  minimum: data.readUInt16LE(2),
  maximum: data.readUInt16LE(4),
  average: data.readUInt16LE(6),
  time: data.readUInt32LE(8),
  period: data.readUInt32LE(12),
  measuring: bit(data[16], 6),
}));

/** What the machine draws now. @throws BothyError `UNSUPPORTED` (C1h) without DCMI */
export const getPowerReading = (requester: Requester, options?: AskOptions): Promise<PowerReading> =>
  ask(requester, dcmiRequest(0x02, 1, 0, 0), decodePowerReading, options);

/** The same over one of the spans of `getDcmiCapabilities`, each as the byte the controller names it by. */
export const getPowerStatistics = (
  requester: Requester,
  span: number,
  options?: AskOptions,
): Promise<PowerReading> => ask(requester, dcmiRequest(0x02, 2, span, 0), decodePowerReading, options);

/** What happens when the limit cannot be kept. DCMI v1.5 table 6-17. */
export type LimitExceeded = "none" | "power-off" | "log" | { readonly oem: number };

/** DCMI v1.5 §6.6.2. */
export interface PowerLimit {
  readonly watts: number;
  /** Within what time the draw must be below the limit again, in ms. */
  readonly correction: Millis;
  /** Over what time power is averaged for it, in whole seconds. */
  readonly periodSeconds: number;
  readonly exceeded: LimitExceeded;
}

export const decodePowerLimit = dcmiAnswer(13, "power limit", (data): PowerLimit => ({
  exceeded: exceededOf(data.readUInt8(2)),
  watts: data.readUInt16LE(3),
  correction: data.readUInt32LE(5),
  periodSeconds: data.readUInt16LE(11),
}));

const exceededOf = (code: number): LimitExceeded =>
  code === 0 ? "none" : code === 1 ? "power-off" : code === 0x11 ? "log" : { oem: code };

function exceededCode(exceeded: LimitExceeded): number {
  if (typeof exceeded === "object") return within("power limit action", exceeded.oem, 2, 0x10);
  return { none: 0, "power-off": 1, log: 0x11 }[exceeded];
}

/**
 * The power limit in force. DCMI v1.5 §6.6.2.
 * @returns undefined when none is (80h)
 */
export async function getPowerLimit(
  requester: Requester,
  options?: AskOptions,
): Promise<PowerLimit | undefined> {
  try {
    return await ask(requester, dcmiRequest(0x03, 0, 0), decodePowerLimit, options);
  } catch (thrown) {
    if (completionOf(thrown) === 0x80) return undefined;
    throw thrown;
  }
}

/** @throws BothyError `OUT_OF_RANGE` */
export const encodePowerLimit = ({ watts, correction, periodSeconds, exceeded }: PowerLimit): IpmiRequest => {
  const time = within("correction time", correction, 0, 0xffff_ffff, "ms");
  return dcmiRequest(
    0x04,
    ...[0, 0, 0, exceededCode(exceeded)],
    ...word(within("power limit", watts, 0, 0xffff, "W")),
    ...[time & 0xff, (time >>> 8) & 0xff, (time >>> 16) & 0xff, time >>> 24],
    ...[0, 0],
    ...word(within("statistics period", periodSeconds, 0, 0xffff, "s")),
  );
};

/** DCMI v1.5 table 6-18. */
const limitMeanings = {
  0x84: ["REJECTED_VALUE", "power limit out of range"],
  0x85: ["REJECTED_VALUE", "correction time out of range"],
  0x89: ["REJECTED_VALUE", "statistics period out of range"],
} as const satisfies Meanings;

/** Sets the limit; it takes effect with `activatePowerLimit`. DCMI v1.5 §6.6.3. @throws BothyError */
export const setPowerLimit = async (
  requester: Requester,
  limit: PowerLimit,
  options?: AskOptions,
): Promise<void> => explained(ask(requester, encodePowerLimit(limit), dcmiDone, options), limitMeanings);

/** Puts the limit in force, or lifts it. DCMI v1.5 §6.6.4. */
export const activatePowerLimit = (
  requester: Requester,
  active: boolean,
  options?: AskOptions,
): Promise<void> => ask(requester, dcmiRequest(0x05, Number(active), 0, 0), dcmiDone, options);

/** Some controllers leave out even the group byte of an answer without data. */
const dcmiDone: Decode<void> = (data, source) => {
  if (data.length > 0) dcmiAnswer(0, "answer", () => undefined)(data, source);
};
