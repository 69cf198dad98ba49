import type { Loop } from "../contract.ts";
import { relayInit, type RelayState, relayStep } from "../library/relay.ts";
import { fitFopdt, type Recorded } from "../library/step-test.ts";
import { type Fopdt, simcPi, type Tuning } from "../library/tuning.ts";

/** How a trial is made. Output in %, measurement in K or the loop's unit, times in s. */
export interface TrialSettings {
  readonly method: "relay" | "step";
  readonly action: NonNullable<Loop["tune"]>["action"];
  readonly centre: number;
  readonly height: number;
  /** Outputs stay within these. */
  readonly least: number;
  readonly most: number;
  readonly hysteresis: number;
  /** Further from where it began it is called off. */
  readonly furthest: number;
  /** Full cycles of a relay that must agree. */
  readonly cycles: number;
  /** For so long the measurement must have stayed within a small band before the test begins, and after a step. */
  readonly steadyFor: number;
  /** Altogether. */
  readonly longest: number;
}

export const trialDefaults = {
  height: 10,
  hysteresis: 0.2,
  furthest: 4,
  cycles: 3,
  steadyFor: 120,
  longest: 7200,
} as const;

/** JSON. */
export interface TrialState {
  readonly phase: "settling" | "testing";
  /** s since the beginning, and since the phase began. */
  readonly elapsed: number;
  readonly within: number;
  /** Measurements of the last `steadyFor` seconds, the newest last. */
  readonly recent: readonly { readonly t: number; readonly y: number }[];
  /** The first measurement; from the test on what it swings around. */
  readonly reference: number | null;
  readonly relay: RelayState;
  /** Of a step test. */
  readonly record: readonly Recorded[];
}

export const trialInit = (): TrialState => ({
  phase: "settling",
  elapsed: 0,
  within: 0,
  recent: [],
  reference: null,
  relay: relayInit(),
  record: [],
});

export interface TrialResult {
  readonly output: number;
  readonly state: TrialState;
  /** For people: what it does now. */
  readonly text: string;
  readonly found?: { readonly tuning: Tuning; readonly plant?: Fopdt & { readonly explained: number } };
  /** Why it was called off. */
  readonly failed?: string;
}

/** Below this share a model does not explain what was seen. */
const leastExplained = 0.8;
/** A fit looks at so many points at the most. */
const mostPoints = 300;

const shown = (value: number): string => String(Number(value.toFixed(2)));

/**
 * One step of a trial: waits until the measurement is steady at `centre`, then makes it swing a little, or moves the
 * output once and watches. Pure.
 * @param dt seconds since the step before
 */
export function trialStep(
  before: TrialState,
  { pv, dt }: { readonly pv: number; readonly dt: number },
  settings: TrialSettings,
): TrialResult {
  const state = seen(before, pv, dt, settings);
  const { furthest, longest, centre } = settings;
  const reference = state.reference ?? pv;
  const called = (failed: string): TrialResult => ({ output: centre, state, text: failed, failed });
  if (!Number.isFinite(pv)) return called("the measurement is gone");
  if (Math.abs(pv - reference) > furthest)
    return called(`the measurement went to ${shown(pv)}, more than ${furthest} from ${shown(reference)}`);
  if (state.elapsed > longest)
    return called(`it is not over after ${longest} s: ${tooLong(state, settings)}`);
  if (state.phase === "settling") return settling(state, pv, settings);
  return settings.method === "relay" ? relaying(state, pv, dt, settings) : stepping(state, pv, dt, settings);
}

function seen(before: TrialState, pv: number, dt: number, { steadyFor }: TrialSettings): TrialState {
  const elapsed = before.elapsed + dt;
  const recent = [...before.recent.filter(({ t }) => t >= elapsed - steadyFor), { t: elapsed, y: pv }];
  return {
    ...before,
    elapsed,
    within: before.within + dt,
    recent,
    reference: before.reference ?? pv,
  };
}

const rangeOf = ({ recent }: TrialState): number =>
  Math.max(...recent.map(({ y }) => y)) - Math.min(...recent.map(({ y }) => y));

/** What counts as steady: a part of what the test is to move. */
const bandOf = ({ hysteresis, furthest }: TrialSettings): number => Math.max(1.5 * hysteresis, furthest / 20);

