import type { LinkMemory } from "./plugin.ts";

/** A memory that lasts as long as the program. */
export function newMemory(): LinkMemory {
  const kept = new Map<string, unknown>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => {
      kept.set(key, value);
    },
  };
}

/** A part of a memory, for one of several that share it. */
export const partOf = (memory: LinkMemory, name: string): LinkMemory => ({
  get: (key) => memory.get(`${name}/${key}`),
  set: (key, value) => memory.set(`${name}/${key}`, value),
});
