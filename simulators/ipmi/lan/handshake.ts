import { randomBytes } from "node:crypto";
import { type Account, level, type Users } from "../users.ts";
import type { Peer, Session, SessionTable } from "./sessions.ts";
import { deriveKeys, mac, sameBytes, type Suite, suites } from "./suites.ts";
import { createWindow } from "./window.ts";

/** What the BMC tells about itself while a session is being opened. */
export interface LanIdentity {
  readonly guid: Buffer;
  /** Ids of the suites it accepts. */
  readonly suites: readonly number[];
  /** The BMC key of two-key logins, 20 bytes at most; absent: the user's password takes its place. */
  readonly kg?: Buffer;
}

export interface Handshake {
  openSession(payload: Buffer, peer: Peer): Buffer | undefined;
  rakp1(payload: Buffer): Buffer | undefined;
  rakp3(payload: Buffer): Buffer | undefined;
}

/** RMCP+ status codes. IPMI v2.0 table 13-15. */
const status = {
  ok: 0x00,
  noResources: 0x01,
  wrongRole: 0x09,
  unauthorizedRole: 0x0a,
  wrongNameLength: 0x0c,
  unauthorizedName: 0x0d,
  wrongCode: 0x0f,
  noSuchSuite: 0x11,
} as const;

const byName = 0x10;
const windowSize = { ahead: 15, behind: 16 };

/** The opening of RMCP+ sessions. IPMI v2.0 §13.17–13.24. Messages out of turn are not answered. */
export function createHandshake(identity: LanIdentity, sessions: SessionTable, users: Users): Handshake {
  const openSession = (payload: Buffer, peer: Peer): Buffer | undefined => {
    if (payload.length !== 32) return undefined;
    const refuse = (code: number): Buffer =>
      Buffer.concat([Uint8Array.of(payload.readUInt8(0), code, 0, 0), payload.subarray(4, 8)]);
    const suite = chooseSuite(payload, identity.suites);
    if (suite === undefined) return refuse(status.noSuchSuite);
    const asked = payload.readUInt8(1) & 0x0f;
    const ceiling = asked === 0 ? level.administrator : Math.min(asked, level.administrator);
    const consoleId = payload.readUInt32LE(4);
    const session = sessions.open({ kind: "rmcp+", suite, consoleId, peer, ceiling });
    if (session === undefined) return refuse(status.noResources);
    const answer = Buffer.alloc(36);
    answer.set([payload.readUInt8(0), status.ok, ceiling, 0]);
    answer.writeUInt32LE(consoleId, 4);
    answer.writeUInt32LE(session.id, 8);
    const chosen = [suite.authentication, suite.integrity, suite.confidentiality];
    chosen.forEach((algorithm, i) => answer.set([i, 0, 0, 8, algorithm], 12 + 8 * i));
    return answer;
  };

  const rakp1 = (payload: Buffer): Buffer | undefined => {
    if (payload.length < 28) return undefined;
    const session = rmcpPlusSession(payload);
    if (session === undefined) return undefined;
    if (session.phase === "challenged" && session.heard?.equals(payload) === true) return session.said;
    if (session.phase !== "opened") return undefined;
    const head = (code: number): Buffer => headOf(payload, code, session);
    const refuse = (code: number): Buffer => {
      sessions.remove(session.id);
      return head(code);
    };
    const role = payload.readUInt8(24);
    const nameLength = payload.readUInt8(27);
    if (nameLength > 16 || payload.length < 28 + nameLength) return refuse(status.wrongNameLength);
    const name = payload.subarray(28, 28 + nameLength);
    const wanted = role & 0x0f;
    if (wanted > level.administrator) return refuse(status.wrongRole);
    const account = users.find(name, (role & byName) === 0 ? wanted : undefined);
    if (account === undefined) return refuse(status.unauthorizedName);
    const ceiling = wanted === 0 ? account.limit : wanted;
    if (ceiling > account.limit || ceiling > session.ceiling) return refuse(status.unauthorizedRole);
    const rc = randomBytes(16);
    const code = challenge(session, account, { rm: payload.subarray(8, 24), rc, role, name });
    session.phase = "challenged";
    session.ceiling = ceiling;
    session.heard = Buffer.from(payload);
    session.said = Buffer.concat([head(status.ok), rc, identity.guid, code]);
    return session.said;
  };

  /** Prepares all keys and codes. @returns the code of RAKP message 2 */
  const challenge = (
    session: Session,
    account: Account,
    { rm, rc, role, name }: Readonly<{ rm: Buffer; rc: Buffer; role: number; name: Buffer }>,
  ): Buffer => {
    const { suite } = session;
    const ids = Buffer.alloc(8);
    ids.writeUInt32LE(session.consoleId);
    ids.writeUInt32LE(session.id, 4);
    const roleAndName = Buffer.concat([Uint8Array.of(role, name.length), name]);
    const sik = mac(suite, identity.kg ?? account.password, rm, rc, roleAndName);
    session.account = account;
    session.keys = deriveKeys(suite, sik);
    session.proof = mac(suite, account.password, rc, ids.subarray(0, 4), roleAndName);
    session.check = mac(suite, sik, rm, ids.subarray(4), identity.guid).subarray(0, suite.cut);
    return mac(suite, account.password, ids, rm, rc, identity.guid, roleAndName);
  };

  const rakp3 = (payload: Buffer): Buffer | undefined => {
    if (payload.length < 8) return undefined;
    const session = rmcpPlusSession(payload);
    if (session === undefined) return undefined;
    if (session.phase === "active") {
      return session.heard?.equals(payload) === true ? session.said : undefined;
    }
    if (session.phase !== "challenged") return undefined;
    if (payload[1] !== status.ok) {
      sessions.remove(session.id);
      return undefined;
    }
    if (!sameBytes(payload.subarray(8), session.proof ?? Buffer.alloc(0))) {
      sessions.remove(session.id);
      return headOf(payload, status.wrongCode, session);
    }
    session.phase = "active";
    session.level = Math.min(session.ceiling, level.user);
    session.window = createWindow(0, windowSize.ahead, windowSize.behind);
    session.heard = Buffer.from(payload);
    session.said = Buffer.concat([headOf(payload, status.ok, session), session.check ?? Buffer.alloc(0)]);
    return session.said;
  };

  const rmcpPlusSession = (payload: Buffer): Session | undefined => {
    const session = sessions.find(payload.readUInt32LE(4));
    return session?.kind === "rmcp+" ? session : undefined;
  };
  return { openSession, rakp1, rakp3 };
}

/** Tag of what was asked, status, and the console's session id. */
function headOf(payload: Buffer, code: number, session: Session): Buffer {
  const head = Buffer.alloc(8);
  head.set([payload.readUInt8(0), code]);
  head.writeUInt32LE(session.consoleId, 4);
  return head;
}

/** Of the suites that fit the three proposals, 3 where the console leaves it open, else the strongest. */
function chooseSuite(payload: Buffer, offered: readonly number[]): Suite | undefined {
  const proposed = [8, 16, 24].map((offset) =>
    payload.readUInt8(offset + 3) === 0 ? undefined : payload.readUInt8(offset + 4) & 0x3f,
  );
  const fitting = suites.filter(
    ({ id, authentication, integrity, confidentiality }) =>
      offered.includes(id) &&
      [authentication, integrity, confidentiality].every(
        (algorithm, i) => proposed[i] === undefined || proposed[i] === algorithm,
      ),
  );
  const open = proposed.includes(undefined);
  return (open ? fitting.find(({ id }) => id === 3) : undefined) ?? fitting.at(-1);
}
