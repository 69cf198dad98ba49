import type { AskedBy } from "./asked-by.ts";

/** A text or number of one version. */
export interface ControllerVersion {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** `shipped`, `bundle`, `definition`. */
  readonly kind: string;
  readonly file?: string;
  readonly added?: string;
  readonly by: AskedBy;
}

export interface VersionHappening {
  readonly at: string;
  /** `configured`, `added`, `swapped`, `rolled back`, `promoted`, `shadowed`, `refused`. */
  readonly what: string;
  readonly id: string;
  /** What was in force before. */
  readonly from?: string;
  readonly by: AskedBy;
}

export interface ControllerVersions {
  readonly inForce: string;
  readonly since?: string;
  readonly by?: AskedBy;
  /** What the configuration names. */
  readonly configured?: string;
  readonly probation?: { readonly until: string; readonly previous: string };
  readonly versions: readonly ControllerVersion[];
  /** The newest first. */
  readonly history: readonly VersionHappening[];
  /** Why a restart would not know of all this, as things are. */
  readonly unkept?: string;
  readonly shadow?: Shadow;
}

/** A text to be kept as a version, or replayed. */
export interface VersionText {
  /** Its name: `.ts` is TypeScript. */
  readonly file: string;
  /** TypeScript or JavaScript that imports `bothy/controllers` and nothing else. */
  readonly text: string;
  /** It is one JavaScript module that needs no import. */
  readonly bundled?: boolean;
}

export interface SwapRequest {
  /** An id, the beginning of one, or a number only one version has. */
  readonly version: string;
  readonly why?: string;
  /** For so long it goes back by itself when it fails, e.g. `15m`, which is the default. */
  readonly probation?: string;
  /** `fresh`: it begins anew. Default: with the state of the one before. */
  readonly handover?: "state" | "fresh";
}

export interface ShadowRequest {
  readonly version: string;
  readonly why?: string;
  /** For so long before it can be promoted. Default: 5m. */
  readonly for?: string;
}

export interface SwapReport {
  readonly from: string;
  readonly to: string;
  /** `handed over`, `migrated`, `fresh`. */
  readonly state: string;
  /** How long steps could not begin, in ms. */
  readonly pause: number;
  /** Why a restart would have the version before in force. */
  readonly unkept?: string;
}

/** What two versions made of the same inputs. */
export interface Comparison {
  /** Steps. */
  readonly compared: number;
  readonly differing: number;
  readonly otherMode: number;
  /** By more than 10 % of the range. */
  readonly large: number;
  readonly largePercent: number;
  readonly outputs: readonly OutputDifference[];
  readonly examples: readonly ComparedStep[];
}

export interface OutputDifference {
  readonly output: string;
  readonly device: string;
  readonly name: string;
  readonly compared: number;
  readonly differing: number;
  readonly largest: number;
  readonly mean: number;
  readonly large: number;
}

export interface ComparedStep {
  readonly at: string;
  readonly output: string;
  readonly name: string;
  readonly first: number | string | null;
  readonly second: number | string | null;
  readonly firstReason: string;
  readonly secondReason: string;
}

export interface Shadow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly since: string;
  readonly by: AskedBy;
  /** How long it is to run before it can be promoted, and how long it has, in ms. */
  readonly wanted: number;
  readonly elapsed: number;
  readonly steps: number;
  readonly missed: number;
  readonly failures: number;
  readonly lastFailure?: { readonly kind: string; readonly text: string; readonly at: string };
  readonly comparison: Comparison;
  /** What speaks against promoting it. */
  readonly notYet?: string;
}

export interface ReplayRequest extends Partial<VersionText> {
  /** Default: the one in force, unless there is a text. */
  readonly version?: string;
  /** ISO 8601; not before, and not after. */
  readonly from?: string;
  readonly to?: string;
  /** In place of those then. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A setting a version does not take as it was. */
export interface FittedSetting {
  readonly name: string;
  readonly was: unknown;
  /** Absent: its own settings. */
  readonly taken?: unknown;
  readonly why: string;
}

export interface Replay {
  readonly name: string;
  readonly version: string;
  readonly steps: number;
  /** Before the first recorded state, where a replay can begin. */
  readonly skipped: number;
  readonly from?: string;
  readonly to?: string;
  readonly recorded: readonly string[];
  readonly begun: number;
  readonly failures: number;
  readonly lastFailure?: { readonly kind: string; readonly text: string; readonly at: string };
  /** Recorded settings it does not take, and what it was given in their place. */
  readonly fitted: readonly FittedSetting[];
  readonly comparison: Comparison;
  /** Whether there are more steps than are replayed at once. */
  readonly cut: boolean;
}
