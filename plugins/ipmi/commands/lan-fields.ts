import { atLeast, bit, within } from "../answer.ts";
import { decodeText } from "../type-length.ts";
import { ipBytes, ipText, macBytes, macText } from "./addresses.ts";
import { levelCode, levelOf, type PrivilegeLevel } from "./levels.ts";

/** A parameter of a LAN channel: its number, and what its bytes mean. IPMI v2.0 table 23-4. */
export interface LanField<T> {
  readonly parameter: number;
  /** `data` has at least `length` bytes. */
  readonly length: number;
  readonly decode: (data: Buffer) => T;
}

/** One that can be set. */
export interface SettableLanField<T> extends LanField<T> {
  /** @throws BothyError `BAD_VALUE`, `OUT_OF_RANGE` */
  readonly encode: (value: T) => readonly number[];
}

/** Where the address comes from. */
export const addressSources = ["unspecified", "static", "dhcp", "bios", "other"] as const;
export type AddressSource = (typeof addressSources)[number];

/** Ways to prove who one is in IPMI 1.5, by bit. */
const authTypes = ["none", "md2", "md5", "", "password", "oem"] as const;
const authNames = (byte = 0): readonly string[] => authTypes.filter((name, n) => name !== "" && bit(byte, n));

export interface AuthEnables {
  readonly callback: readonly string[];
  readonly user: readonly string[];
  readonly operator: readonly string[];
  readonly administrator: readonly string[];
  readonly oem: readonly string[];
}

/** What happens to those who guess passwords. Times in seconds; 0 attempts: nothing. */
export interface BadPasswordRule {
  readonly attempts: number;
  readonly countResetSeconds: number;
  readonly lockoutSeconds: number;
  readonly event: boolean;
}

export interface Vlan {
  readonly enabled: boolean;
  /** 0..4095. */
  readonly id: number;
}

const field = <T>(parameter: number, length: number, decode: (data: Buffer) => T): LanField<T> => ({
  parameter,
  length,
  decode,
});
const settable = <T>(
  parameter: number,
  length: number,
  decode: (data: Buffer) => T,
  encode: (value: T) => readonly number[],
): SettableLanField<T> => ({ parameter, length, decode, encode });

const ip = (parameter: number): SettableLanField<string> =>
  settable(
    parameter,
    4,
    (data) => ipText(data.subarray(0, 4)),
    (text) => ipBytes(text, "LAN address"),
  );
const mac = (parameter: number): SettableLanField<string> =>
  settable(
    parameter,
    6,
    (data) => macText(data.subarray(0, 6)),
    (text) => macBytes(text, "LAN MAC address"),
  );

