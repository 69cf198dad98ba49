import type { Clock, Millis } from "../../clock.ts";
import type { Call, Outcome } from "../command.ts";
import type { Users } from "../users.ts";
import { createHandshake, type LanIdentity } from "./handshake.ts";
import { createLegacyLogin, md5 } from "./legacy.ts";
import { buildAnswer, type Message, parseMessage } from "./message.ts";
import {
  buildLegacy,
  buildPong,
  buildRmcpPlus,
  type LegacyPacket,
  parsePacket,
  type RmcpPlusPacket,
} from "./packet.ts";
import type { Peer, Session, SessionTable } from "./sessions.ts";
import { decrypt, encrypt, isSigned, legacyCode, sameBytes, sign } from "./suites.ts";
import { nextSequence } from "./window.ts";

export interface LanServerOptions extends LanIdentity {
  readonly clock: Clock;
  readonly sessions: SessionTable;
  readonly users: Users;
  /** Whether IPMI v1.5 sessions may be opened. */
  readonly legacy: boolean;
  /** Carries out a command; undefined: it hangs, and nobody is answered. */
  readonly execute: (netFn: number, command: number, call: Call) => Outcome | undefined;
  /** Asked for every answer: whether its check sum comes out wrong. */
  readonly spoiled?: () => boolean;
}

export interface LanServer {
  /** What is sent back for a packet that arrived; undefined: nothing. */
  receive(packet: Buffer, peer: Peer): Buffer | undefined;
}

const bmcAddress = 0x20;
/** A request that comes again within this time, and not too many others in between, is not carried out again. */
const remembered: Millis = 30_000;
const rememberedCalls = 16;
const payload = { ipmi: 0x00, openSession: 0x10, rakp1: 0x12, rakp3: 0x14 } as const;
const sessionChallenge = { netFn: 0x06, command: 0x39 };
const activateSession = { netFn: 0x06, command: 0x3a };

