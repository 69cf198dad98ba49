import type { Instant } from "./clock.ts";

/** What is kept; each kind has keys of its own. */
export type Kind = "transaction" | "slot" | "memory" | "token" | "controller" | "profile" | "shelf";

/** How it stands with what is kept. Plain JSON. */
export interface KeeperStatus {
  /** Whether what is accepted now outlasts the program. */
  readonly kept: boolean;
  /** Where. */
  readonly folder?: string;
  /** Why it does not. */
  readonly fault?: string;
  /** Since when it does not. */
  readonly since?: Instant;
  /** What could not be read at the start of what was kept before. */
  readonly lost?: string;
}

/**
 * What outlasts the program. Changes are taken at once and written behind; nothing here ever waits, throws, or grows
 * beyond what is kept.
 */
export interface Keeper {
  /**
   * What the program before this one kept, by key. It may have been another version, and the disk may have changed it:
   * whoever reads it checks it.
   */
  load(kind: Kind): ReadonlyMap<string, unknown>;
  /**
   * Keeps a JSON value, in place of what the key held. It is not changed after it was given away.
   * @param when at once, or within seconds together with whatever else changes (default): disks wear out. Earlier in any
   * case when somebody waits for `flushed`
   */
  put(kind: Kind, key: string, value: unknown, when?: "now" | "soon"): void;
  /** Keeps nothing under a key any more; within seconds. */
  drop(kind: Kind, key: string): void;
  /**
   * Resolves when everything given so far outlasts the program; within seconds in any case: when it does not by then,
   * the status says so. Never rejects.
   */
  flushed(): Promise<void>;
  status(): KeeperStatus;
}

/** For whoever keeps nothing. */
export const noKeeper: Keeper = {
  load: () => new Map(),
  put: () => undefined,
  drop: () => undefined,
  flushed: () => Promise.resolve(),
  status: () => ({ kept: false, fault: "no folder is given" }),
};
