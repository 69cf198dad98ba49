import { type Static, Type } from "typebox";
import { numberOf, plain, secondsOf } from "../settings.ts";
import { usable } from "./limit.ts";

/** What is believed of one sensor. Defaults: air temperature, °C. thermal-control.md §2.2. */
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
export type SensorFault =
  "missing" | "range" | "rate" | "stuck" | "vote" | "recovering" | "disagree" | "implausible";

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

/**
 * Judges one reading of one sensor: range, rate of change, stuck, in that order. Pure. A failure ends with `recover` good
 * readings in a row; a reading that came too fast is held back, not failed.
 */
export function sensorStep(state: SensorState, input: SensorInput, settings: SensorSettings): SensorResult {
  const dt = Math.max(0, input.dt);
  const aged = {
    ...state,
    acceptedAge: state.acceptedAge + dt,
    faultFor: state.fault === null ? 0 : state.faultFor + dt,
  };
  const { value } = input;
  if (!usable(value)) return failed(aged, "missing");
  if (value < settings.lowest || value > settings.highest) return failed(aged, "range");
  const fresh = isFresh(state, input, dt);
  const rated = fresh ? rateOf(aged, value, input.age ?? 0, settings) : aged;
  const watched = watch({ ...rated, seenAge: input.age ?? 0 }, value, input.reference, dt, settings);
  if (isStuck(watched, settings)) return failed(watched, "stuck");
  return judged(watched, fresh, settings);
}

/** The same reading again, only older, is no new one: nothing can be learnt of it. */
const isFresh = (state: SensorState, input: SensorInput, dt: number): boolean =>
  state.seenAge === null || (input.age ?? 0) < state.seenAge + dt - 1e-3;

const failed = (state: SensorState, fault: "missing" | "range" | "stuck"): SensorResult => {
  const faultFor = state.fault === fault ? state.faultFor : 0;
  const kept = fault === "stuck" ? {} : { suspect: null, suspects: 0, anchor: null, unchanged: 0 };
  const next = { ...state, ...kept, fault, faultFor, good: 0 };
  return { quality: "bad", value: undefined, reason: fault, state: next };
};

/** Takes a reading, or holds it back when the way to it was too fast. */
function rateOf(state: SensorState, value: number, age: number, settings: SensorSettings): SensorState {
  const taken = { ...state, accepted: value, acceptedAge: age, suspect: null, suspects: 0 };
  if (state.accepted === null || settings.fastest === 0 || state.fault !== null) return taken;
  const since = Math.max(1e-3, state.acceptedAge - age);
  if (Math.abs(value - state.accepted) <= settings.fastest * since + settings.quantum) return taken;
  const again = state.suspect !== null && Math.abs(value - state.suspect) <= settings.fastest * since;
  const suspects = again ? state.suspects + 1 : 1;
  return suspects >= 3 ? taken : { ...state, suspect: value, suspects };
}

function watch(
  state: SensorState,
  value: number,
  reference: number | undefined,
  dt: number,
  settings: SensorSettings,
): SensorState {
  const still = state.anchor !== null && Math.abs(value - state.anchor) <= settings.quantum;
  const known = usable(reference) ? reference : null;
  if (!still) return { ...state, anchor: value, unchanged: 0, referenceLow: known, referenceHigh: known };
  const unchanged = state.unchanged + dt;
  if (known === null) return { ...state, unchanged };
  return {
    ...state,
    unchanged,
    referenceLow: Math.min(state.referenceLow ?? known, known),
    referenceHigh: Math.max(state.referenceHigh ?? known, known),
  };
}

const isStuck = (state: SensorState, { stuckAfter, stuckReference }: SensorSettings): boolean =>
  stuckAfter > 0 &&
  state.unchanged >= stuckAfter - 1e-6 &&
  (state.referenceHigh ?? 0) - (state.referenceLow ?? 0) >= stuckReference;

function judged(state: SensorState, fresh: boolean, settings: SensorSettings): SensorResult {
  const value = state.accepted ?? undefined;
  if (state.fault !== null) {
    const good = fresh ? state.good + 1 : state.good;
    if (good < settings.recover)
      return { quality: "bad", value: undefined, reason: "recovering", state: { ...state, good } };
    return {
      quality: "good",
      value,
      reason: undefined,
      state: { ...state, fault: null, faultFor: 0, good: 0 },
    };
  }
  if (state.suspects > 0) return { quality: "uncertain", value, reason: "rate", state };
  return { quality: "good", value, reason: undefined, state };
}
