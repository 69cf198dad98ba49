import { type Static, Type } from "typebox";
import { numberOf, plain, secondsOf } from "../settings.ts";
import { usable } from "./limit.ts";

/** What is believed of one sensor. Defaults: air temperature, °C. */
export const sensorSettings = Type.Object({
  lowest: numberOf("°C", {
    default: -45,
    minimum: -1e6,
    maximum: 1e6,
    description: "Lower readings are impossible.",
  }),
  highest: numberOf("°C", {
    default: 85,
    minimum: -1e6,
    maximum: 1e6,
    description: "Higher readings are impossible.",
  }),
  fastest: numberOf("K/s", {
    default: 1,
    minimum: 0,
    maximum: 1e6,
    description: "Faster changes are suspect; the last reading holds until three in a row confirm. 0: any.",
  }),
  stuckAfter: secondsOf({
    default: 1800,
    description: "Unchanged for so long while the reference moved: stuck. 0: never.",
  }),
  stuckReference: numberOf("K", {
    default: 1,
    minimum: 0,
    maximum: 1e6,
    description: "How far the reference must have moved meanwhile.",
  }),
  quantum: numberOf("K", {
    default: 0.1,
    minimum: 0,
    maximum: 1e6,
    description: "Changes up to this are none.",
  }),
  recover: plain({
    default: 3,
    minimum: 1,
    maximum: 100,
    description: "Good readings in a row that end a failure.",
  }),
});
export type SensorSettings = Static<typeof sensorSettings>;

/** Why a reading is not good. */
export type SensorFault = "missing" | "range" | "rate" | "stuck" | "vote" | "recovering";

/** What is remembered of one sensor; JSON. Durations in seconds. */
export interface SensorState {
  /** The last reading believed, and the time since it was true; null: none yet. */
  readonly accepted: number | null;
  readonly acceptedAge: number;
  /** Age of the reading seen in the last step: the same reading again is no new one. */
  readonly seenAge: number | null;
  /** A reading that came too fast, and how many in a row were near it. */
  readonly suspect: number | null;
  readonly suspects: number;
  /** Where the reading stands, for how long, and between which values the reference was meanwhile. */
  readonly anchor: number | null;
  readonly unchanged: number;
  readonly referenceLow: number | null;
  readonly referenceHigh: number | null;
  /** The failure that stands, for how long, and how many good readings came since. */
  readonly fault: "missing" | "range" | "stuck" | null;
  readonly faultFor: number;
  readonly good: number;
}

/** As if failed until its first good reading: one is enough then. */
export const sensorInit = (): SensorState => ({
  accepted: null,
  acceptedAge: 0,
  seenAge: null,
  suspect: null,
  suspects: 0,
  anchor: null,
  unchanged: 0,
  referenceLow: null,
  referenceHigh: null,
  fault: null,
  faultFor: 0,
  good: 0,
});

export interface SensorInput {
  /** Undefined: the transport has none. */
  readonly value: number | undefined;
  /** Seconds since it was true. Default 0. */
  readonly age?: number;
  /** What should have moved with it: other sensors' median, a fan's duty. */
  readonly reference?: number | undefined;
  readonly dt: number;
}

export interface SensorResult {
  readonly quality: "good" | "uncertain" | "bad";
  /** Undefined exactly when the quality is bad. */
  readonly value: number | undefined;
  readonly reason: SensorFault | undefined;
  readonly state: SensorState;
}

/** The state of the step that runs: copied once, then changed in place. */
type Draft = { -readonly [K in keyof SensorState]: SensorState[K] };

/**
 * Judges one reading of one sensor: range, rate of change, stuck, in that order. Pure. A failure ends with `recover` good
 * readings in a row; a reading that came too fast is held back, not failed.
 */
export function sensorStep(state: SensorState, input: SensorInput, settings: SensorSettings): SensorResult {
  const dt = Math.max(0, input.dt);
  const { value, age = 0 } = input;
  const next: Draft = { ...state };
  next.acceptedAge += dt;
  next.faultFor = state.fault === null ? 0 : state.faultFor + dt;
  if (!usable(value)) return failed(next, "missing");
  if (value < settings.lowest || value > settings.highest) return failed(next, "range");
  // The same reading again, only older, is no new one: nothing can be learnt of it.
  const fresh = state.seenAge === null || age < state.seenAge + dt - 1e-3;
  if (fresh) rate(next, value, age, settings);
  next.seenAge = age;
  watch(next, value, input.reference, dt, settings);
  if (isStuck(next, settings)) return failed(next, "stuck");
  return judged(next, fresh, settings);
}

function failed(next: Draft, fault: "missing" | "range" | "stuck"): SensorResult {
  if (next.fault !== fault) next.faultFor = 0;
  next.fault = fault;
  next.good = 0;
  if (fault !== "stuck") {
    next.suspect = null;
    next.suspects = 0;
    next.anchor = null;
    next.unchanged = 0;
  }
  return { quality: "bad", value: undefined, reason: fault, state: next };
}

/** Takes a reading, or holds it back when the way to it was too fast. */
function rate(next: Draft, value: number, age: number, settings: SensorSettings): void {
  if (next.accepted !== null && settings.fastest > 0 && next.fault === null) {
    const since = Math.max(1e-3, next.acceptedAge - age);
    if (Math.abs(value - next.accepted) > settings.fastest * since + settings.quantum) {
      const again = next.suspect !== null && Math.abs(value - next.suspect) <= settings.fastest * since;
      next.suspects = again ? next.suspects + 1 : 1;
      next.suspect = value;
      if (next.suspects < 3) return;
    }
  }
  next.accepted = value;
  next.acceptedAge = age;
  next.suspect = null;
  next.suspects = 0;
}

function watch(
  next: Draft,
  value: number,
  reference: number | undefined,
  dt: number,
  settings: SensorSettings,
): void {
  const known = usable(reference) ? reference : null;
  if (next.anchor === null || Math.abs(value - next.anchor) > settings.quantum) {
    next.anchor = value;
    next.unchanged = 0;
    next.referenceLow = known;
    next.referenceHigh = known;
    return;
  }
  next.unchanged += dt;
  if (known === null) return;
  next.referenceLow = Math.min(next.referenceLow ?? known, known);
  next.referenceHigh = Math.max(next.referenceHigh ?? known, known);
}

const isStuck = (state: SensorState, { stuckAfter, stuckReference }: SensorSettings): boolean =>
  stuckAfter > 0 &&
  state.unchanged >= stuckAfter - 1e-6 &&
  (state.referenceHigh ?? 0) - (state.referenceLow ?? 0) >= stuckReference;

function judged(next: Draft, fresh: boolean, settings: SensorSettings): SensorResult {
  const value = next.accepted ?? undefined;
  if (next.fault !== null) {
    if (fresh) next.good++;
    if (next.good < settings.recover)
      return { quality: "bad", value: undefined, reason: "recovering", state: next };
    next.fault = null;
    next.faultFor = 0;
    next.good = 0;
    return { quality: "good", value, reason: undefined, state: next };
  }
  if (next.suspects > 0) return { quality: "uncertain", value, reason: "rate", state: next };
  return { quality: "good", value, reason: undefined, state: next };
}
