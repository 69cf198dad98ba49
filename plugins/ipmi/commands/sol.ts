import type { Millis } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, atLeast, bit, explained, type Meanings } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { levelOf, type PrivilegeLevel } from "./levels.ts";

/** How serial over LAN is set up on a channel. IPMI v2.0 table 26-5. What a controller does not know is absent. */
export interface SolConfiguration {
  readonly enabled?: boolean;
  readonly forceEncryption?: boolean;
  readonly forceAuthentication?: boolean;
  readonly level?: PrivilegeLevel | "none";
  /** How long characters are gathered before they are sent, and how many at most. */
  readonly accumulate?: Millis;
  readonly threshold?: number;
  readonly retries?: number;
  readonly retryInterval?: Millis;
  /** Bits per second until a restart, and after it; absent when it is the serial port's own, or unknown. */
  readonly bitRate?: number;
  readonly storedBitRate?: number;
  readonly channel?: number;
  /** Often wrong. */
  readonly port?: number;
  /** Why what is not here is not, by the number of the parameter. */
  readonly missing: Readonly<Record<number, string>>;
}

const bitRates: Readonly<Record<number, number>> = { 6: 9600, 7: 19200, 8: 38400, 9: 57600, 10: 115200 };

const bitRate = (code: number | undefined, name: "bitRate" | "storedBitRate"): Partial<SolConfiguration> => {
  const rate = bitRates[(code ?? 0) & 0x0f];
  return rate === undefined ? {} : { [name]: rate };
};

/** Each parameter: its number, how many bytes it has, what they mean. */
const parameters: readonly (readonly [number, number, (data: Buffer) => Partial<SolConfiguration>])[] = [
  [1, 1, ([byte]) => ({ enabled: bit(byte, 0) })],
  [2, 1, authentication],
  [3, 2, (data) => ({ accumulate: data.readUInt8(0) * 5, threshold: data.readUInt8(1) })],
  [4, 2, (data) => ({ retries: data.readUInt8(0) & 7, retryInterval: data.readUInt8(1) * 10 })],
  [5, 1, ([code]) => bitRate(code, "storedBitRate")],
  [6, 1, ([code]) => bitRate(code, "bitRate")],
  [7, 1, ([channel = 0]) => ({ channel: channel & 0x0f })],
  [8, 2, (data) => ({ port: data.readUInt16LE(0) })],
];

function authentication([byte = 0]: Buffer): Partial<SolConfiguration> {
  const level = levelOf(byte);
  return {
    forceEncryption: bit(byte, 7),
    forceAuthentication: bit(byte, 6),
    ...(level === undefined ? {} : { level }),
  };
}

const meanings = { 0x80: ["UNSUPPORTED", "parameter not supported"] } as const satisfies Meanings;

export const encodeGetSolParameter = (channel: number, parameter: number): IpmiRequest => ({
  netFn: 0x0c,
  command: 0x22,
  data: Uint8Array.of(channel, parameter, 0, 0),
});

/** The bytes of a parameter, without the revision in front. IPMI v2.0 §26.3. @throws BothyError */
export const getSolParameter = (
  requester: Requester,
  channel: number,
  parameter: number,
  options?: AskOptions,
): Promise<Buffer> => {
  const decode = (data: Buffer, source: string): Buffer =>
    atLeast(data, 1, source, `SOL parameter ${parameter}`).subarray(1);
  return explained(ask(requester, encodeGetSolParameter(channel, parameter), decode, options), meanings);
};

/** All of them, one request each. A controller without serial over LAN answers none. @throws BothyError for silence */
export async function getSolConfiguration(
  requester: Requester,
  channel: number,
  options?: AskOptions,
): Promise<SolConfiguration> {
  let found: Partial<SolConfiguration> = {};
  const missing: Record<number, string> = {};
  for (const [parameter, length, decode] of parameters) {
    try {
      const data = await getSolParameter(requester, channel, parameter, options);
      found = { ...found, ...decode(atLeast(data, length, requester.name, `SOL parameter ${parameter}`)) };
    } catch (thrown) {
      if (!(thrown instanceof BothyError)) throw thrown;
      if (completionOf(thrown) === undefined && thrown.code !== "SHORT_FRAME") throw thrown;
      missing[parameter] = String(thrown.params.fault);
    }
  }
  return { ...found, missing };
}
