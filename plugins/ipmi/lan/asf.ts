import { rmcpClassOf, writeRmcpHeader } from "./rmcp.ts";

/** The enterprise number of the Alert Standard Format; most significant byte first, unlike all else in IPMI. */
const asfEnterprise = 4542;
const ping = 0x80;
const pong = 0x40;
const headLength = 12;
const pongLength = 16;

/** Tag FFh asks for no answer. */
export const highestPingTag = 0xfe;

/** What answered a presence ping. IPMI v2.0 §13.2.4, ASF v2.0 §3.2.4.3. */
export interface Pong {
  readonly tag: number;
  /** The maker's enterprise number; 4542 when it has nothing to add. */
  readonly enterprise: number;
  readonly supportsIpmi: boolean;
}

/** A presence ping. ASF v2.0 §3.2.4.2. @param tag 0..`highestPingTag` */
export function encodePing(tag: number): Buffer {
  const packet = Buffer.alloc(headLength);
  writeRmcpHeader(packet, "asf");
  packet.writeUInt32BE(asfEnterprise, 4);
  packet[8] = ping;
  packet[9] = tag;
  return packet;
}

/** The answer to a ping; undefined for everything else. */
export function decodePong(packet: Buffer): Pong | undefined {
  if (packet.length < headLength + pongLength || rmcpClassOf(packet) !== "asf") return undefined;
  if (packet.readUInt32BE(4) !== asfEnterprise || packet[8] !== pong) return undefined;
  if (packet.readUInt8(11) < pongLength) return undefined;
  return {
    tag: packet.readUInt8(9),
    enterprise: packet.readUInt32BE(headLength),
    supportsIpmi: (packet.readUInt8(headLength + 8) & 0x80) !== 0,
  };
}