/** Everything a LAN channel can be told, but for alerts (see alerts.ts) and the community, which is a secret. */
export const lanFields = {
  setInProgress: field(
    0,
    1,
    (data) => (["done", "in progress", "commit"] as const)[data.readUInt8(0) & 3] ?? "done",
  ),
  authSupport: field(1, 1, (data) => authNames(data[0])),
  authEnables: field(2, 5, (data): AuthEnables => ({
    callback: authNames(data[0]),
    user: authNames(data[1]),
    operator: authNames(data[2]),
    administrator: authNames(data[3]),
    oem: authNames(data[4]),
  })),
  ip: ip(3),
  source: settable<AddressSource>(
    4,
    1,
    (data) => addressSources[data.readUInt8(0) & 0x0f] ?? "other",
    (source) => [addressSources.indexOf(source)],
  ),
  mac: mac(5),
  mask: ip(6),
  ipHeader: field(7, 3, (data) => ({
    ttl: data.readUInt8(0),
    flags: data.readUInt8(1) >> 5,
    precedence: data.readUInt8(2) >> 5,
    tos: (data.readUInt8(2) >> 1) & 0x0f,
  })),
  port: field(8, 2, (data) => data.readUInt16LE(0)),
  arp: settable(
    10,
    1,
    (data) => ({ answers: bit(data[0], 1), gratuitous: bit(data[0], 0) }),
    ({ answers, gratuitous }) => [(Number(answers) << 1) | Number(gratuitous)],
  ),
  gratuitousArpMillis: field(11, 1, (data) => data.readUInt8(0) * 500),
  gateway: ip(12),
  gatewayMac: mac(13),
  backupGateway: ip(14),
  backupGatewayMac: mac(15),
  alertDestinations: field(17, 1, (data) => data.readUInt8(0) & 0x0f),
  vlan: settable<Vlan>(
    20,
    2,
    (data) => ({ enabled: bit(data[1], 7), id: data.readUInt16LE(0) & 0x0fff }),
    ({ enabled, id }) => {
      within("VLAN", id, 0, 4095);
      return [id & 0xff, (Number(enabled) << 7) | (id >> 8)];
    },
  ),
  vlanPriority: settable(
    21,
    1,
    (data) => data.readUInt8(0) & 7,
    (value: number) => [within("VLAN priority", value, 0, 7)],
  ),
  suiteCount: field(22, 1, (data) => data.readUInt8(0) & 0x1f),
  suites: field(23, 1, (data): readonly number[] => [...data.subarray(1, 17)]),
  suiteLevels: settable<readonly (PrivilegeLevel | "none")[]>(24, 9, suiteLevels, encodeSuiteLevels),
  badPassword: field(26, 6, (data): BadPasswordRule => ({
    event: bit(data[0], 0),
    attempts: data.readUInt8(1),
    countResetSeconds: data.readUInt16LE(2) * 10,
    lockoutSeconds: data.readUInt16LE(4) * 10,
  })),
  ipv6Support: field(50, 1, (data) => ({
    only: bit(data[0], 0),
    both: bit(data[0], 1),
    alerts: bit(data[0], 2),
  })),
  ipv6: settable<"off" | "only" | "both">(
    51,
    1,
    (data) => (["off", "only", "both"] as const)[data.readUInt8(0)] ?? "off",
    (value) => [["off", "only", "both"].indexOf(value)],
  ),
  ipv6Counts: field(55, 2, (data) => ({ static: data.readUInt8(0), dynamic: data.readUInt8(1) })),
} as const;

/** Which level each of the suites of `suites` may be used for, in their order; `none`: it may not be used. */
function suiteLevels(data: Buffer): readonly (PrivilegeLevel | "none")[] {
  const nibbles = Array.from(data.subarray(1, 9)).flatMap((byte) => [byte & 0x0f, byte >> 4]);
  return nibbles.map((code) => levelOf(code) ?? "none");
}

function encodeSuiteLevels(levels: readonly (PrivilegeLevel | "none")[]): readonly number[] {
  const codes = Array.from({ length: 16 }, (_, n) => {
    const level = levels[n] ?? "none";
    return level === "none" ? 0 : levelCode(level);
  });
  return [0, ...Array.from({ length: 8 }, (_, n) => (codes[2 * n] ?? 0) | ((codes[2 * n + 1] ?? 0) << 4))];
}

/** The community, up to its first NUL. IPMI v2.0 table 23-4, parameter 16. Treat it as a password. */
export const community: LanField<string> = {
  parameter: 16,
  length: 1,
  decode: (data) => decodeText("8-bit", data.subarray(0, 18)),
};

/** One address of IPv6. IPMI v2.0 table 23-4, parameters 56 and 59. */
export interface Ipv6Address {
  readonly index: number;
  readonly address: string;
  readonly prefix: number;
  readonly source: "static" | "slaac" | "dhcp" | "other";
  readonly status: string;
}

const statuses = ["active", "disabled", "pending", "failed", "deprecated", "invalid"] as const;
const sources = ["static", "slaac", "dhcp"] as const;

/** @throws BothyError `SHORT_FRAME` */
export function decodeIpv6Address(data: Buffer, source = "LAN"): Ipv6Address {
  atLeast(data, 20, source, "IPv6 address");
  const status = data.readUInt8(19);
  return {
    index: data.readUInt8(0),
    source: sources[data.readUInt8(1) & 0x0f] ?? "other",
    address: ipText(data.subarray(2, 18)),
    prefix: data.readUInt8(18),
    status: statuses[status] ?? `status ${status}`,
  };
}
