import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, atLeast, bit, nothing, within } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { levelCode, levelOf, type PrivilegeLevel } from "./levels.ts";

/** The channel a request comes over. IPMI v2.0 §6.3. */
export const presentChannel = 0x0e;

/** IPMI v2.0 table 6-3. */
const media: Readonly<Record<number, string>> = {
  1: "IPMB",
  2: "ICMB 1.0",
  3: "ICMB 0.9",
  4: "LAN",
  5: "serial",
  6: "other LAN",
  7: "PCI SMBus",
  8: "SMBus 1",
  9: "SMBus 2",
  10: "USB 1",
  11: "USB 2",
  12: "system interface",
};

/** IPMI v2.0 table 6-2. */
const protocols: Readonly<Record<number, string>> = {
  1: "IPMB 1.0",
  2: "ICMB 1.0",
  4: "IPMI SMBus",
  5: "KCS",
  6: "SMIC",
  7: "BT 10",
  8: "BT 15",
  9: "terminal mode",
};

/** IPMI v2.0 §22.24. */
export interface ChannelInfo {
  /** Its real number, also when it was asked for as the present one. */
  readonly channel: number;
  readonly medium: string;
  readonly mediumCode: number;
  readonly protocol: string;
  readonly sessions: "none" | "single" | "multiple" | "switching";
  readonly activeSessions: number;
  readonly vendor: number;
}

export const lanMedium = 4;

/** @throws BothyError `SHORT_FRAME` */
export function decodeChannelInfo(data: Buffer, source = "channel"): ChannelInfo {
  const [channel = 0, medium = 0, protocol = 0, sessions = 0] = atLeast(data, 7, source, "channel info");
  const [mediumCode, protocolCode] = [medium & 0x7f, protocol & 0x1f];
  return {
    channel: channel & 0x0f,
    medium: media[mediumCode] ?? `medium ${mediumCode}`,
    mediumCode,
    protocol: protocols[protocolCode] ?? `protocol ${protocolCode}`,
    sessions: (["none", "single", "multiple", "switching"] as const)[sessions >> 6] ?? "none",
    activeSessions: sessions & 0x3f,
    vendor: data.readUIntLE(4, 3),
  };
}

/** @throws BothyError for a channel that is not there: `REJECTED_VALUE` (CCh), from some `NO_SUCH_POINT` (CBh) */
export const getChannelInfo = (
  requester: Requester,
  channel: number = presentChannel,
  options?: AskOptions,
): Promise<ChannelInfo> =>
  ask(requester, { netFn: 0x06, command: 0x42, data: Uint8Array.of(channel) }, decodeChannelInfo, options);

/** All channels there are, 0 to Bh, Eh being one of them and Fh the system interface. */
export async function listChannels(
  requester: Requester,
  options?: AskOptions,
): Promise<readonly ChannelInfo[]> {
  const found: ChannelInfo[] = [];
  for (const channel of [...Array(12).keys(), 0x0f]) {
    try {
      const info = await getChannelInfo(requester, channel, options);
      if (info.channel === channel && info.mediumCode !== 0) found.push(info);
    } catch (thrown) {
      if (completionOf(thrown) === undefined) throw thrown;
    }
  }
  return found;
}

/** Which settings: those in force now, or those in force after a restart. */
export type Stored = "volatile" | "non-volatile";

/** IPMI v2.0 §22.23. */
export interface ChannelAccess {
  readonly mode: "disabled" | "pre-boot" | "always" | "shared";
  readonly alerting: boolean;
  readonly perMessageAuthentication: boolean;
  readonly userLevelAuthentication: boolean;
  readonly limit: PrivilegeLevel | "none" | undefined;
}
const modes = ["disabled", "pre-boot", "always", "shared"] as const;

/** @throws BothyError `SHORT_FRAME` */
export function decodeChannelAccess(data: Buffer, source = "channel"): ChannelAccess {
  const [access = 0, limit = 0] = atLeast(data, 2, source, "channel access");
  return {
    mode: modes[access & 3] ?? "disabled",
    alerting: !bit(access, 5),
    perMessageAuthentication: !bit(access, 4),
    userLevelAuthentication: !bit(access, 3),
    limit: levelOf(limit),
  };
}

export const getChannelAccess = (
  requester: Requester,
  channel: number = presentChannel,
  stored: Stored = "volatile",
  options?: AskOptions,
): Promise<ChannelAccess> => {
  const data = Uint8Array.of(channel, stored === "volatile" ? 0x80 : 0x40);
  return ask(requester, { netFn: 0x06, command: 0x41, data }, decodeChannelAccess, options);
};

/** @throws BothyError `OUT_OF_RANGE`, `BAD_VALUE` when no limit is given */
export function encodeSetChannelAccess(channel: number, access: ChannelAccess, stored: Stored): IpmiRequest {
  const which = stored === "volatile" ? 0x80 : 0x40;
  if (access.limit === undefined)
    throw new BothyError("BAD_VALUE", {
      source: "channel access",
      value: "none",
      expected: "a privilege limit",
    });
  return {
    netFn: 0x06,
    command: 0x40,
    data: Uint8Array.of(
      within("channel", channel, 0, 15),
      which |
        (Number(!access.alerting) << 5) |
        (Number(!access.perMessageAuthentication) << 4) |
        (Number(!access.userLevelAuthentication) << 3) |
        modes.indexOf(access.mode),
      which | levelCode(access.limit),
    ),
  };
}

/** IPMI v2.0 §22.22. A channel closed to all can only be opened again at the machine itself. */
export const setChannelAccess = async (
  requester: Requester,
  channel: number,
  access: ChannelAccess,
  stored: Stored,
  options?: AskOptions,
): Promise<void> => ask(requester, encodeSetChannelAccess(channel, access, stored), nothing, options);
