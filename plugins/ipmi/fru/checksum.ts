/** Whether bytes with their checksum add up to zero. Platform Management FRU v1.0 §8, §10 to §12, §16. */
export const checksumFits = (bytes: Uint8Array): boolean =>
  bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0) === 0;

/** The byte that makes `bytes` and itself add up to zero. */
export const checksumOf = (bytes: Uint8Array): number =>
  -bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0) & 0xff;
