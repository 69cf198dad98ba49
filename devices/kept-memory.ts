import type { Keeper } from "./keeper.ts";
import type { LinkMemory } from "./plugin.ts";

const keyOf = (link: string, key: string): string => JSON.stringify([link, key]);

function linkOf(key: string): unknown {
  try {
    return (JSON.parse(key) as unknown[])[0];
  } catch {
    return undefined;
  }
}

/**
 * The memory of each link, outlasting the program. What it holds at the start may be of an earlier version or of other
 * hardware: a plugin looks at it before it trusts it, and knows that monotonic times in it mean nothing.
 * @param links those there are; what others had learnt is forgotten
 */
export function keptMemories(keeper: Keeper, links: readonly string[]): (link: string) => LinkMemory {
  const all = new Map(keeper.load("memory"));
  for (const key of all.keys()) {
    const link = linkOf(key);
    if (typeof link === "string" && links.includes(link)) continue;
    all.delete(key);
    keeper.drop("memory", key);
  }
  return (link) => ({
    get: (key) => all.get(keyOf(link, key)),
    set: (key, value) => {
      all.set(keyOf(link, key), value);
      keeper.put("memory", keyOf(link, key), value);
    },
  });
}
