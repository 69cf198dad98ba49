import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

/** A cipher suite. IPMI v2.0 table 22-20. */
export interface Suite {
  readonly id: number;
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
  /** Absent in suite 0, which authenticates nobody. */
  readonly hash?: "sha1" | "sha256";
  /** Bytes of the hash that are sent where it is cut. */
  readonly cut: number;
}

const sha1 = { authentication: 1, hash: "sha1", cut: 12 } as const;
const sha256 = { authentication: 3, hash: "sha256", cut: 16 } as const;

/** Those this BMC can be told to offer. */
export const suites: readonly Suite[] = [
  { id: 0, authentication: 0, integrity: 0, confidentiality: 0, cut: 0 },
  { id: 1, ...sha1, integrity: 0, confidentiality: 0 },
  { id: 2, ...sha1, integrity: 1, confidentiality: 0 },
  { id: 3, ...sha1, integrity: 1, confidentiality: 1 },
  { id: 15, ...sha256, integrity: 0, confidentiality: 0 },
  { id: 16, ...sha256, integrity: 4, confidentiality: 0 },
  { id: 17, ...sha256, integrity: 4, confidentiality: 1 },
];

/** Records of Get Channel Cipher Suites. Suite 0 is never listed, even where it works. IPMI v2.0 table 22-19. */
export function suiteRecords(offered: readonly number[]): Buffer {
  const listed = suites.filter(({ id }) => id !== 0 && offered.includes(id));
  return Buffer.from(
    listed.flatMap(({ id, authentication, integrity, confidentiality }) => [
      0xc0,
      id,
      authentication,
      0x40 | integrity,
      0x80 | confidentiality,
    ]),
  );
}

export interface SessionKeys {
  readonly sik: Buffer;
  readonly integrity: Buffer;
  readonly encryption: Buffer;
}

/** Empty in suite 0. */
export function mac(suite: Suite, key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  if (suite.hash === undefined) return Buffer.alloc(0);
  const hmac = createHmac(suite.hash, key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** K1 and K2 of a session integrity key. The constants are 20 bytes long, whatever the hash. IPMI v2.0 §13.32. */
export function deriveKeys(suite: Suite, sik: Buffer): SessionKeys {
  const k2 = mac(suite, sik, Buffer.alloc(20, 2));
  return { sik, integrity: mac(suite, sik, Buffer.alloc(20, 1)), encryption: k2.subarray(0, 16) };
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b);

/** AES-CBC-128 with a fresh initialization vector in front. IPMI v2.0 §13.29. */
export function encrypt(key: Uint8Array, payload: Uint8Array): Buffer {
  const padding = 15 - (payload.length % 16);
  const plain = Buffer.alloc(payload.length + padding + 1);
  plain.set(payload);
  for (let i = 0; i < padding; i++) plain[payload.length + i] = i + 1;
  plain[plain.length - 1] = padding;
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
  return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
}

/** @returns undefined when length or padding cannot be right */
export function decrypt(key: Uint8Array, payload: Buffer): Buffer | undefined {
  if (payload.length < 32 || payload.length % 16 !== 0) return undefined;
  const decipher = createDecipheriv("aes-128-cbc", key, payload.subarray(0, 16)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(payload.subarray(16)), decipher.final()]);
  const padding = plain.readUInt8(plain.length - 1);
  const end = plain.length - 1 - padding;
  if (end < 0 || padding > 16) return undefined;
  for (let i = 0; i < padding; i++) if (plain[end + i] !== i + 1) return undefined;
  return plain.subarray(0, end);
}

/** Padding, next header and integrity code behind a packet. IPMI v2.0 §13.28.4. */
export function sign(suite: Suite, keys: SessionKeys, packet: Buffer): Buffer {
  const padding = (4 - ((packet.length - 4 + 2) % 4)) % 4;
  const signed = Buffer.concat([packet, Buffer.alloc(padding, 0xff), Uint8Array.of(padding, 7)]);
  return Buffer.concat([signed, mac(suite, keys.integrity, signed.subarray(4)).subarray(0, suite.cut)]);
}

/** @param covered from the authentication type to the end of the packet */
export function isSigned(suite: Suite, keys: SessionKeys, covered: Buffer): boolean {
  const end = covered.length - suite.cut;
  if (end < 14) return false;
  const code = mac(suite, keys.integrity, covered.subarray(0, end)).subarray(0, suite.cut);
  return sameBytes(code, covered.subarray(end));
}

/** The code of an IPMI v1.5 packet. IPMI v2.0 §22.17.1. @param password at most 16 bytes */
export function legacyCode(
  password: Uint8Array,
  sessionId: number,
  sequence: number,
  payload: Uint8Array,
): Buffer {
  const key = Buffer.alloc(16);
  key.set(password.subarray(0, 16));
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32LE(sessionId);
  numbers.writeUInt32LE(sequence, 4);
  return createHash("md5")
    .update(key)
    .update(numbers.subarray(0, 4))
    .update(payload)
    .update(numbers.subarray(4))
    .update(key)
    .digest();
}