/** The network side of a BMC: packets in, packets out, sessions in between. IPMI v2.0 §13. */
export function createLanServer(options: LanServerOptions): LanServer {
  const { clock, sessions } = options;
  const handshake = createHandshake(options, sessions, options.users);
  const login = createLegacyLogin(sessions, options.users);

  const answerOf = (message: Message, { code, data }: Outcome): Buffer => {
    const answer = buildAnswer(message, code, data);
    if (options.spoiled?.() === true)
      answer.writeUInt8(answer.readUInt8(answer.length - 1) ^ 0x5a, answer.length - 1);
    return answer;
  };
  const outside = (message: Message, peer: Peer): Buffer | undefined => {
    const outcome = options.execute(message.netFn, message.command, {
      data: message.data,
      lun: message.lun,
      level: 0,
      peer,
    });
    return outcome && answerOf(message, outcome);
  };
  /** @returns what a request of a session is answered, from memory when it was heard before */
  const inside = (session: Session, message: Message, peer: Peer): Buffer | undefined => {
    const now = clock.monotonic();
    const { sequence, netFn, command, lun, data } = message;
    const key = `${sequence} ${netFn} ${command} ${lun} ${data.toString("latin1")}`;
    const known = session.answered.find((one) => one.key === key && now - one.at < remembered);
    if (known !== undefined) return known.answer;
    const outcome = options.execute(netFn, command, { data, lun, session, level: session.level, peer });
    if (outcome === undefined) return undefined;
    const answer = answerOf(message, outcome);
    session.answered.push({ key, answer, at: now });
    if (session.answered.length > rememberedCalls) session.answered.shift();
    return answer;
  };

  const rmcpPlus = (packet: RmcpPlusPacket, peer: Peer): Buffer | undefined => {
    if (packet.sessionId !== 0) return sessionPacket(packet, peer);
    if (packet.encrypted || packet.authenticated) return undefined;
    const reply = (type: number, data: Buffer | undefined): Buffer | undefined =>
      data && buildRmcpPlus(type, 0, 0, data);
    switch (packet.payloadType) {
      case payload.ipmi: {
        const message = requestOf(packet.payload);
        return message && reply(payload.ipmi, outside(message, peer));
      }
      case payload.openSession:
        return reply(payload.openSession + 1, handshake.openSession(packet.payload, peer));
      case payload.rakp1:
        return reply(payload.rakp1 + 1, handshake.rakp1(packet.payload));
      case payload.rakp3:
        return reply(payload.rakp3 + 1, handshake.rakp3(packet.payload));
      default:
        return undefined;
    }
  };
  const sessionPacket = (packet: RmcpPlusPacket, peer: Peer): Buffer | undefined => {
    const session = sessions.find(packet.sessionId);
    if (session?.kind !== "rmcp+" || session.phase !== "active") return undefined;
    if (packet.payloadType !== payload.ipmi) return undefined;
    const message = open(session, packet);
    if (message === undefined) return undefined;
    session.touched = clock.monotonic();
    session.peer = peer;
    const answer = inside(session, message, peer);
    const sent = answer && seal(session, answer);
    if (session.closing) sessions.remove(session.id);
    return sent;
  };

  const legacy = (packet: LegacyPacket, peer: Peer): Buffer | undefined => {
    const message = requestOf(packet.payload);
    if (message === undefined) return undefined;
    if (packet.sessionId !== 0) return legacySession(packet, message, peer);
    if (packet.authType !== 0) return undefined;
    const challenge = options.legacy && is(message, sessionChallenge);
    const answer = challenge
      ? answerOf(message, outcomeOf(login.challenge(message.data, peer)))
      : outside(message, peer);
    return answer && buildLegacy({ authType: 0, sequence: 0, sessionId: 0 }, answer);
  };
  const legacySession = (packet: LegacyPacket, message: Message, peer: Peer): Buffer | undefined => {
    const session = sessions.find(packet.sessionId);
    if (session?.kind !== "legacy" || packet.authType !== md5) return undefined;
    const { sequence, sessionId } = packet;
    const password = session.account?.password ?? Buffer.alloc(0);
    if (!sameBytes(legacyCode(password, sessionId, sequence, packet.payload), packet.code)) return undefined;
    if (session.phase === "active" && session.window?.accept(sequence) !== true) return undefined;
    if (session.phase !== "active" && !is(message, activateSession)) return undefined;
    session.touched = clock.monotonic();
    session.peer = peer;
    const answer =
      session.phase === "active"
        ? inside(session, message, peer)
        : answerOf(message, outcomeOf(login.activate(session, message.data)));
    if (session.closing) sessions.remove(session.id);
    if (answer === undefined) return undefined;
    const number = session.phase === "active" ? session.outgoing : 0;
    session.outgoing = nextSequence(session.outgoing);
    const code = legacyCode(password, sessionId, number, answer);
    return buildLegacy({ authType: md5, sequence: number, sessionId, code }, answer);
  };

  return {
    receive(bytes, peer) {
      const packet = parsePacket(bytes);
      switch (packet?.kind) {
        case "ping":
          return buildPong(packet.tag);
        case "legacy":
          return legacy(packet, peer);
        case "rmcp+":
          return rmcpPlus(packet, peer);
        case undefined:
          return undefined;
      }
    },
  };
}

const is = (message: Message, wanted: { readonly netFn: number; readonly command: number }): boolean =>
  message.netFn === wanted.netFn && message.command === wanted.command;

const outcomeOf = ([code, data]: readonly [number, Buffer?]): Outcome => ({
  code,
  data: data ?? Buffer.alloc(0),
});

/** A request to this controller. */
function requestOf(bytes: Buffer): Message | undefined {
  const message = parseMessage(bytes);
  return message?.responder === bmcAddress ? message : undefined;
}

/** Checks, in this order: protection as agreed, code, sequence, encryption, message. */
function open(session: Session, packet: RmcpPlusPacket): Message | undefined {
  const { suite, keys } = session;
  const [signed, hidden] = [suite.integrity !== 0, suite.confidentiality !== 0];
  if (packet.authenticated !== signed || packet.encrypted !== hidden) return undefined;
  if (signed && (keys === undefined || !isSigned(suite, keys, packet.covered))) return undefined;
  if (session.window?.accept(packet.sequence) !== true) return undefined;
  const plain = hidden ? keys && decrypt(keys.encryption, packet.payload) : packet.payload;
  return plain && requestOf(plain);
}

function seal(session: Session, answer: Buffer): Buffer {
  const { suite, keys } = session;
  const [signed, hidden] = [suite.integrity !== 0, suite.confidentiality !== 0];
  const flags = (hidden ? 0x80 : 0) | (signed ? 0x40 : 0);
  const body = hidden && keys !== undefined ? encrypt(keys.encryption, answer) : answer;
  const packet = buildRmcpPlus(flags, session.consoleId, session.outgoing, body);
  session.outgoing = nextSequence(session.outgoing);
  return signed && keys !== undefined ? sign(suite, keys, packet) : packet;
}
