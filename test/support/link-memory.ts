import type { LinkMemory } from "../../devices/plugin.ts";

/** A link's memory that keeps only what survives as JSON. */
export function linkMemory(): LinkMemory {
  const kept = new Map<string, string>();
  return {
    get: (key) => {
      const text = kept.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
    set: (key, value) => {
      kept.set(key, JSON.stringify(value));
    },
  };
}
