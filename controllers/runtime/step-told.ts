import type { Alarm, StepResult } from "../contract.ts";
import type { Failure, Frame, Mode, Rest, StepTrace } from "./frame.ts";
import type { Inputs } from "./pick.ts";
import type { Plan } from "./plan-draft.ts";

/** What a trace says of a step, as far as it is not in its frame. */
export interface Said {
  readonly mode: Mode;
  readonly plan: Plan;
  readonly reason: string;
  /** How long the step function took, ms. */
  readonly took?: number;
  /** What the step gave back, of one that went well. */
  readonly result?: StepResult | undefined;
  /** Of the engine, besides those of the step. */
  readonly alarms?: readonly Alarm[];
  readonly failure?: Failure;
}

/** Who made the step. */
interface Maker {
  readonly version: string;
  readonly state: unknown;
  /** Of the step itself. */
  readonly own: readonly Alarm[];
}

const none: readonly never[] = [];
const nothing = {} as const;

/** Of a step that only follows: whatever came of it is nobody's trouble. */
const restOf = (said: Said, { why }: Rest): Said => ({ ...said, mode: "resting", reason: why, alarms: none });

/** What is in force of what was said: of a step at rest only that it rests. */
export const inForceOf = (said: Said, { rest }: Frame): Said =>
  rest === undefined || said.mode === "off" ? said : restOf(said, rest);

export function traceOf(frame: Frame, inputs: Inputs, said: Said, { version, state, own }: Maker): StepTrace {
  const { mode, plan, reason, took = 0, result, alarms = none, failure } = said;
  const { leader, terms }: Partial<StepResult> = result ?? nothing;
  // Whoever is not in force says neither what others may rely on nor what limits it.
  const inForce = mode === "fail-safe" || mode === "resting" ? undefined : result;
  const limits = inForce?.limits ?? none;
  const published = inForce?.published;
  return {
    at: frame.at,
    version,
    mode,
    wantedMode: frame.wanted,
    dt: frame.dt,
    localHour: frame.localHour,
    took,
    inputs: frame.inputs,
    picked: inputs.picked,
    missing: inputs.missing,
    limits: plan.limits.length === 0 ? limits : [...limits, ...plan.limits],
    outputs: plan.traced,
    reason,
    alarms: alarms.length === 0 ? own : [...own, ...alarms],
    state,
    // What may be absent comes last: a property that follows a spread takes a hundred times as long.
    ...(leader === undefined ? nothing : { leader }),
    ...(terms === undefined ? nothing : { terms }),
    ...(failure === undefined ? nothing : { failure }),
    ...(published === undefined ? nothing : { published }),
  };
}
