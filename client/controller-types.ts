/** What a site answers about its controllers. As in types.ts: moments are ISO 8601 texts in UTC, spans are in ms. */

export type ControllerMode = "automatic" | "manual" | "fail-safe" | "off";
/** What one may ask for; fail-safe comes and goes by itself. */
export type WantedMode = Exclude<ControllerMode, "fail-safe">;
export type Severity = "notice" | "warning" | "major" | "critical";

/** Who asked for something, and why. */
export interface AskedBy {
  readonly who: string;
  readonly why: string;
}

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
  /** Between steps, in ms. */
  readonly period: number;
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

export interface ControllerSettings {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Those of them that are so only for a while. */
  readonly temporary: Readonly<Record<string, TemporarySetting>>;
  readonly schema?: Readonly<Record<string, unknown>>;
}

export interface TemporarySetting extends AskedBy {
  readonly value: unknown;
  readonly until: string;
  /** What it is afterwards. */
  readonly then: unknown;
}

export interface ChangeOptions {
  /** After this those before are in force again, e.g. `30m`; at most 24h. Default: until they are changed. */
  readonly for?: string;
  readonly why?: string;
}

export interface ModeRequest {
  readonly mode: WantedMode;
  /** After this it is automatic again, e.g. `30m`. Default: 1h; at most 24h. */
  readonly holdFor?: string;
  readonly why?: string;
}

export interface OverrideRequest {
  readonly value: number | string;
  /** For whoever asks later. */
  readonly why: string;
  /** May be left out when there is only one. */
  readonly output?: string;
  /** Only this one of those the output is bound to: id or alias. */
  readonly device?: string;
  /** After this the controller commands again, e.g. `30m`, which is the default. */
  readonly holdFor?: string;
  /** Passes the guards of a device (slot 6), for an hour at the most; nothing stronger. For administrators. */
  readonly force?: boolean;
}

export interface EndOverride {
  /** Default: all of them. */
  readonly output?: string;
  readonly device?: string;
  readonly why?: string;
}

export interface Override {
  readonly output: string;
  readonly device: string;
  readonly name: string;
  readonly action: string;
  readonly value?: number | string;
  /** Tells how the write went. */
  readonly transaction?: string;
  /** What is stronger, for people: this takes effect once that is given up, if its time is not over before. */
  readonly waitsFor?: string;
}

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
  readonly comparison: Comparison;
  /** Whether there are more steps than are replayed at once. */
  readonly cut: boolean;
}

export interface TuneRequest {
  /** `relay`: a small oscillation. `step`: one step, and the course after it. Default: relay. */
  readonly method?: "relay" | "step";
  /** The output, %, around which it is. Default: what is in force. */
  readonly centre?: number;
  /** How far it goes from there, %. Default: 10. */
  readonly height?: number;
  /** The output stays within these, %, besides the devices' and the controller's own. */
  readonly least?: number;
  readonly most?: number;
  /** Further from where it began, in K, the test is called off. Default: 4. */
  readonly furthest?: number;
  /** Distance, in K, at which the relay switches. Default: 0.2. */
  readonly hysteresis?: number;
  /** After this it is called off, e.g. `2h`, which is the default. */
  readonly longest?: string;
  readonly why?: string;
}

export type TuningPhase = "settling" | "testing" | "done" | "failed";

/** A search for the gains of a controller's loop. */
export interface Tuning {
  readonly controller: string;
  readonly method: "relay" | "step";
  readonly phase: TuningPhase;
  /** What it does now, or why it ended; for people. */
  readonly text: string;
  readonly since: string;
  readonly ended?: string;
  readonly by: AskedBy;
  /** What it commands, and within which limits. */
  readonly output: string;
  readonly centre: number;
  readonly height: number;
  readonly least: number;
  readonly most: number;
  /** The measurement it swings around. */
  readonly reference?: number;
  /** Full cycles of a relay test so far. */
  readonly cycles?: number;
  /** What the plant was found to be, of a step test. */
  readonly plant?: {
    readonly gain: number;
    readonly tau: number;
    readonly theta: number;
    readonly explained: number;
  };
  /** Settings it proposes. */
  readonly proposal?: readonly ProposedSetting[];
  /** The last points of the course. */
  readonly course: readonly { readonly at: string; readonly pv: number; readonly output: number }[];
}

export interface ProposedSetting {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is in force. */
  readonly before: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Whether a limit of the setting had to cut it. */
  readonly limited: boolean;
}

export interface ShelveRequest {
  /** For so long it is not counted, e.g. `2h`; at most 7d. */
  readonly for: string;
  /** For whoever asks later. */
  readonly why: string;
}

/** A step, or how many were left out because they were not taken in time. */
export type FollowedStep =
  | { readonly kind: "step"; readonly step: ControllerStep }
  | { readonly kind: "dropped"; readonly count: number };
