import type { Static, TObject } from "typebox";
import type { Instant, Millis } from "../devices/clock.ts";
import type { DeviceId } from "../devices/value-id.ts";
import type { Outputs, OutputValues, OutputWishes } from "./outputs.ts";
import type { Inputs, InputValues } from "./select.ts";

/**
 * What a controller is: data, and pure functions. Everything else (binding, freshness, fail-safe, rate limits,
 * arbitration, tracing) is the runtime's. State, settings and results are JSON values: they cross threads and are kept
 * on disk. A result is no longer than 262,144 characters, and every number of a state is finite.
 */
export interface Definition<
  S extends TObject = TObject,
  I extends Inputs = Inputs,
  O extends Outputs = Outputs,
  St = unknown,
> {
  /** Letters, digits, `.`, `_`, `-`. A site may run it several times, under names of its own. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  /** One line for people. */
  readonly summary: string;
  /** Time between steps, >= 100 ms. */
  readonly period: Millis;
  /** The longest one step may take; longer is a failure. Default: half the period, at most 1 s. */
  readonly budget?: Millis;
  /** An object schema; every property with unit, range, default and description, see settings.ts. */
  readonly settings: S;
  readonly inputs: I;
  readonly outputs: O;
  /** What other controllers may take as input: `from("economiser", "allowed")`. */
  readonly publishes?: Readonly<Record<string, { readonly unit?: string; readonly text: string }>>;
  /** Symbols of the terms of its steps, for people: `{ error: "K" }`. Not needed for those of `loop` and `publishes`. */
  readonly terms?: Readonly<Record<string, string>>;
  /** The loop it holds something with: shown to people, and what `bothy controller tune` finds gains for. */
  readonly loop?: Loop;
  /**
   * What the outputs are when this controller cannot be trusted: it has not begun, an input is missing, it threw, broke
   * an invariant, took too long, or ended. Asked once for every set of settings. Null: nothing is commanded.
   */
  readonly failSafe: FailSafe<O> | ((settings: Static<S>) => FailSafe<O>);
  /** Raised whenever the shape of the state changes. Default 1. */
  readonly stateVersion?: number;
  init(settings: Static<S>): St;
  /** Makes state of an older `stateVersion` into state of this one. Without it, such state is dropped and `init` asked. */
  migrate?(state: unknown, from: number, settings: Static<S>): St;
  /** Settings that the schema cannot refuse; a text says what is wrong and which limit was broken. */
  check?(settings: Static<S>): string | undefined;
  step(context: StepContext<S, I, O, St>): StepResult<O, St>;
  /** What must hold of every step. One that does not fails the step: its outputs are not sent. */
  readonly invariants?: readonly Invariant<S, I, O, St>[];
}

/** Which terms of a step and which settings are those of a loop. Plain data. */
export interface Loop {
  /** Term: what is measured. */
  readonly pv: string;
  /** Term: what it is to be. Absent: the setting `setpoint`. */
  readonly setpoint?: string;
  /** Symbol of both. */
  readonly unit: string;
  /** Absent: its gains are not to be found by trying. */
  readonly tune?: {
    /** What is moved, in %. */
    readonly output: string;
    /** `direct`: the output rises with the measurement, as in cooling. */
    readonly action: "direct" | "reverse";
    /** Settings of the ideal form: % per unit, and s. */
    readonly gain: string;
    readonly integralTime: string;
    /** Set to 0. */
    readonly derivativeTime?: string;
    /** Settings between which the output is moved at the most. */
    readonly least?: string;
    readonly most?: string;
    /** Term: so much of the loop's own output, %, is one % of `output`. Absent: 1. */
    readonly share?: string;
  };
}

export interface Invariant<S extends TObject, I extends Inputs, O extends Outputs, St> {
  readonly text: string;
  holds(context: StepContext<S, I, O, St>, result: StepResult<O, St>): boolean;
}

export type FailSafe<O extends Outputs = Outputs> = { readonly [K in keyof O]: number | string | null };

/** Everything a step knows. Nothing else may enter it: no clock, no I/O, no randomness. */
export interface StepContext<
  S extends TObject = TObject,
  I extends Inputs = Inputs,
  O extends Outputs = Outputs,
  St = unknown,
> {
  readonly inputs: InputValues<I>;
  readonly settings: Static<S>;
  readonly state: St;
  /** Seconds since the step before; the period in the first one. */
  readonly dt: number;
  /** The period, seconds. `dt` outside ±50 % of it: integrals and derivatives hold. */
  readonly nominal: number;
  /** What each output is bound to, and what is in force there: also somebody else's. */
  readonly applied: OutputValues<O>;
  /** In `manual` outputs are not sent: the step tracks what is applied, so that the return makes no bump. */
  readonly mode: "automatic" | "manual";
  /** The wall clock when the step was due, and the site's local time of day. */
  readonly at: Instant;
  readonly localHour: number;
}

export interface StepResult<O extends Outputs = Outputs, St = unknown> {
  /** An output that is not named, or null, is given up: whoever is next in the priority array is in force. */
  readonly outputs: OutputWishes<O>;
  readonly state: St;
  /** One sentence for people: why the outputs are what they are. */
  readonly reason: string;
  /** Which loop, sensor or rule decided. */
  readonly leader?: string;
  /** Numbers that enter the trace: `p`, `i`, `d`, `ff`, `error`, … */
  readonly terms?: Readonly<Record<string, number>>;
  /** Limits that were in force in this step, for people. The runtime adds its own. */
  readonly limits?: readonly string[];
  /** Everything that stands now; the runtime tells when one begins and ends. */
  readonly alarms?: readonly Alarm[];
  /** Values of `publishes`. */
  readonly published?: Readonly<Record<string, number | string | boolean>>;
  /** From now on in place of the definition's fail-safe values, until another step says otherwise. */
  readonly failSafe?: Partial<FailSafe<O>>;
  /**
   * What it cannot decide without, for people: as if an input that is needed were missing. For what can only be said of several
   * together, and for fail-safe values that depend on what is still known.
   */
  readonly missing?: string;
  /**
   * Names of the inputs whose values are all that is `missing`: its fail-safe is told as part of the bus, or the
   * controller, whose silence it is.
   */
  readonly lacks?: readonly string[];
}

export type Severity = "notice" | "warning" | "major" | "critical";

export interface Alarm {
  /** Unique within its controller while it stands, e.g. `fan-stopped:tray-a.fan-3`. */
  readonly id: string;
  readonly severity: Severity;
  /** For people: what is wrong, and what to do. */
  readonly text: string;
  readonly device?: DeviceId;
  /** Of the runtime, while no step can tell whether it still is so: when one last said it. */
  readonly asOf?: Instant;
}

/** Declares a controller; gives it back as it is, with its types. Faults are told when it is loaded. */
export const defineController = <S extends TObject, I extends Inputs, O extends Outputs, St>(
  definition: Definition<S, I, O, St>,
): Definition<S, I, O, St> => definition;
