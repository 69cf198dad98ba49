import type { Millis } from "../../devices/clock.ts";
import { cipherSuite } from "../../plugins/ipmi/lan/cipher-suites.ts";
import type { IpmiSocket, Receiver, Remote } from "../../plugins/ipmi/lan/index.ts";
import { decodePacket15, encodePacket15 } from "../../plugins/ipmi/lan/ipmi15.ts";
import { checksum, decodeRequest, type RequestMessage } from "../../plugins/ipmi/lan/message.ts";
import {
  decodeHeader,
  encodeOutside,
  payloadOf,
  payloadTypes,
  sealPacket,
} from "../../plugins/ipmi/lan/rmcp-plus.ts";
import type { TestClock } from "./test-clock.ts";

/** What becomes of a packet: when each copy of it arrives; none at all when it is lost. */
export type Fate = readonly Millis[];

export interface Answer {
  readonly completion?: number;
  readonly data?: Buffer;
  /** How long the BMC takes. */
  readonly takes?: Millis;
}

const unprotected = { suite: cipherSuite(0)!, keys: undefined };
const flight: Millis = 1;

/**
 * A BMC without wires, on the test clock: for what happens between packets. Its sessions are those of suite 0, so that
 * nothing but their order is to be looked at. What it is asked, other than about sessions, `answer` answers.
 */
export class MockBmc {
  /** Everything it did, in hexadecimal: NetFn, command, data. */
  readonly executed: string[] = [];
  /** Everything that was opened. */
  opened = 0;
  closed = 0;
  up = true;
  /** It knows IPMI 1.5 only, and nothing of the question for versions. */
  old = false;
  /** The highest privilege level a session gets. */
  highest = 4;
  /** More requests than these at once are dropped. */
  tolerates = Infinity;
  most = 0;
  toBmc: (packet: Buffer) => Fate = () => [flight];
  toClient: (packet: Buffer) => Fate = () => [flight];
  answer: (request: RequestMessage, times: number) => Answer | undefined = ({ data }) => ({
    data: Buffer.from(data ?? []),
  });
  /** Statuses for the answers of the handshake, by the type of the question. */
  readonly refuses = new Map<number, number>();
  readonly #clock: TestClock;
  readonly #sessions = new Map<number, { readonly consoleId: Buffer; sent: number }>();
  readonly #seen = new Map<string, number>();
  #next = 1;
  #outstanding = 0;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Forgets its sessions, as after a power cut. */
  reboot(): void {
    this.#sessions.clear();
    this.#outstanding = 0;
  }

  take(packet: Buffer, reply: (packet: Buffer) => void): void {
    if (!this.up) return;
    const header = decodeHeader(packet);
    if (this.old && header !== undefined) return;
    if (header === undefined) {
      const outside = decodePacket15(packet);
      if (outside?.sessionId === 0) this.#outside(outside.message, reply);
    } else if (header.sessionId === 0) {
      this.#handshake(header.payloadType, payloadOf(packet, header), reply);
    } else {
      const session = this.#sessions.get(header.sessionId);
      const message = decodeRequest(payloadOf(packet, header));
      if (session === undefined || message === undefined) return;
      this.#within(header.sessionId, message, reply);
    }
  }