const isSteady = (state: TrialState, settings: TrialSettings): boolean =>
  state.within >= settings.steadyFor && rangeOf(state) <= bandOf(settings);

function tooLong(state: TrialState, settings: TrialSettings): string {
  if (state.phase === "settling")
    return `the measurement does not settle, it moved ${shown(rangeOf(state))} within ${settings.steadyFor} s`;
  return settings.method === "relay"
    ? "no steady oscillation; try a larger height, or the method step"
    : "the measurement did not settle after the step";
}

function settling(state: TrialState, pv: number, settings: TrialSettings): TrialResult {
  const { centre, steadyFor } = settings;
  if (!isSteady(state, settings)) {
    const text = `waits at ${shown(centre)} % until the measurement is steady: it moved ${shown(rangeOf(state))} within ${steadyFor} s`;
    return { output: centre, state, text };
  }
  const { recent } = state;
  const reference = recent.reduce((sum, { y }) => sum + y, 0) / recent.length;
  // A step test begins with the settled part: from it the fit knows where it came from.
  const record = recent.map(({ t, y }) => ({ t, u: centre, y }));
  return {
    output: centre,
    state: { ...state, phase: "testing", within: 0, recent: [], reference, record },
    text: `steady at ${shown(pv)}`,
  };
}

function relaying(state: TrialState, pv: number, dt: number, settings: TrialSettings): TrialResult {
  const reference = state.reference ?? pv;
  const { centre, height, hysteresis, furthest, cycles, longest, action } = settings;
  const result = relayStep(
    state.relay,
    { pv, setpoint: reference, dt, action },
    { centre, height, hysteresis, furthest, cycles, longest },
  );
  const next = { ...state, relay: result.state };
  const { tuning, failed } = result;
  const count = result.state.cycles.length;
  const base = { output: result.output, state: next };
  if (failed !== undefined) return { ...base, text: failed, failed };
  if (tuning === undefined)
    return { ...base, text: `swings around ${shown(reference)}: ${count} of ${cycles} or more cycles` };
  return { ...base, text: `${count} cycles agree`, found: { tuning } };
}

function stepping(state: TrialState, pv: number, dt: number, settings: TrialSettings): TrialResult {
  const { centre, height, most, steadyFor } = settings;
  const output = centre + height <= most ? centre + height : centre - height;
  const next = { ...state, record: [...state.record, { t: state.elapsed, u: output, y: pv }] };
  const moved = Math.abs(pv - (state.reference ?? pv));
  const text = `moved to ${shown(output)} %: the measurement went ${shown(moved)} so far`;
  // A plant with much dead time is steady before it has moved.
  const waits = moved <= bandOf(settings) ? 8 : 2;
  if (state.within < waits * steadyFor || !isSteady(next, settings)) return { output, state: next, text };
  const hardly = moved <= bandOf(settings) ? "the measurement hardly moved: try a larger height" : undefined;
  const fit = fitFopdt(thinned(next.record));
  const failed = hardly ?? whyUseless(fit, settings);
  if (failed !== undefined || typeof fit === "string")
    return { output: centre, state: next, text: failed ?? "", failed: failed ?? "" };
  // What is sampled is late by half a sample.
  const theta = Math.max(fit.theta, dt / 2);
  const tuning = simcPi({ ...fit, theta }, 3 * theta);
  return { output: centre, state: next, text: "a model fits the course", found: { tuning, plant: fit } };
}

function whyUseless(
  fit: ReturnType<typeof fitFopdt>,
  { action }: Pick<TrialSettings, "action">,
): string | undefined {
  if (typeof fit === "string") return fit;
  const { gain, explained } = fit;
  if (explained < leastExplained)
    return `the course does not look like an answer to the step (a model explains ${shown(100 * explained)} % of it): wait for a calmer hour, or try a larger height`;
  if (gain < 0 === (action === "direct")) return undefined;
  const way = gain > 0 ? "rose" : "fell";
  return `the measurement ${way} with the output, which is the wrong way for this loop: something else moved it`;
}

/** Every so many points, and those where the output moved. */
function thinned(record: readonly Recorded[]): readonly Recorded[] {
  const every = Math.ceil(record.length / mostPoints);
  return record.filter((one, i) => i % every === 0 || one.u !== record[i - 1]?.u || i === record.length - 1);
}
