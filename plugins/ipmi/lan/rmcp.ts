/** The header of every datagram on port 623. IPMI v2.0 §13.1.3, ASF v2.0 §3.2.2. */
export const rmcpHeaderLength = 4;

/** The port of a BMC, unless somebody changed it. */
export const rmcpPort = 623;

const version = 0x06;
/** Nobody is to acknowledge this one at the RMCP level. */
const noAcknowledge = 0xff;
const acknowledgement = 0x80;

const classes = { asf: 0x06, ipmi: 0x07 } as const;

export type RmcpClass = keyof typeof classes;

/** Writes the header to the first 4 bytes of `packet`. */
export function writeRmcpHeader(packet: Buffer, kind: RmcpClass): void {
  packet[0] = version;
  packet[1] = 0;
  packet[2] = noAcknowledge;
  packet[3] = classes[kind];
}

/** What a datagram carries; undefined for what is no RMCP, an acknowledgement, or of another class. */
export function rmcpClassOf(packet: Buffer): RmcpClass | undefined {
  if (packet.length < rmcpHeaderLength || packet[0] !== version) return undefined;
  const kind = packet.readUInt8(3);
  if ((kind & acknowledgement) !== 0) return undefined;
  if ((kind & 0x1f) === classes.ipmi) return "ipmi";
  return (kind & 0x1f) === classes.asf ? "asf" : undefined;
}
