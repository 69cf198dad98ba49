import type { Instant, Millis } from "../../devices/clock.ts";
import type { Accepts } from "../../devices/device.ts";
import type { Slot } from "../../devices/transaction.ts";
import type { DeviceId } from "../../devices/value-id.ts";
import type { Alarm } from "../contract.ts";
import type { Applied, Observation } from "../sample.ts";

/**
 * How a controller is run; `fail-safe` is entered and left by itself. `resting`: the site's profile is one it does not work
 * in.
 */
export type Mode = "automatic" | "manual" | "fail-safe" | "off" | "resting";
/** What one may ask for. */
export type WantedMode = Exclude<Mode, "fail-safe" | "resting">;

/** Of a controller that rests. It only follows what is applied, so that it can go on from there at any time. */
export interface Rest {
  /** For people. */
  readonly why: string;
  /** Outputs nobody else has, as `outputKey`: they are at its fail-safe values. */
  readonly alone: ReadonlySet<string>;
}

/** A slot of an output that is filled by this controller. */
export interface HeldSlot {
  readonly slot: Slot;
  readonly value: number | string;
}

/** One thing an output is bound to, with what the engine must know of it. */
export interface Target extends Applied {
  readonly accepts: Accepts;
  /** Slots this controller holds there, in no order. */
  readonly held: readonly HeldSlot[];
}

export type Observed = Observation | Observation<string>;

/** Everything that enters one step of an engine. Plain JSON. */
export interface Frame {
  /** By input: every value it is bound to, in a fixed order. */
  readonly inputs: Readonly<Record<string, readonly Observed[]>>;
  /** By output: everything it is bound to. */
  readonly outputs: Readonly<Record<string, readonly Target[]>>;
  /** Seconds since the frame before; the period in the first one. */
  readonly dt: number;
  /** The wall clock when the step was due, and the site's local time of day in hours, 0..24. */
  readonly at: Instant;
  readonly localHour: number;
  readonly wanted: WantedMode;
  /** Absent: it works. */
  readonly rest?: Rest;
}

/** Something to be told to the writer. */
export type Order =
  | {
      readonly kind: "fill";
      readonly output: string;
      readonly device: DeviceId;
      readonly action: string;
      readonly slot: Slot;
      readonly value: number | string;
      readonly why: string;
    }
  | {
      readonly kind: "release";
      readonly output: string;
      readonly device: DeviceId;
      readonly action: string;
      readonly slot: Slot;
      readonly why: string;
    };

export type FailureKind = "threw" | "overran" | "invalid" | "invariant" | "lost";

/** Why a step counts for nothing. */
export interface Failure {
  readonly kind: FailureKind;
  /** For people; of a thrown error with its place in the controller's own file. */
  readonly text: string;
}

/** What one output of one step came to, per device. */
export interface TracedOutput {
  readonly output: string;
  readonly device: DeviceId;
  readonly name: string;
  /** What the step wanted; absent when it was not asked or gave it up. */
  readonly wanted?: number | string;
  /** After range, rate and dead band; absent when nothing was sent in this step. */
  readonly sent?: number | string;
  readonly slot?: Slot;
  /** What was in force before the step, and which slot. */
  readonly applied?: number | string;
  readonly appliedSlot?: number;
}

/** One step, whole: enough to say why, and to replay it. Plain JSON; shares parts with the frame, so nobody changes it. */
export interface StepTrace {
  readonly at: Instant;
  readonly version: string;
  readonly mode: Mode;
  readonly wantedMode: WantedMode;
  readonly dt: number;
  readonly localHour: number;
  /** How long the step function took. */
  readonly took: Millis;
  readonly inputs: Frame["inputs"];
  /** Of inputs that pick one value: which one it was. */
  readonly picked: Readonly<Record<string, { readonly value: number | string; readonly from: string }>>;
  /** What is missing, for people. */
  readonly missing: readonly string[];
  readonly leader?: string;
  readonly terms?: Readonly<Record<string, number>>;
  /** In force in this step: those the step names, then those of range, rate and dead band. */
  readonly limits: readonly string[];
  readonly outputs: readonly TracedOutput[];
  readonly reason: string;
  readonly failure?: Failure;
  /** Everything that stands. */
  readonly alarms: readonly Alarm[];
  readonly published?: Readonly<Record<string, number | string | boolean>>;
  /** What the next step begins with. */
  readonly state: unknown;
}
