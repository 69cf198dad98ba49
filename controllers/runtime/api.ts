import type { Instant, Millis } from "../../devices/clock.ts";
import type { Durations } from "../../devices/latency.ts";
import type { Alarm, FailSafe } from "../contract.ts";
import type { BindingFault, BoundInput, BoundOutput } from "./binding.ts";
import type { Failure, Frame, Mode, StepTrace, WantedMode } from "./frame.ts";
import type { Shape } from "./shape.ts";
import type { LateSource, Source } from "./source.ts";

/** Who asks, and why. */
export interface By {
  readonly who: string;
  readonly why: string;
}

/** What an alarm that latches is besides. */
export interface Latch {
  /** Whether its condition is over. */
  readonly over: boolean;
  readonly acknowledged?: By & { readonly at: Instant };
}

/** A heartbeat of equipment's own watchdog: fed only while the controller lives and steps. */
export interface Heartbeat {
  readonly tags: readonly string[];
  readonly action: string;
  /** `toggle`: 0 and 1 (or the two choices) in turn; `count`: one more each time, from the range's start again. */
  readonly value: number | string;
  readonly every: Millis;
}

/** When an alarm begins and ends, besides what its controller makes of it. */
export interface AlarmRule {
  /** So long its condition must last before it begins. Default 0. */
  readonly onDelay?: Millis;
  /** So long its condition must be over before it ends. Default 0. */
  readonly offDelay?: Millis;
  /** Whether it stands until somebody has acknowledged it, and its condition is over. */
  readonly latch?: boolean;
}

/** One controller of a site. */
export interface ControllerConfig {
  readonly use: Source | LateSource;
  /** Added to every selector but those named in `inputs` and `outputs`. */
  readonly where?: readonly string[];
  /** Tags in place of the definition's, as they stand. */
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly outputs?: Readonly<Record<string, readonly string[]>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Profiles of the site it works in; in others it rests. Absent: it works in all. */
  readonly profiles?: readonly string[];
  /** How long the last outputs stay when a required input is missing, before fail-safe. Default 0. */
  readonly holdFor?: Millis;
  /** Steps in a row with everything there, before fail-safe is left. Default 3. */
  readonly recoverAfter?: number;
  readonly heartbeat?: readonly Heartbeat[];
  /** By the id of an alarm, in which `*` is anything. */
  readonly alarms?: Readonly<Record<string, AlarmRule>>;
  /** Default: shipped ones share a worker thread, others have one each. */
  readonly isolation?: "inline" | "worker";
}

export type ControllersConfig = Readonly<Record<string, ControllerConfig>>;

export interface StandingAlarm extends Alarm {
  readonly controller: string;
  readonly since: Instant;
  /** What it is only a part of, for people: `bus rs485-a`, `controller rack-inlet`. It does not count then. */
  readonly partOf?: string;
  /** Of one that stands until it is acknowledged. */
  readonly latch?: Latch;
}

export type Standing = "starting" | "running" | "broken" | "stopped" | "failed to load";

/** How a controller stands. Plain JSON. */
export interface ControllerStatus {
  readonly name: string;
  readonly standing: Standing;
  /** Why it is broken or could not be loaded. */
  readonly fault?: string;
  readonly definition?: Shape;
  /** What applies when it cannot be trusted. */
  readonly failSafe?: FailSafe;
  readonly source: { readonly kind: Source["kind"]; readonly file?: string; readonly hash?: string };
  readonly period: Millis;
  readonly mode: Mode;
  readonly wantedMode: WantedMode;
  /** When the mode asked for ends and `automatic` begins. */
  readonly modeUntil?: Instant;
  readonly modeBy?: By;
  /** Of one that rests: why. */
  readonly rests?: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Those of them that are so only for a while. */
  readonly temporary: Readonly<Record<string, TemporarySetting>>;
  readonly steps: number;
  readonly missed: number;
  /** By how much the beginning of a step is overdue, beyond a whole period; absent: it is not, or none is to begin. */
  readonly late?: Millis;
  readonly failures: number;
  readonly lastFailure?: Failure & { readonly at: Instant };
  readonly took: Durations;
  readonly last?: StepTrace;
  readonly inputs: readonly BoundInput[];
  readonly outputs: readonly BoundOutput[];
  readonly bindingFaults: readonly BindingFault[];
  readonly published: Readonly<Record<string, number | string | boolean>>;
  readonly alarms: readonly StandingAlarm[];
  /** While a new version may still be taken back by itself. */
  readonly probation?: { readonly until: Instant; readonly previous: string };
}

export interface ModeRequest extends By {
  readonly mode: WantedMode;
  /** Default for `manual` and `off`: one hour; at most a day. `automatic` has no end. */
  readonly holdFor?: Millis;
}

/** Who changes settings, why, and for how long. */
export interface SettingsRequest extends By {
  /** After this those before are in force again; at most a day. Absent: until somebody changes them. */
  readonly holdFor?: Millis;
}

/** A setting that is so for a while, and who wanted it. */
export interface TemporarySetting extends By {
  readonly value: unknown;
  readonly until: Instant;
  /** What it is afterwards. */
  readonly then: unknown;
}

