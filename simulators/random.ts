import { createStream, normal, uniform } from "./physics/random.ts";

/** A seeded generator: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
}

/**
 * A generator for one named consumer. Streams of different names are independent, so adding a sensor does not
 * change the noise of another one.
 * @param seed any integer
 */
export function createRandom(seed: number, name = ""): Random {
  const stream = createStream(seed, name);
  return {
    next: () => uniform(stream),
    integer: (below) => Math.floor(uniform(stream) * below),
    normal: () => normal(stream),
  };
}
