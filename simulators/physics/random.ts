/** A stream of numbers as plain data, so that it can be kept with the rest of a site's state. */
export interface RandomStream {
  state: number;
}

/** FNV-1a over the characters; gives every named consumer its own stream. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * A stream for one named consumer. Streams of different names are independent, so adding a consumer does not change
 * what another one gets.
 * @param seed any integer
 */
export const createStream = (seed: number, name: string): RandomStream => ({
  state: (seed ^ hash(name)) >>> 0,
});

/** Uniform in [0, 1). */
export function uniform(stream: RandomStream): number {
  stream.state = (stream.state + 0x6d2b79f5) >>> 0;
  const { state } = stream;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/** Normal with mean 0 and standard deviation 1. */
export const normal = (stream: RandomStream): number =>
  Math.sqrt(-2 * Math.log(1 - uniform(stream))) * Math.cos(2 * Math.PI * uniform(stream));

/** Nearly normal, never beyond ±3, and cheap: for noise drawn at every step. */
export const roughNormal = (stream: RandomStream): number =>
  2 * (uniform(stream) + uniform(stream) + uniform(stream) - 1.5);
