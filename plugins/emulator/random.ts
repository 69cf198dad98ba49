/** Chance: a number from 0 up to, but not, 1 at each call. */
export type Random = () => number;

/** Numbers that look like chance and are the same for the same seed (mulberry32). @param seed 0..2^32-1 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Chance of its own for each name, so that what one device does changes nothing for another. @param seed 0..2^32-1 */
export function seededFor(seed: number, name: string): Random {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return seeded(hash);
}
