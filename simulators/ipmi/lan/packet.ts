/** What can arrive on the port of a BMC. IPMI v2.0 §13.1–13.6. */
export type Packet = { readonly kind: "ping"; readonly tag: number } | LegacyPacket | RmcpPlusPacket;

/** IPMI v1.5 framing. */
export interface LegacyPacket {
  readonly kind: "legacy";
  readonly authType: number;
  readonly sequence: number;
  readonly sessionId: number;
  readonly code: Buffer;
  readonly payload: Buffer;
}

/** RMCP+ framing. */
export interface RmcpPlusPacket {
  readonly kind: "rmcp+";
  readonly payloadType: number;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  readonly sessionId: number;
  readonly sequence: number;
  readonly payload: Buffer;
  /** From the authentication type on, trailer included: what the integrity code is about. */
  readonly covered: Buffer;
}

const asf = 0x06;
const ipmi = 0x07;
const asfIana = 4542;
export const rmcpPlus = 0x06;
const headerLength = 16;
const largest = 1024;

/** @returns undefined for what a BMC would not even look at */
export function parsePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length < 12 || bytes.length > largest || bytes[0] !== 6) return undefined;
  if (bytes[3] === asf) return parsePing(bytes);
  if (bytes[3] !== ipmi) return undefined;
  return bytes[4] === rmcpPlus ? parseRmcpPlus(bytes) : parseLegacy(bytes);
}

function parsePing(bytes: Buffer): Packet | undefined {
  if (bytes.readUInt32BE(4) !== asfIana || bytes[8] !== 0x80) return undefined;
  return { kind: "ping", tag: bytes.readUInt8(9) };
}

function parseLegacy(bytes: Buffer): LegacyPacket | undefined {
  const authType = bytes.readUInt8(4);
  const codeLength = authType === 0 ? 0 : 16;
  const start = 13 + codeLength;
  if (bytes.length <= start) return undefined;
  const length = bytes.readUInt8(start);
  // Some senders add a byte for the sake of old network chips: more than announced is fine.
  if (bytes.length < start + 1 + length) return undefined;
  return {
    kind: "legacy",
    authType,
    sequence: bytes.readUInt32LE(5),
    sessionId: bytes.readUInt32LE(9),
    code: bytes.subarray(13, start),
    payload: bytes.subarray(start + 1, start + 1 + length),
  };
}

function parseRmcpPlus(bytes: Buffer): RmcpPlusPacket | undefined {
  if (bytes.length < headerLength) return undefined;
  const flags = bytes.readUInt8(5);
  const length = bytes.readUInt16LE(14);
  if (bytes.length < headerLength + length) return undefined;
  return {
    kind: "rmcp+",
    payloadType: flags & 0x3f,
    encrypted: (flags & 0x80) !== 0,
    authenticated: (flags & 0x40) !== 0,
    sessionId: bytes.readUInt32LE(6),
    sequence: bytes.readUInt32LE(10),
    payload: bytes.subarray(headerLength, headerLength + length),
    covered: bytes.subarray(4),
  };
}

/** The answer to a presence ping: IPMI is spoken here. ASF v2.0 §3.2.4.3. */
export function buildPong(tag: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.set([6, 0, 0xff, asf]);
  bytes.writeUInt32BE(asfIana, 4);
  bytes.set([0x40, tag, 0, 16], 8);
  bytes.writeUInt32BE(asfIana, 12);
  bytes[20] = 0x81;
  return bytes;
}

/** @param code 16 bytes, or none with type 0 */
export function buildLegacy(
  packet: Pick<LegacyPacket, "authType" | "sequence" | "sessionId"> & { readonly code?: Uint8Array },
  payload: Uint8Array,
): Buffer {
  const head = Buffer.alloc(13);
  head.set([6, 0, 0xff, ipmi, packet.authType]);
  head.writeUInt32LE(packet.sequence, 5);
  head.writeUInt32LE(packet.sessionId, 9);
  return Buffer.concat([head, packet.code ?? Buffer.alloc(0), Uint8Array.of(payload.length), payload]);
}

/** Header and payload of a packet, without trailer. @param flags payload type with bits 7 and 6 */
export function buildRmcpPlus(
  flags: number,
  sessionId: number,
  sequence: number,
  payload: Uint8Array,
): Buffer {
  const bytes = Buffer.alloc(headerLength + payload.length);
  bytes.set([6, 0, 0xff, ipmi, rmcpPlus, flags]);
  bytes.writeUInt32LE(sessionId, 6);
  bytes.writeUInt32LE(sequence, 10);
  bytes.writeUInt16LE(payload.length, 14);
  bytes.set(payload, headerLength);
  return bytes;
}
