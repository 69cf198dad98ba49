/** A platform event, ready to be told. PET v1.0 §2. */
export interface PlatformEvent {
  readonly guid: Uint8Array;
  /** Counts the traps; an acknowledgement bears it. */
  readonly cookie: number;
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly severity: number;
  readonly sensorType: number;
  readonly eventType: number;
  readonly deassert: boolean;
  readonly sensor: number;
  readonly entity: readonly [number, number];
  readonly data: readonly [number, number, number];
  readonly manufacturer: number;
  readonly product: number;
}

export const severity = {
  information: 0x02,
  ok: 0x04,
  nonCritical: 0x08,
  critical: 0x10,
  nonRecoverable: 0x20,
} as const;

const enterprise = [1, 3, 6, 1, 4, 1, 3183, 1, 1];
const epoch = Date.UTC(1998, 0, 1) / 1000;
const bmc = 0x20;
const english = 25;
const noMore = 0xc1;

/** The octets of the one variable, most significant byte first. */
function contents(event: PlatformEvent): Buffer {
  const bytes = Buffer.alloc(47);
  bytes.set(event.guid);
  bytes.writeUInt16BE(event.cookie, 16);
  bytes.writeUInt32BE(Math.max(0, Math.floor(event.seconds - epoch)) >>> 0, 18);
  bytes.writeUInt16BE(0, 22); // the clock is that of Greenwich
  bytes.set([bmc, bmc, event.severity, bmc, event.sensor, ...event.entity, ...event.data], 24);
  bytes[39] = english;
  bytes.writeUInt32BE(event.manufacturer, 40);
  bytes.writeUInt16BE(event.product, 44);
  bytes[46] = noMore;
  return bytes;
}

/** The SNMP v1 trap that tells of it. RFC 1157 §4.1.6. @param agent IPv4 address of the BMC */
export function buildTrap(event: PlatformEvent, community: string, agent: string, upTime: number): Buffer {
  const offset = (event.deassert ? 0x80 : 0) | (event.data[0] & 0x0f);
  const specific = (event.sensorType << 16) | (event.eventType << 8) | offset;
  const variable = tlv(0x30, [objectId([...enterprise, 1]), tlv(0x04, [contents(event)])]);
  return tlv(0x30, [
    integer(0),
    tlv(0x04, [Buffer.from(community, "latin1")]),
    tlv(0xa4, [
      objectId(enterprise),
      tlv(0x40, [Buffer.from(agent.split(".").map(Number))]),
      integer(6),
      integer(specific),
      integer(Math.floor(upTime / 10), 0x43),
      tlv(0x30, [variable]),
    ]),
  ]);
}

function tlv(tag: number, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), body]);
}

/** Not negative; as few bytes as it takes. */
function integer(value: number, tag = 0x02): Buffer {
  const bytes = [value & 0xff];
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest & 0xff);
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return tlv(tag, [Uint8Array.from(bytes)]);
}

function objectId(arcs: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = arcs;
  const body = rest.flatMap((arc) => {
    const bytes = [arc & 0x7f];
    for (let more = arc >> 7; more > 0; more >>= 7) bytes.unshift(0x80 | (more & 0x7f));
    return bytes;
  });
  return tlv(0x06, [Uint8Array.of(40 * first + second, ...body)]);
}
