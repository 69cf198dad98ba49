import { type EaseState, easeStep, initialEase } from "./ease.ts";
import { firstOrder } from "./filter.ts";
import { initialRest, type RestState, restStep } from "./rest.ts";
import type { StagingSettings } from "./staging-settings.ts";
import { heldFor, hysteresis, reached, shown, span } from "./timing.ts";

export interface StagingState {
  readonly stages: number;
  /** s since the last stage more, and since the last one less. */
  readonly sinceUp: number;
  readonly sinceDown: number;
  /** Where the wait for progress began: how long ago, and at what temperature. */
  readonly waited: number;
  readonly from: number;
  readonly comfortLeft: number;
  readonly lowAmbient: boolean;
  readonly rest: RestState;
  /** The temperature 15 minutes behind, °C; null: none yet. */
  readonly behind: number | null;
  /** Absent in what was kept before the last variable compressor was eased. */
  readonly ease?: EaseState;
}

export const initialStaging: StagingState = {
  stages: 0,
  sinceUp: 1e6,
  sinceDown: 1e6,
  waited: 0,
  from: 0,
  comfortLeft: 0,
  lowAmbient: false,
  rest: initialRest,
  behind: null,
};

export interface StagingInput {
  /** What is to be kept down, °C. */
  readonly temperature: number;
  /** % of a loop; in its place the stages follow it and not the temperature. */
  readonly demand?: number;
  /** Units there are that could run, and those that do; default: as many as there are stages. */
  readonly available: number;
  readonly running?: number;
  /** Compressors are variable: whether they are at their least, with the air that goes with their end. */
  readonly least?: boolean;
  readonly outdoor?: number;
  /** Starts are being used up: wider bands. */
  readonly antiCycling?: boolean;
  /** K by which the setpoint is higher for now: surfaces would get wet. */
  readonly raise?: number;
  /** Somebody asks for comfort now. */
  readonly comfort?: boolean;
  readonly onGenerator?: boolean;
  /** Most stages somebody else allows, e.g. 0 on battery. */
  readonly most?: number;
  /** Why, for people. */
  readonly mostWhy?: string;
}

export interface StagingResult {
  readonly stages: number;
  readonly state: StagingState;
  readonly setpoint: number;
  /** Stages that the temperature or the demand asks for, before delays and limits. */
  readonly wanted: number;
  /** Stages that may run: as many as there are, or fewer where something is against it. */
  readonly most: number;
  /** K further down than otherwise that the last stage ends, so that its rest does no harm. */
  readonly deeper: number;
  /** The last stage only goes on at its least, with all the air, until it may end. */
  readonly easing: boolean;
  readonly reason: string;
  readonly limits: readonly string[];
}

const quarter = 900; // s

/** Where a stage starts, K above the setpoint. @param stage from 0 */
export const stageOffset = (stage: number, settings: StagingSettings): number =>
  stage === 0 ? 0 : settings.secondOffset + (stage - 1) * settings.furtherOffset;

/** Where a stage starts and ends, °C. In anti-cycling mode wider on both sides: a start later is as good as an end later. */
function bandOf(
  stage: number,
  calm: boolean,
  setpoint: number,
  settings: StagingSettings,
): { readonly on: number; readonly off: number } {
  const { offDifferential, calmDifferential } = settings;
  const wider = calm ? Math.max(0, calmDifferential - offDifferential) : 0;
  const on = setpoint + stageOffset(stage, settings) + wider / 2;
  return { on, off: on - offDifferential - wider };
}

function byTemperature(
  stages: number,
  { temperature, available, antiCycling }: StagingInput,
  setpoint: number,
  deeper: number,
  settings: StagingSettings,
): number {
  let wanted = 0;
  for (let stage = 0; stage < available; stage++) {
    const { on, off } = bandOf(stage, antiCycling === true, setpoint, settings);
    const ends = stage === 0 ? off - deeper : off;
    if (hysteresis(stage < stages, temperature, { on, off: ends })) wanted = stage + 1;
  }
  return wanted;
}

/** A stage starts in the upper part of its share of the demand and ends in the lower part. */
function byDemand(stages: number, demand: number, available: number, band: number): number {
  let wanted = 0;
  for (let stage = 0; stage < available; stage++) {
    const at = (part: number): number => (100 * (stage + part)) / available;
    const half = band / 200;
    if (hysteresis(stage < stages, demand, { on: at(0.5 + half), off: at(0.5 - half) })) wanted = stage + 1;
  }
  return wanted;
}

interface Limited {
  readonly most: number;
  readonly limits: readonly string[];
}

function limitsOf(input: StagingInput, lowAmbient: boolean, settings: StagingSettings): Limited {
  const limits: string[] = [];
  let most = input.available;
  const limit = (stages: number, text: string): void => {
    if (stages >= most) return;
    most = Math.max(0, stages);
    limits.push(text);
  };
  if (input.most !== undefined)
    limit(input.most, `at most ${input.most} cooling stages: ${input.mostWhy ?? "power allows no more"}`);
  if (input.onGenerator === true) {
    limit(settings.generatorStages, `${settings.generatorStages} cooling stages on generator`);
  }
  if (lowAmbient) limit(0, `compressors locked out: outdoors below ${shown(settings.lowAmbient)} °C`);
  return { most, limits };
}

/** How many stages there should be now, by temperature or demand alone: those there are stay within their bands. */
function wantedStages(
  state: StagingState,
  input: StagingInput,
  setpoint: number,
  deeper: number,
  settings: StagingSettings,
): number {
  return input.demand === undefined
    ? byTemperature(state.stages, input, setpoint, deeper, settings)
    : byDemand(state.stages, input.demand, input.available, settings.demandHysteresis);
}

