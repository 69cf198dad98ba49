/** What a site answers about its controllers. As in types.ts: moments are ISO 8601 texts in UTC, spans are in ms. */
import type { Tuning } from "./controller-tuning-types.ts";
import type { AskedBy } from "./asked-by.ts";

/** `resting`: the site's profile is one it does not work in. */
export type ControllerMode = "automatic" | "manual" | "fail-safe" | "off" | "resting";

/** What one may ask for; fail-safe comes and goes by itself. */
export type WantedMode = Exclude<ControllerMode, "fail-safe" | "resting">;

export type Severity = "notice" | "warning" | "major" | "critical";

/** Something that is wrong while it is listed. */
export interface ControllerAlarm {
  /** Unique within its controller while it stands. */
  readonly id: string;
  readonly controller: string;
  readonly severity: Severity;
  /** What is wrong, and what to do. */
  readonly text: string;
  /** Id of the device it is about. */
  readonly device?: string;
  readonly since: string;
  /** While no step tells whether it still is so: when one last did. */
  readonly asOf?: string;
  /** What it is only a part of, such as `bus rs485-a` or `controller rack-inlet`: it is not counted. */
  readonly partOf?: string;
  /** Of one that stands until somebody has acknowledged it. */
  readonly latch?: Latch;
  /** Somebody knows of it: until then it is not counted. */
  readonly shelved?: Shelved;
}

export interface Latch {
  /** Whether its condition is over. */
  readonly over: boolean;
  readonly acknowledged?: Acknowledged;
}

export interface Acknowledged extends AskedBy {
  readonly at: string;
}

export interface Shelved extends AskedBy {
  readonly until: string;
}

/** What a controller makes of one thing an output is bound to. */
export interface ControllerOutput {
  readonly output: string;
  /** Of the device, for people. */
  readonly name: string;
  /** What its step wants. */
  readonly wanted?: number | string;
  /** What was sent in the last step; absent when nothing had to be. */
  readonly sent?: number | string;
  /** What was in force before it. */
  readonly applied?: number | string;
}

/** One line of the list of controllers. */
export interface ControllerSummary {
  /** Its name at the site. */
  readonly name: string;
  /** `starting`, `running`, `broken`, `stopped`, `failed to load`. */
  readonly standing: string;
  /** Why it is broken or could not be loaded. */
  readonly fault?: string;
  readonly mode: ControllerMode;
  readonly wantedMode: WantedMode;
  /** When the mode asked for ends and `automatic` begins. */
  readonly modeUntil?: string;
  /** Name, version and summary of what it is. */
  readonly definition?: string;
  readonly version?: string;
  readonly summary?: string;
  /** Of a change: it is so, but a restart would not know of it, and why. */
  readonly unkept?: string;
  /** Between steps, in ms. */
  readonly period: number;
  /** The profile in force is one it does not work in: which, for people. */
  readonly rests?: string;
  /** Which loop, sensor or rule decided. */
  readonly leader?: string;
  /** Why the outputs are what they are. */
  readonly reason?: string;
  /** What it measures and wants to hold, of controllers that have a loop. */
  readonly loop?: LoopValues;
  readonly outputs: readonly ControllerOutput[];
  readonly alarms: readonly ControllerAlarm[];
  /** Steps that could not begin in time. */
  readonly missed: number;
  readonly failures: number;
}

export interface LoopValues {
  readonly pv: number;
  readonly setpoint?: number;
  /** Symbol of both. */
  readonly unit: string;
}

/** Which profile of a site is in force. */
export interface SiteProfile {
  /** Absent: the site has none, and every controller works. */
  readonly profile?: string;
  readonly profiles: readonly string[];
  /** The one in force when nobody has chosen. */
  readonly default?: string;
  /** When it ends by itself, and which one is in force then. */
  readonly until?: string;
  readonly then?: string;
  readonly by?: AskedBy;
  /** Names of the controllers that work, and of those that rest. */
  readonly works: readonly string[];
  readonly rests: readonly string[];
  /** Of a change: it is so, but a restart would not know of it, and why. */
  readonly unkept?: string;
}

/** One value as a step saw it; a `bad` one has no value. */
export interface ControllerInput {
  readonly quality: "good" | "uncertain" | "bad";
  readonly value?: number | string;
  /** Since it was true, in ms. */
  readonly age?: number;
  /** What it came from, for people. */
  readonly from: string;
  readonly device?: string;
  /** Of a bad one: why. */
  readonly code?: string;
  readonly text?: string;
  readonly tags: readonly string[];
}

