import { type Static, Type } from "typebox";
import { numberOf, secondsOf, volts } from "../settings.ts";
import { heldFor, reached } from "./timing.ts";

/** Whether there is mains: by a contact, or by what battery and rectifiers show. */
export const mainsSettings = Type.Object({
  outageVolts: volts({
    default: 49,
    minimum: 10,
    maximum: 400,
    description: "DC bus below it, with the battery giving current, is an outage.",
  }),
  outageAmperes: numberOf("A", {
    default: 2,
    minimum: 0.1,
    maximum: 500,
    description: "Current out of the battery for that.",
  }),
  outageAfter: secondsOf({ default: 5, maximum: 300, description: "How long an outage must last to count." }),
  returnAfter: secondsOf({
    default: 30,
    maximum: 3600,
    description: "How long mains must be back to count.",
  }),
  generatorAfter: secondsOf({ default: 60, maximum: 3600, description: "The same on generator." }),
});
export type MainsSettings = Static<typeof mainsSettings>;

export interface MainsState {
  readonly out: boolean;
  readonly gone: number;
  readonly back: number;
  /** s since it last changed. */
  readonly since: number;
}

export const initialMains: MainsState = { out: false, gone: 0, back: 0, since: 0 };

/** Undefined: not known. */
export interface MainsInput {
  readonly contact?: "present" | "failed" | undefined;
  /** AC voltage somewhere before the rectifiers or the UPS, V. */
  readonly acVolts?: number | undefined;
  readonly busVolts?: number | undefined;
  /** Positive while charging, A. */
  readonly batteryAmperes?: number | undefined;
  readonly generator?: boolean | undefined;
}

export interface MainsResult {
  readonly out: boolean;
  readonly known: boolean;
  /** The contact says present, and the battery carries the load. */
  readonly contradiction: boolean;
  readonly state: MainsState;
}

/**
 * The evidence of one moment. A contact that is alone in saying "failed" is believed, and so is the battery: an outage
 * that is not noticed costs more than one that is imagined.
 */
function gone(input: MainsInput, s: MainsSettings): boolean | undefined {
  const evidence: boolean[] = [];
  if (input.contact !== undefined) evidence.push(input.contact === "failed");
  if (input.acVolts !== undefined) evidence.push(input.acVolts < 90);
  if (input.busVolts !== undefined && input.batteryAmperes !== undefined) {
    evidence.push(input.busVolts < s.outageVolts && input.batteryAmperes < -s.outageAmperes);
  }
  return evidence.length === 0 ? undefined : evidence.some(Boolean);
}

/**
 * One step.
 * @param dt seconds since the step before
 */
export function mainsStep(
  before: MainsState,
  input: MainsInput,
  settings: MainsSettings,
  dt: number,
): MainsResult {
  const seen = gone(input, settings);
  const held = {
    gone: seen === undefined ? before.gone : heldFor(before.gone, seen, dt),
    back: seen === undefined ? before.back : heldFor(before.back, !seen, dt),
  };
  const wait = input.generator === true ? settings.generatorAfter : settings.returnAfter;
  const out = before.out
    ? !(seen === false && reached(held.back, wait))
    : seen === true && reached(held.gone, settings.outageAfter);
  const since = out === before.out ? before.since + dt : 0;
  const contradiction = input.contact === "present" && seen === true;
  return { out, known: seen !== undefined, contradiction, state: { out, ...held, since } };
}
