import { isIPv4 } from "node:net";
import { type Call, command, type Command, refuse, u16 } from "../command.ts";
import { completion } from "../lan/message.ts";
import type { Session } from "../lan/sessions.ts";
import { suiteRecords } from "../lan/suites.ts";
import type { BmcParts } from "../parts.ts";
import { level } from "../users.ts";

const app = 0x06;
export const lanChannel = 1;
const presentChannel = 0x0e;
const md5Allowed = 0x04;

/** Number of a channel that exists, `0Eh` being the one that is asked. Refuses others. */
export function channelOf(byte: number): number {
  const channel = byte & 0x0f;
  if (channel === presentChannel || channel === lanChannel) return lanChannel;
  return channel === 0 ? 0 : refuse(completion.invalidField);
}

/** Logging in and out. IPMI v2.0 §22.13–22.20. */
export function sessionCommands(parts: BmcParts): readonly Command[] {
  const { sessions, login } = parts;
  return [
    command(app, 0x38, "none", 2, ({ data }) => {
      const [asked = 0, wanted = 0] = data;
      if (channelOf(asked) !== lanChannel) refuse(completion.invalidField);
      if ((wanted & 0x0f) === 0 || (wanted & 0x0f) > level.administrator) refuse(completion.invalidField);
      const extended = (asked & 0x80) !== 0;
      const types = (extended ? 0x80 : 0) | (login.legacy ? md5Allowed : 0);
      const status = (login.kg ? 0x20 : 0) | 0x04; // named users only
      return [lanChannel, types, status, extended ? (login.legacy ? 0x03 : 0x02) : 0, 0, 0, 0, 0];
    }),
    command(app, 0x54, "none", 3, ({ data }) => {
      const [channel = 0, , index = 0] = data;
      if (channelOf(channel) !== lanChannel) refuse(completion.invalidField);
      const records = suiteRecords(login.suites);
      const start = (index & 0x3f) * 16;
      return [lanChannel, ...records.subarray(start, start + 16)];
    }),
    command(app, 0x3b, "user", 1, ({ data, session }) => {
      const wanted = data.readUInt8(0) & 0x0f;
      if (session === undefined) return refuse(completion.notNow);
      if (wanted === 0) return [session.level];
      if (wanted > level.administrator || wanted < level.user) refuse(0x80);
      if (wanted > session.ceiling) refuse(0x81);
      session.level = wanted;
      return [wanted];
    }),
    command(app, 0x3c, "none", [4, 5], ({ data, session }) => {
      if (session === undefined) return refuse(completion.noPrivilege);
      const id = data.readUInt32LE(0);
      if (id === session.id) {
        session.closing = true;
        return [];
      }
      const other = sessions.find(id);
      if (other?.phase !== "active") return refuse(0x87);
      if (session.level < level.administrator) return refuse(completion.noPrivilege);
      sessions.remove(id);
      return [];
    }),
    command(app, 0x3d, "user", [1, 5], (call) => sessionInfo(parts, call)),
  ];
}

/** Get Session Info. IPMI v2.0 §22.20. */
function sessionInfo({ sessions }: BmcParts, { data, session }: Call): readonly number[] {
  const active = sessions.active();
  const index = data.readUInt8(0);
  const least = index === 0xfe ? 2 : index === 0xff ? 5 : 1;
  if (data.length < least) refuse(completion.wrongLength);
  const found = (): Session | undefined => {
    if (index === 0) return session;
    if (index === 0xfe) return active.find(({ handle }) => handle === data.readUInt8(1));
    if (index === 0xff) return active.find(({ id }) => id === data.readUInt32LE(1));
    return active[index - 1];
  };
  const one = found();
  const head = [one?.handle ?? 0, Math.min(sessions.limit, 63), active.length];
  if (one === undefined) {
    // Past the last of the list there is nothing, which is no mistake; a handle or an id was meant.
    return index < 0xfe ? head : refuse(completion.notPresent);
  }
  const { address, port } = one.peer;
  return [
    ...head,
    one.account?.id ?? 0,
    one.level,
    ((one.kind === "rmcp+" ? 1 : 0) << 4) | lanChannel,
    ...(isIPv4(address) ? address.split(".").map(Number) : [0, 0, 0, 0]),
    ...[0, 0, 0, 0, 0, 0],
    ...u16(port),
  ];
}