/** One step of a controller, whole. */
export interface ControllerStep {
  /** Counts up by one, also across restarts; absent in `last`. */
  readonly n?: number;
  readonly at: string;
  readonly version: string;
  readonly mode: ControllerMode;
  readonly wantedMode: WantedMode;
  /** Since the step before, in seconds. */
  readonly dt: number;
  /** How long it took, in ms. */
  readonly took: number;
  readonly inputs: Readonly<Record<string, readonly ControllerInput[]>>;
  /** What is missing, for people. */
  readonly missing: readonly string[];
  readonly leader?: string;
  /** `p`, `i`, `d`, `error`, …; null: infinite. */
  readonly terms?: Readonly<Record<string, number | null>>;
  /** In force in this step, for people. */
  readonly limits: readonly string[];
  readonly outputs: readonly StepOutput[];
  readonly reason: string;
  readonly failure?: { readonly kind: string; readonly text: string };
  readonly published?: Readonly<Record<string, number | string | boolean>>;
}

export interface StepOutput extends ControllerOutput {
  readonly device: string;
  readonly slot?: number;
  readonly appliedSlot?: number;
}

/** What a controller's output is bound to, and who is in force there. */
export interface ControllerTarget {
  readonly output: string;
  /** Id and name of the device. */
  readonly device: string;
  readonly name: string;
  readonly action: string;
  readonly holding?: string;
  readonly entries: readonly TargetEntry[];
}

export interface TargetEntry {
  /** 1 is the strongest. */
  readonly slot: number;
  readonly meaning: string;
  readonly value: number | string | boolean;
  readonly who: string;
  readonly why: string;
  readonly since: string;
  readonly expires?: string;
  /** It passes the guards of the device. */
  readonly forced?: boolean;
  readonly inForce: boolean;
}

/** Something that happened: `mode`, `settings`, `swapped`, `rolled back`, `standing`, `bindings`, `raised`, `cleared`. */
export interface ControllerEvent {
  readonly at: string;
  readonly kind: string;
  readonly [more: string]: unknown;
}

/** Why something is not bound. */
export interface BindingFault {
  readonly path: readonly string[];
  readonly message: string;
  readonly remedy: string;
}

/** Everything there is to say of one controller. */
export interface ControllerDetail extends ControllerSummary {
  readonly versionId: string;
  readonly source: Readonly<Record<string, unknown>>;
  readonly modeBy?: AskedBy;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Those of them that are so only for a while. */
  readonly temporary: Readonly<Record<string, TemporarySetting>>;
  /** JSON Schema with unit, range, default and description of every setting. */
  readonly settingsSchema?: Readonly<Record<string, unknown>>;
  readonly publishes?: Readonly<Record<string, unknown>>;
  /** Symbols of the terms of the last step that have a unit; servers of before say none. */
  readonly termUnits?: Readonly<Record<string, string>>;
  readonly published: Readonly<Record<string, number | string | boolean>>;
  /** What applies when it cannot be trusted. */
  readonly failSafe?: Readonly<Record<string, number | string | null>>;
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  readonly bindingFaults: readonly BindingFault[];
  readonly targets: readonly ControllerTarget[];
  readonly last?: ControllerStep;
  readonly steps: number;
  readonly lastFailure?: { readonly kind: string; readonly text: string; readonly at: string };
  /** While a new version may still be taken back by itself. */
  readonly probation?: { readonly until: string; readonly previous: string };
  /** Of the last steps, in ms. */
  readonly stepTime?: Readonly<Record<"steps" | "p50" | "p95" | "p99" | "max", number>>;
  /** The newest first. */
  readonly events: readonly ControllerEvent[];
  /** The number of a version in shadow. */
  readonly shadow?: string;
  /** A search for gains that is under way, or ended last. */
  readonly tuning?: Tuning;
}

/** A step, or how many were left out because they were not taken in time. */
export type FollowedStep =
  | { readonly kind: "step"; readonly step: ControllerStep }
  | { readonly kind: "dropped"; readonly count: number };

export interface TemporarySetting extends AskedBy {
  readonly value: unknown;
  readonly until: string;
  /** What it is afterwards. */
  readonly then: unknown;
}
