import type { LinkMemory } from "../../devices/plugin.ts";
import type { DeviceId } from "./commands/device-id.ts";
import type { InventoryFacts } from "./parts/inventory.ts";

/** What a BMC can do, found by trying. JSON: it is kept. */
export interface Abilities {
  readonly chassis: boolean;
  /** Whether it says if the identify lamp shines. */
  readonly lampIsSeen: boolean;
  readonly boot: boolean;
  readonly powerReading: boolean;
  readonly powerLimit: boolean;
  readonly events: boolean;
  readonly hours: boolean;
  readonly selfTest: boolean;
  readonly inventories: readonly InventoryFacts[];
}

/** What every BMC is taken to have until it has been asked. */
export const assumed: Abilities = {
  chassis: true,
  lampIsSeen: false,
  boot: false,
  powerReading: false,
  powerLimit: false,
  events: false,
  hours: false,
  selfTest: false,
  inventories: [],
};

/** What is kept of one BMC. */
export interface Kept {
  /** See `printOf`. */
  readonly identity: string;
  readonly abilities: Abilities;
}

const key = "abilities-1";

export const keepIn = (memory: LinkMemory, kept: Kept): void => memory.set(key, kept);

/** What was kept; it may be of another version, or damaged: then there is nothing. */
export function keptIn(memory: LinkMemory): Kept | undefined {
  const kept = memory.get(key);
  if (typeof kept !== "object" || kept === null) return undefined;
  const { identity, abilities } = kept as {
    readonly identity?: unknown;
    readonly abilities?: Abilities | null;
  };
  if (typeof identity !== "string" || typeof abilities !== "object" || abilities === null) return undefined;
  const flags = Object.keys(assumed).filter((name) => name !== "inventories");
  const isComplete = flags.every(
    (name) => typeof (abilities as unknown as Record<string, unknown>)[name] === "boolean",
  );
  const isList =
    Array.isArray(abilities.inventories) &&
    abilities.inventories.every((one: unknown) => {
      const { fruId, name, facts } = (one ?? {}) as Readonly<Record<string, unknown>>;
      return (
        typeof fruId === "number" && typeof name === "string" && typeof facts === "object" && facts !== null
      );
    });
  return isComplete && isList ? { identity, abilities } : undefined;
}

/** What changes when the BMC is another one, or has other firmware. */
export const printOf = (identity: DeviceId): string => JSON.stringify(identity);

const numbers = ["deviceId", "revision", "firmwareMajor", "firmwareMinor", "maker", "product"] as const;
const texts = ["firmware", "ipmi", "makerName"] as const;

/** What was printed; undefined when it is of another version, or damaged. */
export function identityIn(print: string): DeviceId | undefined {
  try {
    const value = JSON.parse(print) as Partial<DeviceId> | null;
    const isWhole =
      numbers.every((name) => typeof value?.[name] === "number") &&
      texts.every((name) => typeof value?.[name] === "string") &&
      typeof value?.supports === "object";
    return isWhole ? (value as DeviceId) : undefined;
  } catch {
    return undefined;
  }
}
