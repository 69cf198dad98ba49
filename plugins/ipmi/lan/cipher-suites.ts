/** Numbers of algorithms. IPMI v2.0 tables 13-17 to 13-19. */
export const authentication = { none: 0, hmacSha1: 1, hmacMd5: 2, hmacSha256: 3 } as const;
export const integrity = { none: 0, hmacSha1: 1, hmacMd5: 2, md5: 3, hmacSha256: 4 } as const;
export const confidentiality = { none: 0, aesCbc128: 1, xrc4128: 2, xrc440: 3 } as const;

/** What protects a session. IPMI v2.0 table 22-20. */
export interface CipherSuite {
  readonly id: number;
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
}

const suite = (id: number, auth: number, integ: number, conf: number): CipherSuite => ({
  id,
  authentication: auth,
  integrity: integ,
  confidentiality: conf,
});

/** The suites this client can use. Those with MD5 or RC4 are left out for good. */
export const cipherSuites: readonly CipherSuite[] = [
  suite(0, authentication.none, integrity.none, confidentiality.none),
  suite(1, authentication.hmacSha1, integrity.none, confidentiality.none),
  suite(2, authentication.hmacSha1, integrity.hmacSha1, confidentiality.none),
  suite(3, authentication.hmacSha1, integrity.hmacSha1, confidentiality.aesCbc128),
  suite(15, authentication.hmacSha256, integrity.none, confidentiality.none),
  suite(16, authentication.hmacSha256, integrity.hmacSha256, confidentiality.none),
  suite(17, authentication.hmacSha256, integrity.hmacSha256, confidentiality.aesCbc128),
];

export const cipherSuite = (id: number): CipherSuite | undefined =>
  cipherSuites.find((known) => known.id === id);

/** Tried in this order when nothing is configured; no other suite has integrity and confidentiality worth the name. */
export const safeSuites: readonly number[] = [17, 3];

/** One suite as a BMC lists it. Several algorithms of a kind may be on offer. */
export interface OfferedSuite {
  readonly id: number;
  /** The maker's enterprise number; absent for standard suites. */
  readonly maker?: number;
  readonly authentication: readonly number[];
  readonly integrity: readonly number[];
  readonly confidentiality: readonly number[];
}

const standardRecord = 0xc0;
const makersRecord = 0xc1;

/**
 * Reads the records Get Channel Cipher Suites gives, put together. What is not understood is skipped up to where the
 * next record starts. IPMI v2.0 §22.15.1, table 22-18.
 */
export function parseCipherSuites(bytes: Buffer): readonly OfferedSuite[] {
  const offered: OfferedSuite[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = bytes.readUInt8(at++);
    const head = start === standardRecord ? 1 : start === makersRecord ? 4 : undefined;
    if (head === undefined || at + head > bytes.length) continue;
    const id = bytes.readUInt8(at);
    const maker = head === 4 ? { maker: bytes.readUIntLE(at + 1, 3) } : {};
    at += head;
    const kinds: [number[], number[], number[]] = [[], [], []];
    for (; at < bytes.length; at++) {
      const byte = bytes.readUInt8(at);
      if (byte >= standardRecord) break;
      kinds[byte >> 6]?.push(byte & 0x3f);
    }
    const [auth, integ, conf] = kinds;
    offered.push({ id, ...maker, authentication: auth, integrity: integ, confidentiality: conf });
  }
  return offered;
}
