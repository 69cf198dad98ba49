import { blockLength } from "./aes.ts";
import { type CipherSuite, confidentiality } from "./cipher-suites.ts";
import { integrityHash, sameCode, type SessionKeys } from "./keys.ts";
import { writeRmcpHeader } from "./rmcp.ts";

/** IPMI v2.0 table 13-16. */
export const payloadTypes = {
  ipmi: 0x00,
  sol: 0x01,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

/** Says in the byte after RMCP's header that a packet is one of IPMI v2.0. */
export const plusFormat = 0x06;

const headerLength = 16;
/** What integrity covers begins behind RMCP's header. */
const coveredFrom = 4;
const encryptedFlag = 0x80;
const authenticatedFlag = 0x40;
const ivLength = 16;
const nextHeader = 0x07;

/** The outside of a packet. IPMI v2.0 table 13-8. */
export interface PlusHeader {
  readonly payloadType: number;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  /** 0: outside of any session. */
  readonly sessionId: number;
  readonly sequence: number;
  /** Where the payload ends and the trailer begins. */
  readonly end: number;
}

/** How a session's packets are protected. Without keys nothing is. */
export interface Protection {
  readonly suite: CipherSuite;
  readonly keys: SessionKeys | undefined;
}

/** What one packet of a session says. */
export interface PlusPayload {
  readonly payloadType: number;
  readonly sessionId: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

const isEncrypted = ({ suite }: Protection): boolean => suite.confidentiality === confidentiality.aesCbc128;

function writeHeader(
  packet: Buffer,
  type: number,
  sessionId: number,
  sequence: number,
  length: number,
): void {
  writeRmcpHeader(packet, "ipmi");
  packet[4] = plusFormat;
  packet[5] = type;
  packet.writeUInt32LE(sessionId, 6);
  packet.writeUInt32LE(sequence, 10);
  packet.writeUInt16LE(length, 14);
}

/** A packet outside of any session, in the clear: for opening one. */
export function encodeOutside(payloadType: number, payload: Buffer): Buffer {
  const packet = Buffer.allocUnsafe(headerLength + payload.length);
  writeHeader(packet, payloadType, 0, 0, payload.length);
  payload.copy(packet, headerLength);
  return packet;
}

/**
 * Reads the outside of an IPMI packet. Its payload may still be encrypted, and be anybody's.
 * @returns undefined for what is not in the format of IPMI v2.0, ends early, or has a maker's own payload
 */
export function decodeHeader(packet: Buffer): PlusHeader | undefined {
  if (packet.length < headerLength || packet[4] !== plusFormat) return undefined;
  const type = packet.readUInt8(5);
  const payloadType = type & 0x3f;
  // Payload type 02h has 6 more bytes in its header.
  if (payloadType === 0x02) return undefined;
  const end = headerLength + packet.readUInt16LE(14);
  if (end > packet.length) return undefined;
  return {
    payloadType,
    encrypted: (type & encryptedFlag) !== 0,
    authenticated: (type & authenticatedFlag) !== 0,
    sessionId: packet.readUInt32LE(6),
    sequence: packet.readUInt32LE(10),
    end,
  };
}

/** The payload of a packet in the clear: a view, not a copy. */
export const payloadOf = (packet: Buffer, { end }: PlusHeader): Buffer => packet.subarray(headerLength, end);

/**
 * A packet of a session.
 * @param iv 16 random bytes, never the same twice; not looked at unless the suite encrypts
 */
export function sealPacket(protection: Protection, content: PlusPayload, iv: Buffer): Buffer {
  const { payload, payloadType, sessionId, sequence } = content;
  const { keys, suite } = protection;
  const hash = keys === undefined ? undefined : integrityHash(suite);
  const encrypts = keys !== undefined && isEncrypted(protection);
  const padLength = encrypts ? (2 * blockLength - ((payload.length + 1) % blockLength)) % blockLength : 0;
  const length = encrypts ? ivLength + payload.length + padLength + 1 : payload.length;
  const end = headerLength + length;
  // FFh up to a multiple of 4, counted from where the cover starts to the end of the trailer's two fields.
  const integrityPad = hash === undefined ? 0 : -(end - coveredFrom + 2) & 3;
  const covered = hash === undefined ? end : end + integrityPad + 2;
  const packet = Buffer.allocUnsafe(covered + (hash?.codeLength ?? 0));
  const flags = (encrypts ? encryptedFlag : 0) | (hash === undefined ? 0 : authenticatedFlag);
  writeHeader(packet, payloadType | flags, sessionId, sequence, length);
  if (encrypts) encryptInto(packet, payload, padLength, keys, iv);
  else payload.copy(packet, headerLength);
  if (keys !== undefined && hash !== undefined) {
    packet.fill(0xff, end, end + integrityPad);
    packet[covered - 2] = integrityPad;
    packet[covered - 1] = nextHeader;
    keys.codes.of(packet, coveredFrom, covered).copy(packet, covered, 0, hash.codeLength);
  }
  return packet;
}

/** AES-CBC-128 with its padding: 01h, 02h, ... and the number of them. IPMI v2.0 §13.29. */
function encryptInto(
  packet: Buffer,
  payload: Buffer,
  padLength: number,
  keys: SessionKeys,
  iv: Buffer,
): void {
  const plain = Buffer.allocUnsafe(payload.length + padLength + 1);
  payload.copy(plain);
  for (let n = 1; n <= padLength; n++) plain[payload.length + n - 1] = n;
  plain[plain.length - 1] = padLength;
  iv.copy(packet, headerLength, 0, ivLength);
  keys.aes.encrypt(plain, iv).copy(packet, headerLength + ivLength);
}

/** Whether a packet is protected as agreed, and its code is right. Nothing else of it is to be believed before. */
export function isAuthentic(protection: Protection, packet: Buffer, header: PlusHeader): boolean {
  const { keys, suite } = protection;
  if (keys === undefined) return true;
  const hash = integrityHash(suite);
  if (hash === undefined) return true;
  const covered = packet.length - hash.codeLength;
  // Pad count and next header stand between payload and code.
  if (covered < header.end + 2) return false;
  const code = keys.codes.of(packet, coveredFrom, covered);
  return sameCode(packet.subarray(covered), code.subarray(0, hash.codeLength));
}

/** Whether a packet has exactly the protection that was agreed on: not less, and not more either. */
export function isProtectedAsAgreed(protection: Protection, header: PlusHeader): boolean {
  const hash = protection.keys === undefined ? undefined : integrityHash(protection.suite);
  return (
    header.authenticated === (hash !== undefined) &&
    header.encrypted === (protection.keys !== undefined && isEncrypted(protection))
  );
}

/** The payload of an authentic packet, decrypted when it was encrypted; undefined when its padding is wrong. */
export function readPayload(protection: Protection, packet: Buffer, header: PlusHeader): Buffer | undefined {
  const { keys } = protection;
  const payload = payloadOf(packet, header);
  if (keys === undefined || !isEncrypted(protection)) return payload;
  const length = payload.length - ivLength;
  if (length < blockLength || length % blockLength !== 0) return undefined;
  return withoutPad(keys.aes.decrypt(payload));
}

function withoutPad(plain: Buffer): Buffer | undefined {
  const padLength = plain.readUInt8(plain.length - 1);
  // A whole block of padding is not in the standard, but OpenBMC sends it.
  const size = plain.length - 1 - padLength;
  if (padLength > blockLength || size < 0) return undefined;
  for (let n = 1; n <= padLength; n++) if (plain[size + n - 1] !== n) return undefined;
  return plain.subarray(0, size);
}
