import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { Aes } from "./aes.ts";
import { authentication, type CipherSuite, integrity } from "./cipher-suites.ts";
import { Hmac } from "./hmac.ts";

/** Everything RAKP computes with. IPMI v2.0 §13.28 to §13.31. Ids as they are on the wire. */
export interface Agreement {
  /** The console's session id, SIDm, 4 bytes. */
  readonly consoleId: Buffer;
  /** The BMC's session id, SIDc, 4 bytes. */
  readonly bmcId: Buffer;
  /** Rm, 16 bytes. */
  readonly consoleRandom: Buffer;
  /** Rc, 16 bytes. */
  readonly bmcRandom: Buffer;
  /** 16 bytes. */
  readonly guid: Buffer;
  /** The whole role byte of RAKP 1: level, and bit 4 for a look-up by name alone. */
  readonly role: number;
  /** At most 16 bytes. */
  readonly user: Buffer;
}

export interface SessionKeys {
  /** Session integrity key. */
  readonly sik: Buffer;
  /** For the codes of packets. */
  readonly k1: KeyObject;
  /** Makes them. */
  readonly codes: Hmac;
  /** For AES: the first 16 bytes of K2. */
  readonly cipher: KeyObject;
  readonly aes: Aes;
}

/** Hash and length of the code, for an algorithm that has one. */
interface Hash {
  readonly name: "sha1" | "sha256";
  /** Bytes of the code in RAKP 4, and of the codes of packets with the integrity algorithm of the same hash. */
  readonly codeLength: number;
}

const sha1: Hash = { name: "sha1", codeLength: 12 };
const sha256: Hash = { name: "sha256", codeLength: 16 };

/** The hash RAKP uses; undefined for the algorithm "none". */
export const authenticationHash = ({ authentication: number }: CipherSuite): Hash | undefined =>
  number === authentication.hmacSha1 ? sha1 : number === authentication.hmacSha256 ? sha256 : undefined;

/** The hash of packets' codes; undefined when packets have none. */
export const integrityHash = ({ integrity: number }: CipherSuite): Hash | undefined =>
  number === integrity.hmacSha1 ? sha1 : number === integrity.hmacSha256 ? sha256 : undefined;

const hmac = (hash: Hash, key: KeyObject, ...parts: readonly Buffer[]): Buffer => {
  const code = createHmac(hash.name, key);
  for (const part of parts) code.update(part);
  return code.digest();
};

const nameField = ({ user }: Agreement): Buffer => Buffer.concat([Buffer.from([user.length]), user]);
const byte = (value: number): Buffer => Buffer.from([value]);

/** What RAKP 2 proves: that the BMC knows the user's password, whose key is `password`. IPMI v2.0 §13.31. */
export const rakp2Code = (hash: Hash, password: KeyObject, a: Agreement): Buffer =>
  hmac(
    hash,
    password,
    a.consoleId,
    a.bmcId,
    a.consoleRandom,
    a.bmcRandom,
    a.guid,
    byte(a.role),
    nameField(a),
  );

/** What RAKP 3 proves: that we do. @param role as hashed by this BMC; the one of RAKP 1 according to the standard */
export const rakp3Code = (hash: Hash, password: KeyObject, a: Agreement, role = a.role): Buffer =>
  hmac(hash, password, a.bmcRandom, a.consoleId, byte(role), nameField(a));

/** The session integrity key. @param key K_G, or the user's password when the BMC has none. IPMI v2.0 §13.31 */
export const integrityKey = (hash: Hash, key: KeyObject, a: Agreement): Buffer =>
  hmac(hash, key, a.consoleRandom, a.bmcRandom, byte(a.role), nameField(a));

/** What RAKP 4 proves: that the BMC derived the same keys. IPMI v2.0 §13.28.1 */
export const rakp4Code = (hash: Hash, sik: Buffer, a: Agreement): Buffer =>
  hmac(hash, createSecretKey(sik), a.consoleRandom, a.bmcId, a.guid).subarray(0, hash.codeLength);

/** 20 bytes for SHA-256 too: where the standard can be read as 32, all BMCs read 20. IPMI v2.0 §13.32 */
const constantLength = 20;
const cipherKeyLength = 16;

/** K1 and K2 of a session. */
export function sessionKeys(hash: Hash, sik: Buffer): SessionKeys {
  const key = createSecretKey(sik);
  const derive = (number: number): Buffer => hmac(hash, key, Buffer.alloc(constantLength, number));
  const cipher = createSecretKey(derive(2).subarray(0, cipherKeyLength));
  const k1 = createSecretKey(derive(1));
  return { sik, k1, codes: new Hmac(hash.name, k1), cipher, aes: new Aes(cipher) };
}

/** Compares codes without telling by the time it takes where they differ. */
export const sameCode = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

/** A key of text or bytes. HMAC pads with zeros, as the standard does. */
export const secretKey = (secret: Uint8Array): KeyObject =>
  // Node refuses no empty key, but an HMAC with one zero byte is the same.
  createSecretKey(secret.length === 0 ? Buffer.alloc(1) : Buffer.from(secret));
