import { type Static, Type } from "typebox";
import { celsius, flag, numberOf, secondsOf } from "../settings.ts";
import { leakSettings } from "./leak.ts";
import { initialLatch, latchStep, type LatchState } from "./latch.ts";
import { heldFor, reached } from "./timing.ts";

/** Smoke, fire, hydrogen, leaks, doors and tampering. */
export const safetySettings = Type.Object({
  smokeAfter: secondsOf({ default: 0, maximum: 10, description: "Smoke must be seen this long." }),
  smokeReset: secondsOf({
    default: 0,
    maximum: 3600,
    description:
      "Smoke resets itself once it was gone this long; 0: only somebody resets it. Usual: 180..600 s.",
  }),
  fireInlet: celsius({
    default: 60,
    minimum: 45,
    maximum: 90,
    description: "Smoke with the inlet above it is taken for fire.",
  }),
  fireGrace: secondsOf({
    default: 60,
    maximum: 600,
    description: "Between the alarm of fire and the loads' loss of power, for orderly shutdowns.",
  }),
  leakAfter: leakSettings.properties.leakAfter,
  hydrogenAlarm: numberOf("% vol", {
    default: 1,
    minimum: 0.1,
    maximum: 2,
    description: "Hydrogen that is vented.",
  }),
  hydrogenReset: secondsOf({
    default: 600,
    maximum: 7200,
    description: "Venting ends once hydrogen was below the limit this long.",
  }),
  doorHold: secondsOf({
    default: 900,
    maximum: 7200,
    description: "An open door holds airflow back for the person there, at the longest this long.",
  }),
  doorRelease: secondsOf({
    default: 60,
    maximum: 3600,
    description: "After the door shut that ends this much later.",
  }),
  leakRainSide: flag({ default: true, description: "A leak may be rain: the damper is shut too." }),
});
export type SafetySettings = Static<typeof safetySettings>;

export interface SafetyState {
  readonly smoke: LatchState;
  readonly fire: LatchState;
  readonly leak: LatchState;
  readonly hydrogen: LatchState;
  readonly fireFor: number;
  readonly doorOpenFor: number;
  readonly doorShutFor: number;
}

export const initialSafety: SafetyState = {
  smoke: initialLatch,
  fire: initialLatch,
  leak: initialLatch,
  hydrogen: initialLatch,
  fireFor: 0,
  doorOpenFor: 0,
  doorShutFor: 1e6,
};

/** Undefined: the detector does not answer. */
export interface SafetyInput {
  readonly smoke: readonly (boolean | undefined)[];
  /** A second stage: heat detector or fire panel. */
  readonly heat: readonly (boolean | undefined)[];
  readonly leak: readonly (boolean | undefined)[];
  /** % vol. */
  readonly hydrogen?: number | undefined;
  readonly doorOpen?: boolean | undefined;
  readonly inlet?: number | undefined;
  /** Somebody resets what is latched. */
  readonly reset: boolean;
}

export interface SafetyResult {
  readonly smoke: boolean;
  readonly fire: boolean;
  /** The grace is over: loads lose power. */
  readonly cutLoads: boolean;
  readonly leak: boolean;
  /** Vent hydrogen and stop charging. Smoke wins over it: air feeds fire. */
  readonly vent: boolean;
  readonly hydrogen: boolean;
  /** Airflow is held back for who works at the open door. */
  readonly doorHold: boolean;
  readonly doorTooLong: boolean;
  readonly state: SafetyState;
}

/** Any that is seen; undefined when none is and one does not answer. */
const any = (seen: readonly (boolean | undefined)[]): boolean | undefined =>
  seen.includes(true) ? true : seen.includes(undefined) ? undefined : false;

/**
 * One step.
 * @param dt seconds since the step before
 */
export function safetyStep(
  before: SafetyState,
  input: SafetyInput,
  s: SafetySettings,
  dt: number,
): SafetyResult {
  const latch = (
    name: "smoke" | "leak" | "fire" | "hydrogen",
    seen: boolean | undefined,
    after: number,
    auto = 0,
  ) => latchStep(before[name], seen, input.reset, { after, autoReset: auto }, dt);
  const smoke = latch("smoke", any(input.smoke), s.smokeAfter, s.smokeReset);
  const second = input.smoke.filter(Boolean).length > 1 || (input.inlet ?? 0) > s.fireInlet;
  const heat = any(input.heat);
  const fire = latch(
    "fire",
    heat === true || (smoke.on && second) || (heat === undefined ? undefined : false),
    s.smokeAfter,
  );
  const leak = latch("leak", any(input.leak), s.leakAfter);
  const gas = input.hydrogen === undefined ? undefined : input.hydrogen >= s.hydrogenAlarm;
  const hydrogen = latch("hydrogen", gas, 0, s.hydrogenReset);
  const fireFor = heldFor(before.fireFor, fire.on, dt);
  const doorOpenFor =
    input.doorOpen === undefined ? before.doorOpenFor : heldFor(before.doorOpenFor, input.doorOpen, dt);
  const doorShutFor = input.doorOpen === true ? 0 : Math.min(before.doorShutFor + dt, 1e6);
  const tooLong = reached(doorOpenFor, s.doorHold) && doorOpenFor > 0;
  const hold =
    (doorOpenFor > 0 && !tooLong) || (input.doorOpen !== true && !reached(doorShutFor, s.doorRelease));
  return {
    smoke: smoke.on || fire.on,
    fire: fire.on,
    cutLoads: fire.on && reached(fireFor, s.fireGrace),
    leak: leak.on,
    vent: hydrogen.on && !smoke.on && !fire.on,
    hydrogen: hydrogen.on,
    doorHold: hold,
    doorTooLong: tooLong,
    state: { smoke, fire, leak, hydrogen, fireFor, doorOpenFor, doorShutFor },
  };
}