export interface SwapOptions extends By {
  /** Default 900 s. */
  readonly probation?: Millis;
  /** `fresh`: the new one begins from `init`. Default: the state is handed over. */
  readonly handover?: "state" | "fresh";
  /** Settings together with it; default: those in force. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface SwapReport {
  readonly from: string;
  readonly to: string;
  readonly state: "handed over" | "migrated" | "fresh";
  /** How long steps could not begin. */
  readonly pause: Millis;
  /** Why a restart would have the version before in force: absent when it would not. */
  readonly unkept?: string;
}

export type ControllerEvent =
  | {
      readonly kind: "mode";
      readonly controller: string;
      readonly mode: Mode;
      readonly before: Mode;
      readonly why: string;
    }
  | {
      readonly kind: "settings";
      readonly controller: string;
      readonly by: By;
      readonly settings: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: "swapped";
      readonly controller: string;
      readonly by: By;
      readonly report: SwapReport;
      readonly source: Source;
    }
  | {
      readonly kind: "rolled back";
      readonly controller: string;
      readonly from: string;
      readonly to: string;
      readonly why: string;
      readonly source: Source;
    }
  | {
      readonly kind: "standing";
      readonly controller: string;
      readonly standing: Standing;
      readonly why: string;
    }
  | {
      /** It works, or rests, with the profile that is in force now. */
      readonly kind: "profile";
      readonly controller: string;
      readonly by: By;
      readonly profile: string;
      readonly before: string;
    }
  | { readonly kind: "bindings"; readonly controller: string; readonly why: string }
  | {
      readonly kind: "acknowledged";
      readonly controller: string;
      readonly by: By;
      readonly alarm: StandingAlarm;
    }
  | { readonly kind: "raised" | "cleared"; readonly controller: string; readonly alarm: StandingAlarm };

/** One step of one controller as it happened. The frame is what `createEngine` steps again in replay and shadow. */
export type TraceListener = (controller: string, trace: StepTrace, frame: Frame) => void;

export interface StopReport {
  /** Fail-safe writes that were not done in time. */
  readonly undone: readonly {
    readonly controller: string;
    readonly device: string;
    readonly action: string;
    readonly why: string;
  }[];
}

/** Which profile a site is to have, who wants it, why, and for how long. */
export interface ProfileRequest extends By {
  readonly profile: string;
  /** After this the one before is in force again; at most 30 days. Absent: until somebody chooses another one. */
  readonly holdFor?: Millis;
}

/** Which profile is in force. Plain JSON. */
export interface ProfileStatus {
  readonly profile: string;
  readonly profiles: readonly string[];
  readonly default: string;
  /** When, and which one is in force then; absent: it does not end by itself. */
  readonly until?: Instant;
  readonly then?: string;
  /** Who chose it; absent: nobody has, it is the default. */
  readonly by?: By;
}

/** All controllers of a site. */
export interface ControllerRuntime {
  start(): Promise<void>;
  /** Applies fail-safe values, waits for them at most ten seconds, keeps the state. */
  stop(): Promise<StopReport>;
  list(): readonly ControllerStatus[];
  get(name: string): ControllerStatus | undefined;
  /** @throws BothyError `NOT_FOUND`, `BAD_INPUT` */
  setMode(name: string, request: ModeRequest): void;
  /**
   * Changes some settings, for good or for a while; the others stay.
   * @returns all of them
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT` with every limit that was broken: then nothing has changed
   */
  setSettings(
    name: string,
    patch: Readonly<Record<string, unknown>>,
    request: SettingsRequest,
  ): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Puts another version in place of the one that runs, between two steps. The one before is kept for a while and comes
   * back by itself when the new one fails.
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT`, `BAD_CONFIG`: then the one that runs goes on
   */
  swap(name: string, next: Source, options: SwapOptions): Promise<SwapReport>;
  /**
   * Begins anew after `broken`, or loads what could not be loaded; one that runs goes on.
   * @throws BothyError `NOT_FOUND`, `BAD_CONFIG` when it still cannot be loaded
   */
  restart(name: string, by: By): Promise<void>;
  /**
   * Somebody has seen an alarm that latches: it ends as soon as its condition is over.
   * @throws BothyError `NOT_FOUND` when it does not stand, `BAD_INPUT` when it does not latch
   */
  acknowledge(name: string, alarm: string, by: By): void;
  /** Alarms of whoever looks after its code, in place of those before. They stand besides its own. */
  note(name: string, alarms: readonly Alarm[]): void;
  /** A version was taken back by itself by somebody else: told until somebody has seen it, or another takes over. */
  takenBack(name: string, alarm: Alarm): void;
  alarms(): readonly StandingAlarm[];
  /** Which profile is in force; undefined: the site has none. */
  profile(): ProfileStatus | undefined;
  /**
   * Puts another profile in force. Controllers that come take their outputs over from what is in force; those that go let
   * go after that, and rest.
   * @returns when those that come have made their first step
   * @throws BothyError `BAD_INPUT` for one there is not, `BUSY` while one that would go holds something for the safety of
   * life: then the one before stays
   */
  setProfile(request: ProfileRequest): Promise<ProfileStatus>;
  onTrace(listener: TraceListener): () => void;
  onEvent(listener: (event: ControllerEvent) => void): () => void;
}
