import { type Millis } from "../../../devices/clock.ts";
import { ask, type AskOptions, atLeast, bit, within } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { ipBytes, ipText, macBytes, macText } from "./addresses.ts";
import { getLanParameter, type LanWrite, type LanWriteOptions, writeLanParameters } from "./lan.ts";

/** Where a channel sends alerts. IPMI v2.0 table 23-4, parameters 18 and 19. */
export interface AlertDestination {
  /** 1..15; 0 is the volatile one. */
  readonly index: number;
  /** Platform event trap, or one of the maker's. */
  readonly kind: "pet" | "oem" | "unknown";
  /** Repeated until it is acknowledged. */
  readonly acknowledged: boolean;
  /** Between two tries; whole seconds. */
  readonly timeout: Millis;
  /** 0..7. */
  readonly retries: number;
  readonly ip: string;
  /** All zero: the controller finds it out. */
  readonly mac: string;
  readonly backupGateway: boolean;
}

const kinds: Readonly<Record<number, AlertDestination["kind"]>> = { 0: "pet", 6: "oem", 7: "oem" };

/** @throws BothyError `SHORT_FRAME` */
export function decodeAlertDestination(type: Buffer, address: Buffer, source = "alerts"): AlertDestination {
  const [index = 0, how = 0, timeout = 0, retries = 0] = atLeast(type, 4, source, "alert destination");
  atLeast(address, 13, source, "alert destination address");
  return {
    index: index & 0x0f,
    kind: kinds[how & 7] ?? "unknown",
    acknowledged: bit(how, 7),
    timeout: timeout * 1000,
    retries: retries & 7,
    backupGateway: bit(address[2], 0),
    ip: ipText(address.subarray(3, 7)),
    mac: macText(address.subarray(7, 13)),
  };
}

export async function getAlertDestination(
  requester: Requester,
  channel: number,
  index: number,
  options: AskOptions = {},
): Promise<AlertDestination> {
  const asked = { ...options, set: index };
  const type = await getLanParameter(requester, channel, 18, asked);
  return decodeAlertDestination(type, await getLanParameter(requester, channel, 19, asked), requester.name);
}

/** What traps are to be sent to; what is not given is as in a new controller. */
export interface NewAlertDestination {
  readonly ip: string;
  readonly mac?: string;
  /** Default false. */
  readonly acknowledged?: boolean;
  /** Default 5 s. */
  readonly timeout?: Millis;
  /** Default 3. */
  readonly retries?: number;
  readonly backupGateway?: boolean;
}

/** @throws BothyError `BAD_VALUE`, `OUT_OF_RANGE` */
export function encodeAlertDestination(
  index: number,
  wanted: NewAlertDestination,
): readonly [LanWrite, LanWrite] {
  const { ip, mac = "00:00:00:00:00:00", acknowledged = false } = wanted;
  const { timeout = 5000, retries = 3, backupGateway = false } = wanted;
  const source = "alert destination";
  const set = within(source, index, 0, 15);
  const type = [
    set,
    Number(acknowledged) << 7,
    within(`${source}: timeout`, timeout / 1000, 0, 255, "s"),
    within(`${source}: retries`, retries, 0, 7),
  ];
  const address = [set, 0, Number(backupGateway), ...ipBytes(ip, source), ...macBytes(mac, source)];
  return [
    { parameter: 18, data: type, set },
    { parameter: 19, data: address, set },
  ];
}

/** Sends platform event traps to an address, and reads back that it is set. @throws BothyError `NOT_CONFIRMED` */
export const setAlertDestination = async (
  requester: Requester,
  channel: number,
  index: number,
  wanted: NewAlertDestination,
  options: LanWriteOptions,
): Promise<void> => writeLanParameters(requester, channel, encodeAlertDestination(index, wanted), options);

/** Sends an alert now, to see whether it arrives. IPMI v2.0 §30.7. */
export const encodeAlertImmediate = (channel: number, destination: number): IpmiRequest => ({
  netFn: 0x04,
  command: 0x16,
  data: Uint8Array.of(channel, destination & 0x0f, 0),
  repeatable: false,
});

export const alertNow = async (
  requester: Requester,
  channel: number,
  destination: number,
  options?: AskOptions,
): Promise<void> => {
  await ask(requester, encodeAlertImmediate(channel, destination), (data) => data, options);
};
