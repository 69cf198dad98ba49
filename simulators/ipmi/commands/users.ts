import { command, type Command, refuse } from "../command.ts";
import { completion } from "../lan/message.ts";
import type { BmcParts } from "../parts.ts";
import { type Account, level } from "../users.ts";
import { channelOf, lanChannel } from "./session.ts";

const app = 0x06;
const noAccess = 15;

/** Channels, users and payloads. IPMI v2.0 §22.22–22.30, §24. */
export function userCommands(parts: BmcParts): readonly Command[] {
  return [...channels(parts), ...accounts(parts), ...payloads()];
}

function channels({ sessions }: BmcParts): readonly Command[] {
  const access = { mode: 0x22, limit: 0x04 };
  return [
    command(app, 0x40, "administrator", 3, ({ data }) => {
      const [channel = 0, mode = 0, limit = 0] = data;
      if (channelOf(channel) !== lanChannel) refuse(0x82);
      if (mode >> 6 !== 0) access.mode = mode & 0x3f;
      if (limit >> 6 !== 0) access.limit = limit & 0x0f;
      return [];
    }),
    command(app, 0x41, "user", 2, ({ data }) => {
      if (channelOf(data.readUInt8(0)) !== lanChannel) refuse(0x82);
      return [access.mode, access.limit];
    }),
    command(app, 0x42, "user", 1, ({ data }) => {
      const vendor = [0xf2, 0x1b, 0x00]; // the IPMI forum
      if (channelOf(data.readUInt8(0)) !== lanChannel) return [0, 0x01, 0x01, 0x00, ...vendor, 0, 0];
      return [lanChannel, 0x04, 0x01, 0x80 | Math.min(sessions.active().length, 63), ...vendor, 0, 0];
    }),
  ];
}

function accounts({ users, sessions }: BmcParts): readonly Command[] {
  const account = (byte: number): Account => users.get(byte & 0x3f) ?? refuse(completion.invalidField);
  const renameable = (byte: number): Account => {
    const found = account(byte);
    return found.id === 1 ? refuse(completion.invalidField) : found;
  };
  return [
    command(app, 0x43, "administrator", [3, 4], ({ data }) => {
      const [flags = 0, user = 0, limit = 0] = data;
      if (channelOf(flags) !== lanChannel) refuse(completion.invalidField);
      const wanted = limit & 0x0f;
      if (wanted > level.administrator && wanted !== noAccess) refuse(completion.invalidField);
      const one = account(user);
      one.limit = wanted;
      if ((flags & 0x80) !== 0) {
        one.callbackOnly = (flags & 0x40) !== 0;
        one.linkAuthentication = (flags & 0x20) !== 0;
        one.messaging = (flags & 0x10) !== 0;
      }
      return [];
    }),
    command(app, 0x44, "operator", 2, ({ data }) => {
      const [channel = 0, user = 0] = data;
      if (channelOf(channel) !== lanChannel) refuse(completion.invalidField);
      const one = account(user);
      const flags =
        (one.callbackOnly ? 0x40 : 0) | (one.linkAuthentication ? 0x20 : 0) | (one.messaging ? 0x10 : 0);
      const enabled = one.enabled ? 0x40 : 0x80;
      return [users.size, enabled | users.enabled(), 0x01, flags | one.limit];
    }),
    command(app, 0x45, "administrator", 17, ({ data }) => {
      const one = renameable(data.readUInt8(0));
      const end = data.indexOf(0, 1);
      one.name = data.subarray(1, end < 0 ? undefined : end).toString("latin1");
      return [];
    }),
    command(app, 0x46, "operator", 1, ({ data }) => {
      const name = Buffer.alloc(16);
      name.write(account(data.readUInt8(0)).name, "latin1");
      return name;
    }),
    command(app, 0x47, "administrator", [2, 22], ({ data }) => {
      const one = account(data.readUInt8(0));
      password(one, data);
      const [, operation = 0] = data;
      const over = (operation & 3) === 0 || (operation & 3) === 2;
      // Who was locked out, or whose secret changed, does not go on with the old one.
      if (over)
        for (const { id, account: owner } of sessions.active())
          if (owner === one && !one.enabled) sessions.remove(id);
      return [];
    }),
  ];
}

const operation = { disable: 0, enable: 1, set: 2, test: 3 };

/** Set User Password. IPMI v2.0 §22.30. */
function password(one: Account, data: Buffer): void {
  const [user = 0, kind = 0] = data;
  const size = (user & 0x80) === 0 ? 16 : 20;
  const wanted = kind & 0x03;
  if (wanted === operation.disable) one.enabled = false;
  else if (wanted === operation.enable) one.enabled = true;
  else {
    if (data.length !== 2 + size) refuse(completion.wrongLength);
    const given = data.subarray(2);
    if (wanted === operation.set) one.password = Buffer.from(given.subarray(0, lengthOf(given)));
    else if (lengthOf(one.password) > size) refuse(0x81);
    else if (!given.subarray(0, lengthOf(given)).equals(one.password.subarray(0, lengthOf(one.password))))
      refuse(0x80);
  }
}

/** Without the zeros behind. */
function lengthOf(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Payload types: only messages. Serial over LAN can be configured, not used. */
function payloads(): readonly Command[] {
  const disabled = 0x81;
  return [
    command(app, 0x48, "user", 6, () => refuse(disabled)),
    command(app, 0x49, "user", 6, () => refuse(0x80)),
    command(app, 0x4a, "user", 1, ({ data }) =>
      data.readUInt8(0) === 1 ? [1, 0, 0] : refuse(completion.invalidField),
    ),
    command(app, 0x4b, "user", 2, () => new Array<number>(12).fill(0)),
    command(app, 0x4e, "user", 1, ({ data }) => {
      if (channelOf(data.readUInt8(0)) !== lanChannel) refuse(completion.invalidField);
      return [0x01, 0x00, 0x3f, 0x00, 0x00, 0x00, 0x00, 0x00];
    }),
  ];
}