/** Seconds until one stage more may start, and why. */
function upWait(
  state: StagingState,
  { temperature }: StagingInput,
  settings: StagingSettings,
): readonly [number, string] {
  const electrical = settings.electricalDelay - state.sinceUp;
  if (!reached(0, electrical)) return [electrical, "the mains settle"];
  if (state.stages === 0 || temperature >= settings.urgentAt) return [0, ""];
  return [settings.thermalDelay - state.waited, "the last stage is given time"];
}

/**
 * One step: how many stages should run.
 * @param dt seconds since the step before, >= 0
 */
export function stagingStep(
  before: StagingState,
  input: StagingInput,
  settings: StagingSettings,
  dt: number,
): StagingResult {
  const comfortLeft = input.comfort === true ? settings.comfortTime : Math.max(0, before.comfortLeft - dt);
  const { comfortSetpoint, setpoint: usual } = settings;
  const setpoint = (comfortLeft > 0 ? Math.min(comfortSetpoint, usual) : usual) + (input.raise ?? 0);
  const { outdoor } = input;
  const cold = { on: settings.lowAmbient, off: settings.lowAmbient + 1 };
  const lowAmbient =
    !settings.lowAmbientKit && outdoor !== undefined && hysteresis(before.lowAmbient, outdoor, cold);
  const progressed = before.from - input.temperature >= settings.progress;
  const { most, limits } = limitsOf(input, lowAmbient, settings);
  const ends = bandOf(0, input.antiCycling === true, setpoint, settings).off;
  const { running = before.stages, temperature } = input;
  const rest = restStep(before.rest, { temperature, running, ends, forbidden: most === 0 }, settings, dt);
  const state: StagingState = {
    stages: Math.min(before.stages, input.available),
    sinceUp: heldFor(before.sinceUp, true, dt),
    sinceDown: heldFor(before.sinceDown, true, dt),
    waited: heldFor(before.waited, !progressed, dt),
    from: progressed ? input.temperature : before.from,
    comfortLeft,
    lowAmbient,
    rest: rest.state,
    behind: firstOrder(before.behind, temperature, quarter, dt),
  };
  const wanted = wantedStages(state, input, setpoint, rest.deeper, settings);
  const ease = easeStep(
    before.ease ?? initialEase,
    {
      variable: input.least !== undefined && state.stages === 1,
      least: input.least === true,
      over: wanted === 0,
      temperature,
    },
    settings,
    dt,
  );
  const target = Math.min(wanted, most);
  // A loop without any demand has left compressors to whatever else cools.
  const easing = ease.goesOn && most > 0 && input.demand !== 0;
  const { stages, held } = easing ? easedTo(ease.left) : nextStages(state, target, most, input, settings);
  const kept = { ...state, ease: ease.state };
  const changed =
    stages > state.stages
      ? { ...kept, stages, sinceUp: 0, waited: 0, from: input.temperature }
      : stages < state.stages
        ? { ...kept, stages, sinceDown: 0, waited: 0, from: input.temperature }
        : kept;
  const reason = reasonOf(stages, input, setpoint, comfortLeft);
  return {
    stages,
    state: changed,
    setpoint,
    wanted,
    most,
    deeper: rest.deeper,
    easing,
    reason,
    limits: held === undefined ? limits : [...limits, held],
  };
}

/** The way the temperature goes, when that is too fast for a change of stages to add to it. */
function rushes(
  { behind }: StagingState,
  { temperature }: StagingInput,
  { rateGuard }: StagingSettings,
): "up" | "down" | undefined {
  if (rateGuard === 0 || behind === null || Math.abs(temperature - behind) < rateGuard) return undefined;
  return temperature > behind ? "up" : "down";
}

const easedTo = (left: number): ReturnType<typeof nextStages> => ({
  stages: 1,
  held:
    left > 0
      ? `stage 1 is at its least for another ${span(left)}: servers are cooled before its compressor rests`
      : "stage 1 goes on at its least: it gets warmer",
});

/** One stage at a time, but for what is not allowed: that ends at once. */
function nextStages(
  state: StagingState,
  target: number,
  most: number,
  input: StagingInput,
  settings: StagingSettings,
): { readonly stages: number; readonly held?: string } {
  const { stages } = state;
  if (stages > most) return { stages: most };
  const rush = rushes(state, input, settings);
  if (target > stages) {
    const [wait, why] = upWait(state, input, settings);
    if (!reached(0, wait)) return { stages, held: `stage ${stages + 1} waits ${span(wait)}: ${why}` };
    if (rush === "down" && stages > 0 && input.temperature < settings.urgentAt)
      return { stages, held: `stage ${stages + 1} waits: it gets colder fast enough` };
    return { stages: stages + 1 };
  }
  if (target === stages || !reached(state.sinceDown, settings.electricalDelay)) return { stages };
  if (rush === "up") return { stages, held: `stage ${stages} goes on: it gets warmer too fast` };
  return { stages: stages - 1 };
}

function reasonOf(stages: number, input: StagingInput, setpoint: number, comfortLeft: number): string {
  const of = `${stages} of ${input.available} cooling stages`;
  const comfort = comfortLeft > 0 ? ` (comfort for another ${span(comfortLeft)})` : "";
  const cause =
    input.demand === undefined
      ? `${shown(input.temperature)} °C against a setpoint of ${shown(setpoint)} °C${comfort}`
      : `a demand of ${shown(input.demand)} %`;
  return `${of}: ${cause}`;
}
