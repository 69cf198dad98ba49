import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, atLeast, bit, nothing, within } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { decodeText } from "../type-length.ts";
import { levelCode, levelOf, type PrivilegeLevel } from "./levels.ts";

/** What a user may do over a channel. IPMI v2.0 §22.27. */
export interface UserAccess {
  /** How many users there can be, the one without a name counted. */
  readonly maximum: number;
  readonly enabledCount: number;
  /** Names that cannot be changed, from 1 up. */
  readonly fixedNames: number;
  /** Absent when the controller does not say. */
  readonly enabled?: boolean;
  readonly callbackOnly: boolean;
  readonly linkAuthentication: boolean;
  readonly messaging: boolean;
  readonly level: PrivilegeLevel | "none" | undefined;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeUserAccess(data: Buffer, source = "user"): UserAccess {
  const [maximum = 0, count = 0, fixed = 0, access = 0] = atLeast(data, 4, source, "user access");
  const status = count >> 6;
  return {
    maximum: maximum & 0x3f,
    enabledCount: count & 0x3f,
    fixedNames: fixed & 0x3f,
    ...(status === 1 || status === 2 ? { enabled: status === 1 } : {}),
    callbackOnly: bit(access, 6),
    linkAuthentication: bit(access, 5),
    messaging: bit(access, 4),
    level: levelOf(access),
  };
}

export const encodeGetUserAccess = (channel: number, user: number): IpmiRequest => ({
  netFn: 0x06,
  command: 0x44,
  data: Uint8Array.of(channel, user),
});

export const getUserAccess = (
  requester: Requester,
  channel: number,
  user: number,
  options?: AskOptions,
): Promise<UserAccess> => ask(requester, encodeGetUserAccess(channel, user), decodeUserAccess, options);

/** What is to change; what is not given stays. */
export interface UserAccessChange {
  readonly level: PrivilegeLevel | "none";
  /** All three are changed, or none of them. */
  readonly flags?: Pick<UserAccess, "callbackOnly" | "linkAuthentication" | "messaging">;
  /** How many sessions at once; 0 for no limit. Not changed unless given. */
  readonly sessions?: number;
}

/** IPMI v2.0 §22.26. @throws BothyError `OUT_OF_RANGE` */
export function encodeSetUserAccess(channel: number, user: number, change: UserAccessChange): IpmiRequest {
  const { level, flags, sessions } = change;
  const bits =
    flags === undefined
      ? 0
      : 0x80 |
        (Number(flags.callbackOnly) << 6) |
        (Number(flags.linkAuthentication) << 5) |
        (Number(flags.messaging) << 4);
  return {
    netFn: 0x06,
    command: 0x43,
    data: Uint8Array.of(
      bits | within("channel", channel, 0, 15),
      userNumber(user),
      levelCode(level),
      ...(sessions === undefined ? [] : [within("sessions", sessions, 0, 15)]),
    ),
  };
}

const userNumber = (user: number): number => within("user", user, 1, 63);

export const setUserAccess = async (
  requester: Requester,
  channel: number,
  user: number,
  change: UserAccessChange,
  options?: AskOptions,
): Promise<void> => ask(requester, encodeSetUserAccess(channel, user, change), nothing, options);

const nameLength = 16;

/**
 * A user's name; empty for one that has none. IPMI v2.0 §22.29. Some controllers answer CCh for a slot that is not used
 * (Sun, Inventec).
 */
export async function getUserName(requester: Requester, user: number, options?: AskOptions): Promise<string> {
  const request = { netFn: 0x06, command: 0x46, data: Uint8Array.of(userNumber(user)) };
  try {
    return await ask(requester, request, decodeUserName, options);
  } catch (thrown) {
    if (completionOf(thrown) === 0xcc) return "";
    throw thrown;
  }
}

/** Up to the first NUL: some controllers give more or fewer than 16 bytes. Never throws. */
export const decodeUserName = (data: Buffer): string => decodeText("8-bit", data.subarray(0, nameLength));

/** IPMI v2.0 §22.28. @throws BothyError `BAD_VALUE` for a name of more than 16 bytes, or with characters beyond ASCII */
export function encodeSetUserName(user: number, name: string): IpmiRequest {
  if (name.length > nameLength || !/^[\x20-\x7e]*$/.test(name))
    throw new BothyError("BAD_VALUE", {
      source: "user name",
      value: name,
      expected: "at most 16 ASCII characters",
    });
  const data = Buffer.alloc(1 + nameLength);
  data[0] = userNumber(user);
  data.write(name, 1, "latin1");
  return { netFn: 0x06, command: 0x45, data };
}

/** An empty name frees the slot. */
export const setUserName = async (
  requester: Requester,
  user: number,
  name: string,
  options?: AskOptions,
): Promise<void> => ask(requester, encodeSetUserName(user, name), nothing, options);

/** A user as it is in a list. */
export interface User extends UserAccess {
  readonly user: number;
  readonly name: string;
}

/** All users that have a name or may do anything. Two requests a slot. @throws BothyError */
export async function listUsers(
  requester: Requester,
  channel: number,
  options?: AskOptions,
): Promise<readonly User[]> {
  const users: User[] = [];
  for (let user = 1, maximum = 1; user <= maximum; user++) {
    const access = await getUserAccess(requester, channel, user, options);
    maximum = access.maximum;
    const name = await getUserName(requester, user, options);
    const idle = access.level === "none" || access.level === undefined;
    if (name !== "" || (!idle && access.messaging)) users.push({ user, name, ...access });
  }
  return users;
}
