import { command, type Command, refuse } from "../command.ts";
import { completion } from "../lan/message.ts";
import type { BmcParts } from "../parts.ts";
import { channelOf, lanChannel } from "./session.ts";

const transport = 0x0c;
const revision = 0x11;
const unknown = 0x80;
const revisionOnly = 0x80;

/** LAN and serial over LAN configuration. IPMI v2.0 §23, §26. */
export function transportCommands({ lan }: BmcParts): readonly Command[] {
  const sol = new Map<number, Buffer>(
    Object.entries<readonly number[]>({
      0: [0],
      1: [0], // disabled
      2: [0xc2], // encrypted, authenticated, user
      3: [12, 96],
      4: [7, 50],
      5: [0x0a],
      6: [0x0a],
      7: [lanChannel],
      8: [0x6f, 0x02],
    }).map(([parameter, value]) => [Number(parameter), Buffer.from(value)]),
  );
  const onLan = (byte: number): void => {
    if (channelOf(byte) !== lanChannel) refuse(completion.invalidField);
  };
  const done = (code: number): readonly number[] => (code === 0 ? [] : refuse(code));
  return [
    command(transport, 0x01, "administrator", [3, 40], ({ data }) => {
      onLan(data.readUInt8(0));
      return done(lan.set(data.readUInt8(1), data.subarray(2)));
    }),
    command(transport, 0x02, "operator", 4, ({ data }) => {
      onLan(data.readUInt8(0));
      if ((data.readUInt8(0) & revisionOnly) !== 0) return [revision];
      return [revision, ...(lan.get(data.readUInt8(1), data.readUInt8(2)) ?? refuse(unknown))];
    }),
    command(transport, 0x21, "administrator", [3, 4], ({ data }) => {
      onLan(data.readUInt8(0));
      const old = sol.get(data.readUInt8(1)) ?? refuse(unknown);
      if (old.length !== data.length - 2) refuse(completion.wrongLength);
      sol.set(data.readUInt8(1), Buffer.from(data.subarray(2)));
      return [];
    }),
    command(transport, 0x22, "user", 4, ({ data }) => {
      onLan(data.readUInt8(0));
      if ((data.readUInt8(0) & revisionOnly) !== 0) return [revision];
      return [revision, ...(sol.get(data.readUInt8(1)) ?? refuse(unknown))];
    }),
  ];
}
