import { ask, type AskOptions, atLeast, bit } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { makerName } from "./makers.ts";

/** What a controller offers, as far as it says. IPMI v2.0 table 20-2. */
export interface DeviceSupport {
  readonly sensors: boolean;
  readonly sdr: boolean;
  readonly sel: boolean;
  readonly fru: boolean;
  readonly eventReceiver: boolean;
  readonly eventGenerator: boolean;
  readonly bridge: boolean;
  readonly chassis: boolean;
}

/** IPMI v2.0 §20.1. */
export interface DeviceId {
  readonly deviceId: number;
  readonly revision: number;
  /** It keeps SDRs of its own, besides or in place of a repository. */
  readonly deviceSdrs: boolean;
  /** Still starting, or being updated: most commands fail meanwhile. */
  readonly starting: boolean;
  /** E.g. `3.14`. */
  readonly firmware: string;
  readonly firmwareMajor: number;
  readonly firmwareMinor: number;
  /** E.g. `2.0`. */
  readonly ipmi: string;
  readonly supports: DeviceSupport;
  readonly maker: number;
  readonly makerName: string;
  readonly product: number;
  /** Four bytes that mean something to the maker, hexadecimal. */
  readonly auxiliary?: string;
}

export const encodeGetDeviceId = (): IpmiRequest => ({ netFn: 0x06, command: 0x01 });

/** One with four bytes for maker and product each: pyghmi's server sends that. */
const wideLength = 14;

/**
 * @param data 11 bytes, 15 with auxiliary firmware data; some controllers append more
 * @throws BothyError `SHORT_FRAME`
 */
export function decodeDeviceId(data: Buffer, source = "device id"): DeviceId {
  const [deviceId = 0, revision = 0, major = 0, minor = 0, ipmi = 0, support = 0] = atLeast(
    data,
    11,
    source,
    "device id",
  );
  const wide = data.length === wideLength;
  const maker = wide ? data.readUInt32LE(6) : data.readUIntLE(6, 3) & 0xfffff;
  const firmwareMajor = major & 0x7f;
  const firmwareMinor = (minor >> 4) * 10 + (minor & 0x0f);
  return {
    deviceId,
    revision: revision & 0x0f,
    deviceSdrs: bit(revision, 7),
    starting: bit(major, 7),
    firmware: `${firmwareMajor}.${firmwareMinor.toString().padStart(2, "0")}`,
    firmwareMajor,
    firmwareMinor,
    ipmi: `${ipmi & 0x0f}.${ipmi >> 4}`,
    supports: supported(support),
    maker,
    makerName: makerName(maker),
    product: wide ? data.readUInt32LE(10) : data.readUInt16LE(9),
    ...(data.length >= 15 ? { auxiliary: data.toString("hex", 11, 15) } : {}),
  };
}

const supported = (byte: number): DeviceSupport => ({
  sensors: bit(byte, 0),
  sdr: bit(byte, 1),
  sel: bit(byte, 2),
  fru: bit(byte, 3),
  eventReceiver: bit(byte, 4),
  eventGenerator: bit(byte, 5),
  bridge: bit(byte, 6),
  chassis: bit(byte, 7),
});

/** Who the controller is. Every one answers it, at any privilege level. */
export const getDeviceId = (requester: Requester, options?: AskOptions): Promise<DeviceId> =>
  ask(requester, encodeGetDeviceId(), decodeDeviceId, options);