  #outside(message: Buffer, reply: (packet: Buffer) => void): void {
    const request = decodeRequest(message);
    if (request?.command !== 0x38) return;
    const asksVersions = ((request.data?.[0] ?? 0) & 0x80) !== 0 && !this.old;
    const data = Buffer.from(asksVersions ? [1, 0x84, 4, 2, 0, 0, 0, 0] : [1, 4, 4, 0, 0, 0, 0, 0]);
    reply(encodePacket15({ message: answerTo(request, 0, data), sequence: 0, sessionId: 0 }));
  }

  #handshake(type: number, payload: Buffer, reply: (packet: Buffer) => void): void {
    const status = this.refuses.get(type) ?? 0;
    const say = (...parts: readonly Buffer[]): void =>
      reply(encodeOutside(type + 1, Buffer.concat([Buffer.from([payload[0]!, status, 4, 0]), ...parts])));
    const id = payload.readUInt32LE(4);
    if (type === payloadTypes.openSessionRequest) {
      const consoleId = Buffer.from(payload.subarray(4, 8));
      const bmcId = Buffer.alloc(4);
      bmcId.writeUInt32LE(this.#next++);
      this.#sessions.set(bmcId.readUInt32LE(0), { consoleId, sent: 0 });
      say(consoleId, bmcId, payload.subarray(8));
      return;
    }
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    if (type === payloadTypes.rakp1) say(session.consoleId, Buffer.alloc(32));
    if (type !== payloadTypes.rakp3) return;
    this.opened++;
    say(session.consoleId);
  }

  #within(id: number, request: RequestMessage, reply: (packet: Buffer) => void): void {
    const { command, netFn } = request;
    const data = Buffer.from(request.data ?? []);
    const say = (completion: number, answer: Buffer): void => {
      const session = this.#sessions.get(id);
      if (session === undefined || !this.up) return;
      const payload = answerTo(request, completion, answer);
      const sessionId = session.consoleId.readUInt32LE(0);
      const content = { payload, payloadType: payloadTypes.ipmi, sessionId, sequence: ++session.sent };
      reply(sealPacket(unprotected, content, Buffer.alloc(16)));
    };
    if (netFn === 0x06 && command === 0x3b) {
      if (data.readUInt8(0) > this.highest) say(0x81, Buffer.alloc(0));
      else say(0, data);
    } else if (netFn === 0x06 && command === 0x3c) {
      say(0, Buffer.alloc(0));
      this.#sessions.delete(data.readUInt32LE(0));
      this.closed++;
    } else {
      this.#execute(id, request, data, say);
    }
  }

  #execute(
    id: number,
    request: RequestMessage,
    data: Buffer,
    say: (completion: number, answer: Buffer) => void,
  ): void {
    if (this.#outstanding >= this.tolerates) return;
    const done = Buffer.from([request.netFn, request.command, ...data]).toString("hex");
    const key = `${id} ${request.sequence} ${done}`;
    const times = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, times);
    const answer = this.answer(request, times);
    if (answer?.completion !== 0xcf) this.executed.push(done);
    this.most = Math.max(this.most, ++this.#outstanding);
    this.#clock.at(this.#clock.monotonic() + (answer?.takes ?? 0), () => {
      this.#outstanding = Math.max(0, this.#outstanding - 1);
      if (answer !== undefined) say(answer.completion ?? 0, answer.data ?? Buffer.alloc(0));
    });
  }
}

/** The answer to a request, addresses the other way round. */
function answerTo(request: RequestMessage, completion: number, data: Buffer): Buffer {
  const size = 8 + data.length;
  const bytes = Buffer.alloc(size);
  bytes.set([request.requester ?? 0x81, (request.netFn + 1) << 2, 0, request.responder ?? 0x20]);
  bytes[2] = checksum(bytes, 0, 2);
  bytes.set([request.sequence << 2, request.command, completion, ...data], 4);
  bytes[size - 1] = checksum(bytes, 3, size - 1);
  return bytes;
}

/** A network of such BMCs, by their addresses; `names` may change while it runs. */
export function mockNetwork(
  clock: TestClock,
  bmcs: Readonly<Record<string, MockBmc>>,
  names: Record<string, string> = {},
): IpmiSocket {
  const counts = {
    sent: 0,
    received: 0,
    sentBytes: 0,
    receivedBytes: 0,
    strange: 0,
    unclaimed: 0,
    unsent: 0,
  };
  let tag = 0;
  const later = (fate: Fate, arrive: () => void): void => {
    for (const delay of fate) clock.at(clock.monotonic() + delay, arrive);
  };
  const attach = (remote: Remote, receive: Receiver): ReturnType<IpmiSocket["attach"]> => {
    let attached = true;
    const bmc = bmcs[remote.address];
    const reply = (packet: Buffer): void =>
      later(bmc?.toClient(packet) ?? [], () => {
        counts.received++;
        if (!attached || !receive(Buffer.from(packet))) counts.unclaimed++;
      });
    return {
      remote,
      tag: () => (tag = (tag + 1) & 0xff),
      send: (packet) => {
        counts.sent++;
        const copy = Buffer.from(packet);
        later(bmc?.toBmc(copy) ?? [], () => bmc?.take(copy, reply));
      },
      detach: () => (attached = false),
    };
  };
  return {
    resolve: (host) => Promise.resolve([{ address: names[host] ?? host, family: 4 }]),
    attach,
    counts: () => ({ ...counts }),
    close: () => Promise.resolve(),
  };
}
