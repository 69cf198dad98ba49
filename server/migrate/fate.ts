import type { Note } from "./note.ts";
import type { Address } from "./plugin-party.ts";

/** A plugin's address in a server's configuration, and the CA its certificate hangs below. */
export interface Remote extends Address {
  readonly ca?: string;
  /** How long the server waited for it, where that was not what is usual. */
  readonly timeout?: string;
}

/** Behind another name of its host it may be the same plugin: ports and sockets are what the two have in common. */
export const mayBe = (one: Address, other: Address): boolean =>
  one.protocol === other.protocol &&
  (one.protocol === "unix" ? one.address === other.address : portOf(one.address) === portOf(other.address));

/** A plugin whose devices are this site's own from now on, and what hosts of it are called. */
export interface Replaced extends Address {
  readonly word: string;
}

export const words = { "modbus-ip": "modbus", emulator: "emul", ipmi: "ipmi" } as const;

type Fate = "replaced" | "unclear" | "other";

/**
 * Which plugin answers at a server's address. Plugins in containers all listen on the same port, so a port alone tells
 * only when nobody else may be behind it.
 */
export function fateOf(
  remote: Remote,
  remotes: readonly Remote[],
  replaced: readonly Replaced[],
  staying: readonly Address[],
): Fate {
  const candidates = replaced.filter((one) => mayBe(one, remote));
  if (candidates.length === 0) return "other";
  if (candidates.some(({ address, word }) => address === remote.address || remote.address.includes(word)))
    return "replaced";
  if (staying.some((one) => one.address === remote.address)) return "other";
  const rivals = remotes.filter((one) => mayBe(one, remote));
  const others = staying.filter((one) => mayBe(one, remote));
  if (others.length === 0 && rivals.length <= candidates.length) return "replaced";
  // When all that are replaced were found under their names, this is another one.
  const named = candidates.filter(({ word }) => rivals.some(({ address }) => address.includes(word)));
  return named.length === candidates.length ? "other" : "unclear";
}

/** What whoever migrates should know of it. */
export const fateNote = ({ address }: Remote, fate: "replaced" | "unclear"): Note =>
  fate === "replaced"
    ? {
        where: address,
        what: "that plugin's devices are now this site's own",
        remedy: "stop the plugin before this site starts",
        lost: false,
      }
    : {
        where: address,
        what: "several plugins listen on that port, so it cannot be told whether this one is replaced",
        remedy: "if it is, take its bus out and stop the plugin",
        lost: true,
      };

const portOf = (address: string): string => address.slice(address.lastIndexOf(":") + 1);
