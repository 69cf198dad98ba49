import { createHash } from "node:crypto";
import { sameCode } from "./keys.ts";
import { writeRmcpHeader } from "./rmcp.ts";

/** IPMI v2.0 table 13-8, authentication types. */
export const authenticationTypes = { none: 0x00, md2: 0x01, md5: 0x02, password: 0x04 } as const;

const headerLength = 13;
const codeLength = 16;

/** The longest password of IPMI v1.5. */
export const longestPassword15 = 16;

/** A packet in the format of IPMI v1.5. IPMI v2.0 §13.6. */
export interface Packet15 {
  readonly authenticationType: number;
  readonly sequence: number;
  /** 0: outside of any session. */
  readonly sessionId: number;
  /** Absent for authentication type none. */
  readonly code?: Buffer;
  readonly message: Buffer;
}

/** @param password at most `longestPassword15` bytes; padded here. The code needs a type other than none */
export function encodePacket15(
  fields: Pick<Packet15, "sequence" | "sessionId" | "message">,
  password?: Buffer,
): Buffer {
  const { message, sequence, sessionId } = fields;
  const coded = password === undefined ? 0 : codeLength;
  const packet = Buffer.allocUnsafe(headerLength + coded + 1 + message.length);
  writeRmcpHeader(packet, "ipmi");
  packet[4] = password === undefined ? authenticationTypes.none : authenticationTypes.md5;
  packet.writeUInt32LE(sequence, 5);
  packet.writeUInt32LE(sessionId, 9);
  if (password !== undefined) md5Code(password, fields).copy(packet, headerLength);
  packet[headerLength + coded] = message.length;
  message.copy(packet, headerLength + coded + 1);
  return packet;
}

/**
 * Reads a packet; bytes behind its end are ignored (IPMI v2.0 §13.6 has some BMCs add one).
 * @returns undefined for what ends early or is in another format
 */
export function decodePacket15(packet: Buffer): Packet15 | undefined {
  if (packet.length < headerLength + 1) return undefined;
  const authenticationType = packet.readUInt8(4);
  if (authenticationType > 0x05) return undefined;
  const coded = authenticationType === authenticationTypes.none ? 0 : codeLength;
  const start = headerLength + coded + 1;
  if (packet.length < start) return undefined;
  const end = start + packet.readUInt8(start - 1);
  if (end > packet.length) return undefined;
  return {
    authenticationType,
    sequence: packet.readUInt32LE(5),
    sessionId: packet.readUInt32LE(9),
    ...(coded === 0 ? {} : { code: packet.subarray(headerLength, headerLength + codeLength) }),
    message: packet.subarray(start, end),
  };
}

/** The code over a packet with MD5. IPMI v2.0 §22.17.1. */
export function md5Code(
  password: Buffer,
  { message, sequence, sessionId }: Pick<Packet15, "sequence" | "sessionId" | "message">,
): Buffer {
  const padded = Buffer.alloc(longestPassword15);
  password.copy(padded);
  const ids = Buffer.allocUnsafe(8);
  ids.writeUInt32LE(sessionId, 0);
  ids.writeUInt32LE(sequence, 4);
  return createHash("md5")
    .update(padded)
    .update(ids.subarray(0, 4))
    .update(message)
    .update(ids.subarray(4))
    .update(padded)
    .digest();
}

/** Whether a packet carries the right MD5 code. */
export const isAuthentic15 = (packet: Packet15, password: Buffer): boolean =>
  packet.authenticationType === authenticationTypes.md5 &&
  packet.code !== undefined &&
  sameCode(packet.code, md5Code(password, packet));
