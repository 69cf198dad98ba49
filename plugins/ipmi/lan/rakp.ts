import type { CipherSuite } from "./cipher-suites.ts";

/** What RMCP+ says when a session cannot be had. IPMI v2.0 table 13-15. */
export const rakpStatusNames: Readonly<Record<number, string>> = {
  0x00: "no error",
  0x01: "no resources for a session",
  0x02: "invalid session id",
  0x03: "invalid payload type",
  0x04: "invalid authentication algorithm",
  0x05: "invalid integrity algorithm",
  0x06: "no matching authentication payload",
  0x07: "no matching integrity payload",
  0x08: "inactive session id",
  0x09: "invalid role",
  0x0a: "role or privilege level not allowed",
  0x0b: "no resources for a session at this role",
  0x0c: "invalid name length",
  0x0d: "unknown user name",
  0x0e: "unknown key",
  0x0f: "invalid integrity check value",
  0x10: "invalid confidentiality algorithm",
  0x11: "no such cipher suite",
  0x12: "illegal parameter",
};

export const rakpStatus = {
  ok: 0x00,
  noResources: 0x01,
  invalidRole: 0x09,
  roleNotAllowed: 0x0a,
  noResourcesForRole: 0x0b,
  invalidName: 0x0c,
  unknownName: 0x0d,
  wrongCode: 0x0f,
} as const;

/** The longest user name. */
export const longestUser = 16;
/** The longest password, and K_G. */
export const longestSecret = 20;

/** Bit 4 of the role byte: look the user up by name alone, whatever level the account is limited to. */
export const nameOnly = 0x10;

const randomLength = 16;
const guidLength = 16;
const idLength = 4;
const proposalLength = 8;
const algorithmKinds = [0, 1, 2] as const;

/** Open Session Request. IPMI v2.0 table 13-9. @param consoleId 4 bytes, not all zero */
export function encodeOpenSession(tag: number, level: number, consoleId: Buffer, suite: CipherSuite): Buffer {
  const payload = Buffer.alloc(8 + 3 * proposalLength);
  payload[0] = tag;
  payload[1] = level;
  consoleId.copy(payload, 4);
  const algorithms = [suite.authentication, suite.integrity, suite.confidentiality];
  for (const kind of algorithmKinds) {
    const at = 8 + kind * proposalLength;
    payload[at] = kind;
    payload[at + 3] = proposalLength;
    payload[at + 4] = algorithms[kind] ?? 0;
  }
  return payload;
}

/** What every answer of the handshake begins with. Behind an error status nothing needs to follow. */
export interface RakpHead {
  readonly tag: number;
  readonly status: number;
  /** Our session id; absent when the answer ends before. */
  readonly consoleId: Buffer | undefined;
}

/** @returns undefined for what is too short to have a status */
export function decodeHead(payload: Buffer): RakpHead | undefined {
  if (payload.length < 2) return undefined;
  return {
    tag: payload.readUInt8(0),
    status: payload.readUInt8(1),
    consoleId: payload.length < 8 ? undefined : payload.subarray(4, 8),
  };
}

/** What the BMC agrees to. */
export interface OpenedSession {
  /** The level it will allow at most; 0 from some that were asked for level 0. */
  readonly level: number;
  readonly bmcId: Buffer;
  readonly algorithms: Omit<CipherSuite, "id">;
}

/** Open Session Response with status 0. IPMI v2.0 table 13-10. @returns undefined when it is cut short */
export function decodeOpenSession(payload: Buffer): OpenedSession | undefined {
  if (payload.length < 12 + 3 * proposalLength) return undefined;
  const chosen = (kind: number): number => payload.readUInt8(12 + kind * proposalLength + 4) & 0x3f;
  return {
    level: payload.readUInt8(2) & 0x0f,
    bmcId: payload.subarray(8, 12),
    algorithms: { authentication: chosen(0), integrity: chosen(1), confidentiality: chosen(2) },
  };
}

/** RAKP Message 1. IPMI v2.0 table 13-11. @param user at most 16 bytes */
export function encodeRakp1(fields: {
  readonly tag: number;
  readonly bmcId: Buffer;
  readonly consoleRandom: Buffer;
  readonly role: number;
  readonly user: Buffer;
}): Buffer {
  const { user } = fields;
  const payload = Buffer.alloc(28 + user.length);
  payload[0] = fields.tag;
  fields.bmcId.copy(payload, 4);
  fields.consoleRandom.copy(payload, 8);
  payload[24] = fields.role;
  payload[27] = user.length;
  user.copy(payload, 28);
  return payload;
}

export interface Rakp2 {
  readonly bmcRandom: Buffer;
  readonly guid: Buffer;
  /** As long as the algorithm's; some BMCs send a byte more. */
  readonly code: Buffer;
}

/** RAKP Message 2 with status 0. IPMI v2.0 table 13-12. @returns undefined when it is cut short */
export function decodeRakp2(payload: Buffer): Rakp2 | undefined {
  const guidAt = 8 + randomLength;
  const codeAt = guidAt + guidLength;
  if (payload.length < codeAt) return undefined;
  return {
    bmcRandom: payload.subarray(8, guidAt),
    guid: payload.subarray(guidAt, codeAt),
    code: payload.subarray(codeAt),
  };
}

/** RAKP Message 3. IPMI v2.0 table 13-13. @param status not 0 to call the whole thing off; then without a code */
export function encodeRakp3(
  tag: number,
  bmcId: Buffer,
  code: Buffer,
  status: number = rakpStatus.ok,
): Buffer {
  const payload = Buffer.alloc(8 + code.length);
  payload[0] = tag;
  payload[1] = status;
  bmcId.copy(payload, 4);
  code.copy(payload, 4 + idLength);
  return payload;
}

/** The check value of RAKP Message 4 with status 0. IPMI v2.0 table 13-14. */
export const decodeRakp4 = (payload: Buffer): Buffer => payload.subarray(4 + idLength);

/** What a status says, for people. */
export const describeStatus = (status: number): string =>
  `status ${status.toString(16).toUpperCase().padStart(2, "0")}h, ${rakpStatusNames[status] ?? "unknown"}`;
