import type { Instant } from "../../../devices/clock.ts";
import { ask, type AskOptions, atLeast, nonsense, nothing, word } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { decodeGuid, type Guid } from "../commands/guid.ts";
import { makerName } from "../commands/makers.ts";
import { parseEvent, type SensorEvent } from "../sel/record.ts";
import { BerReader, tags } from "./ber.ts";

/** What SNMP says of a trap. RFC 1157 §4.1.6. */
export interface SnmpTrap {
  /** A password of a kind, and sent in clear: not for logs. */
  readonly community: string;
  readonly enterprise: string;
  /** The address the sender gives as its own. */
  readonly agent: string;
  readonly generic: number;
  readonly specific: number;
  readonly variables: readonly { readonly oid: string; readonly tag: number; readonly value: Buffer }[];
}

const mostVariables = 64;

/** Reads an SNMP v1 trap of whatever enterprise. @throws BothyError `BAD_FRAME` */
export function parseSnmpTrap(bytes: Uint8Array, source = "trap"): SnmpTrap {
  const message = new BerReader(bytes, source).inside(tags.sequence);
  const version = message.integer();
  if (version !== 0) throw nonsense(source, `SNMP version ${version + 1}, not 1`);
  const community = message.contents(tags.octets).toString("latin1");
  const trap = message.inside(tags.trap);
  const enterprise = trap.oid();
  const agent = Array.from(trap.contents(tags.ipAddress)).join(".");
  const generic = trap.integer();
  const specific = trap.integer();
  trap.contents(tags.timeTicks);
  const list = trap.inside(tags.sequence);
  const variables: { oid: string; tag: number; value: Buffer }[] = [];
  while (!list.done && variables.length < mostVariables) {
    const variable = list.inside(tags.sequence);
    const oid = variable.oid();
    const { tag, contents } = variable.next();
    variables.push({ oid, tag, value: contents });
  }
  return { community, enterprise, agent, generic, specific, variables };
}

/** Platform event traps: the enterprise, and its one variable. IPMI Platform Event Trap Format v1.0 §3. */
export const petEnterprise = "1.3.6.1.4.1.3183.1.1";
const petVariable = `${petEnterprise}.1`;
const enterpriseSpecific = 6;

export type PetSeverity = "monitor" | "information" | "ok" | "non-critical" | "critical" | "non-recoverable";
const severities: Readonly<Record<number, PetSeverity>> = {
  0x01: "monitor",
  0x02: "information",
  0x04: "ok",
  0x08: "non-critical",
  0x10: "critical",
  0x20: "non-recoverable",
};

/** What a platform event trap says. Nobody vouches for it: a hint to read the event log now. */
export interface Pet {
  /** Of the machine; see `Guid` for how it may be meant. */
  readonly guid: Guid;
  /** Counts the traps of one sender; the same when it is repeated. */
  readonly cookie: number;
  /** Absent when the sender does not know the time. */
  readonly time?: Instant;
  readonly localSeconds: number;
  readonly trapSource: number;
  readonly eventSource: number;
  /** Absent when it is not given. */
  readonly severity?: PetSeverity;
  readonly sensorDevice: number;
  readonly entity: number;
  readonly entityInstance: number;
  readonly event: SensorEvent;
  /** All eight bytes, hexadecimal. */
  readonly eventData: string;
  readonly maker: number;
  readonly makerName: string;
  readonly systemId: number;
  /** What the maker adds, hexadecimal. */
  readonly oem: string;
}

const petLength = 46;
/** 1998-01-01T00:00:00Z. */
const petEpoch = Date.UTC(1998, 0, 1);
const unspecifiedOffset = -1;

/**
 * Reads the contents of a platform event trap. Numbers have their most significant byte first.
 * @param specific the trap's specific number: sensor type, event type, direction and offset
 * @throws BothyError `SHORT_FRAME`
 */
export function decodePet(specific: number, octets: Uint8Array, source = "trap"): Pet {
  const data = atLeast(Buffer.from(octets), petLength, source, "platform event trap");
  const [sensorType, eventType, offset] = [
    (specific >>> 16) & 0xff,
    (specific >>> 8) & 0x7f,
    specific & 0xff,
  ];
  const direction = (offset & 0x80) | eventType;
  const first = (data.readUInt8(31) & 0xf0) | (offset & 0x0f);
  const severity = severities[data.readUInt8(26)];
  const maker = data.readUInt32BE(40);
  return {
    guid: decodeGuid(data.subarray(0, 16), source),
    cookie: data.readUInt16BE(16),
    ...petTime(data),
    localSeconds: data.readUInt32BE(18),
    trapSource: data.readUInt8(24),
    eventSource: data.readUInt8(25),
    ...(severity === undefined ? {} : { severity }),
    sensorDevice: data.readUInt8(27),
    entity: data.readUInt8(29),
    entityInstance: data.readUInt8(30),
    event: parseEvent(
      Buffer.of(
        0x04,
        sensorType,
        data.readUInt8(28),
        direction,
        first,
        data.readUInt8(32),
        data.readUInt8(33),
      ),
    ),
    eventData: data.toString("hex", 31, 39),
    maker,
    makerName: makerName(maker),
    systemId: data.readUInt16BE(44),
    oem: oemFields(data),
  };
}

/** Local time, and how far that is from UTC in minutes, where the sender knows. */
function petTime(data: Buffer): { readonly time?: Instant } {
  const [seconds, offset] = [data.readUInt32BE(18), data.readInt16BE(22)];
  if (seconds === 0) return {};
  return { time: petEpoch + seconds * 1000 - (offset === unspecifiedOffset ? 0 : offset * 60_000) };
}

/** They end with C1h, or are not there. */
function oemFields(data: Buffer): string {
  const end = data.indexOf(0xc1, petLength);
  return data.toString("hex", petLength, end === -1 ? data.length : end);
}

/**
 * A platform event trap out of a datagram.
 * @throws BothyError `BAD_FRAME`, `SHORT_FRAME` for all that is none
 */
export function parsePet(bytes: Uint8Array, source = "trap"): { readonly trap: SnmpTrap; readonly pet: Pet } {
  const trap = parseSnmpTrap(bytes, source);
  if (trap.enterprise !== petEnterprise || trap.generic !== enterpriseSpecific)
    throw nonsense(source, `a trap of ${trap.enterprise}, no platform event`);
  const found = trap.variables.find(({ oid, tag }) => oid === petVariable && tag === tags.octets);
  if (found === undefined) throw nonsense(source, "a platform event trap without its variable");
  return { trap, pet: decodePet(trap.specific, found.value, source) };
}

/** IPMI v2.0 §30.8. Here the least significant byte comes first again. */
export const encodePetAcknowledge = (pet: Pet): IpmiRequest => ({
  netFn: 0x04,
  command: 0x17,
  data: Uint8Array.of(
    ...word(pet.cookie),
    ...word(pet.localSeconds & 0xffff),
    ...word(pet.localSeconds >>> 16),
    pet.eventSource,
    pet.sensorDevice,
    pet.event.sensor,
    ...Buffer.from(pet.eventData, "hex").subarray(0, 3),
  ),
});

/** Tells the sender that its trap has arrived, so that it is not repeated. */
export const acknowledgePet = (requester: Requester, pet: Pet, options?: AskOptions): Promise<void> =>
  ask(requester, encodePetAcknowledge(pet), nothing, options);
