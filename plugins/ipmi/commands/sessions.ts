import { ask, type AskOptions, atLeast } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { ipText, macText } from "./addresses.ts";
import { levelOf, type PrivilegeLevel } from "./levels.ts";

/** One session. IPMI v2.0 §22.20. */
export interface SessionInfo {
  /** How many there can be at once, and how many there are. */
  readonly slots: number;
  readonly active: number;
  /** Absent when there is no such session. */
  readonly session?: {
    readonly handle: number;
    readonly user: number;
    readonly level: PrivilegeLevel | "none" | undefined;
    readonly rmcpPlus: boolean;
    readonly channel: number;
    /** Where from, when it is over LAN and the controller says so. */
    readonly address?: string;
    readonly mac?: string;
    readonly port?: number;
  };
}

/** `own`, or the n-th of those that are active, from 1. */
export const encodeGetSessionInfo = (which: "own" | number): IpmiRequest => ({
  netFn: 0x06,
  command: 0x3d,
  data: Uint8Array.of(which === "own" ? 0 : which),
});

/** @throws BothyError `SHORT_FRAME` */
export function decodeSessionInfo(data: Buffer, source = "session"): SessionInfo {
  const [handle = 0, slots = 0, active = 0, user, level = 0, channel = 0] = atLeast(
    data,
    3,
    source,
    "session info",
  );
  const counts = { slots: slots & 0x3f, active: active & 0x3f };
  if (user === undefined || data.length < 6 || handle === 0) return counts;
  return {
    ...counts,
    session: {
      handle,
      user: user & 0x3f,
      level: levelOf(level),
      rmcpPlus: channel >> 4 === 1,
      channel: channel & 0x0f,
      ...(data.length >= 10 ? { address: ipText(data.subarray(6, 10)) } : {}),
      ...(data.length >= 16 ? { mac: macText(data.subarray(10, 16)) } : {}),
      ...(data.length >= 18 ? { port: data.readUInt16LE(16) } : {}),
    },
  };
}

export const getSessionInfo = (
  requester: Requester,
  which: "own" | number = "own",
  options?: AskOptions,
): Promise<SessionInfo> => ask(requester, encodeGetSessionInfo(which), decodeSessionInfo, options);

/** Everybody who is logged in, one request each. */
export async function listSessions(
  requester: Requester,
  options?: AskOptions,
): Promise<readonly NonNullable<SessionInfo["session"]>[]> {
  const found: NonNullable<SessionInfo["session"]>[] = [];
  for (let index = 1, active = 1; index <= active; index++) {
    const info = await getSessionInfo(requester, index, options);
    active = info.active;
    if (info.session !== undefined) found.push(info.session);
  }
  return found;
}
