import { randomBytes, randomInt } from "node:crypto";
import { level, type Users } from "../users.ts";
import { completion } from "./message.ts";
import type { Peer, Session, SessionTable } from "./sessions.ts";
import { type Suite, suites } from "./suites.ts";
import { createWindow } from "./window.ts";

/** Sessions of IPMI v1.5 with MD5. IPMI v2.0 §6.12, §22.16–22.17. */
export interface LegacyLogin {
  /** Get Session Challenge. @returns completion code and data */
  challenge(data: Buffer, peer: Peer): readonly [number, Buffer?];
  /** Activate Session, whose code was checked with the password of the session. @returns code and data */
  activate(session: Session, data: Buffer): readonly [number, Buffer?];
}

export const md5 = 2;
const windowSize = 8;
const noSuchUser = 0x81;
const sequenceOutOfRange = 0x84;
const levelTooHigh = 0x86;
/** No RMCP+ suite says anything about such a session; the field wants one. */
const none: Suite = suites[0] ?? { id: 0, authentication: 0, integrity: 0, confidentiality: 0, cut: 0 };

export function createLegacyLogin(sessions: SessionTable, users: Users): LegacyLogin {
  return {
    challenge(data, peer) {
      if (data.length !== 17) return [completion.wrongLength];
      if (data[0] !== md5) return [completion.invalidField];
      const end = data.indexOf(0, 1);
      const account = users.find(data.subarray(1, end < 0 ? undefined : end));
      if (account === undefined) return [noSuchUser];
      const session = sessions.open({
        kind: "legacy",
        suite: none,
        consoleId: 0,
        peer,
        ceiling: account.limit,
      });
      if (session === undefined) return [completion.outOfSpace];
      session.account = account;
      session.phase = "challenged";
      session.proof = randomBytes(16);
      const id = Buffer.alloc(4);
      id.writeUInt32LE(session.id);
      return [completion.ok, Buffer.concat([id, session.proof])];
    },

    activate(session, data) {
      if (data.length !== 22) return [completion.wrongLength];
      if (session.proof?.equals(data.subarray(2, 18)) !== true) return [completion.invalidField];
      const wanted = data.readUInt8(1) & 0x0f;
      if (wanted === 0 || wanted > session.ceiling) return [levelTooHigh];
      const outgoing = data.readUInt32LE(18);
      if (outgoing === 0) return [sequenceOutOfRange];
      const first = randomInt(windowSize + 1, 0x7fffffff);
      session.phase = "active";
      session.ceiling = wanted;
      session.level = Math.min(wanted, level.user);
      session.outgoing = outgoing;
      session.window = createWindow(first - 1, windowSize, windowSize);
      const answer = Buffer.alloc(10);
      answer[0] = md5;
      answer.writeUInt32LE(session.id, 1);
      answer.writeUInt32LE(first, 5);
      answer[9] = wanted;
      return [completion.ok, answer];
    },
  };
}
