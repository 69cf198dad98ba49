import { randomFillSync } from "node:crypto";

const poolSize = 4096;
let pool = Buffer.alloc(0);

/**
 * Bytes nobody can guess, fetched from the system many at a time: every packet takes some. Nobody gets the same ones.
 * @param size at most 4096
 */
export function pooledRandom(size: number): Buffer {
  if (pool.length < size) pool = randomFillSync(Buffer.allocUnsafeSlow(poolSize));
  const taken = pool.subarray(0, size);
  pool = pool.subarray(size);
  return taken;
}
