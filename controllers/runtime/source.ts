import type { Definition } from "../contract.ts";

/** Where a controller's code comes from. */
export type Source =
  /** One that comes with Bothy, by the name of its definition. */
  | { readonly kind: "shipped"; readonly name: string }
  /** Somebody's own, in one text that needs no other file. */
  | Bundle
  /** In memory, for tests and simulation: always runs in this thread. */
  | { readonly kind: "definition"; readonly definition: Definition };

/** Code that is read when it is wanted: what cannot be read now may be later. */
export interface LateSource {
  readonly kind: "late";
  /** What it will be, for people. */
  readonly of: { readonly kind: Source["kind"]; readonly file?: string };
  /** @throws BothyError `BAD_CONFIG` */
  readonly read: () => Promise<Source>;
  /** Whether what was read last is another version than the one the configuration and its settings are for. */
  readonly another?: () => boolean;
}

/** A controller's file with everything it imports. Plain JSON. */
export interface Bundle {
  readonly kind: "bundle";
  /** Where it came from, for people. */
  readonly file: string;
  /** JavaScript, an ES module whose default export is the definition. */
  readonly text: string;
  /** SHA-256 of `text`, hexadecimal. */
  readonly hash: string;
  /** A source map of `text`, JSON. */
  readonly map: string;
}

/** For people: never the code. */
export const describeSource = (
  source: Source | LateSource,
): { readonly kind: Source["kind"]; readonly file?: string; readonly hash?: string } =>
  source.kind === "bundle"
    ? { kind: source.kind, file: source.file, hash: source.hash }
    : source.kind === "late"
      ? source.of
      : { kind: source.kind };
