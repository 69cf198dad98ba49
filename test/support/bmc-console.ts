import { createHash } from "node:crypto";
import type { SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { checksum } from "../../simulators/ipmi/lan/message.ts";
import { buildLegacy, buildRmcpPlus } from "../../simulators/ipmi/lan/packet.ts";
import {
  decrypt,
  deriveKeys,
  encrypt,
  mac,
  type SessionKeys,
  sign,
  suites,
} from "../../simulators/ipmi/lan/suites.ts";

/** What a BMC answered. */
export interface Answer {
  readonly code: number;
  readonly data: Buffer;
}

export interface ConsoleOptions {
  readonly suite?: number;
  readonly user?: string;
  readonly password?: string;
  /** Asked for in the role byte, 1..4. Default 4. */
  readonly level?: number;
  /** Raised to with Set Session Privilege Level. Default: `level`; 0: not at all. */
  readonly raise?: number;
}

export interface RequestOptions {
  /** rqSeq; by default the next one. */
  readonly sequence?: number;
  /** Number of the packet; by default the next one. */
  readonly packet?: number;
}

export interface BmcConsole {
  readonly id: Buffer;
  /** @returns undefined when nothing came back at once */
  request(
    netFn: number,
    command: number,
    data?: readonly number[],
    options?: RequestOptions,
  ): Answer | undefined;
  /** The packet of a request, not sent. */
  packet(netFn: number, command: number, data?: readonly number[], options?: RequestOptions): Buffer;
  /** Everything that came, also late. */
  readonly received: readonly Buffer[];
  /** Sends a packet. @returns what came back at once */
  send(packet: Buffer): readonly Buffer[];
  /** Reads an answer of this session. */
  open(packet: Buffer): Answer;
}

export const peer = { address: "127.0.0.1", port: 40_000 };

/** A whole request message with its check sums. */
export function message(netFn: number, command: number, data: readonly number[], sequence: number): Buffer {
  const head = [0x20, netFn << 2];
  const body = [0x81, sequence << 2, command, ...data];
  return Buffer.from([...head, checksum(Uint8Array.from(head)), ...body, checksum(Uint8Array.from(body))]);
}

/** A request outside sessions, in IPMI v1.5 framing or that of v2.0. */
export function ask(
  bmc: SimulatedBmc,
  netFn: number,
  command: number,
  data: readonly number[],
  framing: "1.5" | "2.0" = "1.5",
): Answer | undefined {
  const plain = message(netFn, command, data, 1);
  const packet =
    framing === "1.5"
      ? buildLegacy({ authType: 0, sequence: 0, sessionId: 0 }, plain)
      : buildRmcpPlus(0, 0, 0, plain);
  const [reply] = exchange(bmc, packet);
  return reply && answerIn(reply.subarray(framing === "1.5" ? 14 : 16));
}

export function exchange(bmc: SimulatedBmc, packet: Buffer): readonly Buffer[] {
  const replies: Buffer[] = [];
  bmc.receive(packet, peer, (reply) => replies.push(reply));
  return replies;
}

const answerIn = (plain: Buffer): Answer => ({ code: plain.readUInt8(6), data: plain.subarray(7, -1) });

/** Payloads of the handshake as far as it went: the open session response, RAKP 2 and 4. */
export interface Handshake {
  readonly opened?: Buffer;
  readonly rakp2?: Buffer;
  readonly rakp4?: Buffer;
  readonly rakp1Packet?: Buffer;
  readonly rakp3Packet?: Buffer;
  readonly keys?: SessionKeys;
}

const consoleId = 0x12345678;

/** Opens a session as far as the BMC lets it. */
export function handshake(bmc: SimulatedBmc, options: ConsoleOptions = {}): Handshake {
  const { user = "admin", password = "admin-pass", level = 4 } = options;
  const suite = suites.find(({ id }) => id === (options.suite ?? 3)) ?? suites[0];
  if (suite === undefined) throw new Error("no suite");
  const payload = (type: number, body: Buffer): Buffer | undefined =>
    exchange(bmc, buildRmcpPlus(type, 0, 0, body))[0]?.subarray(16);
  const id = Buffer.alloc(4);
  id.writeUInt32LE(consoleId);
  const proposal = [suite.authentication, suite.integrity, suite.confidentiality];
  const offers = proposal.flatMap((algorithm, kind) => [kind, 0, 0, 8, algorithm, 0, 0, 0]);
  const opened = payload(0x10, Buffer.from([7, level, 0, 0, ...id, ...offers]));
  if (opened?.[1] !== 0) return opened === undefined ? {} : { opened };
  const sid = opened.subarray(8, 12);
  const rm = createHash("md5").update(sid).digest();
  const name = Buffer.from(user);
  const role = 0x10 | level;
  const rakp1 = Buffer.concat([
    Buffer.from([8, 0, 0, 0]),
    sid,
    rm,
    Buffer.from([role, 0, 0, name.length]),
    name,
  ]);
  const rakp2 = payload(0x12, rakp1);
  const rakp1Packet = buildRmcpPlus(0x12, 0, 0, rakp1);
  if (rakp2?.[1] !== 0) return { opened, rakp1Packet, ...(rakp2 === undefined ? {} : { rakp2 }) };
  const rc = rakp2.subarray(8, 24);
  const tail = Buffer.concat([Uint8Array.of(role, name.length), name]);
  const keys = deriveKeys(suite, mac(suite, Buffer.from(password), rm, rc, tail));
  const proof = mac(suite, Buffer.from(password), rc, id, tail);
  const rakp3 = Buffer.concat([Buffer.from([9, 0, 0, 0]), sid, proof]);
  const rakp4 = payload(0x14, rakp3);
  const rakp3Packet = buildRmcpPlus(0x14, 0, 0, rakp3);
  return { opened, rakp2, keys, rakp1Packet, rakp3Packet, ...(rakp4 === undefined ? {} : { rakp4 }) };
}

/** A console with a session. @throws Error when the BMC does not open one */
export function openConsole(bmc: SimulatedBmc, options: ConsoleOptions = {}): BmcConsole {
  const { opened, rakp4, keys } = handshake(bmc, options);
  const suite = suites.find(({ id }) => id === (options.suite ?? 3));
  if (suite === undefined || opened === undefined || keys === undefined || rakp4?.[1] !== 0) {
    throw new Error(`no session: ${opened?.[1]} ${rakp4?.[1]}`);
  }
  const received: Buffer[] = [];
  const id = Buffer.from(opened.subarray(8, 12));
  const counters = { packet: 0, sequence: 0 };
  const flags = (suite.confidentiality === 0 ? 0 : 0x80) | (suite.integrity === 0 ? 0 : 0x40);
  const send = (packet: Buffer): readonly Buffer[] => {
    const before = received.length;
    bmc.receive(packet, peer, (reply) => received.push(reply));
    return received.slice(before);
  };
  const one: BmcConsole = {
    id,
    received,
    send,
    packet(netFn, command, data = [], { sequence, packet } = {}) {
      counters.sequence = (counters.sequence + 1) % 64;
      const number = packet ?? ++counters.packet;
      const plain = message(netFn, command, data, sequence ?? counters.sequence);
      const body = suite.confidentiality === 0 ? plain : encrypt(keys.encryption, plain);
      const whole = buildRmcpPlus(flags, id.readUInt32LE(), number, body);
      return suite.integrity === 0 ? whole : sign(suite, keys, whole);
    },
    request(netFn, command, data, given) {
      const [reply] = send(one.packet(netFn, command, data, given));
      return reply && one.open(reply);
    },
    open(packet) {
      const body = packet.subarray(16, 16 + packet.readUInt16LE(14));
      const plain = suite.confidentiality === 0 ? body : decrypt(keys.encryption, body);
      if (plain === undefined) throw new Error("cannot be decrypted");
      return answerIn(plain);
    },
  };
  const raise = options.raise ?? options.level ?? 4;
  if (raise > 2) one.request(0x06, 0x3b, [raise]);
  return one;
}
