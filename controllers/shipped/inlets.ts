import { Type } from "typebox";
import type { Alarm } from "../contract.ts";
import { median } from "../library/filter.ts";
import {
  type Validated,
  type ValidateSettings,
  validateSettings,
  type ValidateState,
  validateStep,
} from "../library/validate.ts";
import type { Observation } from "../sample.ts";
import { noInlet, probesOf, sensorAlarms } from "./zone-parts.ts";

/** What is believed of inlet probes; which side is worse each controller knows by itself. */
export const inletSettings = Type.Omit(validateSettings, ["worse"]);
type InletSettings = Omit<ValidateSettings, "worse">;

export interface Inlets {
  /** °C, of believable places; undefined: there are too few. */
  readonly hottest: number | undefined;
  readonly coldest: number | undefined;
  /** The middle one of them. */
  readonly usual: number | undefined;
  /** The probe that decided, on the side that was asked for. */
  readonly leader: string | undefined;
  readonly validated: Validated;
  readonly alarms: readonly Alarm[];
  readonly state: ValidateState;
}

/**
 * Inlet probes, judged, so that no single one decides when others contradict it. Pure.
 * @param worse which of two that disagree is taken, and whose probe is named
 */
export function inletsStep(
  state: ValidateState,
  all: readonly Observation[],
  settings: InletSettings,
  dt: number,
  worse: "high" | "low" = "high",
): Inlets {
  const validated = validateStep(state, probesOf(all), { dt, worse }, settings);
  const blind = validated.value === undefined;
  let [hottest, coldest] = [-Infinity, Infinity];
  for (const { value } of validated.places) {
    if (value === undefined) continue;
    hottest = Math.max(hottest, value);
    coldest = Math.min(coldest, value);
  }
  return {
    hottest: blind ? undefined : hottest,
    coldest: blind ? undefined : coldest,
    usual: blind ? undefined : median(validated.places.flatMap(({ value }) => value ?? [])),
    leader: validated.leader,
    validated,
    alarms: blind ? [noInlet(all), ...sensorAlarms(validated, all)] : sensorAlarms(validated, all),
    state: validated.state,
  };
}

/** What a step says that goes to its fail-safe values for want of a believable inlet. */
export const blindReason = "No inlet sensor is believable: outputs are at their fail-safe values";

/** Probes that are not believed, for people; for controllers beside those that alarm of them. */
export const leftOut = ({ validated }: Inlets): readonly string[] =>
  validated.sensors.filter(({ value }) => value === undefined).map(({ name }) => `${name} is left out`);
